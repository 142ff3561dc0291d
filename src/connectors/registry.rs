//! Which connectors this installation has, built from plain settings. Building reads no network and no file.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::address::{BaseUrl, Lookup, SystemLookup, check_base_url};
use super::http::Engine;
use super::profile::{Forbidden, Profile, ProfileProblem};
use super::system::ProfiledSystem;
use super::{CareSystem, FailureKind, Journal, Secret, Vendor, VisitService, ally_health, fhir};

/// How long and how much a vendor may answer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until connected, name lookup and encryption included.
    pub connect: Duration,
    /// From the question until the answer begins, connecting included.
    pub first_byte: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// For a whole list, all pages together.
    pub total: Duration,
    /// Bytes of a whole list, counted after unpacking, all pages together.
    pub body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(15),
            idle: Duration::from_secs(15),
            total: Duration::from_mins(1),
            body: 40 * 1024 * 1024,
        }
    }
}

/// Everything the connectors need to know of this installation.
#[derive(Clone, Default)]
pub struct ConnectorSettings {
    /// Where each vendor is, for example `https://api.example.org/nourish`. A vendor without one answers every
    /// call with `NotConfigured`.
    pub base_urls: BTreeMap<Vendor, String>,
    /// What vendors issued to whoever runs this installation, for their products: Nourish's integration id, PCS's
    /// developer key.
    pub deployments: BTreeMap<Vendor, Secret>,
    /// Exact origins (`http://127.0.0.1:9301`) that may be on this machine, on a private network, without TLS or
    /// on another port. For the simulators, and for an operator who knows why.
    pub allowed_origins: Vec<String>,
    /// How long and how much.
    pub limits: Limits,
    /// Profiles (TOML) that replace the built-in ones, for the day a vendor's document arrives.
    pub profiles: BTreeMap<Vendor, String>,
    /// Where host names are looked up; `None`: as this machine does it.
    pub lookup: Option<Arc<dyn Lookup>>,
}

impl fmt::Debug for ConnectorSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectorSettings").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The connectors of this installation. Services that make visits stand apart, so that nobody who goes through the
/// care record systems meets one.
#[derive(Clone, Default)]
pub struct CareSystems {
    systems: BTreeMap<Vendor, Arc<dyn CareSystem>>,
    visits: BTreeMap<Vendor, Arc<dyn VisitService>>,
    journal: Arc<Journal>,
}

impl CareSystems {
    /// Builds every connector this build has. Fails on a profile that makes no sense; an address that makes none is
    /// told by each call instead, so that one vendor's setting never keeps the others from working.
    pub fn new(settings: &ConnectorSettings) -> Result<Self, ProfileProblem> {
        let mut systems = Self::default();
        for vendor in Vendor::ALL {
            if let Some(built_in) = vendor.about().profile {
                let journal = Arc::clone(&systems.journal);
                systems = systems.with(Arc::new(profiled(vendor, built_in, settings, journal)?));
            }
        }
        let journal = Arc::clone(&systems.journal);
        let fhir = profiled(Vendor::Fhir, fhir::PROFILE, settings, Arc::clone(&journal))?;
        systems = systems.with(Arc::new(fhir::FhirSystem::new(fhir)?));
        let (vendor, built_in) = (Vendor::AllyHealth, ally_health::PROFILE);
        let text = settings.profiles.get(&vendor).map_or(built_in, String::as_str);
        // Its address comes with each key.
        let engine = engine(vendor, settings, Err(FailureKind::NotConfigured), Forbidden::default(), journal);
        systems.visits.insert(vendor, Arc::new(ally_health::AllyHealth::new(text, engine)?));
        Ok(systems)
    }

    /// The service that makes visits.
    pub fn visits(&self, vendor: Vendor) -> Option<Arc<dyn VisitService>> {
        self.visits.get(&vendor).cloned()
    }

    /// The connector of that vendor, if this build has one.
    pub fn get(&self, vendor: Vendor) -> Option<Arc<dyn CareSystem>> {
        self.systems.get(&vendor).cloned()
    }

    /// Puts a connector in the place of the built-in one.
    #[must_use]
    pub fn with(mut self, system: Arc<dyn CareSystem>) -> Self {
        self.systems.insert(system.vendor(), system);
        self
    }

    /// Those there are.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn CareSystem>> {
        self.systems.values()
    }

    /// What was asked and answered since somebody last took it.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
}

fn profiled(
    vendor: Vendor,
    built_in: &str,
    settings: &ConnectorSettings,
    journal: Arc<Journal>,
) -> Result<ProfiledSystem, ProfileProblem> {
    let text = settings.profiles.get(&vendor).map_or(built_in, String::as_str);
    let profile = Profile::parse(vendor, text)?;
    let base = match settings.base_urls.get(&vendor) {
        None => Err(FailureKind::NotConfigured),
        Some(url) => {
            check_base_url(url, &settings.allowed_origins).map_err(|_problem| FailureKind::AddressRefused)
        }
    };
    let engine = engine(vendor, settings, base, profile.forbidden, journal);
    Ok(ProfiledSystem { profile, engine })
}

fn engine(
    vendor: Vendor,
    settings: &ConnectorSettings,
    base: Result<BaseUrl, FailureKind>,
    forbidden: Forbidden,
    journal: Arc<Journal>,
) -> Engine {
    Engine {
        vendor,
        base,
        allowed_origins: settings.allowed_origins.clone(),
        deployment: settings.deployments.get(&vendor).cloned(),
        limits: settings.limits,
        forbidden,
        lookup: settings.lookup.clone().unwrap_or_else(|| Arc::new(SystemLookup)),
        clients: Mutex::default(),
        journal,
    }
}
