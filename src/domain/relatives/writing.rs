//! The letter that asks somebody to join, with a link of its own. A new one ends the links before it.

use std::collections::HashMap;
use std::str::FromStr as _;

use chrono_tz::Tz;

use super::contacts::{self, Contact};
use super::{Invitation, LETTERS_IN_AN_HOUR, LINK, LinkKind, first_word, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{OpenOrganisation, Scope};
use crate::domain::letters::{self, Kind, Letter, Recipient};
use crate::domain::organisations;
use crate::kit::ids::{InvitationId, OrganisationId, PlaceId, ResidentId};
use crate::kit::secret::{fingerprint, random_token};
use crate::links;
use crate::mail::{FamilyInvitation, FamilyNote};

/// Writes the letter of an invitation. `again` is the one reminder.
pub(super) fn invite(
    tx: &mut Tx<'_>,
    invitation: &Invitation,
    url: &str,
    again: bool,
) -> Result<(), Refusal> {
    Desk::default().invite(tx, invitation, url, again)
}

/// Where many letters are written: what they have in common is looked up once.
#[derive(Default)]
pub(super) struct Desk {
    homes: HashMap<PlaceId, Contact>,
    zones: HashMap<OrganisationId, Tz>,
}

impl Desk {
    pub fn invite(
        &mut self,
        tx: &mut Tx<'_>,
        invitation: &Invitation,
        url: &str,
        again: bool,
    ) -> Result<(), Refusal> {
        if invitation.email.is_empty() {
            return Ok(());
        }
        if store::bereavement(tx.conn, invitation.resident_id)?.is_some() {
            return Err(Refusal::overtaken("Nothing is sent to this family at the moment."));
        }
        let contact = self.contact(tx.conn, invitation.resident_id)?;
        let zone = self.zone(tx.conn, invitation.organisation_id)?;
        let token = random_token()?;
        let ends = tx.now + LINK;
        store::end_links(tx, invitation.id, Some(LinkKind::Mail))?;
        let hash = fingerprint(token.reveal());
        store::insert_link(tx, invitation.id, LinkKind::Mail, &hash, &invitation.email, ends)?;
        let letter = FamilyInvitation {
            to_name: first_word(&invitation.name).to_owned(),
            who: who(&invitation.invited_by_name, &contact),
            link: format!("{url}{}", links::invite(token.reveal())),
            until: day(ends, zone),
            telephone: contact.telephone,
            address: contact.address,
            home: contact.home,
            again,
        };
        let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
        let to = Recipient { name: invitation.name.clone(), email: invitation.email.clone() };
        let letter = Letter::new(Some(invitation.organisation_id), &to, rendered);
        let letter = letters::send(tx, letter.of_kind(Kind::Invitation).useless_after(ends))?;
        let Some(letter) = letter else { return Ok(()) };
        store::letter_about(tx, letter, invitation.resident_id)?;
        // A printed code works longer than the link of a letter.
        let until = invitation.expires_at.filter(|at| invitation.printed_at.is_some() && *at > ends);
        Ok(store::set_letter(tx, invitation.id, letter, until.unwrap_or(ends))?)
    }

    fn contact(&mut self, conn: &mut Conn, resident: ResidentId) -> Result<Contact, Refusal> {
        let home = store::residents_home(conn, resident)?;
        if let Some(known) = self.homes.get(&home.home) {
            return Ok(known.clone());
        }
        let contact = contacts::of_home(conn, home.home, home.home_name)?;
        self.homes.insert(home.home, contact.clone());
        Ok(contact)
    }

    fn zone(&mut self, conn: &mut Conn, organisation: OrganisationId) -> Result<Tz, Refusal> {
        if let Some(known) = self.zones.get(&organisation) {
            return Ok(*known);
        }
        let found = zone(conn, organisation)?;
        self.zones.insert(organisation, found);
        Ok(found)
    }
}

/// `Mary Jones at Willow House`, or only the home where nobody in particular asks.
pub(super) fn who(by: &str, contact: &Contact) -> String {
    if by.is_empty() || by == "The portal" {
        contact.home.clone()
    } else {
        format!("{by} at {}", contact.home)
    }
}

/// # Errors
/// `Overtaken` when an address has had enough letters for now.
pub(super) fn refuse_flood(tx: &mut Tx<'_>, email: &str) -> Result<(), Refusal> {
    let hour_ago = tx.now - chrono::TimeDelta::hours(1);
    if store::sent_lately(tx.conn, email, hour_ago)? < LETTERS_IN_AN_HOUR {
        return Ok(());
    }
    let words =
        "We have sent this address several letters already. Look at the newest, or try again in an hour.";
    Err(Refusal::overtaken(words))
}

/// # Errors
/// `Overtaken` when an invitation has been mailed often enough for now, to whatever addresses.
pub(super) fn refuse_many(tx: &mut Tx<'_>, invitation: InvitationId) -> Result<(), Refusal> {
    let hour_ago = tx.now - chrono::TimeDelta::hours(1);
    if store::mailed_lately(tx.conn, invitation, hour_ago)? < LETTERS_IN_AN_HOUR {
        return Ok(());
    }
    Err(Refusal::overtaken("We have sent several letters for this invitation. Try again in an hour."))
}

/// A few sentences to those at the home who look after relatives. They name nobody.
pub(super) fn tell_home(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    resident: ResidentId,
    subject: &str,
    lines: &[String],
    link: &str,
) -> Result<(), Refusal> {
    let contact = contacts::of_resident(tx.conn, resident)?;
    for (name, email) in store::who_manage(tx.conn, organisation)? {
        let to = Recipient { name, email };
        note(tx, organisation, &to, &contact, subject, lines, link)?;
    }
    Ok(())
}

/// One letter of a few sentences.
pub(super) fn note(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    to: &Recipient,
    contact: &Contact,
    subject: &str,
    lines: &[String],
    link: &str,
) -> Result<Option<crate::kit::ids::LetterId>, Refusal> {
    let letter = FamilyNote {
        to_name: first_word(&to.name).to_owned(),
        home: contact.home.clone(),
        address: contact.address.clone(),
        subject: subject.to_owned(),
        lines: lines.to_vec(),
        link: link.to_owned(),
    };
    let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
    Ok(letters::send(tx, Letter::new(Some(organisation), to, rendered))?)
}

pub(super) fn zone(conn: &mut Conn, organisation: OrganisationId) -> Result<Tz, Refusal> {
    let scope = Scope::<OpenOrganisation>::for_the_portal(organisation);
    let zone = organisations::get(conn, &scope)?.time_zone;
    Ok(Tz::from_str(&zone).unwrap_or(Tz::Europe__London))
}

/// `6 December 2026`, where the home is.
pub(super) fn day(at: chrono::NaiveDateTime, zone: Tz) -> String {
    at.and_utc().with_timezone(&zone).format("%-d %B %Y").to_string()
}
