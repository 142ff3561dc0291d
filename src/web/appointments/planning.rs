//! Planning an appointment or a series, and changing one or more of it.

use actix_web::HttpResponse;

use super::pages::{self, Busy, Form, Weekday};
use super::{Seen, Therapy, forms, see};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::appointments::{
    self, Client, Directness, Kind, Overlap, People, Planned, Reach, StatusType, Therapist, Typed,
};
use crate::domain::sent_forms::Once;
use crate::kit::calendar::{WEEK, name_of, word_of};
use crate::kit::ids::{AppointmentId, OrganisationId};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::ui::{Choice, Link, Notice, Shell};
use crate::web::visit::{Fields, Nav, Posted, Visit, field};

/// What a new appointment is planned with: a client, a staff member, a day.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct With {
    client: String,
    staff: String,
    day: String,
}

/// What a form chooses from.
struct Offered {
    people: People,
    types: Vec<StatusType>,
    /// How many of its series a change would reach: the later ones, and all.
    reached: Option<(usize, usize)>,
}

async fn offered(
    visit: &Visit,
    scope: &Scope<ManageAppointments>,
    of: Option<AppointmentId>,
) -> Result<Offered, Fault> {
    let scope = scope.clone();
    let offered = visit
        .read(move |conn| {
            let people = appointments::people(conn, &scope)?;
            let types = appointments::status_types(conn, &scope)?;
            let reached = match of {
                Some(id) => {
                    let one = appointments::get(conn, &scope, id)?;
                    appointments::reached(conn, &scope, &one)?
                }
                None => None,
            };
            Ok(Offered { people, types, reached })
        })
        .await?;
    Ok(offered)
}

pub async fn new(visit: Visit, Therapy(scope): Therapy<ManageAppointments>) -> Answer {
    let with: With = visit.query();
    let offered = offered(&visit, &scope, None).await?;
    let client = with.client.parse().ok().and_then(|id| offered.people.client_numbered(id));
    let staff = with.staff.parse().ok().and_then(|id| offered.people.therapist_numbered(id));
    let day = appointments::times::day(&with.day).unwrap_or_else(|| forms::today(&visit));
    let local = visit.now.and_utc().with_timezone(&visit.time_zone());
    let typed = Typed {
        kind: Kind::Service.as_str().to_owned(),
        client: client.map(Client::label).unwrap_or_default(),
        staff: staff.map(Therapist::label).unwrap_or_default(),
        day: day.to_string(),
        start: local.format("%H:00").to_string(),
        every_weeks: "1".to_owned(),
        ..Typed::default()
    };
    visit.page(&new_page(&visit, scope.organisation(), &offered, (typed, Visit::form_key()?), &[], None)?)
}

