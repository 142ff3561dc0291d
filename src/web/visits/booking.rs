//! Booking an appointment, giving it another window, and changing what is known of it.

use actix_web::HttpResponse;
use chrono::{Days, NaiveDate};

use super::pages::{self, ChoosePatient, Edit, New, Offered, Reschedule, Windows};
use super::{Community, Seen, forms, repeating, see};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::patients::{self, Patient, Wrong};
use crate::domain::practitioners::{self, Practitioner};
use crate::domain::sent_forms::{ALREADY, Once};
use crate::domain::tasks::{self, Task};
use crate::domain::visits::{self, Added, Advice, Available, Changes, Errand, NewVisit};
use crate::kit::ids::PatientId;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::listing::day_typed;
use crate::web::patients::{address_again, typed_address};
use crate::web::ui::{Choice, Link, Notice, when};
use crate::web::visit::{Fields, Nav, Posted, Visit, field};

/// Days of windows that a form offers at once.
const DAYS: u64 = 13;
/// Patients that a search shows.
const FOUND: i64 = 20;

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    patient: String,
    q: String,
    from: String,
    task: String,
}

/// What a form chooses from.
struct Offer {
    patient: Patient,
    tasks: Vec<Task>,
    free: Vec<Available>,
    /// Which of them add the least travel, once it is known to what and where.
    advice: Advice,
    practitioners: Vec<Practitioner>,
}

pub async fn new(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let asked: Asked = visit.query();
    let Ok(patient) = asked.patient.parse::<PatientId>() else {
        return choose_patient(&visit, &scope, &asked.q).await;
    };
    let from = first_day(&visit, &asked.from);
    let asked: Fields = vec![("task".into(), asked.task)];
    let offer = offer(&visit, &scope, (patient, &asked), from).await?;
    let details = &offer.patient.details;
    let mut fields: Fields = vec![
        ("task".into(), field(&asked, "task").to_owned()),
        ("phone".into(), details.phone.clone()),
        ("note".into(), details.note.clone()),
        ("from".into(), from.to_string()),
    ];
    if let Some(at) = &details.address {
        let parts = [
            ("line1", &at.line1),
            ("line2", &at.line2),
            ("city", &at.city),
            ("postcode", &at.postcode),
            ("country", &at.country),
            ("access_notes", &at.access_notes),
        ];
        fields.extend(parts.map(|(name, value)| (name.to_owned(), value.clone())));
    }
    visit.page(&page(&visit, &offer, &fields, Vec::new())?)
}

async fn choose_patient(visit: &Visit, scope: &Scope<ManageAppointments>, search: &str) -> Answer {
    let (org, reader, words) = (scope.organisation(), scope.clone(), search.to_owned());
    let (found, more) =
        visit.read(move |conn| patients::list(conn, &reader, Mode::Live, &words, (0, FOUND))).await?;
    let mut shell = visit.org_shell("Who is it for?", Nav::Appointments)?;
    shell.crumb = Some(Link::new("Appointments", links::visits(org)));
    let view = |one: &Patient| {
        let born = when::date(one.details.date_of_birth);
        let postcode = one.details.address.as_ref().map(|at| format!(", {}", at.postcode));
        (links::new_visit_of(org, one.id), one.name(), format!("Born {born}{}", postcode.unwrap_or_default()))
    };
    visit.page(&ChoosePatient {
        shell,
        here: links::new_visit(org),
        asked: !search.trim().is_empty(),
        search: search.trim().to_owned(),
        more,
        found: found.iter().map(view).collect(),
        add: links::new_patient(org),
    })
}

fn first_day(visit: &Visit, typed: &str) -> NaiveDate {
    let today = freshness::today(visit);
    day_typed(typed).filter(|day| *day >= today).unwrap_or(today)
}

