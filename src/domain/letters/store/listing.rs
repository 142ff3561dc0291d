//! Letters without their bodies: for lists, counts and fates.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Backend, Conn, Tx};
use crate::domain::letters::LetterState;
use crate::domain::letters::recent::LOST;
use crate::domain::schema::letters;
use crate::kit::ids::{LetterId, OrganisationId};

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = letters)]
#[diesel(check_for_backend(Backend))]
pub struct Standing {
    pub id: LetterId,
    pub state: LetterState,
    pub created_at: NaiveDateTime,
    pub settled_at: Option<NaiveDateTime>,
    pub last_error: String,
}

/// A letter of a list.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = letters)]
#[diesel(check_for_backend(Backend))]
pub struct Row {
    pub id: LetterId,
    pub to_email: String,
    pub to_name: String,
    pub subject: String,
    pub created_at: NaiveDateTime,
    pub state: LetterState,
    pub last_error: String,
    pub useless_after: Option<NaiveDateTime>,
    pub settled_at: Option<NaiveDateTime>,
    pub answer: String,
}

/// Few enough for one statement on either engine.
const AT_ONCE: usize = 1000;

pub fn states(conn: &mut Conn, of: &[LetterId]) -> QueryResult<Vec<Standing>> {
    let mut found = Vec::new();
    for some in of.chunks(AT_ONCE) {
        let these = letters::table.filter(letters::id.eq_any(some.to_vec())).select(Standing::as_select());
        found.extend(these.load(conn)?);
    }
    Ok(found)
}

pub fn of_organisation(
    conn: &mut Conn,
    organisation: OrganisationId,
    states: &[LetterState],
    before: i64,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    let mut query = letters::table
        .filter(letters::organisation_id.eq(organisation))
        .select(Row::as_select())
        .order(letters::id.desc())
        .offset(before)
        .limit(limit)
        .into_boxed();
    if !states.is_empty() {
        query = query.filter(letters::state.eq_any(states.to_vec()));
    }
    query.load(conn)
}

pub fn row(conn: &mut Conn, organisation: OrganisationId, letter: LetterId) -> QueryResult<Option<Row>> {
    letters::table
        .find(letter)
        .filter(letters::organisation_id.eq(organisation))
        .select(Row::as_select())
        .first(conn)
        .optional()
}

/// From its end back to the start; says whether it still was in that state.
pub fn wait_again(tx: &mut Tx<'_>, letter: LetterId, from: LetterState) -> QueryResult<bool> {
    let changed = diesel::update(letters::table.find(letter))
        .filter(letters::state.eq(from))
        .set((
            letters::state.eq(LetterState::Waiting),
            letters::next_attempt_at.eq(tx.now),
            letters::settled_at.eq(None::<NaiveDateTime>),
            letters::delays.eq(0),
            letters::last_error.eq(""),
            letters::answer.eq(""),
        ))
        .execute(tx.conn)?;
    tx.ring();
    Ok(changed == 1)
}

pub fn not_delivered(
    conn: &mut Conn,
    organisation: OrganisationId,
    since: NaiveDateTime,
) -> QueryResult<i64> {
    letters::table
        .filter(letters::organisation_id.eq(organisation))
        .filter(letters::state.eq_any(LOST))
        .filter(letters::settled_at.gt(since))
        .count()
        .get_result(conn)
}

pub fn count(
    conn: &mut Conn,
    states: &[LetterState],
    settled_since: Option<NaiveDateTime>,
) -> QueryResult<Vec<(Option<OrganisationId>, i64)>> {
    let counted = letters::table
        .filter(letters::state.eq_any(states.to_vec()))
        .group_by(letters::organisation_id)
        .select((letters::organisation_id, diesel::dsl::count_star()));
    match settled_since {
        Some(since) => counted.filter(letters::settled_at.gt(since)).load(conn),
        None => counted.load(conn),
    }
}
