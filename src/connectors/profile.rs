//! A vendor's wire format as data: where to ask, how to show the credential, how pages follow each other and under
//! which names each field may come. Read once when the process starts; a profile that makes no sense is refused then.

use std::collections::{BTreeMap, HashMap, HashSet};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use super::row::Row;
use super::values;
use super::writing::{EntryForm, NoteForm};
use super::{ProfileStatus, Vendor};

/// What a line of a profile rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// A vendor's or partner's public page.
    Doc,
    /// A partner's help article.
    Seed,
    /// Public source code that calls the real interface.
    Code,
    /// Concluded from facts.
    Infer,
    /// Nothing found.
    Assume,
}

/// One of our own field names, over all kinds of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the record field of the same name")]
pub enum Field {
    ExternalId,
    FirstName,
    LastName,
    PreferredName,
    DateOfBirth,
    NhsNumber,
    ResidentType,
    Status,
    Room,
    ServiceId,
    Archived,
    Email,
    Role,
    JobTitle,
    Name,
    Active,
    Token,
    Locations,
    On,
    OurId,
    Person,
    RecordedAt,
    Fields,
    RelativeName,
    RelativeEmail,
    Relationship,
    TimeZone,
    ServiceIds,
    Kind,
    Author,
    Date,
    PublishedAt,
    ModifiedAt,
    Template,
    Signatures,
    Value,
    SignedAt,
    Place,
    IsAdministrator,
}

/// The names under which a field may come; the first that holds something wins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    accept: Vec<String>,
    /// What the names rest on.
    pub basis: Basis,
}

/// Which secret a credential line sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Value {
    /// The installation's own, issued by the vendor.
    Deployment,
    /// The connection's.
    Token,
}

/// Where a credential goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Place {
    Header,
    Query,
    BasicUser,
    BasicPassword,
    /// User name and password are one secret, with a colon between them.
    BasicPair,
    Bearer,
}

/// Of what a 403 says that it is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Forbidden {
    #[default]
    Credential,
    Program,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CredentialLine {
    pub(super) value: Value,
    pub(super) place: Place,
    #[serde(default)]
    pub(super) name: String,
    #[expect(dead_code, reason = "kept in the file for whoever reads it")]
    basis: Basis,
}

/// How one page leads to the next.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "style", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Paging {
    /// One answer holds everything.
    None,
    /// The answer names the next page, in a field (dots step into objects).
    Next { field: String },
    /// Pages are counted; a page that is not full is the last.
    Page { page: String, per_page: String, size: usize, first: u64 },
    /// The answer holds a list of links, each with a `relation` and a `url`; one of them leads to the next page.
    Link { list: String, relation: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    Get,
    Post,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: String,
    /// Where the list is; a bare array is always accepted too.
    pub(super) roots: Vec<String>,
    #[expect(dead_code, reason = "kept in the file for whoever reads it")]
    basis: Basis,
    #[serde(default)]
    ignore: Vec<String>,
    /// The key stands in the path, as `{key}`, and nowhere else.
    #[serde(default)]
    pub(super) bare: bool,
    /// The same person may come once for each place, and is still one.
    #[serde(default)]
    pub(super) once_a_place: bool,
    /// Parameters that are always the same.
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    /// The name of the parameter that changes with each question.
    #[serde(default)]
    pub(super) ask: String,
    /// In bytes: a longer record is set aside, and the others come. Its pages are measured one by one.
    #[serde(default)]
    pub(super) longest: Option<usize>,
    /// Records with one of these texts in the field are none of ours.
    #[serde(default)]
    pub(super) leave_out: BTreeMap<Field, Vec<String>>,
    pub(super) fields: BTreeMap<Field, Accepted>,
    /// Those of what stands inside a record: locations of a service, answers of a task.
    #[serde(default)]
    inner_fields: BTreeMap<Field, Accepted>,
    /// Texts around the list by which an answer without one is a list of nobody.
    #[serde(default)]
    pub(super) empty: BTreeMap<String, String>,
    /// The section's own name.
    #[serde(skip)]
    pub(super) name: &'static str,
    #[serde(skip)]
    pub(super) table: FieldTable,
    #[serde(skip)]
    pub(super) inner_table: FieldTable,
}

/// The vendor's screens, for repairs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Screens {
    pub(super) services: String,
    pub(super) people: String,
    pub(super) staff: String,
    pub(super) timeline: String,
}

