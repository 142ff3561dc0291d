//! Every form of the dashboard of appointments and patients, for the walk of the trail.

#![cfg(test)]

use kinbridge::domain::api_keys::Mode;
use kinbridge::kit::ids::VisitId;
use kinbridge::links;

use crate::audit_trail::acts::{Fields, Walk};
use crate::support::bookable::{Bookable, betty};
use crate::support::community::Community;

fn own(list: &[(&'static str, &str)]) -> Fields<'static> {
    list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

const PATIENT: [(&str, &str); 5] = [
    ("first_name", "Olive"),
    ("last_name", "Marsh"),
    ("phone", "0113 496 0009"),
    ("email", "olive@marsh.example"),
    ("date_of_birth", "1950-02-03"),
];

const PLACE: [(&str, &str); 4] =
    [("line1", "4 Park Row"), ("city", "Leeds"), ("postcode", "LS1 5HD"), ("phone", "0113 496 0009")];

pub async fn every_form(at: &Community, offers: &Bookable, walk: &mut Walk<'_>) {
    let hugh = at.app.new_visitor(&at.manager);
    walk.by("/org/{org}/patients", &hugh, &links::patients(at.org), own(&PATIENT)).await;
    let whom = betty(at, Mode::Live);
    let mut changed = own(&PATIENT);
    changed.push(("version", "1".into()));
    let edit = links::edit_patient(at.org, whom.id);
    walk.by("/org/{org}/patients/{patient}/edit", &hugh, &edit, changed).await;
    let window = |ahead: u64| format!("win_{}_{}", offers.early, Bookable::day(at, ahead).format("%Y%m%d"));
    let number = whom.id.to_string();
    let mut new = own(&PLACE);
    let first = window(2);
    new.extend(own(&[("patient", &number), ("task", &offers.task.public_id), ("window", &first)]));
    walk.by("/org/{org}/visits", &hugh, &links::visits(at.org), new).await;
    let visit = VisitId(at.number("SELECT MAX(id) FROM visits"));
    let act = |act: &str| links::visit_act(at.org, visit, act);
    let mut other = own(&PLACE);
    other.push(("note", "Ring twice".into()));
    walk.by("/org/{org}/visits/{visit}/edit", &hugh, &act("edit"), other).await;
    let moved = own(&[("window", &window(4))]);
    walk.by("/org/{org}/visits/{visit}/reschedule", &hugh, &act("reschedule"), moved).await;
    let iris = offers.iris_visits(at).to_string();
    let given = own(&[("practitioner", &iris)]);
    walk.by("/org/{org}/visits/{visit}/assign", &hugh, &act("assign"), given).await;
    let (visit_number, to) = (visit.to_string(), Bookable::day(at, 5).to_string());
    let many = own(&[("visits[]", &visit_number), ("act", "move"), ("to", &to)]);
    let bulk = links::visits_bulk_apply(at.org);
    let batch = walk.by("/org/{org}/visits/bulk/apply", &hugh, &bulk, many).await;
    let undo = format!("{batch}/undo");
    walk.by("/org/{org}/visits/batches/{batch}/undo", &hugh, &undo, Vec::new()).await;
    let ended = own(&[("by", "patient"), ("because_of", "patient"), ("reason", "patient_unwell")]);
    walk.by("/org/{org}/visits/{visit}/cancel", &hugh, &act("cancel"), ended).await;
}
