//! Booking an appointment, a page a step: *What is it for?*, *When?*, and *Where, and confirm*. Nothing is booked before
//! the last button.
//!
//! What was chosen goes from step to step in the address, so that the back button and a link work. What is typed on the
//! last page is personal and stands in no address: where a step has to be done again after it was sent, that step is a
//! form that is sent, too, and keeps all of it. Every rule is the domain's; a step asks only whether something is chosen.

use actix_web::HttpResponse;
use chrono::{Days, NaiveDate};

use super::booking::{first_day, offered, refused};
use super::pages::{self, Chosen, What, When, Where, Windows};
use super::{Community, forms, repeating, whose};
use crate::db::Tx;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::patients::{self, Patient, Wrong};
use crate::domain::practitioners::{self, Practitioner};
use crate::domain::sent_forms::{ALREADY, Once};
use crate::domain::tasks::{self, Task};
use crate::domain::visits::{self, Errand, NewVisit, Planning};
use crate::domain::windows::{self, Slot};
use crate::kit::ids::{OrganisationId, PatientId};
use crate::kit::secret::fingerprint;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::listing::Address;
use crate::web::patients::{address_again, typed_address};
use crate::web::ui::{Choice, Link, Notice, Shell, when};
use crate::web::visit::{Fields, Nav, Posted, Visit, field};

/// Days after the first of those whose windows are looked at.
const WEEK: u64 = 6;

/// What stands in the addresses of the steps.
pub(super) const CARRIED: [&str; 10] =
    ["patient", "task", "planning", "repeats", "from", "window", "plan_from", "plan_to", "step", "once"];
/// What is never carried on: it is of one page.
const OWN: [&str; 4] = ["csrf", "step", "look", "q"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    What,
    When,
    Where,
}

impl Step {
    /// The one that is asked for, by its word.
    fn asked(fields: &Fields) -> Option<Self> {
        match field(fields, "step") {
            "what" => Some(Self::What),
            "when" => Some(Self::When),
            "where" => Some(Self::Where),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::What => "what",
            Self::When => "when",
            Self::Where => "where",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::What => "What is it for?",
            Self::When => "When?",
            Self::Where => "Where, and confirm",
        }
    }

    /// The step on which a field stands.
    fn of(field: &str) -> Self {
        match field {
            "task" | "planning" | "repeats" => Self::What,
            "window" | "plan_from" | "plan_to" => Self::When,
            _ => Self::Where,
        }
    }

    /// Whether it has a field of its own of that name, which then is not carried past it.
    fn holds(self, name: &str) -> bool {
        match self {
            Self::Where => Self::of(name) == self && !["patient", "from"].contains(&name),
            step => Self::of(name) == step,
        }
    }
}

/// A booking as far as it has come.
struct Booking {
    org: OrganisationId,
    patient: Patient,
    tasks: Vec<Task>,
    practitioners: Vec<Practitioner>,
    /// The window that is chosen, if there is one of that number.
    slot: Option<Slot>,
    fields: Fields,
    /// The last page was sent: what it held is in `fields`.
    was_sent: bool,
}

pub async fn new(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let mut fields: Fields = visit.query();
    let Ok(patient) = field(&fields, "patient").parse::<PatientId>() else {
        return whose::choose(&visit, &scope, &fields).await;
    };
    let step = Step::asked(&fields).unwrap_or(Step::What);
    if field(&fields, "once").is_empty() {
        fields.push(("once".to_owned(), Visit::form_key()?));
    }
    let booking = Booking::read(&visit, &scope, patient, fields).await?;
    booking.show_from(&visit, &scope, step).await
}

/// The address of the steps with what is chosen, but for some of it.
pub(super) fn address(org: OrganisationId, fields: &Fields, without: &[&str]) -> Address {
    let kept = CARRIED.into_iter().filter(|name| !without.contains(name));
    kept.fold(Address::new(links::new_visit(org)), |to, name| to.with(name, field(fields, name)))
}

pub async fn create(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(mut fields): Posted<Fields>,
) -> Answer {
    let Ok(patient) = field(&fields, "patient").parse::<PatientId>() else { return Err(Fault::NotFound) };
    // Another week of windows: the step stays.
    let look = field(&fields, "look").to_owned();
    let step = if look.is_empty() { Step::asked(&fields) } else { Some(Step::When) };
    if !look.is_empty() {
        fields.retain(|(name, _)| name != "from" && name != "window");
        fields.push(("from".to_owned(), look));
    }
    let mut booking = Booking::read(&visit, &scope, patient, fields).await?;
    booking.was_sent = true;
    match step {
        Some(step) => booking.show_from(&visit, &scope, step).await,
        None => booking.book(&visit, &scope).await,
    }
}

