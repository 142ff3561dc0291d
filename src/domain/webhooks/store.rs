//! Rows of events.

use diesel::prelude::*;

use super::Announcement;
use crate::db::{Tx, both};
use crate::domain::schema::webhook_events as events;
use crate::kit::ids::WebhookEventId;

pub fn insert_event(
    tx: &mut Tx<'_>,
    what: &Announcement<'_>,
    public_id: &str,
    body: &str,
) -> QueryResult<WebhookEventId> {
    both(
        diesel::insert_into(events::table)
            .values((
                events::organisation_id.eq(what.organisation),
                events::mode.eq(what.mode),
                events::public_id.eq(public_id),
                events::kind.eq(what.kind),
                events::about.eq(what.about),
                events::body.eq(body),
                events::created_at.eq(tx.now),
            ))
            .returning(events::id),
    )
    .get_result(tx.conn)
}
