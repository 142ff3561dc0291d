//! Rows of signature windows, of signatures, and of what checks read.

mod rows;

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::{Before, Facts, NoteFacts, Rules, Somebody};
use crate::db::{Backend, Conn, Tx, on_each};
use crate::domain::access::Places;
use crate::domain::appointments::signatures::{Media, Picture};
use crate::domain::appointments::{Appointment, Session, Signed};
use crate::domain::schema::{
    appointment_sessions, appointments, connections, note_proposals, pairings, residents, session_notes,
    signature_images, staff_members, status_types, therapy_settings,
};
use crate::kit::ids::{
    AppointmentId, ExternalRecordId, OrganisationId, ResidentId, SessionNoteId, SignatureImageId,
    StaffMemberId, StatusTypeId,
};

pub use rows::{cancel, cancellation, changed, changed_days, of_clients, some};

const CHUNK: usize = 500;

pub fn rules(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Rules> {
    type Row = (i32, String, bool, bool, bool);
    let row: Option<Row> = therapy_settings::table
        .find(organisation)
        .select((
            therapy_settings::grace_minutes,
            therapy_settings::whose_time,
            therapy_settings::results_needed,
            therapy_settings::guardian_needed,
            therapy_settings::therapist_needed,
        ))
        .first(conn)
        .optional()?;
    Ok(row.map_or_else(Rules::default, |(grace_minutes, whose, results_needed, guardian, therapist)| Rules {
        grace_minutes,
        note_times: whose == "note",
        results_needed,
        guardian_needed: guardian,
        therapist_needed: therapist,
    }))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = appointment_sessions)]
#[diesel(check_for_backend(Backend))]
struct SessionRow {
    appointment_id: AppointmentId,
    note_id: Option<SessionNoteId>,
    note_version: i32,
    guardian_name: String,
    relationship: String,
    session_date: Option<NaiveDate>,
    session_start: String,
    session_end: String,
    guardian_image_id: Option<SignatureImageId>,
    guardian_signed_at: Option<NaiveDateTime>,
    guardian_place: String,
    therapist_image_id: Option<SignatureImageId>,
    therapist_signed_at: Option<NaiveDateTime>,
    therapist_place: String,
    render_place: String,
    before: String,
}

/// A signature window with what the appointment was before it.
pub struct Kept {
    pub session: Session,
    pub before: Option<Before>,
}

impl From<SessionRow> for Kept {
    fn from(row: SessionRow) -> Self {
        let session = Session {
            note: row.note_id.map(|note| (note, row.note_version)),
            guardian_name: row.guardian_name,
            relationship: row.relationship,
            session_date: row.session_date,
            session_start: row.session_start,
            session_end: row.session_end,
            guardian: Signed {
                image: row.guardian_image_id,
                at: row.guardian_signed_at,
                place: row.guardian_place,
            },
            therapist: Signed {
                image: row.therapist_image_id,
                at: row.therapist_signed_at,
                place: row.therapist_place,
            },
            render_place: row.render_place,
        };
        Self { session, before: Before::read(&row.before) }
    }
}

pub fn sessions(conn: &mut Conn, ids: &[AppointmentId]) -> QueryResult<HashMap<AppointmentId, Kept>> {
    let mut found = HashMap::new();
    for piece in ids.chunks(CHUNK) {
        let rows: Vec<SessionRow> = appointment_sessions::table
            .filter(appointment_sessions::appointment_id.eq_any(piece.to_vec()))
            .select(SessionRow::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(|row| (row.appointment_id, row.into())));
    }
    Ok(found)
}

