//! What *Send a test event* sends: an appointment as an event of the kind `appointment.updated` carries it, marked as
//! an example, under the kind `test.ping`, so that no program takes it for one that was made. Pure.

use serde_json::{Value, json};

/// The number of the appointment that never was.
pub(super) const ABOUT: &str = "apt_example";

pub(super) fn data() -> Value {
    json!({
        "example": true,
        "id": ABOUT,
        "status": "scheduled",
        "externalRef": null,
        "patientId": "p_example",
        "taskId": "tsk_example",
        "window": {
            "id": "win_0_20261201",
            "startAt": "2026-12-01T09:00:00Z",
            "endAt": "2026-12-01T12:00:00Z",
        },
        "updatedAt": "2026-11-30T09:00:00Z",
    })
}
