//! A care record system that is told what to answer, in the place of any vendor whose key we receive.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kinbridge::connectors::{
    CareSystem, Credential, Failure, FailureKind, Found, PersonRecord, Probe, ProfileStatus, Progress,
    Receipt, ServiceRecord, ShownField, Snapshot, StaffRecord, TaskRecord, TimelineEntry, Topic, Vendor,
};

/// What it does now, and how often it was asked.
#[derive(Default)]
pub struct Mood {
    pub failure: Option<FailureKind>,
    pub people: Vec<PersonRecord>,
    pub staff: Vec<StaffRecord>,
    pub services: Vec<ServiceRecord>,
    pub asked: usize,
}

#[derive(Clone)]
pub struct Fake {
    vendor: Vendor,
    pub mood: Arc<Mutex<Mood>>,
}

impl Fake {
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor, mood: Arc::default() }
    }

    pub fn fail(&self, failure: Option<FailureKind>) {
        self.mood.lock().unwrap().failure = failure;
    }

    pub fn asked(&self) -> usize {
        self.mood.lock().unwrap().asked
    }

    pub fn with_people(self) -> Self {
        let person = |id: &str, first: &str, last: &str, service: &str| PersonRecord {
            external_id: id.into(),
            first_name: first.into(),
            last_name: last.into(),
            date_of_birth: chrono::NaiveDate::from_ymd_opt(1940, 5, 6),
            status: Some("Permanent".into()),
            service_id: Some(service.into()),
            ..PersonRecord::default()
        };
        {
            let mut mood = self.mood.lock().unwrap();
            mood.people = vec![
                person("1", "Betty", "Cole", "a"),
                person("2", "Arthur", "Bell", "a"),
                person("3", "Iris", "Hall", "b"),
                person("4", "Nora", "Dean", "b"),
            ];
            mood.staff = vec![StaffRecord {
                external_id: "s1".into(),
                first_name: "Ann".into(),
                last_name: "Lee".into(),
                service_id: Some("a".into()),
                ..StaffRecord::default()
            }];
            let service = |id: &str, name: &str| ServiceRecord {
                external_id: id.into(),
                name: name.into(),
                active: true,
                ..ServiceRecord::default()
            };
            mood.services = vec![service("a", "Garden Wing"), service("b", "Rose Wing")];
        }
        self
    }

    fn answer<T>(&self, of: impl FnOnce(&Mood) -> Vec<T>) -> Result<Snapshot<T>, Failure> {
        let mut mood = self.mood.lock().unwrap();
        mood.asked += 1;
        match mood.failure {
            Some(kind) => Err(Failure::new(self.vendor, kind)),
            None => Ok(Snapshot { records: of(&mood), ..Snapshot::default() }),
        }
    }
}

type Answer<'a, T> = BoxFuture<'a, Result<T, Failure>>;

impl CareSystem for Fake {
    fn vendor(&self) -> Vendor {
        self.vendor
    }

    fn profile_status(&self) -> ProfileStatus {
        ProfileStatus::Unverified
    }

    fn list_services<'a>(&'a self, _: &'a Credential) -> Answer<'a, Snapshot<ServiceRecord>> {
        let answer = self.answer(|mood| mood.services.clone());
        async move { answer }.boxed()
    }

    fn read_people<'a>(
        &'a self,
        _: &'a Credential,
        _: &'a dyn Progress,
    ) -> Answer<'a, Snapshot<PersonRecord>> {
        let answer = self.answer(|mood| mood.people.clone());
        async move { answer }.boxed()
    }

    fn read_staff<'a>(&'a self, _: &'a Credential, _: &'a dyn Progress) -> Answer<'a, Snapshot<StaffRecord>> {
        let answer = self.answer(|mood| mood.staff.clone());
        async move { answer }.boxed()
    }

    fn probe<'a>(&'a self, _: &'a Credential) -> BoxFuture<'a, Probe> {
        let probe = match self.answer(|mood| mood.people.clone()) {
            Ok(people) => Probe {
                reached: true,
                accepted: true,
                people: Some(people.records.len()),
                samples: people.records.into_iter().take(3).collect(),
                services: self.mood.lock().unwrap().services.clone(),
                ..Probe::default()
            },
            Err(failure) => {
                Probe { reached: failure.kind.answered(), failure: Some(failure), ..Probe::default() }
            }
        };
        async move { probe }.boxed()
    }

    fn writes(&self) -> bool {
        false
    }

    fn code(&self, _: Topic) -> Option<String> {
        None
    }

    fn shown(&self, _: &TimelineEntry) -> Vec<ShownField> {
        Vec::new()
    }

    fn write_entry<'a>(&'a self, _: &'a Credential, _: &'a TimelineEntry) -> Answer<'a, Receipt> {
        async { Ok(Receipt::default()) }.boxed()
    }

    fn find_entry<'a>(&'a self, _: &'a Credential, _: &'a str) -> Answer<'a, Found> {
        async { Ok(Found::CannotLook) }.boxed()
    }

    fn read_tasks<'a>(&'a self, _: &'a Credential, _: DateTime<Utc>) -> Answer<'a, Snapshot<TaskRecord>> {
        let answer = self.answer(|_| Vec::new());
        async move { answer }.boxed()
    }

    fn answer_task<'a>(&'a self, _: &'a Credential, _: &'a str, _: &'a str) -> Answer<'a, ()> {
        async { Ok(()) }.boxed()
    }
}