async fn offer(
    visit: &Visit,
    scope: &Scope<ManageAppointments>,
    (patient, typed): (PatientId, &Fields),
    from: NaiveDate,
) -> Result<Offer, Fault> {
    let (scope, now) = (scope.clone(), visit.now);
    let (task, postcode) = (field(typed, "task").to_owned(), field(typed, "postcode").to_owned());
    let offer = visit
        .read(move |conn| {
            let patient = patients::get(conn, &scope, Mode::Live, patient)?;
            let tasks = tasks::bookable(conn, scope.organisation())?;
            let dates = (from, from.checked_add_days(Days::new(DAYS)).unwrap_or(from));
            let free = visits::availability(conn, &scope, Mode::Live, dates, now)?;
            let practitioners = practitioners::list(conn, &scope)?;
            let home = patient.details.address.as_ref().map_or("", |at| at.postcode.as_str());
            let postcode = if postcode.trim().is_empty() { home } else { &postcode };
            let advice = match tasks.iter().find(|one| one.public_id == task || tasks.len() == 1) {
                Some(task) => {
                    let errand = Errand { task, postcode, visit: None };
                    visits::advise(conn, &scope, Mode::Live, errand, &free)?
                }
                None => Advice::none("Once the task is chosen, the windows that add the least travel are recommended."),
            };
            Ok(Offer { patient, tasks, free, advice, practitioners })
        })
        .await?;
    Ok(offer)
}

fn offered(visit: &Visit, (free, advice): (&[Available], &Advice), chosen: &str) -> Windows {
    let zone = visit.time_zone();
    let mut all = Windows { why_not: advice.why_not.clone().unwrap_or_default(), ..Windows::default() };
    for one in free {
        let value = one.slot.public_id();
        let places = if one.places_left == 1 {
            "1 place left".into()
        } else {
            format!("{} places left", one.places_left)
        };
        let (starts, ends) = (pages::clock(one.slot.starts_at, zone), pages::clock(one.slot.ends_at, zone));
        let window = Offered {
            label: format!("{}, {starts} to {ends}: {places}", one.slot.name),
            advice: advice.of(&one.slot).map(recommended).unwrap_or_default(),
            chosen: value == chosen,
            value,
        };
        all.push(when::long_date(one.slot.date), window);
    }
    all
}

/// Empty for a window that is not among the best.
fn recommended(added: &Added) -> String {
    let travel = match (added.place, added.minutes) {
        (None, _) => return String::new(),
        (_, 0) => "no travel".to_owned(),
        (_, 1) => "about 1 minute of travel".to_owned(),
        (_, minutes) => format!("about {minutes} minutes of travel"),
    };
    format!("Recommended: adds {travel} ({})", added.by.name)
}

fn page(visit: &Visit, offer: &Offer, fields: &Fields, wrong: Vec<Wrong>) -> Result<New, Fault> {
    let org = visit.organisation()?;
    let patient = &offer.patient;
    let mut shell = visit.org_shell(format!("Book for {}", patient.name()), Nav::Appointments)?;
    shell.crumb = Some(Link::new(patient.name(), links::patient(org, patient.id)));
    for one in wrong {
        shell.add_error(one.field, one.words);
    }
    let text = |name: &str| field(fields, name).to_owned();
    let task = field(fields, "task");
    let mut tasks = vec![Choice::new("", "Choose", task.is_empty())];
    tasks.extend(offer.tasks.iter().map(|one| {
        let label = format!("{}, {} minutes", one.name, one.minutes);
        Choice::new(one.public_id.clone(), label, one.public_id == task)
    }));
    Ok(New {
        shell,
        here: links::new_visit(org),
        action: links::visits(org),
        back: links::patient(org, patient.id),
        patient: patient.name(),
        patient_id: patient.id.to_string(),
        born: when::date(patient.details.date_of_birth),
        tasks,
        days: offered(visit, (&offer.free, &offer.advice), field(fields, "window")),
        from: text("from"),
        plannings: forms::plannings(field(fields, "planning")),
        plan_from: text("plan_from"),
        plan_to: text("plan_to"),
        repeats: field(fields, "repeats") == "yes",
        every_weeks: repeating::weeks(fields),
        week: repeating::week(fields),
        until: text("until"),
        keep: repeating::keepers(&offer.practitioners, field(fields, "keep")),
        places: forms::places(field(fields, "place_kind")),
        place: typed_address(fields),
        phone: text("phone"),
        note: text("note"),
        external_ref: text("external_ref"),
        once: visit.form_key()?,
    })
}

