//! Planning: what was typed becomes one appointment or a series of them, once nobody is busy at those times or that
//! is wished.

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::overlaps::{self, Overlap, Wished};
use super::people::{self, People};
use super::times::{self, Clock, Rule, Slot};
use super::{Directness, Kind, SUBJECT, StatusType, rendering, status_types, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::organisations::{one_line, short};
use crate::domain::sent_forms::{self, Makes, Once};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{AppointmentId, PlaceId, ResidentId, StaffMemberId, StatusTypeId};

pub(super) const LONGEST_SERVICE: usize = 100;
pub(super) const LONGEST_TEXT: usize = 2000;

/// What an appointment is, whenever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    pub kind: Kind,
    pub resident: Option<ResidentId>,
    pub staff: Option<StaffMemberId>,
    pub place: PlaceId,
    pub service: String,
    pub directness: Directness,
    pub status: StatusTypeId,
    pub details: String,
}

/// The same and when, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub kind: String,
    /// A name, or `Leah Brown, born 14 May 2015`.
    pub client: String,
    /// A name or an e-mail address.
    pub staff: String,
    /// The number of an agency; empty for the client's own.
    pub place: String,
    pub service: String,
    pub directness: String,
    /// The number of a status type.
    pub status: String,
    /// `2026-11-24`.
    pub day: String,
    /// `09:00`.
    pub start: String,
    pub end: String,
    /// `first` or `second`, where the clocks repeat that time.
    pub start_which: String,
    pub end_which: String,
    /// Empty for the organisation's, `client` for the client's, else a name.
    pub time_zone: String,
    pub details: String,
    /// `yes` where it repeats.
    pub repeats: String,
    pub every_weeks: String,
    /// `mon` to `sun`.
    pub days: Vec<String>,
    pub until: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// They are there, in order.
    Done(Vec<AppointmentId>),
    /// Nothing was written: these people are busy, and nobody said that it may be so.
    Busy(Vec<Overlap>),
}

/// Plans an appointment, or a series of them. `allowed` are the other appointments that it may overlap; `zone` is the
/// organisation's.
///
/// # Errors
/// `Invalid` with the first field that cannot be used.
pub fn plan(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    typed: &Typed,
    zone: Tz,
    allowed: &[AppointmentId],
) -> Result<Planned, Refusal> {
    let people = people::people(tx.conn, scope)?;
    let types = status_types(tx.conn, scope)?;
    let details = read_details(typed, &people, &types, None)?;
    let clock = read_clock(tx.conn, scope, typed, details.resident, zone, None)?;
    let day = times::near_day("day", &typed.day, tx.now)?;
    let rule = match typed.repeats.as_str() {
        "" => None,
        _ => Some(Rule::read(&typed.every_weeks, &typed.days, (day, &typed.until), tx.now)?),
    };
    let dates = rule.as_ref().map_or_else(|| vec![day], Rule::dates);
    let slots = dates.into_iter().map(|date| clock.on(date)).collect::<Result<Vec<Slot>, Refusal>>()?;
    let wished: Vec<Wished> = slots
        .iter()
        .map(|slot| Wished { resident: details.resident, staff: details.staff, slot: *slot })
        .collect();
    let busy = overlaps::overlaps(tx.conn, scope, &wished, &[])?;
    if !all_allowed(&busy, allowed) {
        return Ok(Planned::Busy(busy));
    }
    let series = match &rule {
        Some(rule) => Some(store::insert_series(tx, scope, rule)?),
        None => None,
    };
    let new: Vec<(Details, Slot)> = slots.into_iter().map(|slot| (details.clone(), slot)).collect();
    let ids = store::insert(tx, scope, series, &new)?;
    let what = in_words(&details, &people);
    for (id, (_, slot)) in ids.iter().zip(&new) {
        let words = format!("planned {what} on {}", when(slot));
        audit::record(tx, scope, audit::Event::new("appointment.planned", words).about(SUBJECT, id.0))?;
    }
    render_at_once(
        tx,
        scope,
        &types,
        ids.iter().copied().zip(new.iter().map(|(details, _)| details.status)),
    )?;
    Ok(Planned::Done(ids))
}

/// Plans what a form asks for, once: the same form again leads to what it planned, of a series to the first.
///
/// # Errors
/// As [`plan`]; never for a form of which something has come already.
pub fn plan_once(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    key: &str,
    typed: &Typed,
    (zone, allowed): (Tz, &[AppointmentId]),
) -> Result<Once<Planned>, Refusal> {
    let form = (Makes::Appointment, key);
    if let Some(id) = sent_forms::made(tx.conn, scope, form)? {
        return Ok(Once::Before(Planned::Done(vec![AppointmentId(id)])));
    }
    let planned = plan(tx, scope, typed, zone, allowed)?;
    if let Planned::Done(ids) = &planned
        && let Some(first) = ids.first()
    {
        sent_forms::keep(tx, scope, form, first.0)?;
    }
    Ok(Once::Now(planned))
}