/// What checks read of other things, for many appointments.
pub fn facts(
    conn: &mut Conn,
    organisation: OrganisationId,
    all: &[Appointment],
) -> QueryResult<HashMap<AppointmentId, Facts>> {
    let status: HashMap<StatusTypeId, (String, bool)> = status_types::table
        .filter(status_types::organisation_id.eq(organisation))
        .select((status_types::id, (status_types::name, status_types::cancellation)))
        .load::<(StatusTypeId, (String, bool))>(conn)?
        .into_iter()
        .collect();
    let (clients, staff) = (clients(conn, all)?, members(conn, all)?);
    let ids: Vec<AppointmentId> = all.iter().map(|one| one.id).collect();
    let notes = notes(conn, organisation, &ids)?;
    let of = |one: &Appointment| {
        let (status_name, status_cancels) = status.get(&one.status).cloned().unwrap_or_default();
        let client = one.resident.and_then(|id| clients.get(&id)).cloned().unwrap_or_default();
        let staff = one.staff.and_then(|id| staff.get(&id)).cloned().unwrap_or_default();
        Facts { status_name, status_cancels, client, staff, note: notes.get(&one.id).copied() }
    };
    Ok(all.iter().map(|one| (one.id, of(one))).collect())
}

fn somebody(first: &str, last: &str, state: &str) -> Somebody {
    let name = format!("{first} {last}").trim().to_owned();
    if state == "active" { Somebody::Active(name) } else { Somebody::Left(name) }
}

fn clients(conn: &mut Conn, all: &[Appointment]) -> QueryResult<HashMap<ResidentId, Somebody>> {
    let ids: HashSet<ResidentId> = all.iter().filter_map(|one| one.resident).collect();
    let ids: Vec<ResidentId> = ids.into_iter().collect();
    let mut found = HashMap::new();
    for piece in ids.chunks(CHUNK) {
        let rows: Vec<(ResidentId, String, String, String)> = residents::table
            .filter(residents::id.eq_any(piece.to_vec()))
            .select((residents::id, residents::first_name, residents::last_name, residents::state))
            .load(conn)?;
        found.extend(rows.into_iter().map(|(id, first, last, state)| (id, somebody(&first, &last, &state))));
    }
    Ok(found)
}

fn members(conn: &mut Conn, all: &[Appointment]) -> QueryResult<HashMap<StaffMemberId, Somebody>> {
    let ids: HashSet<StaffMemberId> = all.iter().filter_map(|one| one.staff).collect();
    let ids: Vec<StaffMemberId> = ids.into_iter().collect();
    let mut found = HashMap::new();
    for piece in ids.chunks(CHUNK) {
        let rows: Vec<(StaffMemberId, String, String, String)> = staff_members::table
            .filter(staff_members::id.eq_any(piece.to_vec()))
            .select((
                staff_members::id,
                staff_members::first_name,
                staff_members::last_name,
                staff_members::state,
            ))
            .load(conn)?;
        found.extend(rows.into_iter().map(|(id, first, last, state)| (id, somebody(&first, &last, &state))));
    }
    Ok(found)
}

/// The note of each appointment: the mapped one, else the one that filled it.
fn notes(
    conn: &mut Conn,
    organisation: OrganisationId,
    ids: &[AppointmentId],
) -> QueryResult<HashMap<AppointmentId, NoteFacts>> {
    let ours: Vec<i64> = connections::table
        .filter(connections::organisation_id.eq(organisation))
        .select(connections::id)
        .load(conn)?;
    let (mut found, mut undecided) = (HashMap::new(), HashSet::new());
    for piece in ids.chunks(CHUNK) {
        let filled: Vec<(AppointmentId, SessionNoteId, bool)> = appointment_sessions::table
            .inner_join(session_notes::table)
            .filter(appointment_sessions::appointment_id.eq_any(piece.to_vec()))
            .select((appointment_sessions::appointment_id, session_notes::id, session_notes::is_published))
            .load(conn)?;
        for (appointment, id, published) in filled {
            found.insert(appointment, NoteFacts { id, published, mapped: false, undecided: false });
        }
        let live: Vec<(AppointmentId, ExternalRecordId)> = pairings::table
            .filter(pairings::connection_id.eq_any(ours.clone()))
            .filter(pairings::kind.eq("note"))
            .filter(pairings::local_id.eq_any(piece.to_vec()))
            .filter(pairings::ended_at.is_null())
            .select((pairings::local_id, pairings::external_record_id))
            .load(conn)?;
        let records: Vec<ExternalRecordId> = live.iter().map(|(_, record)| *record).collect();
        let rows: HashMap<ExternalRecordId, (SessionNoteId, bool)> = session_notes::table
            .filter(session_notes::external_record_id.eq_any(records))
            .select((session_notes::external_record_id, (session_notes::id, session_notes::is_published)))
            .load::<(ExternalRecordId, (SessionNoteId, bool))>(conn)?
            .into_iter()
            .collect();
        for (appointment, record) in live {
            if let Some((id, published)) = rows.get(&record).copied() {
                found.insert(appointment, NoteFacts { id, published, mapped: true, undecided: false });
            }
        }
        let open: Vec<AppointmentId> = note_proposals::table
            .filter(note_proposals::appointment_id.eq_any(piece.to_vec()))
            .filter(note_proposals::state.eq("open"))
            .select(note_proposals::appointment_id)
            .load(conn)?;
        undecided.extend(open);
    }
    for (appointment, note) in &mut found {
        note.undecided = undecided.contains(appointment);
    }
    Ok(found)
}