/// What was typed, or everything that is wrong with it.
fn read(fields: &Fields, tasks: &[Task]) -> Result<(Task, NewVisit), Vec<Wrong>> {
    let mut wrong = Vec::new();
    let task = tasks.iter().find(|one| one.public_id == field(fields, "task"));
    if task.is_none() {
        wrong.push(Wrong::new("task", "Choose what is to be done"));
    }
    let planning = forms::planning(fields).map_err(|one| wrong.push(one)).ok();
    let place = forms::place(fields).map_err(|all| wrong.extend(all)).ok();
    match (task, planning, place) {
        (Some(task), Some(planning), Some(place)) => Ok((
            task.clone(),
            NewVisit {
                planning,
                external_ref: field(fields, "external_ref").to_owned(),
                note: field(fields, "note").to_owned(),
                phone: field(fields, "phone").to_owned(),
                place,
                metadata: serde_json::Value::Null,
                series: None,
            },
        )),
        _ => Err(wrong),
    }
}

pub async fn create(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let org = scope.organisation();
    let Ok(patient) = field(&fields, "patient").parse::<PatientId>() else { return Err(Fault::NotFound) };
    let from = first_day(&visit, field(&fields, "from"));
    let offer = offer(&visit, &scope, (patient, &fields), from).await?;
    let wrong = match read(&fields, &offer.tasks) {
        Err(wrong) => wrong,
        Ok((task, new)) if field(&fields, "repeats") == "yes" => {
            match repeating::create(&visit, (&offer.patient, &task), &fields, &new).await {
                Ok(answer) => return answer,
                Err(wrong) => vec![refused(wrong)?],
            }
        }
        Ok((task, new)) => {
            let patient = offer.patient.clone();
            let once = field(&fields, "once").to_owned();
            let write =
                move |tx: &mut Tx<'_>| visits::create_once(tx, &scope, &once, (&patient, &task), &new);
            match visit.write(write).await {
                Ok(Once::Before(made)) => {
                    return visit.done(links::visit(org, made.id), &Notice::ok(ALREADY));
                }
                Ok(Once::Now(made)) => {
                    let words = match &made.booked {
                        Some(_) => "The appointment is booked.",
                        None => "The appointment is there, and waits for a time.",
                    };
                    return visit.done(links::visit(org, made.id), &Notice::ok(words));
                }
                Err(refusal) => vec![refused(refusal)?],
            }
        }
    };
    // The windows that were offered may be full by now.
    let scope = visit.scope::<ManageAppointments>()?;
    let offer = self::offer(&visit, &scope, (patient, &fields), from).await?;
    visit.page_with(&page(&visit, &offer, &fields, wrong)?, HttpResponse::UnprocessableEntity())
}

/// What to show beside which field.
fn refused(refusal: Refusal) -> Result<Wrong, Fault> {
    match refusal {
        Refusal::Invalid { field: "period", words } => Ok(Wrong::new("plan_from", words)),
        Refusal::Invalid { field, words } => Ok(Wrong::new(field, words)),
        Refusal::Overtaken(words) => Ok(Wrong::new("window", words.trim_end_matches('.'))),
        refusal => Err(refusal.into()),
    }
}

pub async fn other_window(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let asked: Asked = visit.query();
    let seen = see(&visit, &scope).await?;
    if !seen.of.status.is_open() {
        let words = format!("This appointment is {} already.", seen.of.status.words().to_lowercase());
        return visit.done(seen.href(), &Notice::warn(words));
    }
    let fields = vec![("from".to_owned(), first_day(&visit, &asked.from).to_string())];
    visit.page(&window_page(&visit, &scope, &seen, &fields, None).await?)
}

