//! Relatives: who may invite whom, the twelve ways in, what each sees, and that it ends at once.

mod bereavement;
mod family;
mod journeys;
pub mod paper;
mod pending;
mod staff;
mod tasks;
mod time;
mod trail;

use kinbridge::domain::access::{ManageRelatives, Scope};
use kinbridge::domain::consents::{Decision, Topic};
use kinbridge::domain::letters;
use kinbridge::domain::relatives::{self, NewInvitation, Preset, Source};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{InvitationId, RelativeId, ResidentId};
use kinbridge::kit::secret::keyed_fingerprint;

use crate::consents::{decide, decided, joan};
use crate::support::{Page, TestApp, Visitor};

pub const NEW_PASSWORD: &str = "harbour lantern meadow";
pub const URL: &str = "http://127.0.0.1:8080";

pub fn scope(app: &TestApp) -> Scope<ManageRelatives> {
    Scope::for_the_portal(app.cast.willow)
}

pub fn anna() -> NewInvitation {
    NewInvitation {
        name: "Anna Smith".into(),
        email: EmailAddress::parse("anna@family.example").unwrap(),
        relationship: "Daughter".into(),
        branch: String::new(),
        is_primary: false,
        topics: Preset::Family.topics(),
    }
}

pub fn invite(app: &TestApp, resident: ResidentId, new: &NewInvitation) -> InvitationId {
    let scope = scope(app);
    app.write(|tx| relatives::invite(tx, &scope, resident, new, Source::Page, URL))
}

/// The path that the newest letter to an address leads to.
pub fn link_to(app: &TestApp, email: &str) -> String {
    let letters = app.read(|conn| Ok(letters::list(conn, 100)?));
    let letter = letters.iter().find(|one| one.to_email == email).expect("a letter");
    let at = letter.body_text.find("/invite/").expect("a link");
    letter.body_text[at..].split_whitespace().next().unwrap().to_owned()
}

/// Joan, who agrees to share her activities, with Anna invited; the path of Anna's link.
pub fn invited(app: &TestApp) -> (ResidentId, String) {
    let joan = joan(app);
    decide(app, joan, &decided(Topic::Activities, Decision::Given));
    invite(app, joan, &anna());
    (joan, link_to(app, "anna@family.example"))
}

pub async fn join(visitor: &Visitor<'_>, link: &str) -> Page {
    visitor.post(link, &[("password", NEW_PASSWORD)]).await
}

/// What ties a form about a resident to the browser.
pub fn sealed(visitor: &Visitor<'_>, resident: ResidentId) -> String {
    keyed_fingerprint(&visitor.cookie("kinbridge").unwrap(), &format!("resident {resident}"))
}

/// The newest relation.
pub fn newest(app: &TestApp) -> RelativeId {
    RelativeId(app.number("SELECT MAX(id) FROM relatives"))
}
