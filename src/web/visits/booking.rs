//! Giving an appointment another window, and changing what is known of it. Booking one is `new`.

use actix_web::HttpResponse;
use chrono::{Days, NaiveDate};

use super::pages::{self, Edit, Offered, Reschedule, Windows};
use super::{Community, Seen, forms, see};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::patients::Wrong;
use crate::domain::tasks;
use crate::domain::visits::{self, Added, Advice, Available, Changes, Errand};
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::listing::day_typed;
use crate::web::patients::{address_again, typed_address};
use crate::web::ui::{Notice, when};
use crate::web::visit::{Fields, Posted, Visit, field};

/// Days of windows that are offered at once to one that is moved.
const DAYS: u64 = 13;

pub fn first_day(visit: &Visit, typed: &str) -> NaiveDate {
    let today = freshness::today(visit);
    day_typed(typed).filter(|day| *day >= today).unwrap_or(today)
}

/// The windows by their days, each with its places and what it adds in travel.
pub fn offered(visit: &Visit, (free, advice): (&[Available], &Advice), chosen: &str) -> Windows {
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

/// What to show beside which field.
pub fn refused(refusal: Refusal) -> Result<Wrong, Fault> {
    match refusal {
        Refusal::Invalid { field: "period", words } => Ok(Wrong::new("plan_from", words)),
        Refusal::Invalid { field, words } => Ok(Wrong::new(field, words)),
        Refusal::Overtaken(words) => Ok(Wrong::new("window", words.trim_end_matches('.'))),
        refusal => Err(refusal.into()),
    }
}

pub async fn other_window(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let asked: Fields = visit.query();
    let seen = see(&visit, &scope).await?;
    if !seen.of.status.is_open() {
        let words = format!("This appointment is {} already.", seen.of.status.words().to_lowercase());
        return visit.done(seen.href(), &Notice::warn(words));
    }
    let fields = vec![("from".to_owned(), first_day(&visit, field(&asked, "from")).to_string())];
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
        shell.add_own_error(one.field, one.words);
    }
    let from = first_day(visit, field(fields, "from"));
    let (reader, of, now) = (scope.clone(), seen.of.clone(), visit.now);
    let dates = (from, from.checked_add_days(Days::new(DAYS)).unwrap_or(from));
    let (free, advice) = visit
        .read(move |conn| {
            let mut free = visits::availability(conn, &reader, of.mode, dates, now)?;
            // The one that it has is no other one.
            let own = of.booked.as_ref().map(|own| (own.window, own.date));
            free.retain(|one| own != Some((one.slot.window, one.slot.date)));
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
        shell.add_own_error(one.field, one.words);
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
                documents: None,
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