async fn window_page(
    visit: &Visit,
    scope: &Scope<ManageAppointments>,
    seen: &Seen,
    fields: &Fields,
    wrong: Option<Wrong>,
) -> Result<Reschedule, Fault> {
    let title = if seen.of.booked.is_some() { "Choose another window" } else { "Choose a window" };
    let mut shell = seen.form(visit, title)?;
    if let Some(one) = wrong {
        shell.add_error(one.field, one.words);
    }
    let from = first_day(visit, field(fields, "from"));
    let (reader, of, now) = (scope.clone(), seen.of.clone(), visit.now);
    let dates = (from, from.checked_add_days(Days::new(DAYS)).unwrap_or(from));
    let (free, advice) = visit
        .read(move |conn| {
            let free = visits::availability(conn, &reader, of.mode, dates, now)?;
            let task = tasks::version(conn, reader.organisation(), of.task.id)?;
            let advice = visits::advise(conn, &reader, of.mode, Errand::of(&of, &task), &free)?;
            Ok::<_, Refusal>((free, advice))
        })
        .await?;
    let zone = visit.time_zone();
    Ok(Reschedule {
        shell,
        here: seen.act("reschedule"),
        action: seen.act("reschedule"),
        back: seen.href(),
        now: seen.of.booked.as_ref().map(|booked| visits::when_words(booked, zone)).unwrap_or_default(),
        from: from.to_string(),
        days: offered(visit, (&free, &advice), field(fields, "window")),
        note: field(fields, "note").to_owned(),
    })
}

pub async fn reschedule(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let wrong = match forms::window(&fields) {
        None => Wrong::new("window", "Choose a window"),
        Some(slot) => {
            let (which, note) = ((seen.of.mode, seen.of.id), field(&fields, "note").to_owned());
            let writer = scope.clone();
            let moved = visit.write(move |tx| visits::reschedule(tx, &writer, which, slot, &note)).await;
            match moved {
                Ok(of) => {
                    let zone = visit.time_zone();
                    let at = of.booked.as_ref().map(|booked| visits::when_words(booked, zone));
                    let words = format!("The appointment is on {}.", at.unwrap_or_default());
                    return visit.done(seen.href(), &Notice::ok(words));
                }
                Err(refusal) => refused(refusal)?,
            }
        }
    };
    let page = window_page(&visit, &scope, &seen, &fields, Some(wrong)).await?;
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

pub async fn edit(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let mut page = edit_page(&visit, &seen, &Vec::new(), Vec::new())?;
    let of = &seen.of;
    page.places = forms::places(of.place.kind.as_str());
    page.place = address_again(&of.place.address);
    page.phone.clone_from(&of.phone);
    page.note.clone_from(&of.note);
    page.external_ref.clone_from(&of.external_ref);
    visit.page(&page)
}

fn edit_page(visit: &Visit, seen: &Seen, fields: &Fields, wrong: Vec<Wrong>) -> Result<Edit, Fault> {
    let mut shell = seen.form(visit, "Change an appointment")?;
    for one in wrong {
        shell.add_error(one.field, one.words);
    }
    Ok(Edit {
        shell,
        action: seen.act("edit"),
        back: seen.href(),
        places: forms::places(field(fields, "place_kind")),
        place: typed_address(fields),
        phone: field(fields, "phone").to_owned(),
        note: field(fields, "note").to_owned(),
        external_ref: field(fields, "external_ref").to_owned(),
    })
}

pub async fn change(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let wrong = match forms::place(&fields) {
        Err(wrong) => wrong,
        Ok(place) => {
            let text = |name: &str| Some(field(&fields, name).to_owned());
            let changes = Changes {
                external_ref: text("external_ref"),
                note: text("note"),
                phone: text("phone"),
                place: Some(place),
                metadata: None,
            };
            let which = (seen.of.mode, seen.of.id);
            match visit.write(move |tx| visits::change(tx, &scope, which, &changes)).await {
                Ok(_) => return visit.done(seen.href(), &Notice::ok("The appointment is changed.")),
                Err(Refusal::Overtaken(words)) => return visit.done(seen.href(), &Notice::warn(words)),
                Err(refusal) => vec![refused(refusal)?],
            }
        }
    };
    visit.page_with(&edit_page(&visit, &seen, &fields, wrong)?, HttpResponse::UnprocessableEntity())
}
