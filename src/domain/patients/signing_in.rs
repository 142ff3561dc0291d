//! Signing in as a patient: who is invited, and how it ends. Patients of a test key never sign in.

use super::{Patient, SUBJECT, Sees, get, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageAppointments, Role, Scope};
use crate::domain::accounts::{self, NewAccount};
use crate::domain::api_keys::Mode;
use crate::domain::audit::{self, Event};
use crate::domain::letters::{self, Kind, Letter, Recipient};
use crate::domain::{Refusal, organisations};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::PatientId;
use crate::links;
use crate::mail::ActivateAccount;

/// How somebody stands who could sign in as a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// Nobody was asked.
    Never,
    /// Asked, and no password yet.
    Invited,
    Works,
}

/// How a patient stands.
pub fn sign_in<R: Sees>(conn: &mut Conn, scope: &Scope<R>, patient: &Patient) -> Result<SignIn, Refusal> {
    let Some(account) = patient.account else { return Ok(SignIn::Never) };
    if accounts::role_of(conn, scope.organisation(), account)? != Some(Role::Patient) {
        return Ok(SignIn::Never);
    }
    Ok(if accounts::has_password(conn, account)? { SignIn::Works } else { SignIn::Invited })
}

/// Invites a patient to sign in, or once more who has not yet: the letter goes to the patient's own address. Says
/// whether one was written; whoever has a password already needs none.
///
/// # Errors
/// `Overtaken` for a patient of a test key, for one who signs in already, and where another patient has the address;
/// `Invalid` on `email` where somebody who works here has it.
pub fn invite(tx: &mut Tx<'_>, scope: &Scope<ManageAppointments>, id: PatientId) -> Result<bool, Refusal> {
    let patient = match get(tx.conn, scope, Mode::Live, id) {
        Err(Refusal::NotHere) => {
            get(tx.conn, scope, Mode::Test, id)?;
            return Err(Refusal::overtaken("A patient of a test key cannot sign in."));
        }
        found => found?,
    };
    if sign_in(tx.conn, scope, &patient)? == SignIn::Works {
        return Err(Refusal::Overtaken(format!("{} can sign in already.", patient.name())));
    }
    let email = EmailAddress::parse(&patient.details.email)
        .ok_or_else(|| Refusal::overtaken("Give the patient an email address first."))?;
    let new = NewAccount { email, name: patient.name() };
    let invited = accounts::let_patient_in(tx, scope.by(), scope.organisation(), &new)?;
    let other = store::of_account(tx.conn, scope.organisation(), invited.account)?;
    if other.is_some_and(|other| other.id != id) {
        let words = "Another patient signs in with this address. Two patients need two addresses.";
        return Err(Refusal::overtaken(words));
    }
    // An address that was changed since leaves nobody behind who could still sign in.
    if let Some(before) = patient.account.filter(|before| *before != invited.account) {
        accounts::shut_patient_out(tx, scope.organisation(), before)?;
    }
    store::set_account(tx, id, Some(invited.account))?;
    let event = Event::new("patient.invited", format!("invited {} to sign in", patient.name()));
    audit::record(tx, scope, event.about(SUBJECT, id.0))?;
    let Some(token) = invited.link else { return Ok(false) };
    let of = organisations::get(tx.conn, scope)?;
    let letter = ActivateAccount {
        to_name: patient.details.first_name.clone(),
        organisation: of.name,
        role: "a patient".to_owned(),
        who: scope.by().name.clone(),
        link: format!("{}{}", tx.public_url(), links::activate(token.reveal())),
        lasts: format!("{} hours", accounts::ACTIVATION.num_hours()),
    };
    let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
    let to = Recipient { name: patient.name(), email: patient.details.email.clone() };
    let letter = Letter::new(Some(scope.organisation()), &to, rendered).of_kind(Kind::Invitation);
    let ends = tx.now + accounts::ACTIVATION;
    letters::send(tx, letter.useless_after(ends))?;
    Ok(true)
}

/// Ends it: whoever signed in as this patient is out at once.
///
/// # Errors
/// `Overtaken` where nobody does.
pub fn shut_out(tx: &mut Tx<'_>, scope: &Scope<ManageAppointments>, id: PatientId) -> Result<(), Refusal> {
    let patient = get(tx.conn, scope, Mode::Live, id)?;
    let Some(account) = patient.account else {
        return Err(Refusal::Overtaken(format!("Nobody signs in as {}.", patient.name())));
    };
    accounts::shut_patient_out(tx, scope.organisation(), account)?;
    store::set_account(tx, id, None)?;
    let event = Event::new("patient.shut_out", format!("ended the sign-in of {}", patient.name()));
    Ok(audit::record(tx, scope, event.about(SUBJECT, id.0))?)
}
