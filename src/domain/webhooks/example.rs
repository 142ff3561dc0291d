//! What *Send a test event* sends: an appointment as an event of the kind `appointment.updated` carries it, marked as
//! an example, under the kind `test.ping`, so that no program takes it for one that was made. Pure.

use serde_json::{Value, json};

/// The number of the appointment that never was.
pub(super) const ABOUT: &str = "apt_example";

pub(super) fn data() -> Value {
    json!({
        "example": true,
        "id": ABOUT,
        "status": "Scheduled",
        "patient": { "id": "p_example", "firstName": "Example", "lastName": "Patient" },
        "task": { "id": "tsk_example", "name": "Example task" },
        "windowId": "win_0_20261201",
        "startTime": "2026-12-01T09:00:00Z",
        "endTime": "2026-12-01T12:00:00Z",
        "note": "This is a test event. Nothing happened.",
    })
}
