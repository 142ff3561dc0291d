//! Whether a request is what the document says, by the schemas of the document itself: every field and parameter that
//! breaks a rule is told at once, each with its rule and without what it held.

use std::collections::HashMap;

use actix_web::http::Method;
use actix_web::web::Query;
use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value};

use super::ask::Given;
use super::document;
use super::error::{Problem, Wrong};
use super::patterns;

/// What stands behind the question mark, checked.
pub(super) struct Parameters(Given);

impl Parameters {
    /// The only value of a parameter.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|values| values.first()).map(String::as_str)
    }

    pub(super) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// A date; the document has said that it is one.
    pub(super) fn date(&self, name: &str) -> Option<NaiveDate> {
        self.one(name).and_then(date)
    }
}

/// An operation of the document.
pub(super) fn operation(path: &str, method: &Method) -> &'static Value {
    let method = method.as_str().to_ascii_lowercase();
    document::whole().get("paths").and_then(|paths| paths.get(path)?.get(&method)).unwrap_or(&Value::Null)
}

/// The media types that an operation reads; JSON stands alone, files do not.
pub(super) fn media(operation: &'static Value) -> Vec<&'static str> {
    let content = operation.pointer("/requestBody/content").and_then(Value::as_object);
    content.into_iter().flatten().map(|(media, _)| media.as_str()).collect()
}

/// Checks a body against what an operation reads.
pub(super) fn body(operation: &'static Value, given: &Value) -> Vec<Wrong> {
    let schema = operation.pointer("/requestBody/content/application~1json/schema");
    schema.map(|schema| against(schema, given)).unwrap_or_default()
}

/// Checks a value against a named schema of the document.
pub(super) fn named(name: &str, given: &Value) -> Vec<Wrong> {
    let schema = document::whole().pointer("/components/schemas").and_then(|all| all.get(name));
    schema.map(|schema| against(schema, given)).unwrap_or_default()
}

fn against(schema: &'static Value, given: &Value) -> Vec<Wrong> {
    let mut checking = Checking { wrong: Vec::new() };
    checking.value("", schema, given);
    checking.wrong
}

/// Reads and checks the parameters of an operation.
pub(super) fn parameters(operation: &'static Value, query: &str) -> Result<Parameters, Problem> {
    let pairs = Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|_untold| Problem::parameter("", "the part after ? cannot be read: encode it as %XX"))?;
    let known: Vec<&Value> =
        operation.get("parameters").and_then(Value::as_array).into_iter().flatten().collect();
    let known: Vec<&Value> = known.into_iter().filter(|one| text(one, "in") == "query").collect();
    let names: Vec<&str> = known.iter().map(|one| text(one, "name")).collect();
    let mut given: Given = HashMap::new();
    let mut checking = Checking { wrong: Vec::new() };
    for (name, value) in pairs.into_inner() {
        if names.contains(&name.as_str()) {
            given.entry(name).or_default().push(value);
        } else {
            let rule = match names.as_slice() {
                [] => "no parameters are known here".to_owned(),
                names => format!("a parameter is not known; these are: {}", names.join(", ")),
            };
            return Err(Problem::parameter("", rule));
        }
    }
    for one in known {
        let (name, schema) = (text(one, "name"), one.get("schema").unwrap_or(&Value::Null));
        let Some(values) = given.get(name) else {
            if one.get("required") == Some(&Value::Bool(true)) {
                checking.refuse(name, "is needed");
            }
            continue;
        };
        let value = match (text(schema, "type"), values.as_slice()) {
            ("array", values) => Value::from(values.to_vec()),
            ("integer", [only]) => {
                only.parse::<i64>().map_or_else(|_no| Value::from(only.clone()), Value::from)
            }
            ("boolean", [only]) => {
                only.parse::<bool>().map_or_else(|_no| Value::from(only.clone()), Value::from)
            }
            (_, [only]) => Value::from(only.clone()),
            _ => {
                checking.refuse(name, "may be given once");
                continue;
            }
        };
        checking.value(name, schema, &value);
    }
    if checking.wrong.is_empty() { Ok(Parameters(given)) } else { Err(Problem::Asked(checking.wrong)) }
}

struct Checking {
    wrong: Vec<Wrong>,
}

/// More than so many faults help nobody.
const MOST_FAULTS: usize = 50;

impl Checking {
    fn refuse(&mut self, at: &str, rule: impl Into<String>) {
        if self.wrong.len() < MOST_FAULTS {
            self.wrong.push(Wrong { field: at.to_owned(), rule: rule.into() });
        }
    }

