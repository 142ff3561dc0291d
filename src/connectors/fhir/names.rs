//! What somebody is called: one of several `HumanName`s, the one that holds now. Pure.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::bundle::text;

/// A name in our parts; what cannot be read stays as it came and is refused later, with the record named.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Called {
    pub(super) first: Value,
    pub(super) last: Value,
    pub(super) preferred: Value,
}

/// The official name before the usual one before any other, of those that have not ended; a written-out one is taken
/// apart only where there is no other.
pub(super) fn called(names: Option<&Value>, today: Option<NaiveDate>) -> Called {
    let names = match names {
        None | Some(Value::Null) => return Called::default(),
        Some(Value::Array(names)) => names,
        Some(odd) => return Called { last: unreadable(odd), ..Called::default() },
    };
    let usable = || {
        names.iter().filter(|name| name.is_object() && !is_over(name, today)).filter(|name| rank(name) < OLD)
    };
    let main = || usable().filter(|name| rank(name) < NICKNAME);
    let whole = main().filter(|name| name.get("family").is_some_and(|family| !family.is_null()));
    let written = || main().filter(|name| text(name, "/text").is_some());
    let best = whole.min_by_key(|name| rank(name)).or_else(|| written().min_by_key(|name| rank(name)));
    let Some(best) = best.or_else(|| main().min_by_key(|name| rank(name))) else { return Called::default() };
    let given = given(best);
    let family = best.get("family").cloned().unwrap_or_default();
    let (first, last) = match text(best, "/text") {
        Some(whole) if family.is_null() => taken_apart(whole, &given),
        _ => (given, family),
    };
    let spoken = usable().filter(|name| matches!(rank(name), USUAL | NICKNAME)).max_by_key(|name| rank(name));
    let preferred = spoken.map(|name| {
        Some(self::given(name)).filter(|given| !given.is_null()).unwrap_or_else(|| json!(text(name, "/text")))
    });
    let preferred = preferred.filter(|name| *name != first).unwrap_or_default();
    Called { first, last, preferred }
}

const USUAL: u8 = 1;
const NICKNAME: u8 = 5;
const OLD: u8 = 6;

fn rank(name: &Value) -> u8 {
    match name.get("use").and_then(Value::as_str) {
        Some("official") => 0,
        Some("usual") => USUAL,
        Some("temp") => 3,
        Some("anonymous") => 4,
        Some("nickname") => NICKNAME,
        Some("old" | "maiden") => OLD,
        _ => 2,
    }
}

/// Given names in one text, as they are spoken.
fn given(name: &Value) -> Value {
    match name.get("given") {
        Some(Value::Array(given)) if given.iter().all(|one| one.is_string() || one.is_null()) => {
            let words: Vec<&str> =
                given.iter().filter_map(Value::as_str).map(str::trim).filter(|one| !one.is_empty()).collect();
            if words.is_empty() { Value::Null } else { json!(words.join(" ")) }
        }
        other => other.cloned().unwrap_or_default(),
    }
}

/// `Ada Marsh`, or as the NHS writes it: `MARSH, Ada (Mrs)`.
fn taken_apart(whole: &str, given: &Value) -> (Value, Value) {
    let plain = whole.split('(').next().unwrap_or(whole).trim();
    let (first, last) = match plain.split_once(',') {
        Some((last, first)) => (first.trim(), last.trim()),
        None => {
            plain.rsplit_once(char::is_whitespace).map_or(("", plain), |(first, last)| (first.trim(), last))
        }
    };
    if given.is_null() { (json!(first), json!(last)) } else { (given.clone(), json!(last)) }
}

fn unreadable(odd: &Value) -> Value {
    json!([odd])
}

/// Whether a name, an address or an identifier has ended. One whose end nobody can place holds.
pub(super) fn is_over(dated: &Value, today: Option<NaiveDate>) -> bool {
    let (Some(end), Some(today)) = (text(dated, "/period/end"), today) else { return false };
    let day = end.get(..10).unwrap_or(end);
    let today = today.to_string();
    // A year or a month alone lasts until it is over.
    today.get(..day.len()).is_some_and(|today| day < today)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: Value) -> (String, String, String) {
        let called = called(Some(&names), NaiveDate::from_ymd_opt(2026, 11, 28));
        let said = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (said(&called.first), said(&called.last), said(&called.preferred))
    }

    fn parts(first: &str, last: &str, preferred: &str) -> (String, String, String) {
        (first.to_owned(), last.to_owned(), preferred.to_owned())
    }

    #[test]
    fn the_official_name_that_holds_is_taken_and_the_spoken_one_is_preferred() {
        let names = json!([
            { "use": "nickname", "given": ["Addie"] },
            { "use": "usual", "family": "Marsh", "given": ["Ada"] },
            { "use": "official", "family": "Young", "given": ["Ada"], "period": { "end": "1961-05-01" } },
            { "use": "official", "family": "van der Marsh", "given": ["Ada", " Mary "] },
            { "use": "maiden", "family": "Young", "given": ["Ada"] },
        ]);
        assert_eq!(read(names), parts("Ada Mary", "van der Marsh", "Addie"));
        let names = json!([{ "use": "usual", "family": "Marsh", "given": ["Ada"] }, { "family": "M" }]);
        assert_eq!(read(names), parts("Ada", "Marsh", ""));
    }

    #[test]
    fn a_name_that_is_only_written_out_is_taken_apart() {
        assert_eq!(read(json!([{ "text": "MARSH, Ada (Mrs)" }])), parts("Ada", "MARSH", ""));
        assert_eq!(read(json!([{ "text": "Ada Mary Marsh" }])), parts("Ada Mary", "Marsh", ""));
        assert_eq!(read(json!([{ "text": "Marsh" }])), parts("", "Marsh", ""));
        assert_eq!(read(json!([{ "given": ["Ada"] }])), parts("Ada", "", ""));
        assert_eq!(read(json!([{ "use": "old", "family": "Young" }])), parts("", "", ""));
    }

    #[test]
    fn what_is_no_name_is_refused_later_and_never_guessed() {
        let odd = called(Some(&json!("Ada Marsh")), None);
        assert!(odd.last.is_array());
        let odd = called(Some(&json!([{ "family": { "value": "Marsh" }, "given": [7] }])), None);
        assert!(odd.last.is_object() && odd.first.is_array());
        assert_eq!(called(None, None), Called::default());
    }

    #[test]
    fn an_end_of_which_only_the_year_is_known_lasts_until_the_year_is_over() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 28);
        for (end, over) in [
            ("2026", false),
            ("2025", true),
            ("2026-10", true),
            ("2026-11-28", false),
            ("2026-11-27T10:00:00Z", true),
        ] {
            assert_eq!(is_over(&json!({ "period": { "end": end } }), today), over, "{end}");
        }
        assert!(!is_over(&json!({ "period": { "end": "2025" } }), None));
    }
}
