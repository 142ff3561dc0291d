//! Sheets of paper with a code on them, ready to be printed: an invitation, or a slip for a password. Shown once, in
//! the answer to the form that made the code; nothing here keeps one.

use askama::Template;

use super::two_step::Picture;
use super::ui::{Shell, filters};
use super::visit::Visit;
use crate::domain::accounts::Slip;
use crate::domain::relatives::Printed;
use crate::kit::codes::grouped;
use crate::kit::secret::Secret;
use crate::links;

/// Pages that are printed, one sheet each.
#[derive(Template)]
#[template(path = "paper/sheets.html")]
pub(super) struct Sheets {
    pub shell: Shell,
    pub all: Vec<Sheet>,
    /// Where to go on to once it is printed.
    pub back: String,
}

/// One sheet.
pub(super) struct Sheet {
    heading: String,
    /// Whom it is for.
    to: String,
    lead: String,
    code: String,
    picture: Option<Picture>,
    /// What is typed into a browser: `portal.example/letter`.
    address: String,
    /// What is to be chosen once the code has been typed.
    choose: String,
    until: String,
    call: String,
}

impl Sheet {
    /// Asks somebody to join as a relative. Names the home and who invites, never the resident.
    pub fn invitation(visit: &Visit, printed: &Printed) -> Self {
        let home = &printed.contact.home;
        Self {
            heading: format!("{home} invites you"),
            to: printed.name.clone(),
            lead: format!(
                "{} invites you to the family pages. There you see what somebody who lives with us has been doing.",
                printed.who
            ),
            choose: "Choose a name to sign in with and a password. You need no email address.".to_owned(),
            call: printed.contact.call(),
            ..Self::with(visit, &printed.code, printed.until)
        }
    }

    /// A new password for somebody who signs in with a name.
    pub fn new_password(visit: &Visit, slip: &Slip, call: String) -> Self {
        Self {
            heading: "Choose a new password".to_owned(),
            to: slip.name.clone(),
            lead: format!("You sign in with the name {}.", slip.login),
            choose: "Choose a new password of 15 characters or more. Three words you can remember work well."
                .to_owned(),
            call,
            ..Self::with(visit, &slip.code, slip.until)
        }
    }

    /// A first password for a member of staff who signs in with a name.
    pub fn activation(visit: &Visit, slip: &Slip, organisation: &str, by: &str) -> Self {
        Self {
            heading: format!("Your account at {organisation}"),
            to: slip.name.clone(),
            lead: format!("You sign in with the name {}.", slip.login),
            choose: "Create a password of 15 characters or more. Three words you can remember work well."
                .to_owned(),
            call: format!("Ask {by}, who can print you a new slip."),
            ..Self::with(visit, &slip.code, slip.until)
        }
    }

    fn with(visit: &Visit, code: &Secret, until: chrono::NaiveDateTime) -> Self {
        let url = &visit.services.config.public_url;
        let code = grouped(code);
        let bare = url.trim_start_matches("https://").trim_start_matches("http://");
        Self {
            heading: String::new(),
            to: String::new(),
            lead: String::new(),
            picture: Picture::of(&format!("{url}{}", links::letter_with(&code))),
            address: format!("{bare}{}", links::letter()),
            code,
            choose: String::new(),
            until: super::freshness::on_day(visit, until),
            call: String::new(),
        }
    }
}

/// The page of one sheet.
pub(super) fn one(visit: &Visit, title: String, sheet: Sheet, back: String) -> Sheets {
    Sheets { shell: visit.shell(title), all: vec![sheet], back }
}
