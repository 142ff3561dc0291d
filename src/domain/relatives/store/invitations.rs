//! Rows of invitations and of the links that lead to them.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Backend, Conn, Tx, both};
use crate::domain::access::By;
use crate::domain::letters::LetterState;
use crate::domain::relatives::{InvitationState, LinkKind, NewInvitee, Source, write_topics};
use crate::domain::schema::{invitation_links, invitations, letters, relatives};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{AccountId, InvitationId, LetterId, OrganisationId, ResidentId};
use crate::kit::names::search_key;

/// An invitation as kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = invitations)]
#[diesel(check_for_backend(Backend))]
pub struct Invitation {
    pub id: InvitationId,
    pub organisation_id: OrganisationId,
    pub resident_id: ResidentId,
    pub name: String,
    /// Empty for somebody who has none.
    pub email: String,
    pub relationship: String,
    pub branch: String,
    pub is_primary: bool,
    pub topics: String,
    pub source: Source,
    pub invited_by: Option<AccountId>,
    pub invited_by_name: String,
    pub state: InvitationState,
    pub created_at: NaiveDateTime,
    /// When somebody began to answer it; a link that is merely opened changes nothing.
    pub opened_at: Option<NaiveDateTime>,
    pub reminded_at: Option<NaiveDateTime>,
    pub settled_at: Option<NaiveDateTime>,
    pub account_id: Option<AccountId>,
    /// What somebody said is wrong with it.
    pub trouble: String,
    pub letter_id: Option<LetterId>,
    /// When the newest link ends.
    pub expires_at: Option<NaiveDateTime>,
    /// When the newest letter with a code was printed.
    pub printed_at: Option<NaiveDateTime>,
}

pub fn insert(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    resident: ResidentId,
    (new, email): (&NewInvitee, &str),
    (source, state): (Source, InvitationState),
    by: &By,
) -> QueryResult<InvitationId> {
    let row = (
        invitations::organisation_id.eq(organisation),
        invitations::resident_id.eq(resident),
        invitations::name.eq(&new.name),
        invitations::email.eq(email),
        invitations::relationship.eq(&new.relationship),
        invitations::branch.eq(&new.branch),
        invitations::is_primary.eq(new.is_primary),
        invitations::topics.eq(write_topics(&new.topics)),
        invitations::source.eq(source),
        invitations::invited_by.eq(by.account),
        invitations::invited_by_name.eq(&by.name),
        invitations::state.eq(state),
        invitations::created_at.eq(tx.now),
        invitations::trouble.eq(""),
        invitations::search_text.eq(search_text(&new.name, email)),
    );
    let insert = diesel::insert_into(invitations::table).values(row).returning(invitations::id);
    let id: i64 = both(insert).get_result(tx.conn)?;
    Ok(InvitationId(id))
}

pub fn invitation(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: InvitationId,
) -> QueryResult<Option<Invitation>> {
    invitations::table
        .find(id)
        .filter(invitations::organisation_id.eq(organisation))
        .select(Invitation::as_select())
        .first(conn)
        .optional()
}

/// The newest invitations of a resident.
pub fn of_resident(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
    limit: i64,
) -> QueryResult<Vec<Invitation>> {
    invitations::table
        .filter(invitations::organisation_id.eq(organisation))
        .filter(invitations::resident_id.eq(resident))
        .order(invitations::id.desc())
        .limit(limit)
        .select(Invitation::as_select())
        .load(conn)
}

/// Whether somebody is being asked already to join for a resident under this address.
pub fn open_for(
    conn: &mut Conn,
    resident: ResidentId,
    email: &EmailAddress,
) -> QueryResult<Option<InvitationId>> {
    invitations::table
        .filter(invitations::resident_id.eq(resident))
        .filter(invitations::email.eq(email.as_str()))
        .filter(invitations::state.eq_any(vec![InvitationState::Asked, InvitationState::Open]))
        .select(invitations::id)
        .first(conn)
        .optional()
}

/// Whether a letter for somebody of this name has been printed and not answered.
pub fn open_on_paper(conn: &mut Conn, resident: ResidentId, name: &str) -> QueryResult<bool> {
    let open = invitations::table
        .filter(invitations::resident_id.eq(resident))
        .filter(invitations::state.eq(InvitationState::Open))
        .filter(invitations::email.eq(""))
        .filter(invitations::search_text.eq(search_text(name, "")));
    diesel::select(diesel::dsl::exists(open)).get_result(conn)
}

