//! What people with the same job title were given before: shown beside a name, never applied by itself.

use std::collections::{BTreeSet, HashMap};

use diesel::QueryResult;

use super::store::{self, Decided};
use crate::db::Conn;
use crate::domain::access::{ApproveStaff, Permission, Role, Scope};

/// `Senior carer, as 37 of 38 earlier`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub role: Role,
    pub permissions: BTreeSet<Permission>,
    /// How many of [`Suggestion::of`] people with this title were given exactly that.
    pub times: i64,
    pub of: i64,
}

/// Fewer earlier approvals than this say nothing.
const FEWEST: i64 = 2;

/// Suggestions by folded job title.
pub(super) fn for_titles<'t>(
    conn: &mut Conn,
    scope: &Scope<ApproveStaff>,
    titles: impl Iterator<Item = &'t str>,
) -> QueryResult<HashMap<String, Suggestion>> {
    let titles: BTreeSet<&str> = titles.filter(|title| !title.is_empty()).collect();
    let titles: Vec<String> = titles.into_iter().map(str::to_owned).collect();
    let mut found = HashMap::new();
    // A page has fifty titles; an act on a thousand people asks for none.
    if titles.is_empty() {
        return Ok(found);
    }
    let mut by_title: HashMap<String, Vec<Decided>> = HashMap::new();
    for one in store::decided_with(conn, scope.organisation(), &titles)? {
        by_title.entry(one.title_folded.clone()).or_default().push(one);
    }
    for (title, all) in by_title {
        found.extend(most_of(&all).map(|suggestion| (title, suggestion)));
    }
    Ok(found)
}

/// What more than half were given.
fn most_of(all: &[Decided]) -> Option<Suggestion> {
    let of = all.iter().map(|one| one.times).sum();
    let most = all.iter().max_by_key(|one| one.times)?;
    let role = most.role?;
    let clear = most.times >= FEWEST && most.times * 2 > of;
    clear.then(|| Suggestion {
        role,
        permissions: Permission::read(role, &most.permissions),
        times: most.times,
        of,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(permissions: &str, times: i64) -> Decided {
        let title_folded = "senior carer".into();
        Decided { title_folded, role: Some(Role::Staff), permissions: permissions.into(), times }
    }

    #[test]
    fn what_most_were_given_is_suggested_and_a_tie_is_not() {
        let most = most_of(&[decided("view residents", 37), decided("view residents,view staff", 1)]);
        let most = most.unwrap();
        assert_eq!((most.times, most.of), (37, 38));
        assert_eq!(most.permissions, [Permission::ViewResidents].into());
        assert_eq!(most_of(&[decided("view residents", 3), decided("", 3)]), None);
        assert_eq!(most_of(&[decided("view residents", 1)]), None);
    }
}
