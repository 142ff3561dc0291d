//! Setting windows up: what a person types, and adding, changing and retiring. What is booked keeps its instants,
//! whatever becomes of its window.

use chrono::Weekday;

use super::{Window, clock, store};
use crate::db::Tx;
use crate::domain::access::{ManageOrganisation, Scope};
use crate::domain::organisations::{Changed, readable_name, short};
use crate::domain::{Refusal, audit};
use crate::kit::calendar::{WEEK, name_of};
use crate::kit::ids::WindowId;
use crate::kit::names::fold_place;

/// Windows that one organisation can have, retired ones too.
const MOST: usize = 60;

/// Appointments on one date, at most.
pub const MOST_PLACES: i32 = 500;

const A_DAY: i32 = 24 * 60;

/// What a person typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub name: String,
    /// `07:00`.
    pub from: String,
    /// `09:00`, or `24:00`.
    pub to: String,
    /// `mon`, `Tue` and the like.
    pub weekdays: Vec<String>,
    pub capacity: String,
}

/// A window's facts as they can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub name: String,
    pub from_minute: i32,
    pub to_minute: i32,
    /// From Monday on.
    pub weekdays: Vec<Weekday>,
    pub capacity: i32,
}

impl Facts {
    /// Reads what was typed.
    ///
    /// # Errors
    /// `Invalid` on `name`, `from`, `to`, `weekdays` or `capacity`.
    pub fn read(typed: &Typed) -> Result<Self, Refusal> {
        let name = short("name", readable_name("name", &typed.name, "a name such as Early")?, 40)?;
        if fold_place(&name).is_empty() {
            return Err(Refusal::invalid("name", "Use letters in the name"));
        }
        let from_minute = minute("from", &typed.from, "Enter when it starts, such as 07:00")?;
        let to_minute = minute("to", &typed.to, "Enter when it ends, such as 09:00")?;
        if to_minute <= from_minute {
            return Err(Refusal::invalid("to", "The end must be after the start, on the same day"));
        }
        let chosen = |day: &Weekday| typed.weekdays.iter().any(|word| word.parse() == Ok(*day));
        let weekdays: Vec<Weekday> = WEEK.into_iter().filter(chosen).collect();
        if weekdays.is_empty() {
            return Err(Refusal::invalid("weekdays", "Choose at least one day of the week"));
        }
        let capacity = typed.capacity.trim().parse().ok().filter(|places| (1..=MOST_PLACES).contains(places));
        let words = format!("Enter how many appointments fit on one day, from 1 to {MOST_PLACES}");
        let capacity = capacity.ok_or_else(|| Refusal::invalid("capacity", words))?;
        Ok(Self { name, from_minute, to_minute, weekdays, capacity })
    }

    /// `Early, 07:00 to 09:00, Monday to Friday, 2 a day`.
    fn words(&self) -> String {
        let hours = format!("{} to {}", clock(self.from_minute), clock(self.to_minute));
        format!("{}, {hours}, {}, {} a day", self.name, days(&self.weekdays), self.capacity)
    }
}

/// `7:00`, `07:00` or `24:00` as minutes of the day.
fn minute(field: &'static str, text: &str, words: &str) -> Result<i32, Refusal> {
    let read = || {
        let (hour, minute) = text.trim().split_once(':')?;
        let number = |part: &str, longest: usize| {
            let digits = (1..=longest).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit());
            digits.then(|| part.parse::<i32>().ok()).flatten()
        };
        let (hour, minute) = (number(hour, 2)?, number(minute, 2).filter(|one| *one < 60)?);
        Some(hour * 60 + minute).filter(|of_day| *of_day <= A_DAY)
    };
    read().ok_or_else(|| Refusal::invalid(field, words))
}

