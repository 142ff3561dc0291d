//! A care record system that speaks FHIR R4. Asks by search, follows the pages, and only reads.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::bundle::{Each, Entries};
use super::capability;
use super::records::{Posts, Records};
use super::rows::{self, Places, Post};
use crate::connectors::collect::Collector;
use crate::connectors::http::{Engine, List};
use crate::connectors::profile::{Operation, Profile};
use crate::connectors::system::{ProfiledSystem, stopped};
use crate::connectors::{
    CareSystem, Credential, Failure, FailureKind, Found, PersonRecord, Probe, ProfileProblem, ProfileStatus,
    Progress, Receipt, ServiceRecord, ShownField, Snapshot, StaffRecord, TaskRecord, TimelineEntry, Topic,
    Vendor,
};

const ROLES: &str = include_str!("roles.toml");

/// How many people *Test connection* shows.
const SAMPLES: usize = 3;

/// A care record system that speaks FHIR R4.
pub(in crate::connectors) struct FhirSystem {
    profile: Profile,
    /// One person, by the identifier of their record.
    person: Operation,
    roles: Operation,
    engine: Engine,
}

impl FhirSystem {
    /// Reads by the profile and the engine of a system whose records lie flat.
    pub(in crate::connectors) fn new(plain: ProfiledSystem) -> Result<Self, ProfileProblem> {
        let ProfiledSystem { profile, engine } = plain;
        let mut roles: Operation = toml::from_str(ROLES).map_err(|error| ProfileProblem {
            vendor: profile.vendor,
            problem: error.message().to_owned(),
        })?;
        roles.name = "roles";
        let mut person = profile.people.clone();
        "_id".clone_into(&mut person.ask);
        Ok(Self { profile, person, roles, engine })
    }

    /// One search over all its pages; the number of bytes.
    async fn search(
        &self,
        (operation, kind): (&Operation, &'static str),
        wanted: Option<&str>,
        credential: &Credential,
        each: &mut dyn Each,
        progress: &dyn Progress,
    ) -> Result<u64, Failure> {
        let list = List { profile: &self.profile, operation, wanted };
        let mut entries = Entries::new(kind, each);
        let read = self.engine.list(&list, credential, &mut entries, progress).await;
        let said = entries.said;
        read.map_err(|failure| said.as_deref().map_or(failure.clone(), |said| failure.saying(said)))
    }

    fn failed(&self, kind: FailureKind) -> Failure {
        self.engine.failure(kind)
    }

    /// The places that people belong to, and which organisation runs which.
    async fn locations(&self, credential: &Credential) -> Result<(Snapshot<ServiceRecord>, Places), Failure> {
        let Some(operation) = &self.profile.services else {
            return Ok((Snapshot::default(), Places::default()));
        };
        let mut places = Places::default();
        let collector = Collector::new(self.vendor(), operation, &self.profile.screens.services, credential);
        let mut records = Records::<ServiceRecord>::new(collector, |resource, _today| {
            let row = rows::place(resource)?;
            places.note(resource);
            Some(row)
        });
        let bytes = self.search((operation, "Location"), None, credential, &mut records, &()).await?;
        let listed = records.finish(bytes).map_err(|kind| self.failed(kind))?;
        Ok((listed, places))
    }

    /// The places as services; where a system has none, all of it is one.
    async fn services(&self, credential: &Credential) -> Result<Snapshot<ServiceRecord>, Failure> {
        let mut listed = match self.locations(credential).await {
            Ok((listed, _)) => listed,
            Err(failure) if is_absent(failure.kind) => {
                let offers = capability::read(&self.engine, &self.profile, credential).await?;
                if offers.searches("Location") {
                    return Err(failure);
                }
                Snapshot::default()
            }
            Err(failure) => return Err(failure),
        };
        if listed.records.is_empty() {
            listed.records.push(ServiceRecord {
                external_id: "everything".to_owned(),
                name: self.vendor().name().to_owned(),
                active: true,
                token_key: Some(credential.key().to_owned()),
                locations: Vec::new(),
            });
        }
        Ok(listed)
    }

    async fn people(
        &self,
        (operation, wanted): (&Operation, Option<&str>),
        credential: &Credential,
        progress: &dyn Progress,
    ) -> Result<Snapshot<PersonRecord>, Failure> {
        // Places are a help to sort people by; without them they come all the same.
        let places = match self.locations(credential).await {
            Ok((_, places)) => places.by_organisation(),
            Err(failure) if is_absent(failure.kind) || is_closed(failure.kind) => HashMap::new(),
            Err(failure) => return Err(failure),
        };
        let collector = Collector::new(self.vendor(), operation, &self.profile.screens.people, credential);
        let mut records =
            Records::new(collector, |resource, today| Some(rows::person(resource, today, &places)));
        let bytes = self.search((operation, "Patient"), wanted, credential, &mut records, progress).await?;
        records.finish(bytes).map_err(|kind| self.failed(kind))
    }

    /// A server may pass over a parameter that it does not know, and send everybody.
    async fn person(&self, id: &str, credential: &Credential) -> Result<Snapshot<PersonRecord>, Failure> {
        let mut found = self.people((&self.person, Some(id)), credential, &()).await?;
        found.records.retain(|record| record.external_id == id);
        found.set_aside.retain(|aside| aside.external_id.as_deref() == Some(id));
        found.warnings.retain(|warning| warning.external_id == id);
        Ok(found)
    }

    async fn changed(
        &self,
        since: DateTime<Utc>,
        credential: &Credential,
        progress: &dyn Progress,
    ) -> Result<Snapshot<PersonRecord>, Failure> {
        let since = since.format("ge%Y-%m-%dT%H:%M:%SZ").to_string();
        self.people((&self.profile.people, Some(&since)), credential, progress).await
    }

    async fn staff(
        &self,
        credential: &Credential,
        progress: &dyn Progress,
    ) -> Result<Snapshot<StaffRecord>, Failure> {
        let posts = self.posts(credential).await?;
        let operation = &self.profile.staff;
        let collector = Collector::new(self.vendor(), operation, &self.profile.screens.staff, credential);
        let mut records =
            Records::new(collector, |resource, today| Some(rows::worker(resource, today, &posts)));
        let bytes =
            self.search((operation, "Practitioner"), None, credential, &mut records, progress).await?;
        records.finish(bytes).map_err(|kind| self.failed(kind))
    }

    async fn posts(&self, credential: &Credential) -> Result<HashMap<String, Post>, Failure> {
        let mut posts = Posts::default();
        match self.search((&self.roles, "PractitionerRole"), None, credential, &mut posts, &()).await {
            Ok(_bytes) => Ok(posts.by_practitioner),
            Err(failure) if is_absent(failure.kind) || is_closed(failure.kind) => Ok(HashMap::new()),
            Err(failure) => Err(failure),
        }
    }

    async fn look(&self, credential: &Credential) -> Probe {
        let mut probe = Probe::default();
        let offers = match capability::read(&self.engine, &self.profile, credential).await {
            Ok(offers) => offers,
            Err(failure) => return stopped(probe, failure),
        };
        probe.reached = true;
        if !offers.searches("Patient") {
            return stopped(probe, capability::missing(&self.engine, "Patient"));
        }
        match self.services(credential).await {
            Ok(listed) => {
                probe.vendor_time = listed.vendor_time;
                // Whoever lists its places to the token has taken it; what a server says of itself, it says to anybody.
                probe.accepted = listed.fetched_bytes > 0;
                probe.services = listed.records.into_iter().filter(ServiceRecord::ours).collect();
            }
            Err(failure) => return stopped(probe, failure),
        }
        match self.people((&self.profile.people, None), credential, &()).await {
            Ok(people) => {
                probe.accepted = true;
                probe.vendor_time = people.vendor_time.or(probe.vendor_time);
                probe.people = Some(people.records.len());
                probe.samples = people.records.into_iter().take(SAMPLES).collect();
            }
            Err(failure) => return stopped(probe, failure),
        }
        let missing = ["Practitioner", "Location"].into_iter().find(|kind| !offers.searches(kind));
        probe.failure = missing.map(|kind| capability::missing(&self.engine, kind));
        probe
    }

    fn only_read(&self) -> Failure {
        Failure {
            words: "Kinbridge only reads from FHIR R4: entries are not written there.".to_owned(),
            repair: "Nothing to do: the entry stays in Kinbridge.".to_owned(),
            ..self.failed(FailureKind::EntryRejected)
        }
    }
}

/// The server knows no such search.
fn is_absent(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::NotFound | FailureKind::Rejected)
}

