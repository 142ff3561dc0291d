//! *Pending staff*: filled by a sync, approved, rejected, and never decided by a sync.

#![cfg(test)]

mod by_letter;
mod daily;
mod deciding;
mod flags;
mod granting;
mod leavers;
mod listing;
mod slips;

use kinbridge::connectors::StaffRecord;
use kinbridge::domain::access::{ManagePeople, Permission, Scope};
use kinbridge::domain::accounts;
use kinbridge::kit::ids::{ApprovalId, PlaceId};
use kinbridge::links;

use crate::support::vendors::{Feed, worker};
use crate::support::{Page, Person, Visitor};

/// Willow House Group, whose Nourish lists these staff in the zone Oak Wing.
pub async fn listing(staff: Vec<StaffRecord>) -> Feed {
    let mut feed = Feed::pairing().await;
    feed.staff = staff;
    feed.sync();
    feed
}

pub fn named(id: &str, first: &str, last: &str, email: &str) -> StaffRecord {
    StaffRecord {
        external_id: id.into(),
        first_name: first.into(),
        last_name: last.into(),
        email: (!email.is_empty()).then(|| email.to_owned()),
        job_title: Some("Carer".into()),
        ..worker(0)
    }
}

/// The number of the row with this address, or of the newest without one.
pub fn id_of(feed: &Feed, email: &str) -> ApprovalId {
    let query = format!("SELECT COALESCE(MAX(id), 0) FROM approvals WHERE email = '{email}'");
    ApprovalId(feed.number(&query))
}

pub fn state_of(feed: &Feed, email: &str, state: &str) -> bool {
    feed.number(&format!("SELECT COUNT(*) FROM approvals WHERE email = '{email}' AND state = '{state}'")) == 1
}

/// What the list's form sends for these people.
pub async fn send(visitor: &Visitor<'_>, feed: &Feed, people: &[ApprovalId], more: &[(&str, &str)]) -> Page {
    let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
    let mut fields: Vec<(&str, &str)> = ids.iter().map(|id| ("staff[]", id.as_str())).collect();
    fields.extend(more);
    visitor.post(&links::pending_staff(feed.organisation), &fields).await
}

/// Where a form led, as somebody reads it.
pub async fn after(visitor: &Visitor<'_>, page: &Page) -> String {
    assert_eq!(page.status, 303, "{}", page.text());
    visitor.get(page.location()).await.text()
}

/// Gives the cast's staff member the right to approve, in these places.
pub fn delegate(feed: &Feed, to: &Person, places: &[PlaceId], more: &[Permission]) {
    let scope = Scope::<ManagePeople>::for_the_portal(feed.organisation);
    let mut permissions = Permission::defaults(kinbridge::domain::access::Role::Staff);
    permissions.insert(Permission::ApproveStaff);
    permissions.extend(more);
    feed.write(|tx| {
        accounts::change_permissions(tx, &scope, to.membership.unwrap(), &permissions)?;
        accounts::assign_places(tx, &scope, to.membership.unwrap(), places)
    });
}
