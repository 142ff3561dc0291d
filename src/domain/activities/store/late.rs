//! Rows of forms that came late, and of what they said of people who had been recorded by then.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Backend, Conn, Tx, both};
use crate::domain::access::By;
use crate::domain::activities::typed::Mark;
use crate::domain::schema::{late_forms, late_parts, participations};
use crate::kit::ids::{ActivityId, ParticipationId};

/// What somebody wrote without a network, of a part that was recorded before it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = late_parts)]
#[diesel(check_for_backend(Backend))]
pub struct LatePart {
    pub id: i64,
    #[diesel(column_name = participation_id)]
    pub participation: ParticipationId,
    pub took_part: bool,
    pub reason: String,
    pub rating: Option<i32>,
    pub comment: String,
    pub completed_by: String,
    pub by_name: String,
    pub noted_at: Option<NaiveDateTime>,
    pub arrived_at: NaiveDateTime,
}

impl LatePart {
    /// As it would be recorded.
    pub fn mark(&self) -> Mark {
        Mark {
            participation: self.participation,
            took_part: self.took_part,
            reason: self.reason.clone(),
            rating: self.rating,
            comment: self.comment.clone(),
        }
    }
}

/// Says whether the form is new.
pub fn insert_form(tx: &mut Tx<'_>, activity: ActivityId, key: &str, by: &By) -> QueryResult<bool> {
    let row = (
        late_forms::activity_id.eq(activity),
        late_forms::replay_key.eq(key),
        late_forms::account_id.eq(by.account),
        late_forms::arrived_at.eq(tx.now),
    );
    let known = (late_forms::activity_id, late_forms::replay_key);
    let insert = diesel::insert_into(late_forms::table).values(row).on_conflict(known).do_nothing();
    both(insert).execute(tx.conn).map(|new| new == 1)
}

pub fn insert_late(
    tx: &mut Tx<'_>,
    mark: &Mark,
    completed_by: &str,
    by_name: &str,
    noted_at: Option<NaiveDateTime>,
) -> QueryResult<()> {
    let row = (
        late_parts::participation_id.eq(mark.participation),
        late_parts::took_part.eq(mark.took_part),
        late_parts::reason.eq(&mark.reason),
        late_parts::rating.eq(mark.rating),
        late_parts::comment.eq(&mark.comment),
        late_parts::completed_by.eq(completed_by),
        late_parts::by_name.eq(by_name),
        late_parts::noted_at.eq(noted_at),
        late_parts::arrived_at.eq(tx.now),
    );
    diesel::insert_into(late_parts::table).values(row).execute(tx.conn).map(drop)
}

/// Of an activity, what nobody has decided, the oldest first.
pub fn late(conn: &mut Conn, activity: ActivityId) -> QueryResult<Vec<LatePart>> {
    late_parts::table
        .inner_join(participations::table)
        .filter(participations::activity_id.eq(activity))
        .filter(late_parts::settled_at.is_null())
        .order(late_parts::id)
        .select(LatePart::as_select())
        .load(conn)
}

pub fn settle_late(tx: &mut Tx<'_>, id: i64) -> QueryResult<()> {
    diesel::update(late_parts::table.find(id))
        .set(late_parts::settled_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}