impl Booking {
    async fn read(
        visit: &Visit,
        scope: &Scope<ManageAppointments>,
        patient: PatientId,
        fields: Fields,
    ) -> Result<Self, Fault> {
        let (org, scope, zone) = (scope.organisation(), scope.clone(), visit.time_zone());
        let booking = visit
            .read(move |conn| {
                let slot = match forms::window(&fields) {
                    Some((window, date)) => {
                        let all = windows::in_use(conn, org)?;
                        all.iter().find(|one| one.id == window).and_then(|one| one.on(date, zone))
                    }
                    None => None,
                };
                Ok(Self {
                    org,
                    patient: patients::get(conn, &scope, Mode::Live, patient)?,
                    tasks: tasks::bookable(conn, org)?,
                    practitioners: practitioners::list(conn, &scope)?,
                    slot,
                    fields,
                    was_sent: false,
                })
            })
            .await?;
        Ok(booking)
    }

    fn text(&self, name: &str) -> String {
        field(&self.fields, name).to_owned()
    }

    fn task(&self) -> Option<&Task> {
        let chosen = field(&self.fields, "task");
        self.tasks.iter().find(|one| one.public_id == chosen)
    }

    /// What is wrong with the first two steps.
    fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        if self.task().is_none() {
            wrong.push(Wrong::new("task", "Choose what is to be done"));
        }
        let planning = forms::planning(&self.fields);
        let by_others = [forms::PATIENT_LED, forms::PERIOD].contains(&field(&self.fields, "planning"));
        if by_others && forms::repeats(&self.fields) {
            wrong.push(Wrong::new("repeats", "Only what is in a window that you choose can repeat"));
        }
        if let (Some(task), forms::PERIOD) = (self.task(), field(&self.fields, "planning"))
            && !task.scheduled
        {
            let words = format!("{} cannot be booked for a period. Choose another way", task.name);
            wrong.push(Wrong::new("planning", words));
        }
        match planning {
            Err(one) => wrong.push(one),
            Ok(Planning::Window(..)) if self.slot.is_none() => {
                wrong.push(Wrong::new("window", "This window is not there any more. Choose another"));
            }
            Ok(_) => {}
        }
        wrong
    }

    /// Shows a step, or the first before it in which something is missing.
    async fn show_from(&self, visit: &Visit, scope: &Scope<ManageAppointments>, wanted: Step) -> Answer {
        let mut wrong = self.wrong();
        wrong.retain(|one| Step::of(one.field) < wanted);
        let is_patients = matches!(forms::planning(&self.fields), Ok(Planning::PatientLed));
        let step = match first_of(&wrong) {
            Some(step) => step,
            None if wanted == Step::When && is_patients => Step::Where,
            None => wanted,
        };
        self.show(visit, scope, step, wrong).await
    }

    /// A step; what is wrong elsewhere waits for its own.
    async fn show(
        &self,
        visit: &Visit,
        scope: &Scope<ManageAppointments>,
        step: Step,
        wrong: Vec<Wrong>,
    ) -> Answer {
        let mut shell = visit.org_shell(step.title(), Nav::Appointments)?;
        shell.crumb = Some(Link::new(self.patient.name(), links::patient(self.org, self.patient.id)));
        let response =
            if wrong.is_empty() { HttpResponse::Ok() } else { HttpResponse::UnprocessableEntity() };
        for one in wrong.into_iter().filter(|one| Step::of(one.field) == step) {
            shell.add_own_error(one.field, one.words);
        }
        match step {
            Step::What => visit.page_with(&self.what(visit, shell), response),
            Step::When => {
                let page = self.when(visit, scope, shell).await?;
                visit.page_with(&page, response)
            }
            Step::Where => {
                let mut page = self.place(visit, shell);
                page.twice = whose::twice(visit, scope, &self.patient, self.slot.as_ref()).await?;
                visit.page_with(&page, response)
            }
        }
    }

    fn chosen(&self, visit: &Visit, step: Step) -> Chosen {
        let carried = self.fields.iter().filter(|(name, _)| {
            let goes_on = self.was_sent || CARRIED.contains(&name.as_str());
            goes_on && !OWN.contains(&name.as_str()) && !step.holds(name)
        });
        let sends = self.was_sent || step == Step::Where;
        Chosen {
            facts: self.facts(visit, step),
            method: if sends { "post" } else { "get" },
            action: if sends { links::visits(self.org) } else { links::new_visit(self.org) },
            back: links::patient(self.org, self.patient.id),
            carried: carried.cloned().collect(),
        }
    }

    /// What the steps before have come to, each with where it is changed.
    fn facts(&self, visit: &Visit, step: Step) -> Vec<(&'static str, String, String)> {
        let change = |to: Step| address(self.org, &self.fields, &["step"]).and("step", to.word());
        let who = format!("{}, born {}", self.patient.name(), when::date(self.patient.details.date_of_birth));
        let other = address(self.org, &self.fields, &["patient", "step"]).and("step", step.word());
        let mut facts = vec![("Patient", who, other)];
        if let Some(task) = self.task().filter(|_| step > Step::What) {
            facts.push(("Task", format!("{}, {} minutes", task.name, task.minutes), change(Step::What)));
        }
        if step == Step::Where {
            let (words, to) = self.planned(visit);
            facts.push(("When", words, change(to)));
            if forms::repeats(&self.fields) {
                facts.push(("Repeats", "In the same window, as below".to_owned(), change(Step::What)));
            }
        }
        facts
    }

    /// When it is to be, and the step on which that is chosen.
    fn planned(&self, visit: &Visit) -> (String, Step) {
        match (forms::planning(&self.fields), &self.slot) {
            (Ok(Planning::PatientLed), _) => {
                ("The patient chooses, by a link that they are sent".to_owned(), Step::What)
            }
            (Ok(Planning::Period(from, to)), _) => {
                let words = format!("Some day from {} to {}", when::date(from), when::date(to));
                (words, Step::When)
            }
            (_, Some(slot)) => {
                let zone = visit.time_zone();
                let (starts, ends) = (pages::clock(slot.starts_at, zone), pages::clock(slot.ends_at, zone));
                (format!("{}, {}, {starts} to {ends}", slot.name, when::long_date(slot.date)), Step::When)
            }
            (_, None) => ("Not chosen yet".to_owned(), Step::When),
        }
    }

    fn what(&self, visit: &Visit, shell: Shell) -> What {
        let task = field(&self.fields, "task");
        let mut tasks = vec![Choice::new("", "Choose", task.is_empty())];
        tasks.extend(self.tasks.iter().map(|one| {
            let label = format!("{}, {} minutes", one.name, one.minutes);
            Choice::new(one.public_id.clone(), label, one.public_id == task)
        }));
        What {
            shell,
            at: self.chosen(visit, Step::What),
            tasks,
            plannings: forms::plannings(field(&self.fields, "planning")),
            repeats: forms::repeats(&self.fields),
        }
    }

    async fn when(
        &self,
        visit: &Visit,
        scope: &Scope<ManageAppointments>,
        shell: Shell,
    ) -> Result<When, Fault> {
        let from = first_day(visit, field(&self.fields, "from"));
        let last = after(from, WEEK);
        let by_period = field(&self.fields, "planning") == forms::PERIOD;
        let days = if by_period { None } else { Some(self.windows(visit, scope, (from, last)).await?) };
        let today = freshness::today(visit);
        let to = |day: NaiveDate| {
            if self.was_sent {
                return day.to_string();
            }
            let kept = address(self.org, &self.fields, &["from", "window", "step"]);
            kept.with("from", &day.to_string()).and("step", Step::When.word())
        };
        let mut weeks = vec![("The week after", to(after(last, 1)))];
        if from > today {
            let before = from.checked_sub_days(Days::new(WEEK + 1)).unwrap_or(today).max(today);
            weeks.push(("The week before", to(before)));
        }
        Ok(When {
            shell,
            at: self.chosen(visit, Step::When),
            days,
            week: format!("{} to {}", when::long_date(from), when::long_date(last)),
            weeks,
            plan_from: self.text("plan_from"),
            plan_to: self.text("plan_to"),
            gap: match self.task().map_or(0, |task| task.minimum_gap_days) {
                0 => String::new(),
                1 => "The last day is 1 day later at least.".to_owned(),
                days => format!("The last day is {days} days later at least."),
            },
        })
    }

    /// The windows with a place from one day to another, those that are recommended first.
    async fn windows(
        &self,
        visit: &Visit,
        scope: &Scope<ManageAppointments>,
        dates: (NaiveDate, NaiveDate),
    ) -> Result<Windows, Fault> {
        let (scope, now, task) = (scope.clone(), visit.now, self.task().cloned());
        let home = self.patient.details.address.as_ref().map_or("", |at| at.postcode.as_str());
        let typed = field(&self.fields, "postcode");
        let postcode = if typed.is_empty() { home } else { typed }.to_owned();
        let (free, advice) = visit
            .read(move |conn| {
                let free = visits::availability(conn, &scope, Mode::Live, dates, now)?;
                let advice = match &task {
                    Some(task) => {
                        let errand = Errand { task, postcode: &postcode, visit: None };
                        visits::advise(conn, &scope, Mode::Live, errand, &free)?
                    }
                    None => visits::Advice::default(),
                };
                Ok((free, advice))
            })
            .await?;
        Ok(offered(visit, (&free, &advice), field(&self.fields, "window")).recommended_first())
    }

    fn place(&self, visit: &Visit, shell: Shell) -> Where {
        let details = &self.patient.details;
        let home = || details.address.as_ref().map(address_again).unwrap_or_default();
        let or_known = |name: &str, known: &str| {
            if self.was_sent { self.text(name) } else { known.to_owned() }
        };
        Where {
            shell,
            at: self.chosen(visit, Step::Where),
            once: self.once(),
            repeats: forms::repeats(&self.fields),
            every_weeks: repeating::weeks(&self.fields),
            week: repeating::week(&self.fields),
            until: self.text("until"),
            keep: repeating::keepers(&self.practitioners, field(&self.fields, "keep")),
            places: forms::places(field(&self.fields, "place_kind")),
            place: if self.was_sent { typed_address(&self.fields) } else { home() },
            phone: or_known("phone", &details.phone),
            note: or_known("note", &details.note),
            external_ref: self.text("external_ref"),
            twice: String::new(),
        }
    }

    /// The key of the last page. The same address has the same one, so that neither the back button nor a second tab
    /// books again; what is chosen otherwise has another.
    fn once(&self) -> String {
        let page = address(self.org, &self.fields, &["from", "step"]).page(1);
        if self.was_sent { self.text("once") } else { fingerprint(&page) }
    }

    /// What was typed, or everything that is wrong with it.
    fn typed(&self) -> Result<(Task, NewVisit), Vec<Wrong>> {
        let mut wrong = self.wrong();
        // A window that is gone is refused where windows are known, and in its words.
        wrong.retain(|one| one.field != "window" || forms::window(&self.fields).is_none());
        let place = forms::place(&self.fields).map_err(|all| wrong.extend(all)).ok();
        let planning = forms::planning(&self.fields).ok();
        match (self.task(), planning, place) {
            (Some(task), Some(planning), Some(place)) if wrong.is_empty() => Ok((
                task.clone(),
                NewVisit {
                    planning,
                    external_ref: self.text("external_ref"),
                    note: self.text("note"),
                    phone: self.text("phone"),
                    place,
                    metadata: serde_json::Value::Null,
                    documents: Vec::new(),
                    series: None,
                },
            )),
            _ => Err(wrong),
        }
    }

    async fn book(&self, visit: &Visit, scope: &Scope<ManageAppointments>) -> Answer {
        let wrong = match self.typed() {
            Err(wrong) => wrong,
            Ok((task, new)) if forms::repeats(&self.fields) => {
                match repeating::create(visit, (&self.patient, &task), &self.fields, &new).await {
                    Ok(answer) => return answer,
                    Err(refusal) => vec![refused(refusal)?],
                }
            }
            Ok((task, new)) => {
                let (writer, patient, once) = (scope.clone(), self.patient.clone(), self.text("once"));
                let book =
                    move |tx: &mut Tx<'_>| visits::create_once(tx, &writer, &once, (&patient, &task), &new);
                match visit.write(book).await {
                    Ok(made) => return booked(visit, self.org, &made),
                    Err(refusal) => vec![refused(refusal)?],
                }
            }
        };
        let step = first_of(&wrong).unwrap_or(Step::Where);
        self.show(visit, scope, step, wrong).await
    }
}

/// The first step on which something is wrong.
fn first_of(wrong: &[Wrong]) -> Option<Step> {
    wrong.iter().map(|one| Step::of(one.field)).min()
}

fn after(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

fn booked(visit: &Visit, org: OrganisationId, made: &Once<visits::Visit>) -> Answer {
    let (made, words) = match made {
        Once::Before(made) => (made, ALREADY),
        Once::Now(made) if made.booked.is_some() => (made, "The appointment is booked."),
        Once::Now(made) => (made, "The appointment is there, and waits for a time."),
    };
    visit.done(links::visit(org, made.id), &Notice::ok(words))
}
