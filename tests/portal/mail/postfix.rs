//! A real mail server of other authors: Postfix, with an encrypted way in and a password. Where it is not installed,
//! or the tests are not run as root, which it needs, the test says so.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use kinbridge::config::{Encryption, MailServer};
use kinbridge::domain::letters::{self, Fate, Kind, Letter, Recipient};
use kinbridge::mail::ActivateAccount;

use super::server::{PASSWORD, settings};
use super::{certificates, deliver, fate, trouble};
use crate::program::{Folder, free_address};
use crate::support::TestApp;

/// The server in its folder; ends when it is dropped.
struct Postfix {
    folder: Folder,
    submission: u16,
    implicit: u16,
}

impl Postfix {
    /// Nothing where it cannot run.
    fn start() -> Option<Self> {
        let there = ["postfix", "postconf", "saslpasswd2"].iter().all(|name| is_there(name));
        let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
        if !there || !root {
            let words =
                "\nleft out: a real mail server (it takes root, and the packages that tests/run names)\n";
            std::io::Write::write_all(&mut std::io::stderr(), words.as_bytes()).unwrap();
            return None;
        }
        let (folder, ports) = (Folder::new(), [free_address().port(), free_address().port()]);
        let [submission, implicit] = ports;
        std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
        let postfix = Self { folder, submission, implicit };
        let (certificate, key) = (certificates::file("good.pem"), certificates::file("good.key"));
        let ports = ports.map(|port| port.to_string());
        let started = Self::script(&[
            "start",
            postfix.path().to_str().unwrap(),
            certificate.to_str().unwrap(),
            key.to_str().unwrap(),
            &ports[0],
            &ports[1],
        ]);
        assert!(started, "postfix did not start");
        Some(postfix)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn script(arguments: &[&str]) -> bool {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/portal/mail/postfix.sh");
        Command::new(script).args(arguments).status().unwrap().success()
    }

    fn settings(&self, encryption: Encryption) -> MailServer {
        let port = if encryption == Encryption::Tls { self.implicit } else { self.submission };
        MailServer { patience: Duration::from_secs(30), ..settings(port, encryption) }
    }

    /// Takes everybody from now on.
    fn let_all_in(&self) {
        std::fs::write(self.path().join("etc/recipients"), "").unwrap();
        let etc = self.path().join("etc");
        assert!(Command::new("postfix").arg("-c").arg(etc).arg("reload").output().unwrap().status.success());
    }

    /// The messages that it keeps, once there are so many.
    fn kept(&self, many: usize) -> Vec<String> {
        let started = Instant::now();
        loop {
            let files = files(&self.path().join("box"));
            if files.len() >= many {
                return files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
            }
            assert!(started.elapsed() < Duration::from_secs(30), "{} of {many} messages kept", files.len());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        Self::script(&["stop", self.path().to_str().unwrap()]);
    }
}

fn is_there(name: &str) -> bool {
    ["/usr/sbin", "/usr/bin"].iter().any(|folder| Path::new(folder).join(name).exists())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.parent().is_some_and(|parent| parent.ends_with("new")) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn activation(app: &TestApp, to: &str, name: &str) -> Letter {
    let letter = ActivateAccount {
        to_name: name.into(),
        organisation: "Willow House Group".into(),
        role: "Staff".into(),
        who: "Mary Jones".into(),
        link:
            "https://portal.example/activate/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                .into(),
        lasts: "72 hours".into(),
    };
    let to = Recipient { name: name.into(), email: to.into() };
    Letter::new(Some(app.cast.willow), &to, letter.render().unwrap()).of_kind(Kind::Invitation)
}

#[actix_web::test]
async fn postfix_takes_letters_encrypted_and_signed_in_puts_some_off_and_refuses_others() {
    let Some(postfix) = Postfix::start() else { return };
    let mut kept = 0;
    for encryption in [Encryption::StartTls, Encryption::Tls] {
        let server = postfix.settings(encryption);
        let app = TestApp::start_with(|config| config.mail_server = Some(server)).await;
        let send = |to: &str, name: &str| {
            let letter = activation(&app, to, name);
            app.write(|tx| Ok(letters::send(tx, letter)?.unwrap()))
        };
        let good = send("amina@family.example", "Amina Yusuf");
        let odd =
            send("zoe@family.example", "Zoë \"Łucja\" Ångström-Smith, of 12 Mill Lane\r\nBcc: x@y.example");
        let gone = send("gone@family.example", "Gone Away");
        let wait = send("wait@family.example", "Wait Please");
        deliver(&app).await;
        assert_eq!(trouble(&app), None);
        for id in [good, odd] {
            assert!(matches!(fate(&app, id), Fate::Sent { .. }), "{:?}", fate(&app, id));
        }
        let Fate::Refused { reason, .. } = fate(&app, gone) else { panic!("{:?}", fate(&app, gone)) };
        assert_eq!(reason, "The address does not exist.");
        assert!(matches!(fate(&app, wait), Fate::Waiting { reason, .. } if reason.contains("later")));
        if encryption == Encryption::Tls {
            postfix.let_all_in();
            // A connection that is kept is served by the old rules.
            app.services.mailer.rest().await;
            app.pass(60);
            deliver(&app).await;
            assert!(matches!(fate(&app, wait), Fate::Sent { .. }), "{:?}", fate(&app, wait));
            kept += 1;
        }
        kept += 2;
        for message in postfix.kept(kept) {
            check(&message);
        }
    }
}

fn check(message: &str) {
    let (head, body) = message.split_once("\n\n").unwrap();
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    for name in ["Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version"] {
        let many = unfolded.lines().filter(|line| line.starts_with(&format!("{name}: "))).count();
        assert_eq!(many, 1, "{name} in {head}");
    }
    assert!(!unfolded.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert!(
        unfolded.contains("From: \"Willow House Group via Kinbridge\" <portal@kinbridge.example>"),
        "{head}"
    );
    assert!(unfolded.contains("using TLSv1."), "it came encrypted: {head}");
    assert!(unfolded.contains("Authenticated sender: portal"), "and signed in: {head}");
    assert!(body.contains("Content-Type: text/plain; charset=utf-8"), "{body}");
    assert!(body.contains("Content-Type: text/html; charset=utf-8"), "{body}");
    if let Ok(folder) = std::env::var("KINBRIDGE_TEST_KEEP_MAIL") {
        let name = kinbridge::kit::secret::fingerprint(message);
        std::fs::write(Path::new(&folder).join(format!("{}.eml", &name[..12])), message).unwrap();
    }
}

#[actix_web::test]
async fn postfix_and_a_wrong_password_are_trouble_with_its_repair() {
    let Some(postfix) = Postfix::start() else { return };
    let mut server = postfix.settings(Encryption::StartTls);
    server.login.as_mut().unwrap().password = kinbridge::kit::secret::Secret::new("wrong");
    let app = TestApp::start_with(|config| config.mail_server = Some(server)).await;
    let letter = activation(&app, "amina@family.example", "Amina");
    let id = app.write(|tx| Ok(letters::send(tx, letter)?.unwrap()));
    deliver(&app).await;
    assert_eq!(trouble(&app).unwrap().kind, "sign-in refused");
    assert!(matches!(fate(&app, id), Fate::Waiting { .. }));
}