/// Renders those new ones whose status says so, where every check passes; the others wait as any would.
pub(super) fn render_at_once(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    types: &[StatusType],
    new: impl Iterator<Item = (AppointmentId, StatusTypeId)>,
) -> Result<(), Refusal> {
    let wanted = |status: StatusTypeId| types.iter().any(|one| one.id == status && one.flags.auto_render);
    for (id, _) in new.filter(|(_, status)| wanted(*status)) {
        if rendering::all_met(&rendering::checks_of(tx.conn, scope, id)?) {
            rendering::render(tx, scope, id)?;
        }
    }
    Ok(())
}

pub(super) fn all_allowed(busy: &[Overlap], allowed: &[AppointmentId]) -> bool {
    busy.iter().all(|one| allowed.contains(&one.other))
}

/// Reads what it is. `kept` is the status that an appointment has already, which it may keep.
pub(super) fn read_details(
    typed: &Typed,
    people: &People,
    types: &[StatusType],
    kept: Option<&super::Appointment>,
) -> Result<Details, Refusal> {
    let kind = Kind::parse(&typed.kind)
        .ok_or_else(|| Refusal::invalid("kind", "Choose service, non-service or non-payroll"))?;
    let client = match typed.client.trim() {
        "" => None,
        client => Some(people.client(client)?),
    };
    let staff = match typed.staff.trim() {
        "" => None,
        staff => Some(people.therapist(staff)?.id),
    };
    if kind == Kind::Service && client.is_none() {
        return Err(Refusal::invalid("client", "Say which client it is for. Only a service needs one"));
    }
    if staff.is_none() && (kind == Kind::Service || client.is_none()) {
        return Err(Refusal::invalid("staff", "Say which staff member it is with"));
    }
    let place = match (typed.place.trim(), client) {
        ("", Some(client)) => people.agency_numbered(client.home).map(|agency| agency.id),
        (id, _) => id.parse().ok().and_then(|id| people.agency_numbered(id)).map(|agency| agency.id),
    };
    let place = place.ok_or_else(|| Refusal::invalid("place", "Choose one of your agencies"))?;
    let directness = Directness::parse(&typed.directness)
        .ok_or_else(|| Refusal::invalid("directness", "Choose direct or indirect"))?;
    let status = typed.status.trim().parse().ok().filter(|id: &StatusTypeId| {
        let offered = |one: &StatusType| one.id == *id && one.retired_at.is_none() && !one.flags.cancellation;
        types.iter().any(offered) || kept.is_some_and(|kept| kept.status == *id)
    });
    let status = status.ok_or_else(|| Refusal::invalid("status", "Choose a status from the list"))?;
    Ok(Details {
        kind,
        resident: client.map(|client| client.id),
        staff,
        place,
        service: short("service", one_line(&typed.service), LONGEST_SERVICE)?,
        directness,
        status,
        details: short("details", paragraphs(&typed.details), LONGEST_TEXT)?,
    })
}

/// Reads when it is, in the zone that is meant. `kept` is the zone of an appointment that is there already.
pub(super) fn read_clock(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    typed: &Typed,
    client: Option<ResidentId>,
    zone: Tz,
    kept: Option<&str>,
) -> Result<Clock, Refusal> {
    let zone = match typed.time_zone.trim() {
        "" => zone,
        "client" => {
            let own =
                client.map(|client| store::zone_of_client(conn, scope.organisation(), client)).transpose()?;
            own.flatten().ok_or_else(|| {
                let words = "The client's time zone is not known. Choose the organisation's";
                Refusal::invalid("time_zone", words)
            })?
        }
        name => {
            let named = name.parse().ok().filter(|_| kept == Some(name));
            named.ok_or_else(|| Refusal::invalid("time_zone", "Choose whose time zone is meant"))?
        }
    };
    Clock::read((&typed.start, &typed.end), (&typed.start_which, &typed.end_which), zone)
}

/// `an appointment of Leah Brown with Dev Patel`.
pub(super) fn in_words(details: &Details, people: &People) -> String {
    let client = details.resident.and_then(|id| people.client_numbered(id)).map(people::Client::name);
    let staff = details.staff.and_then(|id| people.therapist_numbered(id)).map(|one| one.name.clone());
    match (client, staff) {
        (Some(client), Some(staff)) => format!("an appointment of {client} with {staff}"),
        (Some(one), None) | (None, Some(one)) => format!("an appointment of {one}"),
        (None, None) => "an appointment".to_owned(),
    }
}

/// `3 November 2026, 09:00 to 10:00 (Europe/London)`.
pub(super) fn when(slot: &Slot) -> String {
    let local = |at: NaiveDateTime| at.and_utc().with_timezone(&slot.zone).format("%H:%M").to_string();
    let date = times::in_words(slot.local_date);
    format!("{date}, {} to {} ({})", local(slot.starts_at), local(slot.ends_at), slot.zone.name())
}

/// Text of several lines: no control signs but line breaks.
pub(super) fn paragraphs(text: &str) -> String {
    let plain = text.replace("\r\n", "\n");
    let plain: String =
        plain.chars().map(|sign| if sign.is_control() && sign != '\n' { ' ' } else { sign }).collect();
    plain.trim().to_owned()
}
