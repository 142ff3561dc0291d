//! What is sent about appointments, as the document describes it and requests are held against it. What is answered is
//! the domain's `visits::Published`.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::visits::Published;

/// An appointment to be booked.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "the document describes bodies by it; they are read field by field")]
pub(in crate::api) struct NewAppointment {
    #[schema(pattern = "patient", examples("p_5f1c"))]
    patient_id: String,
    #[schema(pattern = "task", examples("tsk_9f2c"))]
    task_id: String,
    /// A window of the availability. Without one the patient chooses.
    #[schema(pattern = "window", examples("win_7_20261203"))]
    window_id: Option<String>,
    /// Your own number for the appointment. Several may have the same; look by it before you send again.
    #[schema(max_length = 100, pattern = "line", examples("order-1001"))]
    external_ref: Option<String>,
    /// The practitioner reads it.
    #[schema(max_length = 2_000, pattern = "words", examples("Ring twice."))]
    note: Option<String>,
    /// E.164.
    #[schema(min_length = 7, max_length = 16, pattern = "phone", examples("+447700900123"))]
    phone: String,
    location: NewLocation,
    /// First day of a period, with `planTo` and without a window.
    #[schema(format = Date)]
    plan_from: Option<String>,
    /// Its last day: as many days later as the task needs, and within six months.
    #[schema(format = Date)]
    plan_to: Option<String>,
    /// What you want to find again with it: 8,192 bytes of JSON at most.
    #[schema(value_type = Option<Object>)]
    metadata: Option<serde_json::Value>,
    /// Documents that you sent before, for whoever comes. The task must take documents.
    #[schema(max_items = 10)]
    document_ids: Option<Vec<DocumentNumber>>,
}

/// A document of this key's mode.
#[derive(ToSchema)]
#[schema(pattern = "document", examples("doc_4d81"))]
#[expect(dead_code, reason = "as for NewAppointment")]
pub(in crate::api) struct DocumentNumber(String);

/// Where an appointment is: it must be covered.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "as for NewAppointment")]
pub(in crate::api) struct NewLocation {
    /// A home where it is not given.
    #[schema(nullable = false)]
    kind: Option<LocationKind>,
    #[schema(min_length = 1, max_length = 100, pattern = "line", examples("12 Park Row"))]
    line1: String,
    #[schema(max_length = 100, pattern = "line")]
    line2: Option<String>,
    #[schema(min_length = 1, max_length = 100, pattern = "line", examples("Leeds"))]
    city: String,
    #[schema(max_length = 8, pattern = "postcode", examples("LS1 4AP"))]
    postcode: String,
    #[schema(max_length = 100, pattern = "line", examples("GB"))]
    country: Option<String>,
    /// How to get in.
    #[schema(max_length = 2_000, pattern = "words")]
    access_notes: Option<String>,
}

/// What sort of place it is.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the document only")]
pub(in crate::api) enum LocationKind {
    Home,
    Work,
    Other,
}

/// What of an appointment is changed; a field that is not sent stays.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "as for NewAppointment")]
pub(in crate::api) struct AppointmentChanges {
    #[schema(max_length = 100, pattern = "line")]
    external_ref: Option<String>,
    #[schema(max_length = 2_000, pattern = "words")]
    note: Option<String>,
    #[schema(nullable = false, min_length = 7, max_length = 16, pattern = "phone")]
    phone: Option<String>,
    #[schema(nullable = false)]
    location: Option<NewLocation>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<serde_json::Value>,
    /// All documents that go with it from now on; null or none takes them away.
    #[schema(max_items = 10)]
    document_ids: Option<Vec<DocumentNumber>>,
}

/// Another window for an appointment.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "as for NewAppointment")]
pub(in crate::api) struct RescheduleAppointment {
    #[schema(pattern = "window", examples("win_7_20261204"))]
    window_id: String,
    /// Why, for the timeline.
    #[schema(max_length = 2_000, pattern = "words")]
    note: Option<String>,
}