/// Weekdays in words; whole runs of three and more as `Monday to Friday`.
pub(super) fn days(weekdays: &[Weekday]) -> String {
    let chosen: Vec<usize> =
        (0..7).filter(|at| WEEK.get(*at).is_some_and(|day| weekdays.contains(day))).collect();
    let name = |at: &usize| WEEK.get(*at).map_or("", |day| name_of(*day));
    match chosen.as_slice() {
        [_, _, _, _, _, _, _] => "every day".to_owned(),
        [first, .., last] if chosen.len() > 2 && last - first + 1 == chosen.len() => {
            format!("{} to {}", name(first), name(last))
        }
        _ => chosen.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

/// Adds a window.
///
/// # Errors
/// `Invalid` on `name`, where another in use has it.
pub fn add(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, facts: &Facts) -> Result<WindowId, Refusal> {
    let known = store::all(tx.conn, scope.organisation())?;
    if known.len() >= MOST {
        return Err(Refusal::invalid("name", format!("There can be {MOST} windows at most")));
    }
    refuse_same_name(&known, &facts.name, None)?;
    let id = store::insert(tx, scope.organisation(), facts, &fold_place(&facts.name))?;
    let words = format!("added the window {}", facts.words());
    audit::record(tx, scope, audit::Event::new("window.added", words).about("window", id.0))?;
    Ok(id)
}

/// Changes a window from now on; what is booked in it keeps its times and its place.
///
/// # Errors
/// `NotHere`; `Invalid` on `name`, where another in use has it.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: WindowId,
    facts: &Facts,
) -> Result<(), Refusal> {
    let known = store::all(tx.conn, scope.organisation())?;
    let before = known.iter().find(|one| one.id == id).ok_or(Refusal::NotHere)?;
    if before.retired_at.is_none() {
        refuse_same_name(&known, &facts.name, Some(id))?;
    }
    let mut changed = Changed::default();
    let hours = format!("{} to {}", clock(facts.from_minute), clock(facts.to_minute));
    changed.note("Name", &before.name, &facts.name);
    changed.note("Hours", &before.hours(), &hours);
    changed.note("Weekdays", &before.days(), &days(&facts.weekdays));
    changed.note("Capacity", &before.capacity.to_string(), &facts.capacity.to_string());
    if changed.is_empty() {
        return Ok(());
    }
    store::change(tx, scope.organisation(), id, facts, &fold_place(&facts.name))?;
    let words = format!("changed the window {}: {}", before.name, changed.fields());
    let event = audit::Event::new("window.changed", words).about("window", id.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// Offers a window no more. What is booked in it stays booked.
///
/// # Errors
/// `NotHere`; `Overtaken` where it is retired already.
pub fn retire(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, id: WindowId) -> Result<(), Refusal> {
    let window = super::get(tx.conn, scope.organisation(), id)?;
    if window.retired_at.is_some() {
        return Err(Refusal::overtaken(format!("{} is retired already.", window.name)));
    }
    let at = Some(tx.now);
    store::retire(tx, scope.organisation(), id, at)?;
    let words = format!("retired the window {}", window.name);
    audit::record(tx, scope, audit::Event::new("window.retired", words).about("window", id.0))?;
    Ok(())
}

/// Offers a window again.
///
/// # Errors
/// `NotHere`; `Overtaken` where it is offered already, and where another has its name meanwhile.
pub fn restore(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, id: WindowId) -> Result<(), Refusal> {
    let known = store::all(tx.conn, scope.organisation())?;
    let window = known.iter().find(|one| one.id == id).ok_or(Refusal::NotHere)?;
    if window.retired_at.is_none() {
        return Err(Refusal::overtaken(format!("{} is offered already.", window.name)));
    }
    if same_name(&known, &window.name, Some(id)) {
        let words =
            format!("Another window is called {} meanwhile. Rename one of the two first.", window.name);
        return Err(Refusal::overtaken(words));
    }
    store::retire(tx, scope.organisation(), id, None)?;
    let words = format!("offers the window {} again", window.name);
    audit::record(tx, scope, audit::Event::new("window.restored", words).about("window", id.0))?;
    Ok(())
}

fn same_name(known: &[Window], name: &str, own: Option<WindowId>) -> bool {
    let folded = fold_place(name);
    let mut others = known.iter().filter(|one| Some(one.id) != own && one.retired_at.is_none());
    others.any(|one| fold_place(&one.name) == folded)
}

fn refuse_same_name(known: &[Window], name: &str, own: Option<WindowId>) -> Result<(), Refusal> {
    if same_name(known, name, own) {
        return Err(Refusal::invalid("name", "Another window has this name. Choose a different one"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(from: &str, to: &str) -> Typed {
        Typed {
            name: " Early ".into(),
            from: from.into(),
            to: to.into(),
            weekdays: vec!["tue".into(), "mon".into()],
            capacity: "2".into(),
        }
    }

    fn wrong(typed: &Typed) -> &'static str {
        match Facts::read(typed) {
            Err(Refusal::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hours_are_of_one_day_and_in_order() {
        let facts = Facts::read(&typed("7:00", "09:00")).unwrap();
        assert_eq!((facts.from_minute, facts.to_minute, facts.name.as_str()), (420, 540, "Early"));
        assert_eq!(facts.weekdays, [Weekday::Mon, Weekday::Tue]);
        assert_eq!(Facts::read(&typed("00:00", "24:00")).unwrap().to_minute, 1440);
        for (from, to, field) in [
            ("9:00", "9:00", "to"),
            ("22:00", "06:00", "to"),
            ("9:00", "24:01", "to"),
            ("25:00", "26:00", "from"),
            ("9", "10:00", "from"),
            ("9:60", "10:00", "from"),
            ("-1:00", "10:00", "from"),
            ("+9:00", "10:00", "from"),
            ("", "10:00", "from"),
        ] {
            assert_eq!(wrong(&typed(from, to)), field, "{from} to {to}");
        }
    }

    #[test]
    fn a_window_has_a_name_days_and_places() {
        let one = typed("07:00", "09:00");
        assert_eq!(wrong(&Typed { name: " ".into(), ..one.clone() }), "name");
        assert_eq!(wrong(&Typed { name: "7–9".repeat(20), ..one.clone() }), "name");
        assert_eq!(wrong(&Typed { weekdays: vec!["someday".into()], ..one.clone() }), "weekdays");
        for capacity in ["0", "501", "two", ""] {
            assert_eq!(wrong(&Typed { capacity: capacity.into(), ..one.clone() }), "capacity");
        }
    }

    #[test]
    fn weekdays_are_said_as_people_say_them() {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        for (weekdays, words) in [
            (vec![Mon, Tue, Wed, Thu, Fri], "Monday to Friday"),
            (vec![Mon, Tue, Wed, Thu, Fri, Sat, Sun], "every day"),
            (vec![Sat, Sun], "Saturday, Sunday"),
            (vec![Mon, Wed, Fri], "Monday, Wednesday, Friday"),
            (vec![Sun], "Sunday"),
        ] {
            assert_eq!(days(&weekdays), words);
        }
    }
}
