//! The simulated vendors beside the portal, and the files by which they are the same after a restart.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use actix_web::dev::{Server, ServerHandle};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{StartFailure, meadow, roster, rowan, therapy};
use crate::boot::listen;
use crate::config::Config;
use crate::kit::clock::Clock;
use crate::kit::secret::Secret;
use crate::sandbox::nourish::{Location, Population, Service};
use crate::sandbox::{Simulated, ensora, fhir, kareinn, nourish, pcs};

/// What the simulated Nourish expects in the place of the identifier that Nourish issues.
const INTEGRATION: &str = "kinbridge-demo";
const TRIES: u16 = 20;

/// A simulated vendor that is running.
pub(super) struct Played {
    pub(super) name: &'static str,
    /// The page to begin with.
    pub(super) url: String,
    /// What that page plays.
    pub(super) shows: &'static str,
    pub(super) handle: ServerHandle,
}

/// Starts the simulated vendors and points the connectors at them.
pub(super) fn play(config: &mut Config, folder: &Path) -> Result<Vec<Played>, StartFailure> {
    let mut stage = Stage { config, folder, played: Vec::new() };
    let words = ("Nourish", "/administration/extensions", "Administration > Extensions");
    stage.play("nourish", words, |listener| nourish::start(listener, population()))?;
    let pcs = rowan::pcs();
    let secret = pcs.dev_key.clone();
    stage
        .play("pcs", ("PCS", "/", "its main screen, on the way to the API key"), |at| pcs::start(at, pcs))?;
    let words = ("KareInn", "/", "Integrations, as KareInn's own people see it");
    stage.play("kareinn", words, |listener| kareinn::start(listener, rowan::kareinn()))?;
    let words = ("FHIR R4", "/access", "base address and access token of a system that speaks FHIR");
    stage.play("fhir", words, |listener| fhir::start(listener, meadow::population()))?;
    let words = ("Ensora", "/", "Organization with its token, session notes to write and publish");
    let there = therapy::population(Clock::System.now().and_utc());
    stage.play("ensora", words, |listener| ensora::start(listener, there))?;
    let played = stage.played;
    config.vendor_secrets.insert("nourish".into(), Secret::new(INTEGRATION));
    config.vendor_secrets.insert("pcs".into(), Secret::new(secret));
    Ok(played)
}

/// Where the simulated vendors play.
struct Stage<'c> {
    config: &'c mut Config,
    folder: &'c Path,
    played: Vec<Played>,
}

impl Stage<'_> {
    /// Starts one vendor. Its port follows the portal's, so that it is the same at the next start: a token belongs to
    /// one origin.
    fn play<S: Simulated>(
        &mut self,
        word: &'static str,
        (name, path, shows): (&'static str, &'static str, &'static str),
        start: impl FnOnce(TcpListener) -> io::Result<(S, Server)>,
    ) -> Result<(), StartFailure> {
        // What was set up in the simulator stands in a file of the demo's folder.
        let file = self.folder.join(format!("{word}.json"));
        let memory = read(&file).map_err(|cause| StartFailure::File(file.clone(), cause))?;
        let listener = beside(self.config.listen.port())?;
        let address = listener.local_addr().map_err(StartFailure::Server)?;
        let (simulator, server) = start(listener).map_err(StartFailure::Server)?;
        if let Some(memory) = memory {
            simulator.remember(memory);
        }
        simulator.keep_with(move |memory| {
            if let Err(cause) = write(&file, memory) {
                tracing::warn!(vendor = word, kind = ?cause.kind(), "a simulated vendor could not be kept");
            }
        });
        let handle = server.handle();
        tokio::spawn(server);
        let origin = format!("http://{address}");
        self.played.push(Played { name, url: format!("{origin}{path}"), shows, handle });
        self.config.allowed_vendor_origins.push(origin.clone());
        self.config.vendor_urls.insert(word.into(), origin);
        Ok(())
    }
}

/// Everybody and everything in Nourish, with nothing switched on.
pub fn population() -> Population {
    let services = roster::SERVICES.map(|(id, name, locations)| Service {
        id: id.into(),
        name: name.into(),
        locations: (1..)
            .zip(locations)
            .map(|(number, place)| Location { id: format!("{id}-{number}"), name: (*place).into() })
            .collect(),
    });
    Population {
        integration_id: INTEGRATION.into(),
        services: services.into(),
        clients: roster::residents().into_iter().filter_map(|person| person.there).collect(),
        users: roster::staff().into_iter().filter_map(|person| person.there).collect(),
    }
}

fn beside(port: u16) -> Result<TcpListener, StartFailure> {
    let next = (1..=TRIES).filter_map(|step| port.checked_add(step));
    let free =
        next.map(|port| SocketAddr::from(([127, 0, 0, 1], port))).find_map(|at| TcpListener::bind(at).ok());
    free.map_or_else(|| listen(SocketAddr::from(([127, 0, 0, 1], 0))), Ok)
}

fn read<M: DeserializeOwned>(file: &Path) -> io::Result<Option<M>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Whole or not at all, also when the process is killed here. The file holds keys, so it is this user's alone.
fn write(file: &Path, memory: &impl Serialize) -> io::Result<()> {
    let beside: PathBuf = file.with_extension("new");
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(&beside)?;
    new.write_all(&serde_json::to_vec_pretty(memory)?)?;
    new.sync_all()?;
    fs::rename(&beside, file)
}
