//! The document of the API taken apart for a page: its addresses by tag, and the shapes of what is sent and answered.

use serde_json::{Map, Value};

/// The addresses of one tag.
pub struct Section {
    pub name: String,
    pub anchor: String,
    pub words: String,
    pub operations: Vec<Operation>,
}

/// One address with one method.
pub struct Operation {
    pub method: String,
    pub path: String,
    pub summary: String,
    pub words: String,
    /// Which scope it needs, or which key.
    pub needs: String,
    pub parameters: Vec<Row>,
    /// The shape of its body.
    pub body: Option<String>,
    /// The types of the file that its body is, or nothing.
    pub files: String,
    pub answers: Vec<Reply>,
}

/// A field or a parameter.
pub struct Row {
    pub name: String,
    pub kind: String,
    pub words: String,
    pub needed: bool,
}

/// What may be answered.
pub struct Reply {
    pub status: String,
    pub words: String,
    pub shape: Option<String>,
}

/// A named shape.
pub struct Shape {
    pub name: String,
    pub words: String,
    pub rows: Vec<Row>,
    /// One of these words, where it is no object.
    pub choices: String,
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn object<'v>(value: &'v Value, pointer: &str) -> Option<&'v Map<String, Value>> {
    value.pointer(pointer).and_then(Value::as_object)
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn sections(document: &Value) -> Vec<Section> {
    let all = operations(document);
    let mut sections: Vec<Section> = list(document, "tags")
        .map(|tag| Section {
            name: text(tag, "name").to_owned(),
            anchor: text(tag, "name").to_lowercase().replace(' ', "-"),
            words: text(tag, "description").to_owned(),
            operations: Vec::new(),
        })
        .collect();
    for (tag, operation) in all {
        if let Some(section) = sections.iter_mut().find(|section| section.name == tag) {
            section.operations.push(operation);
        }
    }
    sections
}

fn operations(document: &Value) -> Vec<(String, Operation)> {
    let mut all = Vec::new();
    for (path, item) in object(document, "/paths").into_iter().flatten() {
        for (method, of) in item.as_object().into_iter().flatten() {
            let tag = list(of, "tags").next().and_then(Value::as_str).unwrap_or_default();
            let body = of.pointer("/requestBody/content/application~1json/schema");
            let media =
                object(of, "/requestBody/content").into_iter().flatten().map(|(media, _)| media.as_str());
            let files: Vec<&str> = media.filter(|media| *media != "application/json").collect();
            let operation = Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                summary: text(of, "summary").to_owned(),
                words: text(of, "description").to_owned(),
                needs: text(of, "x-needs").to_owned(),
                parameters: list(of, "parameters").map(parameter).collect(),
                body: body.and_then(shape_of),
                files: files.join(", "),
                answers: object(of, "/responses").into_iter().flatten().map(answer).collect(),
            };
            all.push((tag.to_owned(), operation));
        }
    }
    all
}

fn parameter(of: &Value) -> Row {
    let place = match text(of, "in") {
        "path" => "in the path, ",
        "header" => "header, ",
        _ => "",
    };
    Row {
        name: text(of, "name").to_owned(),
        kind: format!("{place}{}", of.get("schema").map(kind).unwrap_or_default()),
        words: text(of, "description").to_owned(),
        needed: of.get("required") == Some(&Value::Bool(true)),
    }
}

fn answer((status, of): (&String, &Value)) -> Reply {
    let content = object(of, "/content").and_then(|content| content.values().next());
    Reply {
        status: status.clone(),
        words: text(of, "description").to_owned(),
        shape: content.and_then(|content| content.get("schema")).and_then(shape_of),
    }
}

/// The name of the shape that a schema refers to.
fn shape_of(schema: &Value) -> Option<String> {
    let name = schema.get("$ref").and_then(Value::as_str)?;
    name.rsplit('/').next().map(str::to_owned)
}

/// What a value may be, in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = shape_of(schema) {
        return name;
    }
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    if let Some(choices) = choices {
        let words: Vec<String> = choices.iter().map(kind).collect();
        return words.join(" or ");
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut words: Vec<String> = types.iter().map(|one| word(one, schema)).collect();
    if words.is_empty() {
        words.push("anything".to_owned());
    }
    let number = |name: &str| schema.get(name).and_then(Value::as_i64);
    let range = match (number("minLength"), number("maxLength"), number("minimum"), number("maximum")) {
        (Some(least), Some(most), _, _) if least == most => format!(", {most} characters"),
        (Some(least), Some(most), _, _) => format!(", {least} to {most} characters"),
        (None, Some(most), _, _) => format!(", at most {most} characters"),
        (_, _, Some(least), Some(most)) => format!(", {least} to {most}"),
        _ => String::new(),
    };
    let most = number("maxItems").map(|most| format!(", at most {most}")).unwrap_or_default();
    format!("{}{range}{most}", words.join(" or "))
}

fn word(kind: &str, schema: &Value) -> String {
    let choices: Vec<&str> = list(schema, "enum").filter_map(Value::as_str).collect();
    if kind == "string" && !choices.is_empty() {
        return format!("one of {}", choices.join(", "));
    }
    match (kind, text(schema, "format")) {
        ("string", "date") => "date".to_owned(),
        ("string", "date-time") => "time with its offset".to_owned(),
        ("string", _) => "text".to_owned(),
        ("integer", _) => "whole number".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => {
            format!("list of {}", schema.get("items").map_or_else(|| "anything".to_owned(), self::kind))
        }
        (other, _) => other.to_owned(),
    }
}

pub(super) fn shapes(document: &Value) -> Vec<Shape> {
    let all = object(document, "/components/schemas").into_iter().flatten();
    all.map(|(name, schema)| {
        let needed: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
        let row = |(field, of): (&String, &Value)| Row {
            name: field.clone(),
            kind: kind(of),
            words: text(of, "description").to_owned(),
            needed: needed.contains(&field.as_str()),
        };
        let rows: Vec<Row> = object(schema, "/properties").into_iter().flatten().map(row).collect();
        let choices = if rows.is_empty() { kind(schema) } else { String::new() };
        Shape { name: name.clone(), words: text(schema, "description").to_owned(), rows, choices }
    })
    .collect()
}

/// An example of a shape as JSON, of the fields that are needed and those that have an example.
pub(super) fn example(document: &Value, name: &str) -> String {
    let value = object(document, "/components/schemas").and_then(|all| all.get(name));
    let value = value.map(|schema| sample(document, schema, 0)).unwrap_or_default();
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

fn sample(document: &Value, schema: &Value, depth: u8) -> Value {
    if depth > 5 {
        return Value::Null;
    }
    if let Some(first) = list(schema, "examples").next() {
        return first.clone();
    }
    if let Some(name) = shape_of(schema) {
        let found = object(document, "/components/schemas").and_then(|all| all.get(&name));
        return found.map(|found| sample(document, found, depth + 1)).unwrap_or_default();
    }
    if let Some(first) = list(schema, "enum").next() {
        return first.clone();
    }
    let Some(fields) = object(schema, "/properties") else { return Value::Null };
    let needed: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
    let wanted =
        |(name, of): &(&String, &Value)| needed.contains(&name.as_str()) || of.get("examples").is_some();
    fields
        .iter()
        .filter(wanted)
        .map(|(name, of)| (name.clone(), sample(document, of, depth + 1)))
        .collect::<Map<String, Value>>()
        .into()
}
