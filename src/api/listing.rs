//! What a program asks of a list: `filter=field<op>value`, `sort=-field`, `limit` and `cursor`. A cursor is the last row
//! that was shown, in hexadecimal; one of another order leads nowhere.

use chrono::{DateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use super::ask::Ask;
use super::checking::{Parameters, date};
use super::error::Problem;
use crate::domain::api_keys::{Asked, Comparison, Condition, Literal, Mark, Order};
use crate::kit::secret::{hex, unhex};

const USUAL_LIMIT: usize = 50;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    /// A name: words of it.
    Words,
    /// One of a few words, or a number of ours: equal or not.
    Word,
    Number,
    Flag,
    Date,
    Moment,
}

/// A field that can be asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub name: &'static str,
    pub holds: Holds,
    /// Lists can be put in its order.
    pub sorts: bool,
}

pub(super) const fn field(name: &'static str, holds: Holds, sorts: bool) -> Field {
    Field { name, holds, sorts }
}

const COMPARISONS: [(&str, Comparison); 6] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (":", Comparison::Is),
    (">", Comparison::Above),
    ("<", Comparison::Below),
    ("~", Comparison::Contains),
];

impl Holds {
    fn comparisons(self) -> &'static [&'static str] {
        match self {
            Self::Text => &[":", "~"],
            Self::Words => &["~"],
            Self::Word | Self::Flag => &[":"],
            Self::Number | Self::Date | Self::Moment => &[":", ">", "<", ">=", "<="],
        }
    }

    fn read(self, text: &str) -> Option<Literal> {
        let quoted = || {
            let inside = text.strip_prefix('"')?.strip_suffix('"')?;
            let fits = inside.chars().count() <= 200 && !inside.chars().any(|c| c.is_control() || c == '"');
            fits.then_some(inside)
        };
        match self {
            Self::Text | Self::Words | Self::Word => quoted().map(|inside| Literal::Text(inside.to_owned())),
            Self::Number => text.parse().ok().map(Literal::Number),
            Self::Flag => text.parse().ok().map(Literal::Flag),
            Self::Date => quoted().and_then(date).map(Literal::Date),
            Self::Moment => {
                let inside = quoted()?;
                let day = date(inside).map(|day| day.and_time(NaiveTime::MIN));
                let moment = || DateTime::parse_from_rfc3339(inside).ok().map(|at| at.naive_utc());
                day.or_else(moment).map(Literal::Moment)
            }
        }
    }

    fn rule(self) -> &'static str {
        match self {
            Self::Text | Self::Words | Self::Word => "a text in double quotes",
            Self::Number => "a whole number, without quotes",
            Self::Flag => "true or false, without quotes",
            Self::Date => "a date in double quotes, such as \"2026-12-03\"",
            Self::Moment => "a date, or a time with its offset, in double quotes",
        }
    }
}

/// Reads what is asked of a list with these fields; the first order is the usual one.
pub(super) fn read(parameters: &Parameters, fields: &[Field], usual: Order) -> Result<Asked, Problem> {
    let conditions: Result<Vec<Condition>, Problem> =
        parameters.all("filter").iter().map(|text| condition(text, fields)).collect();
    let order = parameters.one("sort").map_or(Ok(usual), |text| order(text, fields))?;
    let limit = parameters.one("limit").and_then(|text| text.parse().ok()).unwrap_or(USUAL_LIMIT);
    let after = parameters.one("cursor").map(|text| mark(text, order)).transpose()?;
    Ok(Asked { conditions: conditions?, order, limit, after })
}

fn condition(text: &str, fields: &[Field]) -> Result<Condition, Problem> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(field) = fields.iter().find(|field| field.name == name) else {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        return Err(Problem::parameter(
            "filter",
            format!("must begin with a field's name; these are: {}", names.join(", ")),
        ));
    };
    let found = COMPARISONS.iter().find_map(|(sign, is)| Some((*sign, *is, rest.strip_prefix(sign)?)));
    let Some((_, comparison, value)) = found.filter(|(sign, _, _)| field.holds.comparisons().contains(sign))
    else {
        let signs = field.holds.comparisons().join(" ");
        return Err(Problem::parameter("filter", format!("{}: the comparisons are: {signs}", field.name)));
    };
    let Some(literal) = field.holds.read(value) else {
        return Err(Problem::parameter(
            "filter",
            format!("{}: compare with {}", field.name, field.holds.rule()),
        ));
    };
    Ok(Condition { field: field.name, comparison, literal })
}

fn order(text: &str, fields: &[Field]) -> Result<Order, Problem> {
    let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    let sortable: Vec<&Field> = fields.iter().filter(|field| field.sorts).collect();
    if let Some(field) = sortable.iter().find(|field| field.name == name) {
        return Ok(Order { field: field.name, descending });
    }
    let names: Vec<&str> = sortable.iter().map(|field| field.name).collect();
    let rule = format!("must be one of: {}; with - before it for the other way round", names.join(", "));
    Err(Problem::parameter("sort", rule))
}

