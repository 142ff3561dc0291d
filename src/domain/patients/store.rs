//! Rows of patients. Every query names the organisation and the mode.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::{Address, Details, Patient};
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::api_keys::{Asked, Comparison, Literal, Mark, Mode};
use crate::domain::audit::escape_like;
use crate::domain::schema::patients;
use crate::kit::ids::{AccountId, OrganisationId, PatientId};
use crate::kit::names::search_key;

#[derive(Queryable, Selectable)]
#[diesel(table_name = patients)]
#[diesel(check_for_backend(Backend))]
struct Row {
    id: PatientId,
    public_id: String,
    mode: Mode,
    title: String,
    first_name: String,
    last_name: String,
    sex: String,
    phone: String,
    email: String,
    nhs_number: String,
    external_ref: String,
    date_of_birth: NaiveDate,
    note: String,
    line1: String,
    line2: String,
    city: String,
    postcode: String,
    country: String,
    access_notes: String,
    account_id: Option<AccountId>,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl From<Row> for Patient {
    fn from(row: Row) -> Self {
        let address = (!row.postcode.is_empty()).then_some(Address {
            line1: row.line1,
            line2: row.line2,
            city: row.city,
            postcode: row.postcode,
            country: row.country,
            access_notes: row.access_notes,
        });
        let details = Details {
            title: row.title,
            first_name: row.first_name,
            last_name: row.last_name,
            sex: row.sex,
            phone: row.phone,
            email: row.email,
            nhs_number: row.nhs_number,
            external_ref: row.external_ref,
            date_of_birth: row.date_of_birth,
            note: row.note,
            address,
        };
        Self {
            id: row.id,
            public_id: row.public_id,
            mode: row.mode,
            details,
            account: row.account_id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The columns that a form fills.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = patients)]
struct Filled<'d> {
    title: &'d str,
    first_name: &'d str,
    last_name: &'d str,
    sex: &'d str,
    phone: &'d str,
    email: &'d str,
    nhs_number: &'d str,
    external_ref: &'d str,
    date_of_birth: NaiveDate,
    note: &'d str,
    line1: &'d str,
    line2: &'d str,
    city: &'d str,
    postcode: &'d str,
    country: &'d str,
    access_notes: &'d str,
    sort_name: String,
    search_text: String,
    updated_at: NaiveDateTime,
}

impl<'d> Filled<'d> {
    fn of(details: &'d Details, now: NaiveDateTime) -> Self {
        let of =
            |part: fn(&Address) -> &String| details.address.as_ref().map_or("", |one| part(one).as_str());
        Self {
            title: &details.title,
            first_name: &details.first_name,
            last_name: &details.last_name,
            sex: &details.sex,
            phone: &details.phone,
            email: &details.email,
            nhs_number: &details.nhs_number,
            external_ref: &details.external_ref,
            date_of_birth: details.date_of_birth,
            note: &details.note,
            line1: of(|one| &one.line1),
            line2: of(|one| &one.line2),
            city: of(|one| &one.city),
            postcode: of(|one| &one.postcode),
            country: of(|one| &one.country),
            access_notes: of(|one| &one.access_notes),
            sort_name: details.sort_name(),
            search_text: details.search_text(),
            updated_at: now,
        }
    }
}

pub fn insert(
    tx: &mut Tx<'_>,
    (organisation, mode): (OrganisationId, Mode),
    public_id: &str,
    details: &Details,
) -> QueryResult<PatientId> {
    both(
        diesel::insert_into(patients::table)
            .values((
                patients::organisation_id.eq(organisation),
                patients::mode.eq(mode),
                patients::public_id.eq(public_id),
                patients::version.eq(1_i64),
                patients::created_at.eq(tx.now),
                Filled::of(details, tx.now),
            ))
            .returning(patients::id),
    )
    .get_result(tx.conn)
}

pub fn update(tx: &mut Tx<'_>, id: PatientId, details: &Details) -> QueryResult<usize> {
    diesel::update(patients::table.find(id))
        .set((Filled::of(details, tx.now), patients::version.eq(patients::version + 1)))
        .execute(tx.conn)
}

type Whose = (OrganisationId, Mode);

pub fn get(conn: &mut Conn, (organisation, mode): Whose, id: PatientId) -> QueryResult<Option<Patient>> {
    let row: Option<Row> = patients::table
        .filter(patients::organisation_id.eq(organisation))
        .filter(patients::mode.eq(mode))
        .filter(patients::id.eq(id))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Patient::from))
}

