//! The pages of this feature.

use askama::Template;

use super::Kept;
use crate::domain::accounts::{Activating, HalfWay};
use crate::links;
use crate::web::ui::{Shell, filters};

#[derive(Template)]
#[template(path = "sign_in/new.html")]
pub(in crate::web) struct New {
    pub shell: Shell,
    pub email: String,
    /// A path of the portal.
    pub next: String,
    pub kept: Kept,
    /// Passkeys can be used at the portal's address.
    pub passkeys: bool,
}

#[derive(Template)]
#[template(path = "sign_in/confirm.html")]
pub(super) struct Confirm {
    pub shell: Shell,
    pub next: String,
    /// A code or a passkey is asked for too.
    pub two_step: bool,
    pub authenticator: bool,
    pub passkey: bool,
}

/// The second step of signing in.
#[derive(Template)]
#[template(path = "sign_in/code.html")]
pub(super) struct Code {
    pub shell: Shell,
    pub next: String,
    pub kept: Kept,
    pub has: HalfWay,
}

/// The same with a passkey.
#[derive(Template)]
#[template(path = "sign_in/passkey.html")]
pub(super) struct Passkey {
    pub shell: Shell,
    pub next: String,
    pub kept: Kept,
    pub has: HalfWay,
}

/// The same with a code that was kept for a lost telephone.
#[derive(Template)]
#[template(path = "sign_in/recovery.html")]
pub(super) struct Recovery {
    pub shell: Shell,
    pub next: String,
    pub kept: Kept,
    pub has: HalfWay,
}

#[derive(Template)]
#[template(path = "sign_in/activate.html")]
pub(super) struct Activate {
    pub shell: Shell,
    pub person: Activating,
    /// The page's own address, to which its form goes.
    pub action: String,
}

#[derive(Template)]
#[template(path = "sign_in/dead_link.html")]
pub(super) struct DeadLink {
    pub shell: Shell,
}
