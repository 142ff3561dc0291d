//! The document of the API (OpenAPI 3.1), made from the types and handlers here. What holds for every address is added to
//! each: the key, the limits, and the answers that all of them may give.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::ANYONE;
use super::listing::{Field, Holds};
use super::{
    ally_health, appointments, availability, documents, events, monitoring, patients, patterns, schemas,
    tasks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kinbridge API",
        version = "1",
        description = "Books appointments with patients at home: ask whether a postcode is covered and which windows \
            are free, keep the patient, book the appointment, and be told what happens to it. Requests and answers are \
            JSON. A test key works like a live one, on patients and appointments of its own that nobody visits.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    servers((url = "/", description = "This portal")),
    tags(
        (name = "Tasks", description = "What can be done at an appointment, as the organisation and its \
            representative have agreed."),
        (name = "Availability", description = "Whether a postcode is covered, and which windows have a place."),
        (name = "Patients", description = "Whom appointments are made with. A test key's patients are others than a \
            live one's."),
        (name = "Appointments", description = "Booked into a window, or left for the patient to choose one; moved, \
            changed and cancelled under the rules of the dashboard."),
        (name = "Documents", description = "Files that go with an appointment, such as a referral letter. Sent first, \
            then named by the appointment."),
        (name = "Events", description = "What happened to appointments, as webhooks tell it."),
        (name = "Night events", description = "What devices of a care home send in the night. They have keys of \
            their own."),
        (name = "Booked visits", description = "What a service that makes visits sends to a care home about those \
            that were booked with it. It is signed, and has no key."),
        (name = "Document", description = "This description, for programs."),
    ),
    paths(
        tasks::list,
        tasks::show,
        availability::show,
        patients::create,
        patients::list,
        patients::show,
        patients::change,
        documents::create,
        documents::show,
        documents::content,
        appointments::create,
        appointments::reading::list,
        appointments::many::create_many,
        appointments::many::cancel_many,
        appointments::reading::show,
        appointments::change,
        appointments::reschedule,
        appointments::cancel,
        appointments::reading::cancellation,
        appointments::reading::timeline,
        events::list,
        monitoring::receive,
        ally_health::hear,
        show,
    ),
    components(schemas(schemas::ProblemShape))
)]
struct Document;

/// The whole document.
pub fn document() -> Value {
    whole().clone()
}

pub(super) fn whole() -> &'static Value {
    static WHOLE: OnceLock<Value> = OnceLock::new();
    WHOLE.get_or_init(|| finished(serde_json::to_value(Document::openapi()).unwrap_or_default()))
}

/// The document itself
///
/// In OpenAPI 3.1, for programs that make clients and tests from it. No key is needed.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "Document",
    responses((status = 200, description = "The document", body = Object))
)]
pub(super) fn show() -> HttpResponse {
    static TEXT: OnceLock<String> = OnceLock::new();
    HttpResponse::Ok()
        .content_type("application/json")
        .body(TEXT.get_or_init(|| whole().to_string()).as_str())
}

/// The lists, and what can be asked of each.
const LISTS: [(&str, &[Field]); 3] = [
    ("/api/v1/tasks", &tasks::FIELDS),
    ("/api/v1/patients", &patients::FIELDS),
    ("/api/v1/appointments", &appointments::FIELDS),
];

fn finished(mut document: Value) -> Value {
    put_expressions(&mut document);
    let schemes = json!({
        "apiKey": {
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "The key by itself, or after the word Bearer.",
        },
        "deviceKey": { "type": "http", "scheme": "bearer", "description": "The key of a device." },
        "signature": {
            "type": "apiKey", "in": "header", "name": "webhook-signature",
            "description": "The signature of Standard Webhooks, or that of the header that was agreed.",
        },
    });
    if let Some(new) =
        document.pointer_mut("/components/schemas/NewAppointment").and_then(Value::as_object_mut)
    {
        new.insert("anyOf".to_owned(), window_or_period());
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("securitySchemes".to_owned(), schemes);
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                finish(path, method, operation);
            }
        }
    }
    document
}

