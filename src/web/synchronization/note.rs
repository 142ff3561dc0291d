//! One session note: what it says, its signatures, why it is not on an appointment or that not rendered, its versions,
//! and what waits for a decision. Everything that the note says is shown as text.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use askama::Template;
use serde::Deserialize;

use super::frame::{self, Window};
use super::notes::{can_choose, choices, slot, times};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, ManageIntegrations, PairRecords, Permission, Scope};
use crate::domain::appointments::{Check, Repair};
use crate::domain::notes::diff::{Difference, Line as Said};
use crate::domain::notes::pictures::Shown;
use crate::domain::notes::{self, Choice as Decision, Held, Proposal, RULE_WORDS, Version, Whole, Why};
use crate::kit::ids::{OrganisationId, ProposalId, SessionNoteId};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::routes::{Line, Who, get, post};
use crate::web::ui::{Choice, Link, Notice, Shell, When, filters};
use crate::web::visit::{Fields, In, Nav, Posted, Visit, field};

pub fn routes() -> Vec<Line> {
    let map = Who::Holder(Permission::PairRecords);
    vec![
        get("/org/{org}/synchronization/appointments/{note}", map, show),
        get("/org/{org}/synchronization/appointments/{note}/signatures/{signature}", map, signature),
        post("/org/{org}/synchronization/appointments/{note}/delete", map, delete),
        post(
            "/org/{org}/synchronization/appointments/{note}/not-the-same",
            Who::Holder(Permission::ManageIntegrations),
            not_the_same,
        ),
        post(
            "/org/{org}/synchronization/appointments/{note}/decide",
            Who::Holder(Permission::ManageAppointments),
            decide,
        ),
    ]
}