/// How an appointment is cancelled.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "as for NewAppointment")]
pub(in crate::api) struct CancelAppointment {
    cancelling_entity: CancelEntity,
    /// Because of whom; the same where it is not given.
    #[schema(nullable = false)]
    causing_entity: Option<CancelEntity>,
    /// `other` where it is not given.
    #[schema(nullable = false)]
    reason_code: Option<CancelReason>,
    #[schema(max_length = 2_000, pattern = "words")]
    note: Option<String>,
}

/// Who cancels, or because of whom.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "read by the document only; a test holds it to the domain's list")]
pub(in crate::api) enum CancelEntity {
    Organisation,
    Patient,
    Practitioner,
}

/// Why an appointment is cancelled.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "read by the document only; a test holds it to the domain's list")]
pub(in crate::api) enum CancelReason {
    PractitionerDelayed,
    PractitionerCancelled,
    CannotFindLocation,
    PatientNotPresent,
    PatientUnwell,
    NoLongerNeeded,
    BookedInError,
    Other,
}

/// A page of appointments.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "read by the document only: pages are written by listing.rs")]
pub(in crate::api) struct AppointmentList {
    data: Vec<Published>,
    /// What to ask for as `cursor` to see more; null at the end.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// What happened to an appointment, oldest first.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Timeline {
    pub data: Vec<TimelineLine>,
}

/// One thing that happened.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct TimelineLine {
    /// Such as `created`, `scheduled`, `rescheduled`, `completed` or `cancelled`.
    #[schema(examples("scheduled"))]
    pub kind: &'static str,
    pub words: String,
    pub by: String,
    #[schema(format = DateTime)]
    pub at: String,
}

/// Appointments to be booked, each for itself.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "as for NewAppointment")]
pub(in crate::api) struct ManyAppointments {
    /// Each as for one appointment; one that cannot be booked does not spoil the others.
    #[schema(min_items = 1, max_items = 100, value_type = Vec<Object>)]
    appointments: Vec<serde_json::Value>,
}

/// Appointments to be cancelled for the same reason.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "as for NewAppointment")]
pub(in crate::api) struct CancelMany {
    #[schema(min_items = 1, max_items = 100)]
    appointment_ids: Vec<String>,
    cancelling_entity: CancelEntity,
    #[schema(nullable = false)]
    causing_entity: Option<CancelEntity>,
    #[schema(nullable = false)]
    reason_code: Option<CancelReason>,
    #[schema(max_length = 2_000, pattern = "words")]
    note: Option<String>,
}

/// What became of each, in order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document only")]
pub(in crate::api) struct ManyResults {
    results: Vec<OneResult>,
    /// How many were done.
    #[schema(minimum = 0)]
    done: i32,
}

/// What became of one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document only")]
pub(in crate::api) struct OneResult {
    /// Where it stands in the request, from nought.
    #[schema(minimum = 0)]
    index: i32,
    /// The status that it would have had alone.
    #[schema(minimum = 200, maximum = 599)]
    status: i32,
    #[schema(required = true)]
    appointment: Option<Published>,
    #[schema(required = true)]
    problem: Option<super::super::schemas::ProblemShape>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::document;
    use crate::domain::visits::{Entity, PlaceKind, ReasonCode};

    #[test]
    fn words_are_those_of_the_domain() {
        let of = |name: &str| document().pointer(&format!("/components/schemas/{name}/enum")).cloned();
        let entities: Vec<&str> = Entity::ALL.iter().map(|one| one.as_str()).collect();
        let reasons: Vec<&str> = ReasonCode::ALL.iter().map(|one| one.as_str()).collect();
        let kinds: Vec<&str> = PlaceKind::ALL.iter().map(|one| one.as_str()).collect();
        assert_eq!(of("CancelEntity"), Some(json!(entities)));
        assert_eq!(of("CancelReason"), Some(json!(reasons)));
        assert_eq!(of("LocationKind"), Some(json!(kinds)));
    }
}
