//! The demo's families: what residents agree to share, who is a primary contact, and who is invited.

use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManagePlaces, ManageRelatives, Scope, Topic, ViewResidents};
use crate::domain::consents::{self, Basis, Decision, NewConsent};
use crate::domain::organisations::{self, PlaceKind};
use crate::domain::relatives::{self, Change, NewInvitation, Preset, Source};
use crate::domain::residents::{self, Wanted};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{OrganisationId, ResidentId};

/// Everybody shares their activities; Joan's son is her primary contact, and her daughter is invited.
pub fn fill(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    mother: ResidentId,
    url: &str,
) -> Result<(), Refusal> {
    let scope = Scope::<ManageRelatives>::for_the_portal(organisation);
    let reader = Scope::<ViewResidents>::for_the_portal(organisation);
    for resident in residents::list(tx.conn, &reader, &Wanted::default(), 0, 200)?.rows {
        let given = NewConsent {
            topic: Topic::Activities,
            decision: Decision::Given,
            basis: Basis::Own,
            attorney: String::new(),
            note: String::new(),
            review_on: None,
        };
        consents::record(tx, &scope, resident.id, &given)?;
    }
    let places = Scope::<ManagePlaces>::for_the_portal(organisation);
    for home in organisations::places(tx.conn, &places)? {
        if home.kind == PlaceKind::Home {
            relatives::set_contact(tx, &places, home.id, "01234 567890", "12 Mill Lane, Exampleton")?;
        }
    }
    for son in relatives::relatives(tx.conn, &scope, mother)? {
        let topics = Preset::Family.topics();
        let to = Change { relationship: "Son".into(), branch: String::new(), is_primary: true, topics };
        relatives::change(tx, &scope, mother, son.id, &to)?;
    }
    let email = "anna.smith@family.example";
    let daughter = NewInvitation {
        name: "Anna Smith".into(),
        email: EmailAddress::parse(email).ok_or_else(|| Refusal::Broken(format!("{email} is no address")))?,
        relationship: "Daughter".into(),
        branch: "Leeds".into(),
        is_primary: false,
        topics: Preset::Family.topics(),
    };
    relatives::invite(tx, &scope, mother, &daughter, Source::Page, url)?;
    Ok(())
}
