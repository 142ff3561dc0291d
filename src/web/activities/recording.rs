//! Recording everybody's part on one screen, correcting and withdrawing one, and sending one again.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::forms::{self, check_seal, seal, typed_marks};
use super::pages::{self, Asking};
use super::{Seen, see};
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::access::{RecordActivities, Scope};
use crate::domain::activities::{self, Mark, Person, Recorded, Recording, Taking, TypedMark};
use crate::domain::{organisations, residents, timeline};
use crate::kit::ids::ParticipationId;
use crate::kit::secret::random_uuid;
use crate::web::error::{Answer, Fault};
use crate::web::residents::Identity;
use crate::web::timeline::previews_in;
use crate::web::ui::{Choice, Notice};
use crate::web::visit::{Fields, In, Posted, Visit, field};

/// What screens call the care record where people have different ones.
const ANY: &str = "the care record";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// `yes`: everybody is marked as having taken part.
    all: String,
}

pub async fn form(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let asked: Asked = visit.query();
    let took_part = if asked.all == "yes" { "yes" } else { "" };
    let typed = expected(&seen)
        .map(|one| (one.participation.id, TypedMark { took_part: took_part.into(), ..TypedMark::default() }));
    let form = Form {
        typed: typed.collect(),
        version: seen.activity.version.to_string(),
        completed_by: visit.signed_in()?.name().to_owned(),
        ..Form::default()
    };
    if form.typed.is_empty() {
        return visit
            .done(seen.href(), &Notice::warn("There is nobody left to record. Choose the people first."));
    }
    let mut page = page(&visit, &seen, form)?;
    page.all = (took_part.is_empty()).then(|| format!("{}?all=yes", seen.act("record")));
    visit.page(&page)
}

fn expected(seen: &Seen) -> impl Iterator<Item = &Person> {
    seen.people.iter().filter(|one| one.is_expected() && !one.archived)
}

/// The screen as it was filled in.
#[derive(Default)]
struct Form {
    typed: Vec<(ParticipationId, TypedMark)>,
    version: String,
    completed_by: String,
    wrong: Vec<(String, String)>,
    previews: Vec<pages::Preview>,
    /// In whose words the preview is to be; `None`: each person's own.
    preview_in: Option<Vendor>,
}

fn page(visit: &Visit, seen: &Seen, form: Form) -> Result<pages::Recording, Fault> {
    let mut shell = seen.shell(visit, format!("Record {}", seen.activity.name))?;
    for (field, words) in form.wrong {
        shell.add_error(field, words);
    }
    let mut people = Vec::new();
    for one in expected(seen) {
        let id = one.participation.id;
        let typed = form.typed.iter().find(|(of, _)| *of == id).map(|(_, typed)| typed.clone());
        people.push(Asking::new(seen, one, typed.unwrap_or_default(), &shell));
    }
    Ok(pages::Recording {
        shell,
        action: seen.act("record"),
        late: seen.act("late"),
        replay: random_uuid().map_err(|cause| Fault::broken(&cause))?.reveal().to_owned(),
        cancel: seen.href(),
        version: form.version,
        completed_by: form.completed_by,
        photos: pages::photos(&people),
        people,
        all: None,
        previews: form.previews,
        vendor: common(seen),
        preview_vendor: form.preview_in.map_or_else(|| common(seen), Vendor::name),
        preview_in: preview_choices(visit, form.preview_in),
    })
}

/// The one system that everybody's entries go to, or *the care record*.
fn common(seen: &Seen) -> &'static str {
    let mut systems = expected(seen).filter_map(|one| seen.systems.get(&one.participation.resident));
    let first = systems.next();
    first.filter(|first| systems.all(|one| one == *first)).map_or(ANY, |vendor| vendor.name())
}

/// Nothing where there is only one system to show it in.
fn preview_choices(visit: &Visit, chosen: Option<Vendor>) -> Vec<Choice> {
    let systems = previews_in(&visit.services);
    if systems.len() < 2 {
        return Vec::new();
    }
    let mut choices = vec![Choice::new("", "Each person’s own care record", chosen.is_none())];
    choices.extend(systems.into_iter().map(|one| Choice::new(one.id(), one.name(), chosen == Some(one))));
    choices
}

