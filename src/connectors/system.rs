//! A care record system as its profile describes it. Everything particular to a vendor is in the profile; this is
//! what they have in common.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::collect::{Collector, FromRow};
use super::http::{Engine, List};
use super::profile::{Field, Operation, Profile};
use super::row::Row;
use super::single::Single;
use super::values;
use super::{
    CareSystem, Credential, EntryRecord, Failure, FailureKind, Found, NoteRecord, Owner, PersonRecord, Probe,
    ProfileStatus, Progress, Receipt, ServiceRecord, ShownField, Snapshot, StaffRecord, TaskRecord,
    TimelineEntry, Topic, Vendor,
};

/// A longer identifier is none.
const LONGEST_ID: usize = 200;

/// What is said of the owner of a credential is short.
const LONGEST_OWNER: usize = 64 * 1024;

/// How many people *Test connection* shows.
const SAMPLES: usize = 3;

/// A vendor that a profile describes.
pub(super) struct ProfiledSystem {
    pub(super) profile: Profile,
    pub(super) engine: Engine,
}

impl ProfiledSystem {
    async fn read<R: FromRow>(
        &self,
        operation: &Operation,
        screen: &str,
        credential: &Credential,
        progress: &dyn Progress,
    ) -> Result<Snapshot<R>, Failure> {
        let list = List { profile: &self.profile, operation, wanted: None };
        self.read_list(&list, screen, credential, progress).await
    }

    async fn read_list<R: FromRow>(
        &self,
        list: &List<'_>,
        screen: &str,
        credential: &Credential,
        progress: &dyn Progress,
    ) -> Result<Snapshot<R>, Failure> {
        let mut collector = Collector::<R>::new(self.profile.vendor, list.operation, screen, credential);
        let bytes = self.engine.list(list, credential, &mut collector, progress).await?;
        collector.finish(bytes).map_err(|kind| Failure::new(self.profile.vendor, kind))
    }

