//! What an organisation decides about its families: whether it confirms who joins, and what a primary contact
//! may do.

use super::{Refusal, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageOrganisation, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::Changed;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Who joins waits until somebody here says that it is the right person.
    pub confirm_first: bool,
    pub primary_invites: bool,
    /// Relatives and open invitations of one resident that a primary contact may reach.
    pub primary_limit: i64,
    /// What a primary contact asks for waits until somebody here agrees.
    pub primary_approval: bool,
    /// How long the pages of somebody who died stay open to the family.
    pub memorial_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            confirm_first: false,
            primary_invites: true,
            primary_limit: 10,
            primary_approval: false,
            memorial_days: 90,
        }
    }
}

impl Settings {
    /// # Errors
    /// `Invalid` for a number that cannot be used.
    pub fn read(
        confirm_first: bool,
        primary_invites: bool,
        primary_limit: &str,
        primary_approval: bool,
        memorial_days: &str,
    ) -> Result<Self, Refusal> {
        let number = |field, text: &str, least: i64, most: i64| {
            let number = text.trim().parse().ok().filter(|n| (least..=most).contains(n));
            let words = format!("Enter a whole number from {least} to {most}");
            number.ok_or_else(|| Refusal::invalid(field, words))
        };
        Ok(Self {
            confirm_first,
            primary_invites,
            primary_limit: number("primary_limit", primary_limit, 1, 50)?,
            primary_approval,
            memorial_days: number("memorial_days", memorial_days, 0, 730)?,
        })
    }
}

pub fn settings<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Settings, Refusal> {
    Ok(store::settings(conn, scope.organisation())?.unwrap_or_default())
}

pub fn change(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, to: &Settings) -> Result<(), Refusal> {
    let before = settings(tx.conn, scope)?;
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    let mut changed = Changed::default();
    changed.note("Confirm who joins", yes(before.confirm_first), yes(to.confirm_first));
    changed.note("Primary contacts invite", yes(before.primary_invites), yes(to.primary_invites));
    changed.note("Relatives per resident", &before.primary_limit.to_string(), &to.primary_limit.to_string());
    changed.note("Approval first", yes(before.primary_approval), yes(to.primary_approval));
    changed.note("Memorial days", &before.memorial_days.to_string(), &to.memorial_days.to_string());
    if changed.is_empty() {
        return Ok(());
    }
    store::set_settings(tx, scope.organisation(), to)?;
    let words = format!("changed the rules for relatives: {}", changed.fields());
    Ok(audit::record(tx, scope, Event::new("relative.rules", words).with(changed))?)
}
