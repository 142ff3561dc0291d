//! The simulated Nourish beside the portal, and the file by which it is the same after a restart.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use actix_web::dev::ServerHandle;

use super::{StartFailure, roster};
use crate::boot::listen;
use crate::config::Config;
use crate::kit::secret::Secret;
use crate::sandbox::Simulated as _;
use crate::sandbox::nourish::{self, Location, Memory, Population, Service};

/// What the simulator expects in the place of the identifier that Nourish issues.
const INTEGRATION: &str = "kinbridge-demo";
/// The file of the demo's folder that holds what was set up in the simulator.
const FILE: &str = "nourish.json";
const TRIES: u16 = 20;

/// Starts the simulated Nourish and points the connector at it. Its port follows the portal's, so that it is the
/// same at the next start: a token belongs to one origin.
pub(super) fn play(config: &mut Config, folder: &Path) -> Result<ServerHandle, StartFailure> {
    let file = folder.join(FILE);
    let memory = read(&file).map_err(|cause| StartFailure::File(file.clone(), cause))?;
    let listener = beside(config.listen.port())?;
    let address = listener.local_addr().map_err(StartFailure::Server)?;
    let (simulator, server) = nourish::start(listener, population()).map_err(StartFailure::Server)?;
    if let Some(memory) = memory {
        simulator.remember(memory);
    }
    simulator.keep_with(move |memory| {
        if let Err(cause) = write(&file, memory) {
            tracing::warn!(kind = ?cause.kind(), "the simulated Nourish could not be kept for the next start");
        }
    });
    let handle = server.handle();
    tokio::spawn(server);
    let origin = format!("http://{address}");
    config.allowed_vendor_origins.push(origin.clone());
    config.vendor_urls.insert("nourish".into(), origin);
    config.vendor_secrets.insert("nourish".into(), Secret::new(INTEGRATION));
    Ok(handle)
}

/// Everybody and everything there, with nothing switched on.
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

fn read(file: &Path) -> io::Result<Option<Memory>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Whole or not at all, also when the process is killed here. The file holds tokens, so it is this user's alone.
fn write(file: &Path, memory: &Memory) -> io::Result<()> {
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
