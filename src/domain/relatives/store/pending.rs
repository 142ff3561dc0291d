//! Pending invitations of an organisation, in the places that somebody reaches.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Invitation;
use crate::db::Conn;
use crate::domain::access::Places;
use crate::domain::organisations::searching::patterns;
use crate::domain::relatives::{InvitationState, PendingWanted};
use crate::domain::schema::{invitations, residents};
use crate::kit::ids::{InvitationId, OrganisationId};

/// Repeats the filters over both shapes of the query: diesel's boxed queries cannot be shared between them.
macro_rules! matching {
    ($query:expr, $organisation:expr, $places:expr, $wanted:expr, $now:expr) => {{
        let mut query = $query
            .filter(invitations::organisation_id.eq($organisation))
            .filter(invitations::state.eq_any(vec![InvitationState::Asked, InvitationState::Open]))
            .into_boxed();
        if let Places::Only(ids) = $places {
            let here = residents::home_id
                .eq_any(ids.clone())
                .or(residents::zone_id.assume_not_null().eq_any(ids.clone()));
            query = query.filter(here);
        }
        if $wanted.expired {
            query = query.filter(invitations::expires_at.le($now));
        }
        for pattern in patterns(&$wanted.search) {
            query = query.filter(invitations::search_text.like(pattern).escape('!'));
        }
        query
    }};
}

pub fn pending(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    wanted: &PendingWanted,
    now: NaiveDateTime,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<(Invitation, String)>> {
    let query = invitations::table.inner_join(residents::table);
    let rows: Vec<(Invitation, String, String)> = matching!(query, organisation, places, wanted, now)
        .order(invitations::id.desc())
        .offset(offset)
        .limit(limit)
        .select((Invitation::as_select(), residents::first_name, residents::last_name))
        .load(conn)?;
    Ok(rows.into_iter().map(|(one, first, last)| (one, format!("{first} {last}"))).collect())
}

/// All of them, or those of these numbers that are.
pub fn pending_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    wanted: &PendingWanted,
    now: NaiveDateTime,
    only: Option<&[InvitationId]>,
) -> QueryResult<Vec<Invitation>> {
    let query = invitations::table.inner_join(residents::table);
    let mut query = matching!(query, organisation, places, wanted, now);
    if let Some(only) = only {
        query = query.filter(invitations::id.eq_any(only.to_vec()));
    }
    query.order(invitations::id).select(Invitation::as_select()).load(conn)
}
