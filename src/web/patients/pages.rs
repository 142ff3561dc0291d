//! What the pages of patients show.

use askama::Template;

use crate::domain::api_keys::Mode;
use crate::domain::patients::{Address, Patient, SignIn, Typed, TypedAddress};
use crate::kit::ids::{OrganisationId, PatientId};
use crate::kit::phone;
use crate::links;
use crate::web::ui::{Choice, Pager, Shell, filters, when};

#[derive(Template)]
#[template(path = "patients/index.html")]
pub struct Index {
    pub shell: Shell,
    pub list: String,
    pub search: String,
    pub modes: Vec<Choice>,
    pub is_test: bool,
    pub add: String,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub is_filtered: bool,
}

pub struct Row {
    pub href: String,
    pub name: String,
    pub born: String,
    pub place: String,
    pub phone: String,
}

impl Row {
    pub fn new(org: OrganisationId, one: &Patient) -> Self {
        let of = &one.details;
        let place = of.address.as_ref().map(|at| format!("{}, {}", at.city, at.postcode));
        Self {
            href: links::patient(org, one.id),
            name: one.name(),
            born: when::date(of.date_of_birth),
            place: place.unwrap_or_else(|| "Not known".to_owned()),
            phone: of.phone.clone(),
        }
    }
}

/// *Live* and *Test*.
pub fn modes(chosen: Mode) -> Vec<Choice> {
    Choice::list(Mode::ALL.iter().map(|mode| (mode.as_str(), mode.words())), chosen.as_str())
}

/// Words that may be left out.
pub fn choices(all: &[&str], chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Not said", chosen.is_empty())];
    choices.extend(Choice::list(all.iter().map(|one| (*one, when::capital(one))), chosen));
    choices
}

#[derive(Template)]
#[template(path = "patients/form.html")]
pub struct Form {
    pub shell: Shell,
    pub action: String,
    pub back: String,
    pub version: String,
    pub titles: Vec<Choice>,
    pub sexes: Vec<Choice>,
    pub typed: Typed,
    pub address: TypedAddress,
}

#[derive(Template)]
#[template(path = "patients/show.html")]
pub struct Show {
    pub shell: Shell,
    pub is_test: bool,
    pub facts: Vec<(&'static str, String)>,
    pub note: String,
    pub edit: String,
    pub book: Option<String>,
    /// None for a patient of a test key.
    pub sign_in: Option<SigningIn>,
    pub visits: Vec<crate::web::visits::Row>,
}

/// How the patient signs in, and what can be done about it.
pub struct SigningIn {
    pub words: &'static str,
    /// Where the button leads, and its words.
    pub invite: Option<(String, &'static str)>,
    pub end: Option<String>,
}

impl SigningIn {
    pub fn new(org: OrganisationId, id: PatientId, stands: SignIn) -> Self {
        let invite = |label| Some((links::patient_act(org, id, "invite"), label));
        let (words, invite) = match stands {
            SignIn::Never => (
                "Not yet. By the links in their letters they choose and cancel without a password.",
                invite("Invite to sign in"),
            ),
            SignIn::Invited => ("Invited, and no password yet.", invite("Invite again")),
            SignIn::Works => ("They sign in, and see their own appointments only.", None),
        };
        let end = (stands != SignIn::Never).then(|| links::patient_act(org, id, "shut-out"));
        Self { words, invite, end }
    }
}

pub fn facts(one: &Patient) -> Vec<(&'static str, String)> {
    let of = &one.details;
    let given = |text: &str| if text.is_empty() { "Not known".to_owned() } else { text.to_owned() };
    vec![
        ("Born", when::date(of.date_of_birth)),
        ("NHS number", if of.nhs_number.is_empty() { given("") } else { when::nhs(&of.nhs_number) }),
        ("Telephone", phone::for_people(&of.phone)),
        ("Email", of.email.clone()),
        ("Address", of.address.as_ref().map_or_else(|| given(""), in_one_line)),
        ("Reference", given(&of.external_ref)),
        ("Number", one.public_id.clone()),
    ]
}

/// `1 Park Row, Leeds, LS1 1AA`.
pub fn in_one_line(at: &Address) -> String {
    let parts = [&at.line1, &at.line2, &at.city, &at.postcode, &at.country];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}