    fn value(&mut self, at: &str, schema: &'static Value, given: &Value) {
        let schema = resolved(schema);
        let choices = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
        // Where the fields stand beside the choices, these say only which go together: the handler has words for that.
        if let Some(choices) = choices.filter(|_| schema.get("properties").is_none()) {
            let is_null = |one: &&Value| text(one, "type") == "null";
            if given.is_null() && choices.iter().any(|one| is_null(&one)) {
                return;
            }
            if let Some(other) = choices.iter().find(|one| !is_null(one)) {
                self.value(at, other, given);
            }
            return;
        }
        let types = types(schema);
        if given.is_null() && types.contains(&"null") {
            return;
        }
        let kind = types.iter().copied().find(|kind| *kind != "null").unwrap_or_default();
        if !is_of(kind, given) {
            self.refuse(at, rule_of(kind, types.contains(&"null")));
            return;
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array)
            && !words.contains(given)
        {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            self.refuse(at, format!("must be one of: {}", words.join(", ")));
            return;
        }
        match given {
            Value::String(given) => self.text(at, schema, given),
            Value::Number(number) => self.number(at, schema, number.as_i64()),
            Value::Array(items) => self.list(at, schema, items),
            Value::Object(fields) => self.fields(at, schema, fields),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, at: &str, schema: &Value, given: &str) {
        let length = u64::try_from(given.chars().count()).unwrap_or(u64::MAX);
        let (least, most) = (limit(schema, "minLength"), limit(schema, "maxLength"));
        if least.is_some_and(|least| length < least) || most.is_some_and(|most| length > most) {
            self.refuse(at, lengths(least, most));
            return;
        }
        if let Some(sort) = schema.get("pattern").and_then(Value::as_str).and_then(patterns::by_expression)
            && !(sort.fits)(given)
        {
            self.refuse(at, sort.rule);
        }
        match text(schema, "format") {
            "date" if date(given).is_none() => self.refuse(at, "must be a date, such as 2026-12-03"),
            "date-time" if DateTime::parse_from_rfc3339(given).is_err() => {
                self.refuse(at, "must be a time with its offset, such as 2026-12-03T07:00:00Z");
            }
            _ => {}
        }
    }

    fn number(&mut self, at: &str, schema: &Value, given: Option<i64>) {
        let least = schema.get("minimum").and_then(Value::as_i64);
        let most = schema.get("maximum").and_then(Value::as_i64);
        let fits =
            |given: i64| least.is_none_or(|least| given >= least) && most.is_none_or(|most| given <= most);
        if !given.is_some_and(fits) {
            let words = |end: Option<i64>| end.map_or_else(|| "any".to_owned(), |end| end.to_string());
            self.refuse(at, format!("must be a whole number from {} to {}", words(least), words(most)));
        }
    }

    fn list(&mut self, at: &str, schema: &'static Value, items: &[Value]) {
        let length = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let (least, most) = (limit(schema, "minItems"), limit(schema, "maxItems"));
        if least.is_some_and(|least| length < least) || most.is_some_and(|most| length > most) {
            let (least, most) = (least.unwrap_or(0), most.unwrap_or(u64::MAX));
            self.refuse(at, format!("must be a list of {least} to {most}"));
            return;
        }
        if let Some(of) = schema.get("items") {
            for (index, item) in items.iter().enumerate() {
                self.value(&format!("{at}[{index}]"), of, item);
            }
        }
    }

    fn fields(&mut self, at: &str, schema: &'static Value, given: &Map<String, Value>) {
        let inside = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        if limit(schema, "maxProperties")
            .is_some_and(|most| u64::try_from(given.len()).is_ok_and(|n| n > most))
        {
            self.refuse(at, "has too many fields");
            return;
        }
        let known = schema.get("properties").and_then(Value::as_object);
        for name in
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !given.contains_key(name) {
                self.refuse(&inside(name), "is needed");
            }
        }
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            let is_known = |name: &String| known.is_some_and(|known| known.contains_key(name));
            if !given.keys().all(is_known) {
                // A name that nobody knows is not repeated: it may be anything.
                let names: Vec<&str> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                self.refuse(at, format!("has a field that is not known; these are: {}", names.join(", ")));
            }
        }
        for (name, of) in known.into_iter().flatten() {
            if let Some(value) = given.get(name) {
                self.value(&inside(name), of, value);
            }
        }
    }
}

fn resolved(schema: &'static Value) -> &'static Value {
    let Some(name) = schema.get("$ref").and_then(Value::as_str) else { return schema };
    let pointer = name.strip_prefix('#').unwrap_or_default();
    document::whole().pointer(pointer).unwrap_or(&Value::Null)
}

/// The types of a schema; one that has none takes anything.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of(kind: &str, given: &Value) -> bool {
    match kind {
        "string" => given.is_string(),
        "integer" => given.is_i64() || given.is_u64(),
        "number" => given.is_number(),
        "boolean" => given.is_boolean(),
        "array" => given.is_array(),
        "object" => given.is_object(),
        "null" => given.is_null(),
        _ => true,
    }
}

fn rule_of(kind: &str, or_null: bool) -> String {
    let words = match kind {
        "string" => "must be a text",
        "integer" => "must be a whole number",
        "number" => "must be a number",
        "boolean" => "must be true or false",
        "array" => "must be a list",
        "object" => "must be an object",
        _ => "must be null",
    };
    if or_null { format!("{words}, or null") } else { words.to_owned() }
}

fn lengths(least: Option<u64>, most: Option<u64>) -> String {
    match (least, most) {
        (Some(least), Some(most)) => format!("must have {least} to {most} characters"),
        (Some(least), None) => format!("must have at least {least} characters"),
        (_, most) => format!("must have at most {} characters", most.unwrap_or_default()),
    }
}

fn limit(schema: &Value, name: &str) -> Option<u64> {
    schema.get(name).and_then(Value::as_u64)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// `2026-12-03`, and no other spelling of it.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let read = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (read.to_string() == text).then_some(read)
}
