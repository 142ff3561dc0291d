//! An appointment as programs see it: the one shape of the API's answers, in its own names (vendors.md 5.4 to 5.7; the
//! names of a location's members are assumed there).

use chrono::NaiveDateTime;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Booked, Cancelled, Visit};

/// An appointment.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Appointment)]
pub struct Published {
    /// `apt_…`.
    pub id: String,
    /// `live` or `test`: the mode of the key that made it.
    pub mode: String,
    pub patient: PublishedPerson,
    #[schema(example = "tsk_example")]
    pub task_id: String,
    pub task_version: i32,
    /// `scheduling`, `scheduled`, `in_progress`, `completed` or `cancelled`.
    pub status: String,
    /// `standard` or `scheduled`.
    pub r#type: String,
    /// `choose a time` or `patient-led`.
    pub scheduling_mode: String,
    pub window: Option<PublishedWindow>,
    #[schema(format = Date)]
    pub plan_from: Option<String>,
    #[schema(format = Date)]
    pub plan_to: Option<String>,
    pub external_ref: Option<String>,
    pub note: Option<String>,
    pub phone: String,
    pub location: Location,
    /// What was sent with it.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<serde_json::Value>,
    /// The documents that go with it: `doc_…`.
    #[schema(example = json!(["doc_example"]))]
    pub document_ids: Vec<String>,
    /// Who comes, once it is known.
    pub practitioner: Option<String>,
    #[schema(format = DateTime)]
    pub estimated_time_of_arrival: Option<String>,
    /// Readings of the practitioner.
    #[schema(value_type = Option<Object>)]
    pub data: Option<serde_json::Value>,
    pub cancellation: Option<PublishedCancellation>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// Whose appointment it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AppointmentPatient)]
pub struct PublishedPerson {
    pub id: String,
    pub name: String,
}

/// The window that was promised.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AppointmentWindow)]
pub struct PublishedWindow {
    pub id: String,
    pub name: String,
    #[schema(format = DateTime)]
    pub start_at: String,
    #[schema(format = DateTime)]
    pub end_at: String,
}

/// Where it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AppointmentLocation)]
pub struct Location {
    /// `home`, `work` or `other`.
    pub kind: String,
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    pub postcode: String,
    pub country: Option<String>,
    pub access_notes: Option<String>,
}

/// How it was cancelled.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cancellation)]
pub struct PublishedCancellation {
    pub cancelling_entity: String,
    pub causing_entity: String,
    pub reason_code: String,
    pub note: Option<String>,
    #[schema(format = DateTime)]
    pub cancelled_at: String,
    /// It came less than 24 hours before the appointment.
    pub chargeable: bool,
}

pub(super) fn at(moment: NaiveDateTime) -> String {
    moment.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn object(value: &serde_json::Value) -> Option<serde_json::Value> {
    (!value.is_null()).then(|| value.clone())
}

/// The public number of the window on its date.
pub(super) fn window_id(booked: &Booked) -> String {
    format!("win_{}_{}", booked.window, booked.date.format("%Y%m%d"))
}

impl From<&Booked> for PublishedWindow {
    fn from(booked: &Booked) -> Self {
        Self {
            id: window_id(booked),
            name: booked.name.clone(),
            start_at: at(booked.starts_at),
            end_at: at(booked.ends_at),
        }
    }
}

impl From<&Cancelled> for PublishedCancellation {
    fn from(of: &Cancelled) -> Self {
        Self {
            cancelling_entity: of.by.as_str().into(),
            causing_entity: of.because_of.as_str().into(),
            reason_code: of.reason.as_str().into(),
            note: given(&of.note),
            cancelled_at: at(of.at),
            chargeable: of.chargeable,
        }
    }
}

impl From<&Visit> for Published {
    fn from(visit: &Visit) -> Self {
        let address = &visit.place.address;
        Self {
            id: visit.public_id.clone(),
            mode: visit.mode.as_str().into(),
            patient: PublishedPerson {
                id: visit.patient_public_id.clone(),
                name: visit.patient.name.clone(),
            },
            task_id: visit.task_public_id.clone(),
            task_version: visit.task_number,
            status: visit.status.as_str().into(),
            r#type: visit.kind.as_str().into(),
            scheduling_mode: visit.scheduling.as_str().into(),
            window: visit.booked.as_ref().map(PublishedWindow::from),
            plan_from: visit.period.map(|(from, _)| from.to_string()),
            plan_to: visit.period.map(|(_, to)| to.to_string()),
            external_ref: given(&visit.external_ref),
            note: given(&visit.note),
            phone: visit.phone.clone(),
            location: Location {
                kind: visit.place.kind.as_str().into(),
                line1: address.line1.clone(),
                line2: given(&address.line2),
                city: address.city.clone(),
                postcode: address.postcode.clone(),
                country: given(&address.country),
                access_notes: given(&address.access_notes),
            },
            metadata: object(&visit.metadata),
            document_ids: visit.documents.iter().map(|one| one.public_id.clone()).collect(),
            practitioner: visit.practitioner.as_ref().map(|one| one.name.clone()),
            estimated_time_of_arrival: visit.expected_at.map(at),
            data: object(&visit.readings),
            cancellation: visit.cancelled.as_ref().map(PublishedCancellation::from),
            created_at: at(visit.created_at),
            updated_at: at(visit.updated_at),
        }
    }
}