/// A vendor's wire format.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Whose it is.
    pub vendor: Vendor,
    /// How far to trust it.
    pub status: ProfileStatus,
    /// The kinds of data that are asked for.
    #[serde(default = "json")]
    pub(super) accept: String,
    /// Sent with each question, whether it has a body or not.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(skip)]
    pub(super) always: HeaderMap,
    #[serde(default)]
    pub(super) forbidden: Forbidden,
    pub(super) screens: Screens,
    pub(super) credentials: Vec<CredentialLine>,
    pub(super) paging: Paging,
    /// `None` where the vendor lists none: the key is then for everybody it shows.
    pub(super) services: Option<Operation>,
    pub(super) people: Operation,
    pub(super) staff: Operation,
    /// `None` where nothing is written.
    pub(super) entry: Option<EntryForm>,
    /// How an entry is looked up by our own identifier; `None` where the vendor cannot be asked.
    pub(super) find_entry: Option<Operation>,
    pub(super) tasks: Option<Operation>,
    pub(super) task_note: Option<NoteForm>,
    /// Session notes, where the vendor keeps any.
    pub(super) notes: Option<Operation>,
    /// Whose the credential is: an answer that is one record.
    pub(super) owner: Option<Operation>,
}

fn json() -> String {
    "application/json".to_owned()
}

/// Why a profile cannot be used. Names the place and the repair.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the profile of {vendor} cannot be used: {problem}")]
pub struct ProfileProblem {
    /// Whose profile.
    pub vendor: Vendor,
    /// What is wrong with it.
    pub problem: String,
}

impl Profile {
    /// Reads and checks a profile.
    pub fn parse(vendor: Vendor, text: &str) -> Result<Self, ProfileProblem> {
        let wrong = |problem: String| ProfileProblem { vendor, problem };
        let mut profile: Self = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        if profile.vendor != vendor {
            return Err(wrong(format!("it says vendor = \"{}\"", profile.vendor.id())));
        }
        profile.check_credentials().map_err(wrong)?;
        profile.always = headers(&profile.headers).map_err(wrong)?;
        check_paging(&profile.paging).map_err(wrong)?;
        if let Some(entry) = &profile.entry {
            entry.check().map_err(|problem| wrong(format!("[entry] {problem}")))?;
        }
        if let Some(note) = &profile.task_note {
            note.target.check().map_err(|problem| wrong(format!("[task_note] {problem}")))?;
        }
        let named = [Field::ExternalId, Field::FirstName, Field::LastName];
        let operations: [(Option<&mut Operation>, &'static str, &[Field]); 7] = [
            (profile.notes.as_mut(), "notes", &[Field::ExternalId, Field::Fields]),
            (profile.owner.as_mut(), "owner", &[]),
            (profile.find_entry.as_mut(), "find_entry", &[Field::ExternalId, Field::OurId]),
            (profile.tasks.as_mut(), "tasks", &[Field::ExternalId, Field::Person, Field::Fields]),
            (profile.services.as_mut(), "services", &[Field::ExternalId, Field::Name]),
            (Some(&mut profile.people), "people", &named),
            (Some(&mut profile.staff), "staff", &named),
        ];
        for (operation, name, needed) in operations {
            if let Some(operation) = operation {
                operation.prepare(needed).map_err(|problem| wrong(format!("[{name}] {problem}")))?;
                operation.name = name;
            }
        }
        Ok(profile)
    }

    /// What each field of a resident rests on, for the page that shows the profile to an administrator.
    pub fn people_fields(&self) -> impl Iterator<Item = (Field, &Accepted)> {
        self.people.fields.iter().map(|(field, accepted)| (*field, accepted))
    }

    fn check_credentials(&self) -> Result<(), String> {
        for line in &self.credentials {
            let fine = match line.place {
                Place::Header => HeaderName::try_from(line.name.as_str()).is_ok(),
                Place::Query => !line.name.is_empty(),
                Place::BasicUser | Place::BasicPassword | Place::BasicPair | Place::Bearer => true,
            };
            if !fine {
                return Err(format!("[[credentials]] name = \"{}\" cannot be used there", line.name));
            }
        }
        if self.credentials.is_empty() { Err("[[credentials]] is missing".to_owned()) } else { Ok(()) }
    }
}

impl Operation {
    /// Whether a record is of a kind that does not concern us.
    pub(super) fn leaves_out(&self, row: &Row<'_>) -> bool {
        self.leave_out.iter().any(|(field, words)| {
            values::text(row.get(*field))
                .ok()
                .flatten()
                .is_some_and(|said| words.iter().any(|word| word.eq_ignore_ascii_case(&said)))
        })
    }