/// An appointment has no period, or has both its days and no window.
fn window_or_period() -> Value {
    let (date, none) = (json!({ "type": "string", "format": "date" }), json!({ "type": "null" }));
    json!([
        { "properties": { "planFrom": none, "planTo": none } },
        { "properties": { "planFrom": date, "planTo": date, "windowId": none }, "required": ["planFrom", "planTo"] },
    ])
}

/// A sort of text has its word in the types, and its regular expression in the document.
fn put_expressions(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let sort = fields.get("pattern").and_then(Value::as_str).and_then(patterns::by_word);
            if let Some(sort) = sort {
                fields.insert("pattern".to_owned(), sort.expression.into());
            }
            fields.values_mut().for_each(put_expressions);
        }
        Value::Array(items) => items.iter_mut().for_each(put_expressions),
        _ => {}
    }
}

fn finish(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let is_signed = path.starts_with("/api/v1/ally-health/");
    // Neither has a program's key, nor what goes with one.
    let of_a_device = is_signed || path.starts_with("/api/v1/monitoring/");
    let is_open = !path.starts_with("/api/v1/");
    let security = match (is_open, of_a_device) {
        (true, _) => json!([]),
        _ if is_signed => json!([{ "signature": [] }]),
        (_, true) => json!([{ "deviceKey": [] }]),
        _ => json!([{ "apiKey": [] }]),
    };
    operation.insert("security".to_owned(), security);
    let line = super::table().into_iter().find(|line| {
        line.path == path && line.method.as_str().eq_ignore_ascii_case(method) && line.who != ANYONE
    });
    if let Some(line) = line {
        operation.insert("x-needs".to_owned(), line.who.into());
    }
    if is_open {
        return;
    }
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.iter_mut().for_each(without_null);
        if let Some((_, fields)) = LISTS.iter().find(|(list, _)| *list == path && method == "get") {
            for one in parameters.iter_mut() {
                say_fields(one, fields);
            }
        }
        if method == "post" && !of_a_device {
            parameters.push(idempotency_key());
        }
    }
    let takes_parts = path.contains('{') && !is_signed;
    let has_cursor = method == "get" && operation_has(operation, "cursor");
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    let Some(responses) = responses.as_object_mut() else { return };
    for (status, response) in responses.iter_mut() {
        add_headers(status, response, of_a_device, method);
    }
    for (status, words) in COMMON {
        let applies = match status {
            "403" => !of_a_device,
            "404" => takes_parts || has_cursor,
            "409" => method == "post" && !of_a_device,
            "413" | "415" | "422" => method != "get",
            _ => true,
        };
        if applies && !responses.contains_key(status) {
            let content = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
            let mut response = json!({ "description": words, "content": content });
            add_headers(status, &mut response, of_a_device, method);
            responses.insert(status.to_owned(), response);
        }
    }
}

fn operation_has(operation: &Map<String, Value>, parameter: &str) -> bool {
    let all = operation.get("parameters").and_then(Value::as_array);
    all.into_iter().flatten().any(|one| one.get("name").and_then(Value::as_str) == Some(parameter))
}

const COMMON: [(&str, &str); 11] = [
    ("400", "A parameter or header cannot be used, or the body is no JSON."),
    ("401", "No key was sent, or one that does not work, or does not work any more."),
    ("403", "The key works and lacks the scope that this needs; the answer names it."),
    (
        "404",
        "There is no such thing for this key: another organisation's and another mode's are not there. A cursor of \
        another list or order leads nowhere either.",
    ),
    ("413", "The body is too large."),
    ("415", "The body is of a type that this address does not take."),
    ("409", "It cannot be had as things are now, or the idempotency key came with another request before."),
    ("422", "A field cannot be used. Every field that breaks a rule is named, and nothing was kept."),
    ("429", "Too many requests. Wait for the seconds in Retry-After."),
    ("500", "A fault of the portal."),
    ("503", "The portal cannot do this now. Send it again."),
];

