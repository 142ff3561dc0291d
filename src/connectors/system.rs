//! A care record system as its profile describes it. Everything particular to a vendor is in the profile; this is
//! what they have in common.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::collect::{Collector, FromRow};
use super::http::Engine;
use super::profile::{Operation, Profile};
use super::{
    CareSystem, Credential, Failure, FailureKind, PersonRecord, Probe, ProfileStatus, Progress,
    ServiceRecord, Snapshot, StaffRecord, Vendor,
};

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
        let mut collector = Collector::<R>::new(self.profile.vendor, operation, screen, credential);
        let bytes = self.engine.list(&self.profile, operation, credential, &mut collector, progress).await?;
        collector.finish(bytes).map_err(|kind| Failure::new(self.profile.vendor, kind))
    }

    async fn look(&self, credential: &Credential) -> Probe {
        let mut probe = Probe::default();
        match self.list_services(credential).await {
            Ok(listed) => {
                probe.reached = true;
                probe.vendor_time = listed.vendor_time;
                probe.services = listed.records.into_iter().filter(ServiceRecord::ours).collect();
            }
            Err(failure) => return stopped(probe, failure),
        }
        if probe.services.is_empty() {
            return probe;
        }
        match self.read_people(credential, &()).await {
            Ok(people) => {
                probe.accepted = true;
                probe.people = Some(people.records.len());
                probe.samples = people.records.into_iter().take(SAMPLES).collect();
                probe
            }
            Err(failure) => stopped(probe, failure),
        }
    }
}

fn stopped(mut probe: Probe, failure: Failure) -> Probe {
    probe.reached |= failure.kind.answered();
    probe.accepted = failure.kind.answered() && failure.kind != FailureKind::CredentialRefused;
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
        self.read(&self.profile.services, &self.profile.screens.services, credential, &()).boxed()
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

    fn probe<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Probe> {
        self.look(credential).boxed()
    }
}