#[derive(Template)]
#[template(path = "synchronization/note.html")]
struct Page {
    shell: Shell,
    facts: Vec<(&'static str, String)>,
    mapped: Option<Mapped>,
    state: &'static str,
    /// *Save mappings* posts here.
    save: String,
    pick: String,
    choices: Vec<Choice>,
    /// Why nothing can be chosen.
    no_choice: &'static str,
    unmet: Vec<Unmet>,
    met: Vec<String>,
    why_title: &'static str,
    proposals: Vec<ToDecide>,
    lines: Vec<Said>,
    signatures: Vec<Signature>,
    versions: Vec<VersionView>,
    differences: Vec<Difference>,
    compared: String,
    remarks: Vec<String>,
    template: String,
}

struct Mapped {
    words: String,
    href: Option<String>,
    label: String,
    rendered: &'static str,
    by: String,
    when: When,
    rule: &'static str,
    evidence: Vec<String>,
    delete: Option<String>,
    not_the_same: Option<String>,
}

struct Unmet {
    words: String,
    repair: &'static str,
    href: Option<String>,
}

struct ToDecide {
    whys: Vec<&'static str>,
    when: When,
    appointment: String,
    /// Where it is decided, for those who may.
    action: Option<String>,
    id: String,
    choices: Vec<(&'static str, &'static str)>,
}

struct Signature {
    label: String,
    /// The picture's address, where there is one.
    href: Option<String>,
    /// Why there is none.
    words: String,
}

struct VersionView {
    words: String,
    when: When,
    /// What it changed, for all but the first.
    compare: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The version whose changes are shown.
    version: String,
}

/// Everything that a note's page is made of.
struct Read {
    whole: Whole,
    checks: Vec<Check>,
    versions: Vec<Version>,
    proposals: Vec<Proposal>,
    candidates: Vec<notes::Candidate>,
}

async fn show(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    frame::here(&visit)?;
    let (org, id, asked) = (scope.organisation(), visit.id::<SessionNoteId>("note")?, visit.query::<Asked>());
    let read = visit.read(move |conn| {
        let whole = notes::get(conn, &scope, id)?;
        let candidates =
            if can_choose(&whole.note) { notes::candidates(conn, &scope, id)? } else { Vec::new() };
        Ok(Read {
            checks: notes::why(conn, &scope, id)?,
            versions: notes::versions(conn, &scope, id)?,
            proposals: notes::open_proposals(conn, &scope, id)?,
            candidates,
            whole,
        })
    });
    let page = page(&visit, org, &asked, read.await?)?;
    visit.page(&page)
}

fn page(visit: &Visit, org: OrganisationId, asked: &Asked, read: Read) -> Result<Page, Fault> {
    let note = &read.whole.note;
    let name = if note.student_name.is_empty() { "an unknown student" } else { &note.student_name };
    let mut shell = visit.org_shell(format!("Session note of {name}"), Nav::Settings)?;
    let tab = links::synchronization_tab(org, Window::Appointments.word());
    shell.crumb = Some(Link::new("Appointments", tab.clone()));
    let choices = choices(&read.candidates, None);
    let is_stuck = can_choose(note) && choices.is_empty();
    let no_choice = if is_stuck { "Its client has no free appointment near its date." } else { "" };
    let (compared, differences) = differences(asked, &read.versions);
    // Nothing is missing of what is done.
    let rendered = note.mapping.as_ref().is_some_and(|one| one.rendered);
    let unmet = read.checks.iter().filter(|check| !check.ok && !rendered).map(|check| Unmet {
        words: check.words.clone(),
        repair: check.repair.words(),
        href: repair(visit, org, read.whole.note.mapping.as_ref().map(|one| one.appointment), check.repair),
    });
    Ok(Page {
        facts: facts(&read.whole),
        mapped: mapped(visit, org, &read.whole),
        state: note.state.words(),
        save: tab,
        pick: format!("pick-{}", note.id),
        choices,
        no_choice,
        unmet: unmet.collect(),
        met: read.checks.iter().filter(|check| check.ok).map(|check| check.words.clone()).collect(),
        why_title: if note.mapping.is_some() {
            "Why was this not rendered?"
        } else {
            "Why was this not mapped?"
        },
        proposals: read.proposals.iter().map(|one| to_decide(visit, org, one)).collect(),
        lines: crate::domain::notes::diff::lines(&read.whole.record),
        signatures: signatures(org, note.id, &notes::signatures(&read.whole.record)),
        versions: versions(visit, org, note.id, &read.versions),
        differences,
        compared,
        remarks: read.whole.reading.remarks.clone(),
        template: format!("{}?note={}", links::synchronization_template(org), note.id),
        shell,
    })
}

fn facts(whole: &Whole) -> Vec<(&'static str, String)> {
    let note = &whole.note;
    let known = |text: &str| if text.is_empty() { "Not known".to_owned() } else { text.to_owned() };
    vec![
        ("Session", times(note)),
        ("Time zone", known(&note.time_zone)),
        ("Student", known(&note.student_name)),
        ("User", known(&note.user_name)),
        ("Site", known(&note.site_name)),
        ("Status", known(&note.status)),
        ("Template", known(&whole.record.template)),
        ("Version", note.version.to_string()),
        ("Number in Ensora Data Collection", note.external_id.clone()),
    ]
}

fn mapped(visit: &Visit, org: OrganisationId, whole: &Whole) -> Option<Mapped> {
    let one = whole.note.mapping.as_ref()?;
    let by_hand = one.origin == "User";
    let act = |act: &str| links::synchronization_note_act(org, whole.note.id, act);
    Some(Mapped {
        words: slot(one.local_date, (one.starts_at, one.ends_at), &one.time_zone),
        href: visit.may(Permission::ViewAppointments).then(|| links::appointment(org, one.appointment)),
        label: one.origin.clone(),
        rendered: if one.rendered { "Rendered" } else { "Not rendered" },
        by: if one.by.is_empty() { "By the rule".to_owned() } else { one.by.clone() },
        when: freshness::within(visit, one.at),
        rule: if by_hand { "" } else { RULE_WORDS },
        evidence: whole.evidence.clone(),
        delete: by_hand.then(|| act("delete")),
        not_the_same: (!by_hand && visit.may(Permission::ManageIntegrations)).then(|| act("not-the-same")),
    })
}

/// Where a check is repaired, for those who may.
fn repair(
    visit: &Visit,
    org: OrganisationId,
    appointment: Option<crate::kit::ids::AppointmentId>,
    repair: Repair,
) -> Option<String> {
    let act = |act: &str| appointment.map(|id| links::appointment_act(org, id, act));
    let tab = |tab: &str| Some(links::synchronization_tab(org, tab));
    let (href, permission) = match repair {
        Repair::Nothing | Repair::Vendor | Repair::Note(_) => return None,
        Repair::UnRender | Repair::Invoice => {
            (appointment.map(|id| links::appointment(org, id)), Permission::ViewAppointments)
        }
        Repair::Appointment | Repair::Status => (act("edit"), Permission::ManageAppointments),
        Repair::ResultsNotes => (act("results"), Permission::ManageAppointments),
        Repair::Client(id) => (Some(links::resident(org, id)), Permission::ViewResidents),
        Repair::Staff(id) => (Some(links::staff_member(org, id)), Permission::ViewStaff),
        Repair::MapAgencies => (tab("agencies"), Permission::PairRecords),
        Repair::MapClients => (tab("clients"), Permission::PairRecords),
        Repair::MapStaff => (tab("staff"), Permission::PairRecords),
        Repair::Settings => (Some(links::settings_appointments(org)), Permission::ManageOrganisation),
    };
    href.filter(|_| visit.may(permission))
}

fn to_decide(visit: &Visit, org: OrganisationId, one: &Proposal) -> ToDecide {
    let may = visit.may(Permission::ManageAppointments);
    ToDecide {
        whys: one.whys.iter().copied().map(Why::words).collect(),
        when: freshness::within(visit, one.made_at),
        appointment: links::appointment(org, one.appointment),
        action: may.then(|| links::synchronization_note_act(org, one.note, "decide")),
        id: one.id.to_string(),
        choices: one.choices.iter().map(|choice| (choice.as_str(), choice.words())).collect(),
    }
}

fn signatures(org: OrganisationId, note: SessionNoteId, held: &[Held]) -> Vec<Signature> {
    let view = |(place, one): (usize, &Held)| {
        let (href, words) = match &one.shown {
            Shown::Picture(_) => (Some(links::synchronization_signature(org, note, place)), String::new()),
            Shown::LeftOut(why) => (None, format!("The signature {why}.")),
            Shown::Text(text) => (None, text.clone()),
        };
        Signature { label: one.label.clone(), href, words }
    };
    held.iter().enumerate().map(view).collect()
}

fn versions(visit: &Visit, org: OrganisationId, note: SessionNoteId, all: &[Version]) -> Vec<VersionView> {
    let newest = all.iter().map(|one| one.version).max().unwrap_or_default();
    let view = |one: &Version| VersionView {
        words: match one.version {
            version if version == newest => format!("Version {version}, the newest"),
            version => format!("Version {version}"),
        },
        when: freshness::at(visit, one.received_at),
        compare: (one.version > 1)
            .then(|| format!("{}?version={}", links::synchronization_note(org, note), one.version)),
    };
    all.iter().map(view).collect()
}

/// What a version changed against the one before it; the newest unless another was asked for.
fn differences(asked: &Asked, all: &[Version]) -> (String, Vec<Difference>) {
    let newest = all.iter().map(|one| one.version).max().unwrap_or_default();
    let wanted = asked.version.parse().unwrap_or(newest);
    let of = |version: i32| all.iter().find(|one| one.version == version);
    match (of(wanted - 1), of(wanted)) {
        (Some(before), Some(after)) => (
            format!("What version {wanted} changed"),
            crate::domain::notes::diff::difference(&before.record, &after.record),
        ),
        _ => (String::new(), Vec::new()),
    }
}

/// A signature's picture: PNG or JPEG as its bytes say, and nothing in it that could act.
async fn signature(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    frame::here(&visit)?;
    let (note, place) = (visit.id::<SessionNoteId>("note")?, visit.id::<usize>("signature")?);
    let kept = visit.read(move |conn| notes::picture(conn, &scope, note, place)).await?;
    if !kept.intact {
        return Err(Fault::NotFound);
    }
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kept.media.as_str()))
        .insert_header((CONTENT_DISPOSITION, "inline; filename=\"signature\""))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"))
        .body(kept.bytes))
}

