//! The timetable.

use crate::services::Services;

/// The jobs under way.
pub struct Running {}

/// Starts the timetable.
pub fn start(_services: Services) -> Running {
    Running {}
}

impl Running {
    /// Ends the jobs and waits for the one at work.
    pub async fn stop(self) {}
}
