//! What follows from the last day of a skill: the visits that were given to somebody and need it after that day.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};

use super::{Assigned, Sees, Show, Visit, Wanted, lists};
use crate::db::Conn;
use crate::domain::access::Scope;
use crate::domain::api_keys::Mode;
use crate::domain::{Refusal, tasks};
use crate::kit::ids::{SkillId, StaffMemberId, TaskVersionId};

/// Visits of one practitioner that are looked through.
const MOST: i64 = 500;
/// Days: nothing is booked further ahead.
const FURTHEST: u64 = 400;

/// Open live visits of a practitioner after a day, each with what its task needs, in order of time.
pub fn ahead_of<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    practitioner: StaffMemberId,
    after: NaiveDate,
) -> Result<Vec<(Visit, Vec<SkillId>)>, Refusal> {
    let wanted = Wanted {
        show: Show::Open,
        dates: Some((after + Days::new(1), after + Days::new(FURTHEST))),
        practitioner: Assigned::To(practitioner),
        ..Wanted::default()
    };
    let found = lists::list(conn, scope, Mode::Live, &wanted, (0, MOST))?;
    let mut needs: HashMap<TaskVersionId, Vec<SkillId>> = HashMap::new();
    let mut all = Vec::with_capacity(found.visits.len());
    for visit in found.visits {
        let task = visit.task.id;
        let skills = if let Some(known) = needs.get(&task) {
            known.clone()
        } else {
            let version = tasks::version(conn, scope.organisation(), task)?;
            let skills: Vec<SkillId> = version.skills.iter().map(|skill| skill.id).collect();
            needs.insert(task, skills.clone());
            skills
        };
        all.push((visit, skills));
    }
    Ok(all)
}
