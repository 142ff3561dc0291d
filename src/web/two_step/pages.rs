//! The pages of this feature.

use askama::Template;

use super::qr::Picture;
use crate::kit::ids::PasskeyId;
use crate::links;
use crate::web::ui::{Shell, When, filters};

#[derive(Template)]
#[template(path = "two_step/index.html")]
pub(super) struct Index {
    pub shell: Shell,
    /// Nothing while it is off.
    pub since: Option<When>,
    /// There is an app whose codes are asked for.
    pub authenticator: bool,
    /// Passkeys can be used at the portal's address.
    pub possible: bool,
    pub passkeys: Vec<PasskeyRow>,
    /// What was typed for a new one.
    pub name: String,
    pub codes_left: i64,
    /// New recovery codes can still be looked at.
    pub sheet_waits: bool,
    /// The person's role asks for it.
    pub needed: bool,
    /// … and nothing else opens before.
    pub must: bool,
}

impl Index {
    /// Nothing but one passkey stands between a password and the portal.
    fn is_last(&self) -> bool {
        !self.authenticator && self.passkeys.len() == 1
    }
}

pub(super) struct PasskeyRow {
    pub id: PasskeyId,
    pub name: String,
    pub since: When,
    pub last_used: Option<When>,
}

#[derive(Template)]
#[template(path = "two_step/authenticator.html")]
pub(super) struct Authenticator {
    pub shell: Shell,
    pub picture: Picture,
    /// In groups of four.
    pub key: String,
}

#[derive(Template)]
#[template(path = "two_step/recovery_codes.html")]
pub(super) struct RecoveryCodes {
    pub shell: Shell,
    pub codes: Vec<String>,
}