/// Back to the note with what became of it.
fn answer(
    visit: &Visit,
    org: OrganisationId,
    note: SessionNoteId,
    done: Result<(), Refusal>,
    words: &str,
) -> Answer {
    let to = links::synchronization_note(org, note);
    match done {
        Ok(()) => visit.done(to, &Notice::ok(words)),
        Err(Refusal::Overtaken(words)) => visit.done(to, &Notice::warn(words)),
        Err(Refusal::Invalid { words, .. }) => visit.done(to, &Notice::warn(format!("{words}."))),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn delete(visit: Visit, In(scope): In<PairRecords>, _: Posted<Fields>) -> Answer {
    frame::here(&visit)?;
    let (org, note) = (scope.organisation(), visit.id("note")?);
    let done = visit.write(move |tx| notes::delete_mapping(tx, &scope, note)).await;
    answer(
        &visit,
        org,
        note,
        done,
        "The mapping is deleted. The appointment has what it had before the note.",
    )
}

async fn not_the_same(visit: Visit, In(scope): In<ManageIntegrations>, _: Posted<Fields>) -> Answer {
    frame::here(&visit)?;
    let (org, note) = (scope.organisation(), visit.id("note")?);
    let done = visit.write(move |tx| notes::not_the_same(tx, &scope, note)).await;
    answer(&visit, org, note, done, "The note is off the appointment, and will not be put there again.")
}

async fn decide(visit: Visit, In(scope): In<ManageAppointments>, Posted(form): Posted<Fields>) -> Answer {
    frame::here(&visit)?;
    let (org, note) = (scope.organisation(), visit.id::<SessionNoteId>("note")?);
    let proposal: Option<ProposalId> = field(&form, "proposal").parse().ok();
    let choice = Decision::parse(field(&form, "choice"));
    let (Some(proposal), Some(choice)) = (proposal, choice) else {
        return visit
            .done(links::synchronization_note(org, note), &Notice::warn("Choose what is to be done."));
    };
    let done = visit.write(move |tx| decide_of(tx, &scope, note, proposal, choice)).await;
    let words = match choice {
        Decision::Keep => "Everything stays as it is here.",
        Decision::Append => "The note's text is added below.",
        Decision::Replace => "The note's text was taken.",
        Decision::UnRender => "The appointment is not rendered any more.",
        Decision::Cancel => "The appointment is cancelled.",
    };
    answer(&visit, org, note, done, words)
}

/// Decides, if the proposal is of this note.
fn decide_of(
    tx: &mut crate::db::Tx<'_>,
    scope: &Scope<ManageAppointments>,
    note: SessionNoteId,
    proposal: ProposalId,
    choice: Decision,
) -> Result<(), Refusal> {
    let open = notes::open_proposals(tx.conn, scope, note)?;
    if !open.iter().any(|one| one.id == proposal) {
        return Err(Refusal::overtaken("Somebody has decided this already."));
    }
    notes::decide(tx, scope, proposal, choice)
}