    async fn write(&self, credential: &Credential, entry: &TimelineEntry) -> Result<Receipt, Failure> {
        let Some(form) = &self.profile.entry else {
            return Err(Failure::new(self.profile.vendor, FailureKind::EntryRejected));
        };
        let (body, to) = (form.body(entry), (credential, entry.person.as_str()));
        let confirmed = self.engine.send_body(&self.profile, form.target(), to, ("entry", &body)).await?;
        // The names are those by which an entry is read back.
        let names = ["id", "ID", "interaction_id"];
        let vendor_id = names.iter().find_map(|name| confirmed.get(name)).and_then(|id| {
            id.as_str().map(str::to_owned).or_else(|| id.as_u64().map(|number| number.to_string()))
        });
        Ok(Receipt { vendor_id: vendor_id.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID) })
    }

    async fn find(&self, credential: &Credential, external_id: &str) -> Result<Found, Failure> {
        let Some(operation) = &self.profile.find_entry else { return Ok(Found::CannotLook) };
        let list = List { profile: &self.profile, operation, wanted: Some(external_id) };
        let screen = &self.profile.screens.timeline;
        let found = self.read_list::<EntryRecord>(&list, screen, credential, &()).await?;
        let ours = found.records.into_iter().find(|record| record.our_id == external_id);
        Ok(ours.map_or(Found::NotThere, |record| Found::There(Receipt { vendor_id: Some(record.vendor_id) })))
    }

    async fn tasks(
        &self,
        credential: &Credential,
        since: DateTime<Utc>,
    ) -> Result<Snapshot<TaskRecord>, Failure> {
        let since = since.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let Some(operation) = &self.profile.tasks else { return Ok(Snapshot::default()) };
        let list = List { profile: &self.profile, operation, wanted: Some(&since) };
        self.read_list(&list, &self.profile.screens.timeline, credential, &()).await
    }

    async fn notes(
        &self,
        credential: &Credential,
        since: Option<DateTime<Utc>>,
        progress: &dyn Progress,
    ) -> Result<Snapshot<NoteRecord>, Failure> {
        let Some(operation) = &self.profile.notes else { return Ok(Snapshot::default()) };
        let since = since.map(|since| since.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        let list = List { profile: &self.profile, operation, wanted: since.as_deref() };
        self.read_list(&list, &self.profile.screens.timeline, credential, progress).await
    }

    /// Nobody where the vendor has no such page.
    async fn owner(&self, credential: &Credential) -> Result<Owner, Failure> {
        let Some(operation) = &self.profile.owner else { return Ok(Owner::default()) };
        let (profile, path) = (&self.profile, operation.path.as_str());
        let wanted = Single { profile, operation: operation.name, path, longest: LONGEST_OWNER };
        let answer = match self.engine.single(&wanted, credential).await {
            Err(failure) if failure.kind == FailureKind::NotFound => return Ok(Owner::default()),
            answer => answer?,
        };
        let failed = |kind| Failure::new(self.profile.vendor, kind);
        let text = str::from_utf8(&answer).map_err(|_bad| failed(FailureKind::BadText))?;
        let row = Row::parse(text, &operation.table, &mut BTreeSet::new()).map_err(|error| {
            failed(if error.is_eof() { FailureKind::TruncatedJson } else { FailureKind::MalformedJson })
        })?;
        let said = |field| values::text(row.get(field)).ok().flatten();
        let name = said(Field::Name).unwrap_or_else(|| {
            let parts = [said(Field::FirstName), said(Field::LastName)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        Ok(Owner {
            name,
            security_group: said(Field::Role).unwrap_or_default(),
            is_administrator: values::flag(row.get(Field::IsAdministrator)).ok().flatten(),
        })
    }

    /// The services; a vendor that lists none has one, which is everything that the key shows.
    async fn services(&self, credential: &Credential) -> Result<Snapshot<ServiceRecord>, Failure> {
        let Some(operation) = &self.profile.services else {
            let everything = ServiceRecord {
                external_id: "everything".to_owned(),
                name: self.profile.vendor.name().to_owned(),
                active: true,
                token_key: Some(credential.key().to_owned()),
                locations: Vec::new(),
            };
            return Ok(Snapshot { records: vec![everything], ..Snapshot::default() });
        };
        self.read(operation, &self.profile.screens.services, credential, &()).await
    }

    async fn look(&self, credential: &Credential) -> Probe {
        let mut probe = Probe::default();
        match self.list_services(credential).await {
            Ok(listed) => {
                probe.reached = listed.vendor_time.is_some() || listed.fetched_bytes > 0;
                probe.vendor_time = listed.vendor_time;
                probe.services = listed.records.into_iter().filter(ServiceRecord::ours).collect();
            }
            Err(failure) => return stopped(probe, failure),
        }
        if probe.services.is_empty() {
            return probe;
        }
        // Whoever lists its services to the key has taken it.
        probe.accepted = probe.reached;
        match self.read_people(credential, &()).await {
            Ok(people) => {
                (probe.reached, probe.accepted) = (true, true);
                probe.vendor_time = people.vendor_time.or(probe.vendor_time);
                probe.people = Some(people.records.len());
                probe.samples = people.records.into_iter().take(SAMPLES).collect();
                probe
            }
            Err(failure) => stopped(probe, failure),
        }
    }
}

/// What is known of a connection that went no further.
pub(super) fn stopped(mut probe: Probe, failure: Failure) -> Probe {
    probe.reached |= failure.kind.answered();
    probe.accepted &= failure.kind != FailureKind::CredentialRefused;
    probe.failure = Some(failure);
    probe
}

impl CareSystem for ProfiledSystem {
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
        self.read(&self.profile.people, &self.profile.screens.people, credential, progress).boxed()
    }

    fn read_staff<'a>(
        &'a self,
        credential: &'a Credential,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot<StaffRecord>, Failure>> {
        self.read(&self.profile.staff, &self.profile.screens.staff, credential, progress).boxed()
    }

    fn read_notes<'a>(
        &'a self,
        credential: &'a Credential,
        since: Option<DateTime<Utc>>,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot<NoteRecord>, Failure>> {
        self.notes(credential, since, progress).boxed()
    }

    fn read_owner<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Owner, Failure>> {
        self.owner(credential).boxed()
    }

    fn probe<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Probe> {
        self.look(credential).boxed()
    }

    fn writes(&self) -> bool {
        self.profile.entry.is_some()
    }

    fn code(&self, topic: Topic) -> Option<String> {
        self.profile.entry.as_ref().and_then(|form| form.code(topic)).map(str::to_owned)
    }

    fn shown(&self, entry: &TimelineEntry) -> Vec<ShownField> {
        self.profile.entry.as_ref().map(|form| form.shown(entry)).unwrap_or_default()
    }

    fn write_entry<'a>(
        &'a self,
        credential: &'a Credential,
        entry: &'a TimelineEntry,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        self.write(credential, entry).boxed()
    }

    fn find_entry<'a>(
        &'a self,
        credential: &'a Credential,
        external_id: &'a str,
    ) -> BoxFuture<'a, Result<Found, Failure>> {
        self.find(credential, external_id).boxed()
    }

    fn read_tasks<'a>(
        &'a self,
        credential: &'a Credential,
        since: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<Snapshot<TaskRecord>, Failure>> {
        self.tasks(credential, since).boxed()
    }

    fn answer_task<'a>(
        &'a self,
        credential: &'a Credential,
        task: &'a str,
        words: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        async move {
            // Where no task can be read, there is none to answer.
            let Some(note) = &self.profile.task_note else { return Ok(()) };
            let body = note.body(task, words);
            let noted = ("task_note", &body);
            self.engine.send_body(&self.profile, &note.target, (credential, ""), noted).await.map(drop)
        }
        .boxed()
    }
}
