//! What people are told by letter about their own account. Each is written in the transaction of the act.

use chrono_tz::Tz;

use super::members;
use super::store::Account;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::letters::{self, Kind, Letter, Recipient};
use crate::kit::email_address::EmailAddress;
use crate::kit::secret::Secret;
use crate::links;
use crate::mail::{
    self, ActivateAccount, EmailChange, EmailChanged, EmailChanging, NewSignIn, PasswordChanged,
    PasswordReset, Rendered, SecondStepChanged,
};

pub(super) fn password_reset(
    tx: &mut Tx<'_>,
    account: &Account,
    url: &str,
    link: &Secret,
) -> Result<(), Refusal> {
    let letter = PasswordReset {
        to_name: account.name.clone(),
        link: format!("{url}{}", links::reset_password(link.reveal())),
        lasts: "30 minutes".into(),
    };
    let end = tx.now + super::RESET;
    send_as(tx, account, letter.render(), |letter| letter.of_kind(Kind::Reset).useless_after(end))
}

pub(super) fn password_changed(tx: &mut Tx<'_>, account: &Account, url: &str) -> Result<(), Refusal> {
    let letter = PasswordChanged {
        to_name: account.name.clone(),
        when: moment(tx, account)?,
        link: format!("{url}{}", links::forgotten_password()),
    };
    send(tx, account, letter.render())
}

/// The letter of an invitation once more, to somebody who asked for a new password and has none yet.
pub(super) fn invited_again(
    tx: &mut Tx<'_>,
    account: &Account,
    url: &str,
    link: &Secret,
    invited_by: &str,
) -> Result<(), Refusal> {
    let membership = members::of_account(tx.conn, account.id)?.into_iter().next();
    let (organisation, role) = membership.map_or_else(
        || ("Kinbridge".to_owned(), "representative".to_owned()),
        |one| (one.organisation_name, one.role.as_str().to_owned()),
    );
    let who = if invited_by.is_empty() { "Your organisation" } else { invited_by };
    let letter = ActivateAccount {
        to_name: account.name.clone(),
        organisation,
        role,
        who: who.to_owned(),
        link: format!("{url}{}", links::activate(link.reveal())),
        lasts: "72 hours".into(),
    };
    send(tx, account, letter.render())
}

pub(super) fn new_sign_in(
    tx: &mut Tx<'_>,
    account: &Account,
    device: &str,
    url: &str,
) -> Result<(), Refusal> {
    let letter = NewSignIn {
        to_name: account.name.clone(),
        when: moment(tx, account)?,
        device: device.to_owned(),
        link: format!("{url}{}", links::forgotten_password()),
    };
    send(tx, account, letter.render())
}

pub(super) fn confirm_email(
    tx: &mut Tx<'_>,
    account: &Account,
    new: &EmailAddress,
    url: &str,
    link: &Secret,
) -> Result<(), Refusal> {
    let letter = EmailChange {
        to_name: account.name.clone(),
        link: format!("{url}{}", links::confirm_email(link.reveal())),
        lasts: "24 hours".into(),
    };
    let to = Account { email: new.as_str().to_owned(), ..account.clone() };
    send(tx, &to, letter.render())
}

pub(super) fn email_changing(
    tx: &mut Tx<'_>,
    account: &Account,
    new: &EmailAddress,
    url: &str,
    link: &Secret,
) -> Result<(), Refusal> {
    let letter = EmailChanging {
        to_name: account.name.clone(),
        new_email: new.as_str().to_owned(),
        when: moment(tx, account)?,
        link: format!("{url}{}", links::stop_email(link.reveal())),
    };
    send(tx, account, letter.render())
}

/// To the old address.
pub(super) fn email_changed(tx: &mut Tx<'_>, account: &Account, new: &str, url: &str) -> Result<(), Refusal> {
    let letter = EmailChanged {
        to_name: account.name.clone(),
        new_email: new.to_owned(),
        when: moment(tx, account)?,
        link: format!("{url}{}", links::sign_in()),
    };
    send(tx, account, letter.render())
}

/// `what` is a sentence.
pub(super) fn second_step_changed(
    tx: &mut Tx<'_>,
    account: &Account,
    what: &str,
    url: &str,
) -> Result<(), Refusal> {
    let letter = SecondStepChanged {
        to_name: account.name.clone(),
        what: what.to_owned(),
        when: moment(tx, account)?,
        link: format!("{url}{}", links::account()),
    };
    send(tx, account, letter.render())
}

/// Now, in the words and the time zone of the person's first organisation.
fn moment(tx: &mut Tx<'_>, account: &Account) -> Result<String, Refusal> {
    let membership = members::of_account(tx.conn, account.id)?.into_iter().next();
    let zone = membership.and_then(|one| one.time_zone.parse().ok()).unwrap_or(Tz::Europe__London);
    Ok(mail::moment(tx.now, zone))
}

fn send(tx: &mut Tx<'_>, to: &Account, rendered: askama::Result<Rendered>) -> Result<(), Refusal> {
    send_as(tx, to, rendered, |letter| letter)
}

fn send_as(
    tx: &mut Tx<'_>,
    to: &Account,
    rendered: askama::Result<Rendered>,
    kind: impl FnOnce(Letter) -> Letter,
) -> Result<(), Refusal> {
    let rendered = rendered.map_err(|cause| Refusal::Broken(cause.to_string()))?;
    let to = Recipient { name: to.name.clone(), email: to.email.clone() };
    letters::send(tx, kind(Letter::new(None, &to, rendered)))?;
    Ok(())
}