/// Media type, bytes and the hash that a signature came with, if an appointment of the places shows it.
pub fn image(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    id: SignatureImageId,
) -> QueryResult<(Media, Vec<u8>, String)> {
    let shows =
        appointment_sessions::guardian_image_id.eq(id).or(appointment_sessions::therapist_image_id.eq(id));
    let mut shown = appointment_sessions::table
        .inner_join(appointments::table)
        .filter(appointments::organisation_id.eq(organisation))
        .filter(shows)
        .select(appointments::id)
        .limit(1)
        .into_boxed::<Backend>();
    if let Places::Only(assigned) = places {
        shown = shown.filter(appointments::place_id.eq_any(assigned.clone()));
    }
    let _appointment: AppointmentId = shown.first(conn)?;
    kept_image(conn, organisation, id)
}

/// A picture, whatever shows it.
pub fn kept_image(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: SignatureImageId,
) -> QueryResult<(Media, Vec<u8>, String)> {
    signature_images::table
        .filter(signature_images::id.eq(id))
        .filter(signature_images::organisation_id.eq(organisation))
        .select((signature_images::media, signature_images::bytes, signature_images::hash))
        .first(conn)
}

#[derive(Insertable)]
#[diesel(table_name = signature_images)]
struct NewImage<'p> {
    organisation_id: OrganisationId,
    hash: &'p str,
    media: Media,
    bytes: &'p [u8],
}

pub fn keep_pictures(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    pictures: &HashMap<String, Picture>,
) -> QueryResult<HashMap<String, SignatureImageId>> {
    let hashes: Vec<&String> = pictures.keys().collect();
    let mut kept = kept(tx.conn, organisation, &hashes)?;
    let new: Vec<(&String, NewImage<'_>)> = pictures
        .iter()
        .filter(|(hash, _)| !kept.contains_key(*hash))
        .map(|(hash, picture)| {
            (
                hash,
                NewImage { organisation_id: organisation, hash, media: picture.media, bytes: &picture.bytes },
            )
        })
        .collect();
    let missing: Vec<&String> = new.iter().map(|(hash, _)| *hash).collect();
    let rows: Vec<NewImage<'_>> = new.into_iter().map(|(_, row)| row).collect();
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(signature_images::table).values(piece).execute(c)?;
    });
    kept.extend(self::kept(tx.conn, organisation, &missing)?);
    Ok(kept)
}