    fn prepare(&mut self, needed: &[Field]) -> Result<(), String> {
        if !self.path.starts_with('/') || self.path.contains(['?', '#', '@', '\\', ' ']) {
            return Err("path must begin with / and be nothing but a path".to_owned());
        }
        if let Some(missing) = needed.iter().find(|field| !self.fields.contains_key(field)) {
            return Err(format!("fields: {missing:?} is missing"));
        }
        self.table = FieldTable::new(&self.fields, &self.ignore)?;
        self.inner_table = FieldTable::new(&self.inner_fields, &[])?;
        Ok(())
    }
}

/// What is sent with each question; credentials have lines of their own.
fn headers(named: &BTreeMap<String, String>) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in named {
        let pair = HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::try_from(value.as_str()).ok());
        let Some((name, value)) = pair.filter(|(name, _)| *name != AUTHORIZATION) else {
            return Err(format!("[headers] {name} cannot be sent"));
        };
        map.insert(name, value);
    }
    Ok(map)
}

fn check_paging(paging: &Paging) -> Result<(), String> {
    match paging {
        Paging::Page { size: 0, .. } => Err("[paging] size must be at least 1".to_owned()),
        Paging::Next { field } if field.is_empty() => Err("[paging] field is empty".to_owned()),
        _ => Ok(()),
    }
}

/// The other way round, for reading: from the name on the wire to our field and its place in the order.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldTable {
    names: HashMap<String, (Field, usize)>,
    ignored: HashSet<String>,
}

impl FieldTable {
    fn new(fields: &BTreeMap<Field, Accepted>, ignore: &[String]) -> Result<Self, String> {
        let mut names = HashMap::new();
        for (field, accepted) in fields {
            for (rank, name) in accepted.accept.iter().enumerate() {
                if names.insert(name.clone(), (*field, rank)).is_some() {
                    return Err(format!("fields: \"{name}\" is accepted twice"));
                }
            }
        }
        Ok(Self { names, ignored: ignore.iter().cloned().collect() })
    }

    pub(super) fn get(&self, name: &str) -> Option<(Field, usize)> {
        self.names.get(name).copied()
    }

    pub(super) fn ignores(&self, name: &str) -> bool {
        self.ignored.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOURISH: &str = include_str!("nourish/profile.toml");

    #[test]
    fn every_built_in_profile_can_be_used() {
        for vendor in Vendor::ALL {
            if let Some(text) = vendor.about().profile {
                Profile::parse(vendor, text).unwrap();
            }
        }
    }

    #[test]
    fn the_built_in_profile_is_partly_verified_and_knows_its_basis() {
        let profile = Profile::parse(Vendor::Nourish, NOURISH).unwrap();
        assert_eq!(profile.status.words(), "partly verified");
        let documented = profile.people_fields().filter(|(_, accepted)| accepted.basis == Basis::Doc).count();
        assert_eq!(documented, 5);
        assert_eq!(profile.people.table.get("dob"), Some((Field::DateOfBirth, 2)));
    }

    #[test]
    fn a_senseless_profile_is_refused_with_the_place_named() {
        for (from, to, told) in [
            ("vendor = \"nourish\"", "vendor = \"pcs\"", "it says vendor"),
            ("/v2/clients/reader", "https://elsewhere.test/", "[people] path"),
            ("name = \"integration-id\"", "name = \"integration id\"", "[[credentials]]"),
            ("\"known_as\"", "\"first_name\"", "accepted twice"),
            ("style = \"next\"", "style = \"spiral\"", "spiral"),
            ("last_name = { accept = [\"last_name\"], basis = \"doc\" }\n", "", "LastName is missing"),
            ("room = {", "rooom = {", "rooom"),
        ] {
            let text = NOURISH.replacen(from, to, 1);
            assert_ne!(text, NOURISH, "{from}");
            let problem = Profile::parse(Vendor::Nourish, &text).unwrap_err();
            assert!(problem.to_string().contains(told), "{told}: {problem}");
        }
    }
}
