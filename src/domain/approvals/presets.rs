//! Permissions under the name of a job: what the list offers, so that nobody ticks one by one.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::store;
use crate::db::{Conn, Tx};
use crate::domain::access::{ApproveStaff, Permission, Role, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::{one_line, short};
use crate::domain::{Refusal, accounts};
use crate::kit::names::search_key;

/// A role and permissions under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// Stands in forms.
    pub key: String,
    pub name: String,
    pub role: Role,
    pub permissions: BTreeSet<Permission>,
}

/// What every organisation starts with: a name, and what it adds to what all staff have.
const JOBS: [(&str, &[Permission]); 5] = [
    ("Carer", &[]),
    ("Senior carer", &[Permission::ViewStaff, Permission::EditResidents, Permission::ManageRelatives]),
    ("Activities lead", &[Permission::ManageRelatives]),
    ("Nurse", &[Permission::EditResidents, Permission::ViewIntegrations, Permission::PairRecords]),
    (
        "Team leader",
        &[
            Permission::ViewStaff,
            Permission::EditResidents,
            Permission::ManageRelatives,
            Permission::ApproveStaff,
        ],
    ),
];

/// The presets of an organisation, by what they allow; its own come before those that all have.
pub fn presets(conn: &mut Conn, scope: &Scope<ApproveStaff>) -> QueryResult<Vec<Preset>> {
    let own = store::presets(conn, scope.organisation())?;
    let mut all: Vec<Preset> = own
        .into_iter()
        .map(|(name, stored)| of_staff(&name, Permission::read(Role::Staff, &stored)))
        .collect();
    for (name, more) in JOBS {
        let known = all.iter().any(|one| one.key == search_key(name));
        if !known {
            let permissions = &Permission::defaults(Role::Staff) | &more.iter().copied().collect();
            all.push(of_staff(name, permissions));
        }
    }
    all.push(Preset {
        key: "manager".into(),
        name: "Manager".into(),
        role: Role::Manager,
        permissions: Permission::defaults(Role::Manager),
    });
    Ok(all)
}

/// Keeps permissions of staff under a name, in place of what stood under it.
///
/// # Errors
/// `Invalid` on `keep_as`; `Denied` for those who decide about some places only.
pub fn keep(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    name: &str,
    permissions: &BTreeSet<Permission>,
) -> Result<(), Refusal> {
    let name = short("keep_as", one_line(name), 40)?;
    let key = search_key(&name);
    if key.is_empty() || key == "manager" || key == "ticked" || key == "as suggested" {
        return Err(Refusal::invalid("keep_as", "Enter another name, such as Night carer"));
    }
    let granter = accounts::granter(tx.conn, scope)?;
    if granter.role == Some(Role::Staff) {
        return Err(Refusal::invalid("keep_as", "A manager can keep permissions under a name"));
    }
    if let Some(words) = granter.refuses(Role::Staff, permissions) {
        return Err(Refusal::invalid("keep_as", words));
    }
    store::keep_preset(tx, scope.organisation(), (&name, &key), &Permission::write(permissions))?;
    let event = Event::new("staff.preset", format!("kept staff permissions as {name}"));
    let details = serde_json::json!({ "permissions": Permission::write(permissions) });
    audit::record(tx, scope, event.with(details))?;
    Ok(())
}

fn of_staff(name: &str, permissions: BTreeSet<Permission>) -> Preset {
    Preset { key: search_key(name), name: name.to_owned(), role: Role::Staff, permissions }
}

/// The name under which a role and permissions are known, or the role's own word.
pub fn name_of(presets: &[Preset], role: Role, permissions: &BTreeSet<Permission>) -> String {
    let same = presets.iter().find(|one| one.role == role && one.permissions == *permissions);
    same.map_or_else(|| role.words().to_owned(), |one| one.name.clone())
}