/// Moves an invitation on from a state; says whether it was still in it.
pub fn set_state(
    tx: &mut Tx<'_>,
    id: InvitationId,
    from: &[InvitationState],
    to: InvitationState,
    account: Option<AccountId>,
) -> QueryResult<bool> {
    let settled = (to != InvitationState::Open).then_some(tx.now);
    diesel::update(invitations::table.find(id))
        .filter(invitations::state.eq_any(from.to_vec()))
        .set((
            invitations::state.eq(to),
            invitations::settled_at.eq(settled),
            invitations::account_id.eq(account),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

/// What a search looks through, as for residents and staff.
fn search_text(name: &str, email: &str) -> String {
    search_key(&format!("{name} {email}"))
}

pub fn set_address(tx: &mut Tx<'_>, id: InvitationId, name: &str, email: &EmailAddress) -> QueryResult<()> {
    let row = (
        invitations::email.eq(email.as_str()),
        invitations::trouble.eq(""),
        invitations::search_text.eq(search_text(name, email.as_str())),
    );
    diesel::update(invitations::table.find(id)).set(row).execute(tx.conn).map(drop)
}

pub fn set_letter(
    tx: &mut Tx<'_>,
    id: InvitationId,
    letter: LetterId,
    expires_at: NaiveDateTime,
) -> QueryResult<()> {
    diesel::update(invitations::table.find(id))
        .set((invitations::letter_id.eq(letter), invitations::expires_at.eq(expires_at)))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_printed(tx: &mut Tx<'_>, id: InvitationId, expires_at: NaiveDateTime) -> QueryResult<()> {
    diesel::update(invitations::table.find(id))
        .set((invitations::printed_at.eq(tx.now), invitations::expires_at.eq(expires_at)))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_trouble(tx: &mut Tx<'_>, id: InvitationId, words: &str) -> QueryResult<()> {
    diesel::update(invitations::table.find(id)).set(invitations::trouble.eq(words)).execute(tx.conn).map(drop)
}

/// Notes that somebody has begun to answer, once.
pub fn note_opened(tx: &mut Tx<'_>, id: InvitationId) -> QueryResult<()> {
    diesel::update(invitations::table.find(id))
        .filter(invitations::opened_at.is_null())
        .set(invitations::opened_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

pub fn insert_link(
    tx: &mut Tx<'_>,
    invitation: InvitationId,
    kind: LinkKind,
    token_hash: &str,
    email: &str,
    expires_at: NaiveDateTime,
) -> QueryResult<()> {
    let row = (
        invitation_links::invitation_id.eq(invitation),
        invitation_links::kind.eq(kind),
        invitation_links::token_hash.eq(token_hash),
        invitation_links::email.eq(email),
        invitation_links::created_at.eq(tx.now),
        invitation_links::expires_at.eq(expires_at),
    );
    diesel::insert_into(invitation_links::table).values(row).execute(tx.conn).map(drop)
}

/// Ends the links of an invitation, of one kind or all.
pub fn end_links(tx: &mut Tx<'_>, invitation: InvitationId, kind: Option<LinkKind>) -> QueryResult<()> {
    let links = invitation_links::table
        .filter(invitation_links::invitation_id.eq(invitation))
        .filter(invitation_links::ended_at.is_null());
    let end = invitation_links::ended_at.eq(tx.now);
    match kind {
        Some(kind) => diesel::update(links.filter(invitation_links::kind.eq(kind))).set(end).execute(tx.conn),
        None => diesel::update(links).set(end).execute(tx.conn),
    }
    .map(drop)
}

/// The invitation that a secret leads or led to, with the link's kind, its last moment and its end.
pub type Found = (Invitation, LinkKind, NaiveDateTime, Option<NaiveDateTime>);

pub fn by_link(conn: &mut Conn, token_hash: &str) -> QueryResult<Option<Found>> {
    invitation_links::table
        .inner_join(invitations::table)
        .filter(invitation_links::token_hash.eq(token_hash))
        .select((
            Invitation::as_select(),
            invitation_links::kind,
            invitation_links::expires_at,
            invitation_links::ended_at,
        ))
        .first(conn)
        .optional()
}

/// How many links were mailed to an address since a moment.
pub fn sent_lately(conn: &mut Conn, email: &str, since: NaiveDateTime) -> QueryResult<i64> {
    invitation_links::table
        .filter(invitation_links::email.eq(email))
        .filter(invitation_links::kind.eq(LinkKind::Mail))
        .filter(invitation_links::created_at.gt(since))
        .count()
        .get_result(conn)
}

/// How many links of an invitation were mailed since a moment, whatever the address.
pub fn mailed_lately(conn: &mut Conn, invitation: InvitationId, since: NaiveDateTime) -> QueryResult<i64> {
    invitation_links::table
        .filter(invitation_links::invitation_id.eq(invitation))
        .filter(invitation_links::kind.eq(LinkKind::Mail))
        .filter(invitation_links::created_at.gt(since))
        .count()
        .get_result(conn)
}

/// Where letters are on their way.
pub fn letter_states(
    conn: &mut Conn,
    wanted: &[LetterId],
) -> QueryResult<std::collections::HashMap<LetterId, LetterState>> {
    let rows: Vec<(LetterId, LetterState)> = letters::table
        .filter(letters::id.eq_any(wanted.to_vec()))
        .select((letters::id, letters::state))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// How many relatives and pending invitations a resident has.
pub fn many(conn: &mut Conn, resident: ResidentId) -> QueryResult<i64> {
    let joined: i64 = relatives::table
        .filter(relatives::resident_id.eq(resident))
        .filter(relatives::ended_at.is_null())
        .count()
        .get_result(conn)?;
    let pending: i64 = invitations::table
        .filter(invitations::resident_id.eq(resident))
        .filter(invitations::state.eq_any(vec![InvitationState::Asked, InvitationState::Open]))
        .count()
        .get_result(conn)?;
    Ok(joined + pending)
}

/// Mailed invitations from before a moment that are open and still work, and that nobody was reminded of.
pub fn to_remind(
    conn: &mut Conn,
    before: NaiveDateTime,
    now: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<Invitation>> {
    invitations::table
        .filter(invitations::state.eq(InvitationState::Open))
        .filter(invitations::reminded_at.is_null())
        .filter(invitations::created_at.le(before))
        .filter(invitations::expires_at.gt(now))
        .filter(invitations::email.ne(""))
        .order(invitations::id)
        .limit(limit)
        .select(Invitation::as_select())
        .load(conn)
}

pub fn note_reminded(tx: &mut Tx<'_>, id: InvitationId) -> QueryResult<()> {
    diesel::update(invitations::table.find(id))
        .set(invitations::reminded_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}