pub fn kept(
    conn: &mut Conn,
    organisation: OrganisationId,
    hashes: &[&String],
) -> QueryResult<HashMap<String, SignatureImageId>> {
    let mut found = HashMap::new();
    for piece in hashes.chunks(CHUNK) {
        let rows: Vec<(String, SignatureImageId)> = signature_images::table
            .filter(signature_images::organisation_id.eq(organisation))
            .filter(
                signature_images::hash.eq_any(piece.iter().map(|hash| (*hash).clone()).collect::<Vec<_>>()),
            )
            .select((signature_images::hash, signature_images::id))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// An appointment with its window as they are to be kept.
pub struct Written {
    pub after: Appointment,
    /// `None` leaves the window as it is.
    pub session: Option<Session>,
    pub before: Before,
    pub is_new: bool,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = appointment_sessions)]
#[diesel(treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
struct NewSession<'s> {
    appointment_id: AppointmentId,
    note_id: Option<SessionNoteId>,
    note_version: i32,
    guardian_name: &'s str,
    relationship: &'s str,
    session_date: Option<NaiveDate>,
    session_start: &'s str,
    session_end: &'s str,
    guardian_image_id: Option<SignatureImageId>,
    guardian_signed_at: Option<NaiveDateTime>,
    guardian_place: &'s str,
    therapist_image_id: Option<SignatureImageId>,
    therapist_signed_at: Option<NaiveDateTime>,
    therapist_place: &'s str,
    render_place: &'s str,
    before: String,
    filled_at: NaiveDateTime,
    filled_by_name: &'s str,
}

impl<'s> NewSession<'s> {
    fn of(written: &'s Written, now: NaiveDateTime, by: &'s str) -> Option<Self> {
        let session = written.session.as_ref()?;
        Some(Self {
            appointment_id: written.after.id,
            note_id: session.note.map(|(note, _)| note),
            note_version: session.note.map_or(0, |(_, version)| version),
            guardian_name: &session.guardian_name,
            relationship: &session.relationship,
            session_date: session.session_date,
            session_start: &session.session_start,
            session_end: &session.session_end,
            guardian_image_id: session.guardian.image,
            guardian_signed_at: session.guardian.at,
            guardian_place: &session.guardian.place,
            therapist_image_id: session.therapist.image,
            therapist_signed_at: session.therapist.at,
            therapist_place: &session.therapist.place,
            render_place: &session.render_place,
            before: written.before.write(),
            filled_at: now,
            filled_by_name: by,
        })
    }
}

pub fn write(tx: &mut Tx<'_>, all: &[Written], by: &str) -> QueryResult<()> {
    let now = tx.now;
    let new: Vec<NewSession<'_>> =
        all.iter().filter(|one| one.is_new).filter_map(|one| NewSession::of(one, now, by)).collect();
    on_each!(&mut *tx.conn, c => for piece in new.chunks(CHUNK) {
        diesel::insert_into(appointment_sessions::table).values(piece).execute(c)?;
    });
    for one in all.iter().filter(|one| !one.is_new) {
        if let Some(session) = NewSession::of(one, now, by) {
            let row = appointment_sessions::table.find(one.after.id);
            diesel::update(row).set(session).execute(tx.conn)?;
        }
    }
    for one in all {
        restore(tx, &one.after)?;
    }
    Ok(())
}

/// Writes what filling, rendering and un-rendering change of an appointment.
pub fn restore(tx: &mut Tx<'_>, after: &Appointment) -> QueryResult<()> {
    diesel::update(appointments::table.find(after.id))
        .set((
            appointments::status_type_id.eq(after.status),
            appointments::local_date.eq(after.local_date),
            appointments::starts_at.eq(after.starts_at),
            appointments::ends_at.eq(after.ends_at),
            appointments::state.eq(after.state),
            appointments::results_notes.eq(&after.results_notes),
            appointments::rendered_at.eq(after.rendered_at),
            appointments::rendered_by_name.eq(&after.rendered_by),
            appointments::version.eq(appointments::version + 1),
            appointments::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Keeps what an appointment was before, with what happened to it since.
pub fn keep_before(tx: &mut Tx<'_>, id: AppointmentId, before: &Before) -> QueryResult<()> {
    diesel::update(appointment_sessions::table.find(id))
        .set(appointment_sessions::before.eq(before.write()))
        .execute(tx.conn)
        .map(drop)
}

pub fn drop_session(tx: &mut Tx<'_>, id: AppointmentId) -> QueryResult<()> {
    diesel::delete(appointment_sessions::table.find(id)).execute(tx.conn).map(drop)
}
