//! Permissions under the name of a job: what the list offers, so that nobody ticks one by one.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::store;
use crate::db::Conn;
use crate::domain::access::{ApproveStaff, Permission, Role, Scope};
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

fn of_staff(name: &str, permissions: BTreeSet<Permission>) -> Preset {
    Preset { key: search_key(name), name: name.to_owned(), role: Role::Staff, permissions }
}

/// The name under which a role and permissions are known, or the role's own word.
pub fn name_of(presets: &[Preset], role: Role, permissions: &BTreeSet<Permission>) -> String {
    let same = presets.iter().find(|one| one.role == role && one.permissions == *permissions);
    same.map_or_else(|| role.words().to_owned(), |one| one.name.clone())
}
