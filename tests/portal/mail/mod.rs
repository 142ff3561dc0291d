//! Mail on its way out: against a server of ours that fails in every way, and against a real one of other authors.

mod certificates;
mod faults;
mod hostile;
mod outage;
mod page;
mod postfix;
mod server;

use kinbridge::config::Encryption;
use kinbridge::domain::letters::{self, Fate, Kind, Letter, Recipient, Trouble};
use kinbridge::jobs::deliver_letters;
use kinbridge::kit::ids::LetterId;
use kinbridge::mail::Rendered;

use crate::support::TestApp;
use server::Fake;

/// A portal whose mail goes to this server.
async fn portal(server: &Fake, encryption: Encryption) -> TestApp {
    let settings = server.settings(encryption);
    TestApp::start_with(|config| config.mail_server = Some(settings)).await
}

fn letter(app: &TestApp, n: usize) -> Letter {
    let to = Recipient { name: format!("Reader {n}"), email: format!("reader{n}@family.example") };
    let rendered = Rendered {
        subject: format!("Letter {n}"),
        text: format!("Dear Reader,\n\nletter {n}: https://portal.example/a\n"),
        html: format!("<!DOCTYPE html><html lang=\"en-GB\"><body><p>letter {n}</p></body></html>"),
    };
    Letter::new(Some(app.cast.willow), &to, rendered).of_kind(Kind::Invitation)
}

fn send(app: &TestApp, n: usize) -> LetterId {
    let letter = letter(app, n);
    app.write(|tx| Ok(letters::send(tx, letter)?.unwrap()))
}

fn fate(app: &TestApp, letter: LetterId) -> Fate {
    app.read(|conn| Ok(letters::fates(conn, &[letter])?)).remove(&letter).unwrap()
}

fn trouble(app: &TestApp) -> Option<Trouble> {
    app.read(|conn| Ok(letters::trouble(conn)?))
}

async fn deliver(app: &TestApp) {
    deliver_letters::run(&app.services).await.unwrap();
}
