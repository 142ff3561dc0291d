//! Staff members from a CSV file: first what each line would become and whom it looks like, then exactly that.

use std::collections::{HashMap, HashSet};

use super::{SUBJECT, StaffDetails, StaffState, TypedDetails, recompute_look_alikes, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{EditStaff, Scope};
use crate::domain::organisations::sheet::{self, Line};
use crate::domain::organisations::{Imported, PlaceKind, Preview, Sector, aliases, places, sector};
use crate::domain::{Refusal, audit};
use crate::kit::ids::PlaceId;
use crate::kit::names::fold_place;

const HEADINGS: [&str; 5] = ["First name", "Last name", "Email address", "Job title", "Homes"];
const FIRST: usize = 0;
const LAST: usize = 1;
const EMAIL: usize = 2;
const TITLE: usize = 3;
const HOMES: usize = 4;
/// The headings that have to be there.
const NEEDED: usize = 2;

/// The headings of the file, in the words of the organisation's sector.
pub fn import_headings(sector: Sector) -> Vec<String> {
    HEADINGS.iter().map(|heading| sector.say(heading)).collect()
}

/// What a file of staff would come to now; nothing is written.
///
/// # Errors
/// `Invalid` on `file` where it cannot be read as a whole.
pub fn preview_import(conn: &mut Conn, scope: &Scope<EditStaff>, text: &str) -> Result<Preview, Refusal> {
    Ok(read(conn, scope, text)?.0)
}

/// Adds the staff of the lines without a fault, where the file comes to what was shown.
///
/// # Errors
/// `Invalid` on `file` where it cannot be read as a whole, or nothing in it can be used.
pub fn import(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    text: &str,
    was_shown: &dyn Fn(&str) -> bool,
) -> Result<Imported, Refusal> {
    let (preview, new) = read(tx.conn, scope, text)?;
    if !was_shown(&preview.hash) {
        return Ok(Imported::Differs(preview));
    }
    if new.is_empty() {
        return Err(Refusal::invalid("file", "No line of this file can be used"));
    }
    for (details, beside) in &new {
        let id = store::insert(tx, scope.organisation(), details)?;
        store::write_further_places(tx, id, beside)?;
        let words = format!("imported {} from a file", details.name());
        audit::record(tx, scope, audit::Event::new("staff.added", words).about(SUBJECT, id.0))?;
    }
    recompute_look_alikes(tx, scope.organisation())?;
    Ok(Imported::Done(new.len()))
}

/// Somebody to be added, and where they work beside their first place.
type New = (StaffDetails, Vec<PlaceId>);

fn read(conn: &mut Conn, scope: &Scope<EditStaff>, text: &str) -> Result<(Preview, Vec<New>), Refusal> {
    let sector = sector(conn, scope.organisation())?;
    let lines = sheet::read(text, &import_headings(sector), NEEDED)?;
    let mut by_name: HashMap<String, PlaceId> =
        aliases(conn, scope)?.into_iter().map(|alias| (alias.name_folded, alias.place)).collect();
    let homes = places(conn, scope)?.into_iter().filter(|place| place.kind == PlaceKind::Home);
    by_name.extend(homes.map(|place| (fold_place(&place.name), place.id)));
    let known = store::known(conn, scope.organisation(), None)?;
    let mut emails: HashSet<String> = known.iter().map(|one| one.email.to_lowercase()).collect();
    let active = known.into_iter().filter(|one| one.state == StaffState::Active);
    let mut names: HashMap<String, String> =
        active.map(|one| (one.sort_name, "somebody here".to_owned())).collect();
    let (mut new, mut shown) = (Vec::new(), Vec::with_capacity(lines.len()));
    for mut line in lines {
        let works = works_in(&mut line, &by_name, &sector.say("home"));
        let mut alike = Vec::new();
        if let Some(mut details) = details(&mut line) {
            if !details.email.is_empty() && emails.contains(&details.email) {
                line.faults.push(format!("Somebody else has the email address {}.", details.email));
            }
            let other = names.get(&details.sort_name());
            alike.extend(other.map(|whom| format!("The same name as {whom}.")));
            if line.faults.is_empty() {
                emails.insert(details.email.clone());
                names.insert(details.sort_name(), format!("line {}", line.number));
                details.home = works.first().copied();
                new.push((details, works.into_iter().skip(1).collect()));
            }
        }
        shown.push(line.shown(alike));
    }
    Ok((Preview::new(text, shown), new))
}

fn details(line: &mut Line) -> Option<StaffDetails> {
    let typed = TypedDetails {
        first_name: line.cell(FIRST),
        last_name: line.cell(LAST),
        email: line.cell(EMAIL),
        job_title: line.cell(TITLE),
        home: "",
    };
    match StaffDetails::read(&typed) {
        Ok(details) => Some(details),
        Err(refusal) => {
            let fault = format!("{refusal}.");
            line.faults.push(fault);
            None
        }
    }
}

/// The places that a line names, each once; the first of them comes first.
fn works_in(line: &mut Line, by_name: &HashMap<String, PlaceId>, word: &str) -> Vec<PlaceId> {
    let (mut works, mut faults) = (Vec::new(), Vec::new());
    for name in line.names(HOMES) {
        match by_name.get(&fold_place(name)) {
            Some(place) if works.contains(place) => {}
            Some(place) => works.push(*place),
            None => faults.push(format!("There is no {word} called {name} here.")),
        }
    }
    line.faults.append(&mut faults);
    works
}
