//! The dashboard, played; all of it is assumed. A visit is started, completed and called off here, and news are sent.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::state::{Hook, Simulator};
use super::{frame, sending};
use crate::sandbox::pages::{self, Form, Frame};
use crate::sandbox::{Simulated as _, now};

#[derive(Template)]
#[template(path = "sandbox/ally_health/appointments.html")]
struct Index {
    frame: Frame,
    told: String,
    rows: Vec<Row>,
    windows: Vec<(String, u32, u32)>,
    districts: String,
}

struct Row {
    id: String,
    patient: String,
    task: String,
    window: String,
    status: String,
    note: String,
}

#[derive(Template)]
#[template(path = "sandbox/ally_health/settings.html")]
struct Settings {
    frame: Frame,
    told: Option<&'static str>,
    key: String,
    hook: Hook,
}

/// Appointments with what can be done about each, and the windows with their places.
pub(super) async fn index(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let state = simulator.state();
    let memory = &state.memory;
    let name = |id: &str| {
        let found = memory.patients.iter().find(|one| one.id == id);
        found.map(|one| format!("{} {}", one.sent.first_name, one.sent.last_name)).unwrap_or_default()
    };
    let rows = memory.appointments.iter().rev().map(|one| Row {
        id: one.id.clone(),
        patient: name(&one.sent.patient_id),
        task: memory
            .tasks
            .iter()
            .find(|task| task.id == one.sent.task_id)
            .map(|task| task.name.clone())
            .unwrap_or_default(),
        window: one
            .sent
            .window_id
            .as_deref()
            .and_then(|id| state.window(id))
            .map(|window| format!("{} {}", window.start_at.format("%d %b %H:%M"), window.name))
            .unwrap_or_default(),
        status: one.status.clone(),
        note: one.sent.note.clone().unwrap_or_default(),
    });
    let windows = memory.windows.iter().map(|one| {
        (format!("{} {}", one.start_at.format("%d %b %H:%M"), one.name), state.left(one), one.places)
    });
    pages::page(&Index {
        frame: frame("appointments"),
        told: pages::query(&request, "done").unwrap_or_default(),
        rows: rows.collect(),
        windows: windows.collect(),
        districts: memory.districts.join(", "),
    })
}

/// A status for an appointment, or a message about it.
pub(super) async fn act(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let (id, act) = (pages::first(&sent, "id"), pages::first(&sent, "act"));
    let told = match act.as_str() {
        "in_progress" | "completed" | "cancelled" | "awaiting_kit" => {
            simulator.set_status(&id, &act);
            simulator.changed();
            format!("{id} is {act} now.")
        }
        "send" => {
            let url = simulator.state().memory.hook.url.clone();
            let event = match simulator.state().appointment(&id).map(|one| one.status.as_str()) {
                Some("completed") => "appointment.completed",
                Some("cancelled") => "appointment.cancelled",
                _ => "appointment.updated",
            };
            match simulator.signed(&id, event, now()) {
                None => "There is no such appointment.".to_owned(),
                Some(message) => match sending::send(&url, &message).await {
                    Ok(status) => format!("{event} was sent and answered with {status}."),
                    Err(cause) => format!("{event} was not sent: {cause}."),
                },
            }
        }
        _ => return pages::see_other("/"),
    };
    pages::see_other(&format!("/?done={}", pages::encoded(&told)))
}

pub(super) async fn settings(request: HttpRequest, simulator: web::Data<Simulator>) -> HttpResponse {
    let told = pages::query(&request, "done").map(|_| "Saved. It holds from now on.");
    let memory = simulator.memory();
    pages::page(&Settings { frame: frame("settings"), told, key: memory.key, hook: memory.hook })
}

/// Where news go, and how they are signed.
pub(super) async fn save(sent: Form, simulator: web::Data<Simulator>) -> HttpResponse {
    let hook = Hook {
        url: pages::first(&sent, "url"),
        secret: pages::first(&sent, "secret"),
        standard: pages::first(&sent, "standard") == "yes",
    };
    simulator.set_hook(hook);
    simulator.changed();
    pages::see_other("/settings?done=yes")
}