/// Saves the screen, or shows how it will look in the care record: that changes nothing, so it needs no page of its own.
pub async fn record(visit: Visit, In(scope): In<RecordActivities>, Posted(fields): Posted<Fields>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let completed_by = field(&fields, "completed_by").to_owned();
    let version = field(&fields, "version").to_owned();
    let mut form = Form {
        typed: typed_marks(&seen.people, &fields),
        version: version.clone(),
        completed_by: completed_by.clone(),
        ..Form::default()
    };
    if forms::speaks_of_others(&seen.people, &fields) {
        let words =
            "Somebody in the form is not part of this activity, or does not live in your places. Start again";
        form.wrong = vec![("marks".to_owned(), words.to_owned())];
        return visit.page_with(&page(&visit, &seen, form)?, HttpResponse::UnprocessableEntity());
    }
    let marks = match forms::read_marks(&form.typed) {
        Ok(marks) => marks,
        Err(wrong) => {
            form.wrong = wrong;
            return visit.page_with(&page(&visit, &seen, form)?, HttpResponse::UnprocessableEntity());
        }
    };
    if field(&fields, "act") == "preview" {
        let systems = previews_in(&visit.services);
        form.preview_in = field(&fields, "preview_in").parse().ok().filter(|one| systems.contains(one));
        form.previews = previews(&visit, &seen, (&marks, &completed_by), form.preview_in);
        return visit.page(&page(&visit, &seen, form)?);
    }
    let recording = Recording { version: version.parse().unwrap_or(0), completed_by, marks };
    let id = seen.activity.id;
    match visit.write(move |tx| activities::record(tx, &scope, id, &recording)).await {
        Ok(Recorded::Now(count)) => {
            visit.services.wake.notify_one();
            let who = if count == 1 { "One person is".to_owned() } else { format!("{count} people are") };
            visit.done(
                seen.href(),
                &Notice::ok(format!("{who} recorded. It goes to the care record by itself.")),
            )
        }
        Ok(Recorded::Before) => visit.done(seen.href(), &Notice::ok("That was recorded already.")),
        Err(Refusal::Invalid { field, words }) => {
            form.wrong = vec![(field.to_owned(), words)];
            visit.page_with(&page(&visit, &seen, form)?, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => overtaken(&visit, &seen, form, words),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Somebody was first. What was typed for those who are still open stays.
fn overtaken(visit: &Visit, seen: &Seen, mut form: Form, words: String) -> Answer {
    if expected(seen).next().is_none() {
        return visit.done(seen.href(), &Notice::warn(words));
    }
    form.version = seen.activity.version.to_string();
    form.wrong = vec![("marks".to_owned(), words)];
    visit.page_with(&page(visit, seen, form)?, HttpResponse::Conflict())
}

/// How each entry will look in the person's own care record, or in the one that was asked for.
fn previews(
    visit: &Visit,
    seen: &Seen,
    (marks, completed_by): (&[Mark], &str),
    wanted: Option<Vendor>,
) -> Vec<pages::Preview> {
    let preview = |mark: &Mark| {
        let person = seen.people.iter().find(|one| one.participation.id == mark.participation)?;
        let vendor = wanted.or_else(|| seen.systems.get(&person.participation.resident).copied())?;
        let system = visit.services.care_systems.get(vendor)?;
        let entry = activities::draft(&seen.activity, &person.participation, mark, completed_by);
        let fields = pages::looks(system.shown(&entry), vendor.name());
        Some(pages::Preview { name: person.name(), vendor: vendor.name(), fields })
    };
    marks.iter().filter_map(preview).collect()
}

/// The care record that has a person's entry, or will.
fn system_of(seen: &Seen, person: &Person) -> String {
    let standing = seen.standings.get(&person.participation.id.0);
    let chosen = || seen.systems.get(&person.participation.resident).map_or(ANY, |vendor| vendor.name());
    standing.map_or_else(|| chosen().to_owned(), |standing| standing.vendor_name.clone())
}

/// One person's part with who they are.
struct About {
    seen: Seen,
    person: Person,
    who: Identity,
}

async fn about(visit: &Visit, scope: &Scope<RecordActivities>) -> Result<About, Fault> {
    let seen = see(visit, scope).await?;
    let id = visit.id::<ParticipationId>("part")?;
    let person = seen.people.iter().find(|one| one.participation.id == id).cloned().ok_or(Fault::NotFound)?;
    let (scope, resident) = (scope.clone(), person.participation.resident);
    let who = visit
        .read(move |conn| {
            let resident = residents::get(conn, &scope, resident)?;
            Ok(Identity::new(&resident, &organisations::places(conn, &scope)?))
        })
        .await?;
    Ok(About { seen, person, who })
}

/// Why there is nothing to correct or withdraw, if so.
fn nothing_there(person: &Person) -> Option<&'static str> {
    match person.participation.state {
        Taking::Recorded => None,
        Taking::Expected => Some("Nothing is recorded for this person yet."),
        Taking::Withdrawn => Some("This is withdrawn already."),
    }
}

pub async fn correcting(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let about = about(&visit, &scope).await?;
    if let Some(words) = nothing_there(&about.person) {
        return visit.done(about.seen.href(), &Notice::warn(words));
    }
    let part = about.person.participation.clone();
    let typed = TypedMark {
        took_part: if part.took_part { "yes" } else { "no" }.to_owned(),
        reason: part.reason,
        rating: part.rating.map(|rating| rating.to_string()).unwrap_or_default(),
        comment: part.comment,
    };
    visit.page(&correct_page(&visit, about, typed, part.completed_by, Vec::new())?)
}

fn correct_page(
    visit: &Visit,
    about: About,
    typed: TypedMark,
    completed_by: String,
    wrong: Vec<(String, String)>,
) -> Result<pages::Correcting, Fault> {
    let About { seen, person, who } = about;
    let mut shell = seen.shell(visit, format!("Correct what was recorded of {}", person.name()))?;
    for (field, words) in wrong {
        shell.add_error(field, words);
    }
    Ok(pages::Correcting {
        action: act(&seen, &person, "correct"),
        cancel: seen.href(),
        version: person.participation.version.to_string(),
        about: seal(visit, &person),
        one: Asking::new(&seen, &person, typed, &shell),
        vendor: system_of(&seen, &person),
        completed_by,
        who,
        shell,
    })
}

fn act(seen: &Seen, person: &Person, act: &str) -> String {
    crate::links::participation_act(seen.org, seen.activity.id, person.participation.id, act)
}

pub async fn correct(
    visit: Visit,
    In(scope): In<RecordActivities>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let about = about(&visit, &scope).await?;
    check_seal(&visit, &about.person, field(&fields, "about"), about.seen.href())?;
    let part = about.person.participation.id;
    let typed = forms::typed_mark(part, &fields);
    let completed_by = field(&fields, "completed_by").to_owned();
    let version = field(&fields, "version").parse().unwrap_or(0);
    let mark = match forms::read_marks(&[(part, typed.clone())]) {
        Ok(marks) => marks.into_iter().next(),
        Err(wrong) => {
            let page = correct_page(&visit, about, typed, completed_by, wrong)?;
            return visit.page_with(&page, HttpResponse::UnprocessableEntity());
        }
    };
    let Some(mark) = mark else {
        let wrong = vec![(format!("took-{part}"), "Say whether they took part".to_owned())];
        let page = correct_page(&visit, about, typed, completed_by, wrong)?;
        return visit.page_with(&page, HttpResponse::UnprocessableEntity());
    };
    let (id, by) = (about.seen.activity.id, completed_by.clone());
    let done = visit.write(move |tx| activities::correct(tx, &scope, id, version, &mark, &by)).await;
    match done {
        Ok(()) => {
            visit.services.wake.notify_one();
            let words = format!(
                "What was recorded of {} is corrected. The first version is kept.",
                about.person.name()
            );
            visit.done(about.seen.href(), &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let page = correct_page(&visit, about, typed, completed_by, vec![(field.to_owned(), words)])?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(about.seen.href(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

pub async fn withdrawing(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let about = about(&visit, &scope).await?;
    if let Some(words) = nothing_there(&about.person) {
        return visit.done(about.seen.href(), &Notice::warn(words));
    }
    visit.page(&withdraw_page(&visit, about, String::new(), None)?)
}

fn withdraw_page(
    visit: &Visit,
    about: About,
    because: String,
    error: Option<(&'static str, String)>,
) -> Result<pages::AskingWhy, Fault> {
    let About { seen, person, who } = about;
    let mut shell = seen.shell(visit, format!("Withdraw what was recorded of {}", person.name()))?;
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let vendor = system_of(&seen, &person);
    Ok(pages::AskingWhy {
        shell,
        who: Some(who),
        words: format!(
            "What has not reached {vendor} yet never will. If it is there already, {vendor} gets an entry that takes \
             it back: entries are not deleted there. That {vendor} shows the two together is assumed."
        ),
        hint: "Such as: recorded for the wrong person.",
        action: act(&seen, &person, "withdraw"),
        cancel: seen.href(),
        button: "Withdraw it",
        keep: "Keep it",
        version: person.participation.version.to_string(),
        about: seal(visit, &person),
        because,
    })
}

pub async fn withdraw(
    visit: Visit,
    In(scope): In<RecordActivities>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let about = about(&visit, &scope).await?;
    check_seal(&visit, &about.person, field(&fields, "about"), about.seen.href())?;
    let because = field(&fields, "because").to_owned();
    let version = field(&fields, "version").parse().unwrap_or(0);
    let (id, part, words) = (about.seen.activity.id, about.person.participation.id, because.clone());
    match visit.write(move |tx| activities::withdraw(tx, &scope, id, part, version, &words)).await {
        Ok(()) => {
            visit.services.wake.notify_one();
            let words = format!("What was recorded of {} is withdrawn.", about.person.name());
            visit.done(about.seen.href(), &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let page = withdraw_page(&visit, about, because, Some((field, words)))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(about.seen.href(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

pub async fn send_again(
    visit: Visit,
    In(scope): In<RecordActivities>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let about = about(&visit, &scope).await?;
    check_seal(&visit, &about.person, field(&fields, "about"), about.seen.href())?;
    let standing = about.seen.standings.get(&about.person.participation.id.0);
    let entry = standing.map(|standing| standing.entry).ok_or(Fault::NotFound)?;
    let again = visit.write(move |tx| timeline::send_again(tx, &scope, &[entry])).await?;
    visit.services.wake.notify_one();
    let notice = if again == 0 {
        Notice::warn("It is on its way already, or was changed meanwhile.")
    } else {
        Notice::ok("It is sent again.")
    };
    visit.done(about.seen.href(), &notice)
}
