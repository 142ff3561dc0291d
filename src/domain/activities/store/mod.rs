//! Rows of activities. Those of each person's part are in `people`.

mod late;
mod people;

use chrono::NaiveDateTime;
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;

use super::typed::Details;
use super::{State, Taking};
use crate::db::{Backend, Conn, Tx};
use crate::domain::access::{By, Places, RecordActivities, Scope};
use crate::domain::schema::{activities, participations as parts, residents};
use crate::kit::ids::{AccountId, ActivityId, OrganisationId, ParticipationId, ResidentId};

pub use late::{LatePart, insert_form, insert_late, late, settle_late};
pub use people::{
    active_among, correct, count_people, insert_people, living_in, name_of_archived, of_resident, people,
    points, record, recorded, recorded_since, remove_people, withdraw,
};

/// An activity as kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = activities)]
#[diesel(check_for_backend(Backend))]
pub struct Activity {
    pub id: ActivityId,
    pub name: String,
    pub details: String,
    pub location: String,
    /// UTC.
    pub starts_at: NaiveDateTime,
    pub state: State,
    pub planned_by_name: String,
    pub completed_by_name: String,
    pub completed_at: Option<NaiveDateTime>,
    pub cancelled_because: String,
    /// Counts the changes; a form made from an older one is refused.
    pub version: i64,
}

/// One person's part in an activity as kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = parts)]
#[diesel(check_for_backend(Backend))]
pub struct Participation {
    pub id: ParticipationId,
    #[diesel(column_name = activity_id)]
    pub activity: ActivityId,
    #[diesel(column_name = resident_id)]
    pub resident: ResidentId,
    pub(super) key: String,
    pub state: Taking,
    pub took_part: bool,
    pub reason: String,
    pub rating: Option<i32>,
    pub comment: String,
    pub completed_by: String,
    /// 1 for what was recorded first.
    pub version: i32,
    pub recorded_by: Option<AccountId>,
    pub recorded_by_name: String,
    pub recorded_at: Option<NaiveDateTime>,
    /// When it was written down, where that was without a network.
    pub noted_at: Option<NaiveDateTime>,
}

/// A part with the person whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub participation: Participation,
    pub first_name: String,
    pub last_name: String,
    pub room: String,
    pub look_alike: bool,
    pub archived: bool,
}

impl Person {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// Nothing is recorded of them yet.
    pub fn is_expected(&self) -> bool {
        self.participation.state == Taking::Expected
    }
}

/// A part with the activity that it was in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub participation: Participation,
    pub activity: Activity,
}

/// Whether an activity is one of the scope's: all are, or one of its people lives in the places, or it was planned by
/// the person.
macro_rules! reached {
    ($query:expr, $places:expr, $account:expr) => {
        if let Places::Only(ids) = $places {
            let here = parts::table
                .inner_join(residents::table)
                .filter(parts::activity_id.eq(activities::id))
                .filter(
                    residents::home_id
                        .eq_any(ids.clone())
                        .or(residents::zone_id.assume_not_null().eq_any(ids.clone())),
                );
            let own = $account.map_or(-1, |account: AccountId| account.0);
            $query.filter(exists(here).or(activities::planned_by.assume_not_null().eq(own)))
        } else {
            $query
        }
    };
}

pub fn get(conn: &mut Conn, scope: &Scope<RecordActivities>, id: ActivityId) -> QueryResult<Activity> {
    let query = activities::table
        .filter(activities::id.eq(id))
        .filter(activities::organisation_id.eq(scope.organisation()))
        .select(Activity::as_select())
        .into_boxed();
    reached!(query, scope.places(), scope.by().account).first(conn)
}