pub fn by_public_id(conn: &mut Conn, (organisation, mode): Whose, id: &str) -> QueryResult<Option<Patient>> {
    let row: Option<Row> = patients::table
        .filter(patients::public_id.eq(id))
        .filter(patients::organisation_id.eq(organisation))
        .filter(patients::mode.eq(mode))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Patient::from))
}

pub fn list(
    conn: &mut Conn,
    (organisation, mode): Whose,
    search: &str,
    (offset, limit): (i64, i64),
) -> QueryResult<Vec<Patient>> {
    let mut query = patients::table
        .filter(patients::organisation_id.eq(organisation))
        .filter(patients::mode.eq(mode))
        .order((patients::sort_name, patients::id))
        .select(Row::as_select())
        .into_boxed::<Backend>();
    for word in search.split_whitespace().map(search_key).filter(|word| !word.is_empty()) {
        query = query.filter(patients::search_text.like(format!("%{word}%")).escape('!'));
    }
    let rows: Vec<Row> = query.offset(offset).limit(limit).load(conn)?;
    Ok(rows.into_iter().map(Patient::from).collect())
}

pub fn set_account(tx: &mut Tx<'_>, id: PatientId, account: Option<AccountId>) -> QueryResult<usize> {
    diesel::update(patients::table.find(id)).set(patients::account_id.eq(account)).execute(tx.conn)
}

pub fn of_account(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> QueryResult<Option<Patient>> {
    let row: Option<Row> = patients::table
        .filter(patients::account_id.assume_not_null().eq(account))
        .filter(patients::organisation_id.eq(organisation))
        .filter(patients::mode.eq(Mode::Live))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Patient::from))
}

/// Narrows a query by a comparison of a moment.
macro_rules! compared {
    ($query:expr, $column:expr, $comparison:expr, $value:expr) => {
        match $comparison {
            Comparison::Above => $query.filter($column.gt($value)),
            Comparison::Below => $query.filter($column.lt($value)),
            Comparison::AtLeast => $query.filter($column.ge($value)),
            Comparison::AtMost => $query.filter($column.le($value)),
            Comparison::Is | Comparison::Contains => $query.filter($column.eq($value)),
        }
    };
}

/// Goes on after a mark, in order of a moment and then of the public number.
macro_rules! after {
    ($query:expr, $column:expr, $asked:expr) => {{
        let mut query = $query;
        if let Some(Mark { value: Literal::Moment(at), id }) = &$asked.after {
            let (at, id) = (*at, id.clone());
            query = if $asked.order.descending {
                query.filter($column.lt(at).or($column.eq(at).and(patients::public_id.lt(id))))
            } else {
                query.filter($column.gt(at).or($column.eq(at).and(patients::public_id.gt(id))))
            };
        }
        if $asked.order.descending {
            query.order(($column.desc(), patients::public_id.desc()))
        } else {
            query.order(($column.asc(), patients::public_id.asc()))
        }
    }};
}

pub fn asked(conn: &mut Conn, (organisation, mode): Whose, asked: &Asked) -> QueryResult<Vec<Patient>> {
    let mut query = patients::table
        .filter(patients::organisation_id.eq(organisation))
        .filter(patients::mode.eq(mode))
        .select(Row::as_select())
        .into_boxed::<Backend>();
    for one in &asked.conditions {
        query = match (one.field, &one.literal) {
            ("id", Literal::Text(text)) => query.filter(patients::public_id.eq(text.clone())),
            ("nhsNumber", Literal::Text(text)) => query.filter(patients::nhs_number.eq(text.clone())),
            ("externalRef", Literal::Text(text)) => query.filter(patients::external_ref.eq(text.clone())),
            ("email", Literal::Text(text)) => query.filter(patients::email.eq(text.to_lowercase())),
            ("dateOfBirth", Literal::Date(date)) => {
                compared!(query, patients::date_of_birth, one.comparison, *date)
            }
            ("createdAt", Literal::Moment(at)) => compared!(query, patients::created_at, one.comparison, *at),
            ("updatedAt", Literal::Moment(at)) => compared!(query, patients::updated_at, one.comparison, *at),
            ("name", Literal::Text(text)) => {
                crate::kit::names::split(text).iter().fold(query, |query, word| {
                    query.filter(patients::sort_name.like(format!("%{}%", escape_like(word))).escape('!'))
                })
            }
            // A condition that nobody knows is true of nobody.
            _ => query.filter(patients::id.lt(PatientId(0))),
        };
    }
    let query = if asked.order.field == "updatedAt" {
        after!(query, patients::updated_at, asked)
    } else {
        after!(query, patients::created_at, asked)
    };
    let rows: Vec<Row> = query.limit(asked.rows()).load(conn)?;
    Ok(rows.into_iter().map(Patient::from).collect())
}