/// The token does not open this search; whether it opens the one that matters is asked next.
fn is_closed(kind: FailureKind) -> bool {
    kind == FailureKind::CredentialRefused
}

impl CareSystem for FhirSystem {
    fn vendor(&self) -> Vendor {
        self.profile.vendor
    }

    fn profile_status(&self) -> ProfileStatus {
        self.profile.status
    }

    fn list_services<'a>(
        &'a self,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<Snapshot<ServiceRecord>, Failure>> {
        self.services(credential).boxed()
    }

    fn read_people<'a>(
        &'a self,
        credential: &'a Credential,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot<PersonRecord>, Failure>> {
        self.people((&self.profile.people, None), credential, progress).boxed()
    }

    fn read_changed_people<'a>(
        &'a self,
        credential: &'a Credential,
        since: DateTime<Utc>,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot<PersonRecord>, Failure>> {
        self.changed(since, credential, progress).boxed()
    }

    fn read_person<'a>(
        &'a self,
        credential: &'a Credential,
        external_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Snapshot<PersonRecord>>, Failure>> {
        async move { self.person(external_id, credential).await.map(Some) }.boxed()
    }

    fn read_staff<'a>(
        &'a self,
        credential: &'a Credential,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot<StaffRecord>, Failure>> {
        self.staff(credential, progress).boxed()
    }

    fn probe<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Probe> {
        self.look(credential).boxed()
    }

    fn writes(&self) -> bool {
        false
    }

    fn code(&self, _topic: Topic) -> Option<String> {
        None
    }

    fn shown(&self, _entry: &TimelineEntry) -> Vec<ShownField> {
        Vec::new()
    }

    fn write_entry<'a>(
        &'a self,
        _credential: &'a Credential,
        _entry: &'a TimelineEntry,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        std::future::ready(Err(self.only_read())).boxed()
    }

    fn find_entry<'a>(
        &'a self,
        _credential: &'a Credential,
        _external_id: &'a str,
    ) -> BoxFuture<'a, Result<Found, Failure>> {
        std::future::ready(Ok(Found::NotThere)).boxed()
    }

    fn read_tasks<'a>(
        &'a self,
        _credential: &'a Credential,
        _since: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<Snapshot<TaskRecord>, Failure>> {
        std::future::ready(Ok(Snapshot::default())).boxed()
    }

    fn answer_task<'a>(
        &'a self,
        _credential: &'a Credential,
        _task: &'a str,
        _words: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        std::future::ready(Err(self.only_read())).boxed()
    }
}