pub fn list(
    conn: &mut Conn,
    scope: &Scope<RecordActivities>,
    state: State,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<Activity>> {
    let query = activities::table
        .filter(activities::organisation_id.eq(scope.organisation()))
        .filter(activities::state.eq(state))
        .offset(offset)
        .limit(limit)
        .select(Activity::as_select())
        .into_boxed();
    let query = reached!(query, scope.places(), scope.by().account);
    match state {
        State::Planned => query.order((activities::starts_at, activities::id)).load(conn),
        _ => query.order((activities::starts_at.desc(), activities::id.desc())).load(conn),
    }
}

pub fn count_due(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    account: Option<AccountId>,
    now: NaiveDateTime,
) -> QueryResult<i64> {
    let query = activities::table
        .filter(activities::organisation_id.eq(organisation))
        .filter(activities::state.eq(State::Planned))
        .filter(activities::starts_at.le(now))
        .select(count_star())
        .into_boxed();
    reached!(query, places, account).first(conn)
}

pub fn last_group(conn: &mut Conn, scope: &Scope<RecordActivities>) -> QueryResult<Option<Activity>> {
    let own = scope.by().account.map_or(-1, |account| account.0);
    let some = parts::table.filter(parts::activity_id.eq(activities::id));
    activities::table
        .filter(activities::organisation_id.eq(scope.organisation()))
        .filter(activities::planned_by.assume_not_null().eq(own))
        .filter(exists(some))
        .order(activities::id.desc())
        .select(Activity::as_select())
        .first(conn)
        .optional()
}

/// By activity, state and whether they took part: how many of the people whom the places reach.
pub fn counts(
    conn: &mut Conn,
    places: &Places,
    ids: &[ActivityId],
) -> QueryResult<Vec<(ActivityId, Taking, bool, i64)>> {
    let of = parts::table.inner_join(residents::table).filter(parts::activity_id.eq_any(ids.to_vec()));
    let columns = (parts::activity_id, parts::state, parts::took_part);
    match places {
        Places::All => of
            .group_by(columns)
            .select((parts::activity_id, parts::state, parts::took_part, count_star()))
            .load(conn),
        Places::Only(ids) => of
            .filter(
                residents::home_id
                    .eq_any(ids.clone())
                    .or(residents::zone_id.assume_not_null().eq_any(ids.clone())),
            )
            .group_by(columns)
            .select((parts::activity_id, parts::state, parts::took_part, count_star()))
            .load(conn),
    }
}

pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope<RecordActivities>,
    details: &Details,
) -> QueryResult<ActivityId> {
    diesel::insert_into(activities::table)
        .values((
            activities::organisation_id.eq(scope.organisation()),
            activities::name.eq(&details.name),
            activities::details.eq(&details.details),
            activities::location.eq(&details.location),
            activities::starts_at.eq(details.starts_at),
            activities::state.eq(State::Planned),
            activities::planned_by.eq(scope.by().account.map(|account| account.0)),
            activities::planned_by_name.eq(&scope.by().name),
            activities::completed_by_name.eq(""),
            activities::cancelled_because.eq(""),
            activities::version.eq(1),
            activities::created_at.eq(tx.now),
        ))
        .returning(activities::id)
        .get_result(tx.conn)
}

/// Says whether the form was made from what is there; so do the others.
pub fn change(tx: &mut Tx<'_>, id: ActivityId, version: i64, details: &Details) -> QueryResult<bool> {
    let changed = diesel::update(activities::table.find(id))
        .filter(activities::version.eq(version))
        .filter(activities::state.eq(State::Planned))
        .set((
            activities::name.eq(&details.name),
            activities::details.eq(&details.details),
            activities::location.eq(&details.location),
            activities::starts_at.eq(details.starts_at),
            activities::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    diesel::update(parts::table.filter(parts::activity_id.eq(id)))
        .filter(parts::state.eq(Taking::Expected))
        .set(parts::at.eq(details.starts_at))
        .execute(tx.conn)?;
    Ok(changed == 1)
}

pub fn touch(tx: &mut Tx<'_>, id: ActivityId, version: i64) -> QueryResult<bool> {
    diesel::update(activities::table.find(id))
        .filter(activities::version.eq(version))
        .set(activities::version.eq(version + 1))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn cancel(tx: &mut Tx<'_>, id: ActivityId, because: &str) -> QueryResult<bool> {
    diesel::update(activities::table.find(id))
        .filter(activities::state.eq(State::Planned))
        .set((
            activities::state.eq(State::Cancelled),
            activities::cancelled_because.eq(because),
            activities::version.eq(activities::version + 1),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn complete(tx: &mut Tx<'_>, by: &By, id: ActivityId, version: i64) -> QueryResult<bool> {
    diesel::update(activities::table.find(id))
        .filter(activities::version.eq(version))
        .filter(activities::state.ne(State::Cancelled))
        .set((
            activities::state.eq(State::Completed),
            activities::completed_by.eq(by.account.map(|account| account.0)),
            activities::completed_by_name.eq(&by.name),
            activities::completed_at.eq(tx.now),
            activities::version.eq(version + 1),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}