fn add_headers(status: &str, response: &mut Value, of_a_device: bool, method: &str) {
    let Some(response) = response.as_object_mut() else { return };
    let whole = |words: &str| json!({ "description": words, "schema": { "type": "integer", "minimum": 0 } });
    let text = |words: &str| json!({ "description": words, "schema": { "type": "string" } });
    let mut headers = Map::new();
    if !of_a_device && status != "401" {
        headers.insert("RateLimit-Limit".into(), whole("Requests that may come in a second, and at once."));
        headers.insert("RateLimit-Remaining".into(), whole("How many of them are left."));
        headers.insert("RateLimit-Reset".into(), whole("Seconds until all are there again."));
    }
    if method == "post" && !of_a_device && status.starts_with('2') {
        headers.insert(
            "Idempotent-Replayed".into(),
            text("`true` where this answer was given before to the same request."),
        );
    }
    match status {
        "401" => drop(headers.insert("WWW-Authenticate".into(), text("`Bearer`"))),
        "429" | "503" => drop(headers.insert("Retry-After".into(), whole("Seconds to wait."))),
        _ => {}
    }
    if !headers.is_empty() {
        response.insert("headers".to_owned(), Value::Object(headers));
    }
}

/// A parameter that is not given is not there; it is never null.
fn without_null(parameter: &mut Value) {
    let types = parameter.get_mut("schema").and_then(|schema| schema.get_mut("type"));
    if let Some(types) = types
        && let Some(only) = types.as_array().and_then(|all| all.iter().find(|one| *one != "null")).cloned()
    {
        *types = only;
    }
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header", "required": false,
        "description": "A name of your choice for this request. The same request with the same name is done once in 24 \
            hours, and answered as it was; another request with it is refused with 409.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
    })
}

/// What a list can be filtered by and put in order of, as its parameters say it.
fn say_fields(parameter: &mut Value, fields: &[Field]) {
    let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut) else { return };
    if name == "sort" {
        let sorts = fields.iter().filter(|field| field.sorts);
        let words: Vec<String> =
            sorts.flat_map(|field| [field.name.to_owned(), format!("-{}", field.name)]).collect();
        schema.insert("enum".to_owned(), json!(words));
    }
    if name == "filter" {
        let expressions: Vec<String> = fields.iter().map(expression).collect();
        let expression = format!("^({})$", expressions.join("|"));
        schema
            .insert("items".to_owned(), json!({ "type": "string", "maxLength": 300, "pattern": expression }));
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let words = format!(
            "A field, a comparison and a value; several hold together. The fields are: {}.",
            names.join(", ")
        );
        if let Some(parameter) = parameter.as_object_mut() {
            parameter.insert("description".to_owned(), words.into());
        }
    }
}

fn expression(field: &Field) -> String {
    const QUOTED: &str = r#""[^"\u0000-\u001f\u007f-\u009f]{0,200}""#;
    const DATE: &str = r#""20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])""#;
    const COMPARED: &str = "(:|>|<|>=|<=)";
    let name = field.name.replace('.', r"\.");
    match field.holds {
        Holds::Text => format!("{name}(:|~){QUOTED}"),
        Holds::Words => format!("{name}~{QUOTED}"),
        Holds::Word => format!("{name}:{QUOTED}"),
        Holds::Flag => format!("{name}:(true|false)"),
        Holds::Number => format!("{name}{COMPARED}[0-9]{{1,9}}"),
        Holds::Date => format!("{name}{COMPARED}{DATE}"),
        Holds::Moment => {
            format!(
                r"{name}{COMPARED}({DATE}|{}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z{})",
                &DATE_OPEN, "\""
            )
        }
    }
}

/// A date in quotes without the closing one, before a time of day.
const DATE_OPEN: &str = r#""20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"#;
