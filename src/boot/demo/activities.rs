//! What the demo's people did in the last two weeks, and what is planned: through the verbs that pages use. Nourish is
//! off when a demo begins, so that all of it waits, and goes once somebody has switched it on and paired the people.

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;

use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{RecordActivities, Scope};
use crate::domain::activities::{self, Details, Group, Mark, Person, Recording, TypedDetails};
use crate::domain::organisations;
use crate::kit::ids::OrganisationId;

/// Days from today, the time, the name, the details, the location, the place of its people, who completed it.
const DONE: [(i64, &str, &str, &str, &str, &str, &str); 6] = [
    (
        -13,
        "14:00",
        "Chair yoga",
        "Gentle stretching in a chair, 30 minutes",
        "Garden lounge",
        "Garden Wing",
        "Amina Yusuf",
    ),
    (
        -10,
        "10:30",
        "Singing group",
        "Songs of the fifties with the piano",
        "Garden lounge",
        "Garden Wing",
        "Amina Yusuf",
    ),
    (-8, "15:00", "Baking", "Scones for tea", "Kitchen", "Oak Wing", "Ben Carter"),
    (
        -6,
        "14:00",
        "Chair yoga",
        "Gentle stretching in a chair, 30 minutes",
        "Garden lounge",
        "Garden Wing",
        "Amina Yusuf",
    ),
    (-3, "11:00", "Gardening club", "Bulbs for the spring", "Greenhouse", "First Floor", "Ben Carter"),
    (
        -1,
        "10:30",
        "Singing group",
        "Songs of the fifties with the piano",
        "Garden lounge",
        "Garden Wing",
        "Amina Yusuf",
    ),
];

/// The same for what was planned; the first is over and waits to be recorded.
const PLANNED: [(i64, &str, &str, &str, &str, &str); 3] = [
    (-1, "15:00", "Afternoon quiz", "Twenty questions", "Oak lounge", "Oak Wing"),
    (1, "14:00", "Chair yoga", "Gentle stretching in a chair, 30 minutes", "Garden lounge", "Garden Wing"),
    (4, "15:00", "Visit of the choir", "The school's choir sings", "Hall", "Willow House"),
];

const COMMENTS: [&str; 5] = [
    "Sang along to every song and asked for one more",
    "Joined in for the first half",
    "Laughed a lot with the others",
    "Watched from the window and tapped the beat",
    "",
];

pub(super) fn fill(tx: &mut Tx<'_>, organisation: OrganisationId) -> Result<(), Refusal> {
    let scope = Scope::<RecordActivities>::for_the_portal(organisation);
    let places = organisations::places(tx.conn, &scope)?;
    let today = tx.now.and_utc().with_timezone(&Tz::Europe__London).date_naive();
    let place = |name: &str| {
        places.iter().find(|place| place.name == name).map_or(Group::Nobody, |place| Group::Of(place.id))
    };
    let details = |tx: &Tx<'_>, (days, time, name, details, location): (i64, &str, &str, &str, &str)| {
        let day = (today + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
        let typed = TypedDetails { name, details, location, day: &day, time };
        Details::read(&typed, Tz::Europe__London, tx.now)
    };
    for (turn, (days, time, name, about, location, of, by)) in (0..).zip(DONE) {
        let details = details(tx, (days, time, name, about, location))?;
        let id = activities::plan(tx, &scope, &details, place(of))?;
        let people = activities::people(tx.conn, &scope, id)?;
        let marks = (0..).zip(&people).map(|(number, person)| mark(turn + number, person)).collect();
        let recording = Recording { version: 1, completed_by: by.to_owned(), marks };
        activities::record(tx, &scope, id, &recording)?;
    }
    for (days, time, name, about, location, of) in PLANNED {
        // Shortly after midnight a time of today could be still to come.
        let early = tx.now.time() < NaiveTime::MIN + TimeDelta::minutes(10);
        let days = if days == 0 && early { -1 } else { days };
        let details = details(tx, (days, time, name, about, location))?;
        activities::plan(tx, &scope, &details, place(of))?;
    }
    Ok(())
}

/// Somebody's part: every fifth declines, the others rate it 3 to 5 or not at all.
fn mark(number: usize, person: &Person) -> Mark {
    let took_part = number % 5 != 3;
    let rating = match number % 4 {
        0 => Some(5),
        1 => Some(4),
        2 => Some(3),
        _ => None,
    };
    let comment = COMMENTS.get(number % COMMENTS.len()).filter(|_| took_part).copied().unwrap_or_default();
    Mark {
        participation: person.participation.id,
        took_part,
        reason: if took_part { String::new() } else { "did not feel like it today".to_owned() },
        rating: rating.filter(|_| took_part),
        comment: comment.to_owned(),
    }
}