/// A cursor as it is written: the order, the value and the number of the last row.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    s: String,
    d: bool,
    v: serde_json::Value,
    i: String,
}

/// The cursor that goes on after a row.
pub(super) fn cursor(order: Order, last: &Mark) -> String {
    let value = match &last.value {
        Literal::Text(text) => serde_json::json!({ "t": text }),
        Literal::Number(number) => serde_json::json!({ "n": number }),
        Literal::Flag(flag) => serde_json::json!({ "f": flag }),
        Literal::Date(date) => serde_json::json!({ "d": date }),
        Literal::Moment(at) => serde_json::json!({ "m": at.and_utc().timestamp_micros() }),
    };
    let written = Written { s: order.field.to_owned(), d: order.descending, v: value, i: last.id.clone() };
    hex(&serde_json::to_vec(&written).unwrap_or_default())
}

fn mark(text: &str, order: Order) -> Result<Mark, Problem> {
    let wrong = || Problem::no_such("cursor", "must be the nextCursor of an answer to the same sort");
    let bytes = unhex(text).ok_or_else(wrong)?;
    let written: Written = serde_json::from_slice(&bytes).map_err(|_untold| wrong())?;
    if written.s != order.field || written.d != order.descending || written.i.len() > 100 {
        return Err(wrong());
    }
    let inside = |name: &str| written.v.get(name);
    let text =
        || inside("t")?.as_str().filter(|text| !text.contains('\0')).map(|text| Literal::Text(text.into()));
    let number = || inside("n")?.as_i64().map(Literal::Number);
    let flag = || inside("f")?.as_bool().map(Literal::Flag);
    let day = || inside("d")?.as_str().and_then(date).map(Literal::Date);
    let moment = || {
        let at = DateTime::from_timestamp_micros(inside("m")?.as_i64()?)?;
        Some(Literal::Moment(at.naive_utc()))
    };
    let value = text().or_else(number).or_else(flag).or_else(day).or_else(moment).ok_or_else(wrong)?;
    Ok(Mark { value, id: written.i })
}

impl Ask {
    /// What is asked of a list with these fields.
    pub(super) fn listing(&self, fields: &[Field], usual: &'static str) -> Result<Asked, Problem> {
        let (field, descending) = usual.strip_prefix('-').map_or((usual, false), |field| (field, true));
        read(&self.parameters, fields, Order { field, descending })
    }
}

/// The answer to a list: the rows, and the cursor where there are more. `rows` holds one more than were asked for, if
/// there is one.
pub(super) fn page<T>(
    asked: &Asked,
    mut rows: Vec<T>,
    mark: impl Fn(&T) -> Mark,
    show: impl Fn(T) -> serde_json::Value,
) -> serde_json::Value {
    let more = rows.len() > asked.limit;
    rows.truncate(asked.limit);
    let next = rows.last().filter(|_last| more).map(|last| cursor(asked.order, &mark(last)));
    let data: Vec<serde_json::Value> = rows.into_iter().map(show).collect();
    serde_json::json!({ "data": data, "nextCursor": next })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [Field; 4] = [
        field("id", Holds::Word, false),
        field("name", Holds::Text, true),
        field("minutes", Holds::Number, true),
        field("createdAt", Holds::Moment, true),
    ];

    fn rule(text: &str) -> String {
        match condition(text, &FIELDS) {
            Err(Problem::Asked(wrong)) => wrong.first().unwrap().rule.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_filter_is_a_field_a_comparison_and_a_value() {
        let read = condition("minutes>=30", &FIELDS).unwrap();
        assert_eq!(
            (read.field, read.comparison, read.literal),
            ("minutes", Comparison::AtLeast, Literal::Number(30))
        );
        let read = condition("name~\"blood\"", &FIELDS).unwrap();
        assert_eq!((read.comparison, read.literal), (Comparison::Contains, Literal::Text("blood".into())));
        assert!(condition("createdAt>\"2026-05-01\"", &FIELDS).is_ok());
        assert!(rule("colour:\"red\"").contains("id, name, minutes, createdAt"));
        assert!(rule("name>\"a\"").ends_with(": ~"));
        assert!(rule("name:blood").contains("double quotes"));
        assert!(rule("minutes:\"30\"").contains("without quotes"));
        assert!(rule("").contains("field's name"));
    }

    #[test]
    fn a_cursor_is_of_its_order() {
        let order = Order { field: "minutes", descending: false };
        let last = Mark { value: Literal::Number(30), id: "tsk_1".into() };
        let text = cursor(order, &last);
        assert_eq!(mark(&text, order).unwrap(), last);
        assert!(mark(&text, Order { descending: true, ..order }).is_err());
        assert!(mark("7b7d", order).is_err() && mark("zz", order).is_err());
    }
}