fn new_page(
    visit: &Visit,
    org: OrganisationId,
    offered: &Offered,
    (typed, once): (Typed, String),
    busy: &[Overlap],
    error: Option<(&'static str, String)>,
) -> Result<Form, Fault> {
    let mut shell = visit.org_shell("Plan an appointment", Nav::Appointments)?;
    shell.crumb = Some(Link::new("Appointments", links::appointments(org)));
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let week = WEEK.map(|day| {
        let (word, label) = (word_of(day), name_of(day));
        Weekday { word, label, chosen: typed.days.iter().any(|typed| typed == word) }
    });
    let mut form = form(visit, shell, (org, offered), typed, busy);
    form.action = links::appointments(org);
    form.cancel = links::appointments(org);
    form.series = Some(week.into());
    form.once = once;
    Ok(form)
}

/// The fields that a new appointment and one that is there have in common.
fn form(
    visit: &Visit,
    mut shell: Shell,
    (org, offered): (OrganisationId, &Offered),
    typed: Typed,
    busy: &[Overlap],
) -> Form {
    if !busy.is_empty() {
        let words = "Somebody is busy then. Look below, and tick that it may be so, or choose another time";
        shell.add_error("overlaps", words);
    }
    let zone = visit.time_zone();
    let mut zones = vec![
        Choice::new("", format!("The organisation’s ({})", zone.name()), typed.time_zone.is_empty()),
        Choice::new("client", "The client’s", typed.time_zone == "client"),
    ];
    if !["", "client"].contains(&typed.time_zone.as_str()) {
        zones.push(Choice::new(typed.time_zone.clone(), typed.time_zone.clone(), true));
    }
    let ids: Vec<String> = busy.iter().map(|one| one.other.to_string()).collect();
    let kinds = Kind::ALL.iter().map(|kind| (kind.as_str(), kind.words()));
    let directness = Directness::ALL.iter().map(|one| (one.as_str(), one.words()));
    Form {
        action: String::new(),
        cancel: String::new(),
        version: String::new(),
        once: String::new(),
        kinds: Choice::list(kinds, &typed.kind),
        clients: pages::offered_clients(&offered.people),
        therapists: pages::offered_therapists(&offered.people),
        places: pages::places(&offered.people.agencies, "The client’s own", &typed.place),
        directness: Choice::list(directness, &typed.directness),
        statuses: pages::statuses(&offered.types, &typed.status),
        zones,
        start_which: pages::which(&shell, "start_which", &typed.start_which),
        end_which: pages::which(&shell, "end_which", &typed.end_which),
        reaches: None,
        series: None,
        busy: busy.iter().map(|one| Busy::new(visit, org, one)).collect(),
        busy_ids: ids.join(","),
        shell,
        typed,
    }
}

pub async fn create(
    visit: Visit,
    Therapy(scope): Therapy<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (org, zone) = (scope.organisation(), visit.time_zone());
    let (typed, allowed) = (forms::typed(&fields), forms::allowed(&fields));
    let once = field(&fields, "once").to_owned();
    let (writer, wanted, key) = (scope.clone(), typed.clone(), once.clone());
    let planned =
        visit.write(move |tx| appointments::plan_once(tx, &writer, &key, &wanted, (zone, &allowed))).await;
    let (busy, error) = match planned {
        Ok(Once::Before(Planned::Done(ids))) => return planned_before(&visit, org, &ids),
        Ok(Once::Now(Planned::Done(ids))) => return planned_notice(&visit, org, &ids),
        Ok(Once::Before(Planned::Busy(busy)) | Once::Now(Planned::Busy(busy))) => (busy, None),
        Err(Refusal::Invalid { field, words }) => (Vec::new(), Some((field, words))),
        Err(refusal) => return Err(refusal.into()),
    };
    let offered = offered(&visit, &scope, None).await?;
    let page = new_page(&visit, org, &offered, (typed, once), &busy, error)?;
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

/// The form came again.
fn planned_before(visit: &Visit, org: OrganisationId, ids: &[AppointmentId]) -> Answer {
    let to = ids.first().map_or_else(|| links::appointments(org), |id| links::appointment(org, *id));
    visit.done(to, &Notice::ok("This was planned already."))
}

fn planned_notice(visit: &Visit, org: OrganisationId, ids: &[AppointmentId]) -> Answer {
    match ids {
        [one] => visit.done(links::appointment(org, *one), &Notice::ok("The appointment is planned.")),
        [first, ..] => {
            let words = format!("{} appointments are planned. This is the first.", ids.len());
            visit.done(links::appointment(org, *first), &Notice::ok(words))
        }
        [] => visit.done(links::appointments(org), &Notice::warn("Nothing was planned.")),
    }
}

pub async fn edit(visit: Visit, Therapy(scope): Therapy<ManageAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    if let Err(refusal) = appointments::refuse_settled(&seen.whole.listed.appointment) {
        return visit.done(seen.href(), &Notice::warn(refusal.to_string()));
    }
    let offered = offered(&visit, &scope, Some(seen.id())).await?;
    let typed = forms::typed_of(&seen.whole.listed, &offered.people, visit.time_zone());
    let version = seen.version();
    visit.page(&edit_page(&visit, (&seen, &offered), (typed, version, Reach::One), &[], None)?)
}

fn edit_page(
    visit: &Visit,
    (seen, offered): (&Seen, &Offered),
    (typed, version, reach): (Typed, String, Reach),
    busy: &[Overlap],
    error: Option<(&'static str, String)>,
) -> Result<Form, Fault> {
    let mut shell = seen.shell(visit, "Change an appointment")?;
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let mut form = form(visit, shell, (seen.org, offered), typed, busy);
    form.action = seen.act("edit");
    form.cancel = seen.href();
    form.version = version;
    form.reaches = offered.reached.map(|counts| reaches(counts, reach));
    Ok(form)
}

/// Which of a series are meant; how many each comes to.
pub fn reaches((later, all): (usize, usize), chosen: Reach) -> Vec<Choice> {
    [
        (Reach::One, "This one only".to_owned()),
        (Reach::Later, format!("This and the later ones: {later}")),
        (Reach::All, format!("All that are not rendered yet: {all}")),
    ]
    .into_iter()
    .map(|(reach, label)| Choice::new(reach.as_str(), label, reach == chosen))
    .collect()
}

pub async fn update(
    visit: Visit,
    Therapy(scope): Therapy<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let (id, zone) = (seen.id(), visit.time_zone());
    let (typed, allowed) = (forms::typed(&fields), forms::allowed(&fields));
    let (version, reach) = (forms::version(&fields), forms::reach(&fields, &seen.whole.listed.appointment));
    let (writer, wanted) = (scope.clone(), typed.clone());
    let changed = visit
        .write(move |tx| appointments::change(tx, &writer, (id, version, reach), &wanted, (zone, &allowed)))
        .await;
    let (busy, error) = match changed {
        Ok(Planned::Done(ids)) => {
            let words = match ids.len() {
                0 | 1 => "The appointment is changed.".to_owned(),
                n => format!("{n} appointments are changed."),
            };
            return visit.done(seen.href(), &Notice::ok(words));
        }
        Ok(Planned::Busy(busy)) => (busy, None),
        Err(Refusal::Invalid { field, words }) => (Vec::new(), Some((field, words))),
        Err(Refusal::Overtaken(words)) => return visit.done(seen.href(), &Notice::warn(words)),
        Err(refusal) => return Err(refusal.into()),
    };
    let offered = offered(&visit, &scope, Some(id)).await?;
    let page = edit_page(&visit, (&seen, &offered), (typed, version.to_string(), reach), &busy, error)?;
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}
