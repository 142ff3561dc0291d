//! Homes, agencies or areas from a CSV file: first what each line would become, then exactly that.

use std::collections::HashMap;

use diesel::QueryResult;

use super::places::{PlaceKind, places};
use super::sheet::{self, Imported, Line, Preview};
use super::{readable_name, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManagePlaces, Scope};
use crate::domain::{Refusal, audit};
use crate::kit::names::fold_place;

/// The headings of the file; only the first has to be there.
pub fn place_headings() -> Vec<String> {
    ["Name", "Other names"].map(str::to_owned).to_vec()
}

/// A place to be added: its name, and its other names.
type New = (String, Vec<String>);

/// What a file of places would come to now; nothing is written.
///
/// # Errors
/// `Invalid` on `file` where it cannot be read as a whole.
pub fn preview_places(conn: &mut Conn, scope: &Scope<ManagePlaces>, text: &str) -> Result<Preview, Refusal> {
    Ok(read(conn, scope, text)?.0)
}

/// Adds the places of the lines without a fault, where the file comes to what was shown.
///
/// # Errors
/// `Invalid` on `file` where it cannot be read as a whole, or nothing in it can be used.
pub fn import_places(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
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
    let organisation = scope.organisation();
    let word = store::sector(tx.conn, organisation)?.say("home");
    for (name, aliases) in &new {
        let kind = PlaceKind::Home;
        let id = store::insert_place(tx, organisation, None, kind, name, &fold_place(name))?;
        for alias in aliases {
            store::insert_alias(tx, organisation, id, alias, &fold_place(alias))?;
        }
        let event = audit::Event::new("place.added", format!("imported the {word} {name} from a file"));
        audit::record(tx, scope, event.about("place", id.0))?;
    }
    Ok(Imported::Done(new.len()))
}

fn read(conn: &mut Conn, scope: &Scope<ManagePlaces>, text: &str) -> Result<(Preview, Vec<New>), Refusal> {
    let lines = sheet::read(text, &place_headings(), 1)?;
    let mut taken = names_in_use(conn, scope)?;
    let mut new = Vec::new();
    let mut shown = Vec::with_capacity(lines.len());
    for mut line in lines {
        if let Some(made) = one(&mut line, &mut taken) {
            new.push(made);
        }
        shown.push(line.shown(Vec::new()));
    }
    Ok((Preview::new(text, shown), new))
}

/// Every folded name that leads to a place, and what it is the name of.
fn names_in_use(conn: &mut Conn, scope: &Scope<ManagePlaces>) -> QueryResult<HashMap<String, String>> {
    let all = places(conn, scope)?;
    let homes = all.iter().filter(|place| place.kind == PlaceKind::Home);
    let mut taken: HashMap<String, String> =
        homes.map(|place| (fold_place(&place.name), format!("{} is there already", place.name))).collect();
    for alias in store::aliases(conn, scope.organisation())? {
        let of = all.iter().find(|place| place.id == alias.place).map_or("", |place| &place.name);
        taken.insert(alias.name_folded, format!("{} is another name of {of}", alias.name));
    }
    Ok(taken)
}

/// The place of a line, whose names are then in use.
fn one(line: &mut Line, taken: &mut HashMap<String, String>) -> Option<New> {
    let mut faults = Vec::new();
    let mut usable = |field, text: &str, what: &str| match readable_name(field, text, what) {
        Ok(name) if fold_place(&name).is_empty() => {
            faults.push("Use letters or numbers in the name.".to_owned());
            None
        }
        Ok(name) => {
            if let Some(why) = taken.get(&fold_place(&name)) {
                faults.push(format!("{why}."));
            }
            Some(name)
        }
        Err(refusal) => {
            faults.push(format!("{refusal}."));
            None
        }
    };
    let name = usable("name", line.cell(0), "the name");
    let aliases: Vec<String> =
        line.names(1).into_iter().filter_map(|alias| usable("alias", alias, "the other name")).collect();
    let mut all: Vec<String> = name.iter().chain(&aliases).map(|name| fold_place(name)).collect();
    all.sort_unstable();
    if all.windows(2).any(|two| matches!(two, [one, other] if one == other)) {
        faults.push("A name stands there twice.".to_owned());
    }
    line.faults.append(&mut faults);
    if !line.faults.is_empty() {
        return None;
    }
    let name = name?;
    for folded in all {
        taken.insert(folded, format!("Line {} has this name too", line.number));
    }
    Some((name, aliases))
}
