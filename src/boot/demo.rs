//! `kinbridge demo`: a folder, a key beside the database, the simulated vendor, and the portal over them.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use actix_web::dev::ServerHandle;

use super::{StartFailure, listen, run, services};
use crate::config::{Config, write_key_file};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, random_token};
use crate::sandbox::nourish;

/// A demo that is ready to run: the address is taken, the folder is there.
pub struct Demo {
    listener: TcpListener,
    config: Config,
    password: Secret,
    folder: Folder,
}

/// Where a demo keeps its things; a temporary one is removed when the demo ends.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed is left to the system, which empties its temporary folder.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

impl Demo {
    /// Takes the address and makes the folder.
    ///
    /// # Errors
    /// When the address is in use, or the folder cannot be written.
    pub fn prepare(
        data: Option<PathBuf>,
        address: SocketAddr,
        password: Option<Secret>,
    ) -> Result<Self, StartFailure> {
        let listener = listen(address)?;
        let address = listener.local_addr().map_err(|cause| StartFailure::Listen(address, cause))?;
        let folder = Folder::make(data)?;
        let (keys, database) = (folder.path.join("keys"), folder.path.join("db"));
        for part in [&keys, &database] {
            private_folder(part).map_err(|cause| StartFailure::Folder(part.clone(), cause))?;
        }
        let in_keys = |cause: io::Error| StartFailure::Folder(keys.clone(), cause);
        let ring = key_ring(&keys.join("sealing.key")).map_err(in_keys)?;
        let password = demo_password(&keys.join("password"), password).map_err(in_keys)?;
        Ok(Self { listener, config: Config::for_demo(address, database, ring), password, folder })
    }

    /// Serves until `stop` comes; `tell` is given what a person needs to know.
    pub async fn run(
        self,
        tell: impl FnOnce(&[String]),
        stop: impl Future<Output = ()>,
    ) -> Result<(), StartFailure> {
        let Self { listener, mut config, password, folder } = self;
        let nourish = play_nourish(&mut config)?;
        let services = services(config)?;
        tell(&words(&services.config, &password, &folder));
        let done = run(services, listener, stop).await;
        nourish.stop(false).await;
        done
    }
}

/// Starts the simulated Nourish and points the connector at it. Its port follows the portal's, so that it is the
/// same at the next start: a token belongs to one origin.
fn play_nourish(config: &mut Config) -> Result<ServerHandle, StartFailure> {
    let listener = beside(config.listen.port())?;
    let address = listener.local_addr().map_err(StartFailure::Server)?;
    let origin = format!("http://{address}");
    let population =
        nourish::Population { integration_id: INTEGRATION.into(), ..nourish::Population::default() };
    let (_simulator, server) = nourish::start(listener, population).map_err(StartFailure::Server)?;
    let handle = server.handle();
    tokio::spawn(server);
    config.allowed_vendor_origins.push(origin.clone());
    config.vendor_urls.insert("nourish".into(), origin);
    config.nourish_integration_id = Some(Secret::new(INTEGRATION));
    Ok(handle)
}

/// What the simulator expects in the place of the identifier that Nourish issues.
const INTEGRATION: &str = "kinbridge-demo";
const TRIES: u16 = 20;

fn beside(port: u16) -> Result<TcpListener, StartFailure> {
    let next = (1..=TRIES).filter_map(|step| port.checked_add(step));
    let free =
        next.map(|port| SocketAddr::from(([127, 0, 0, 1], port))).find_map(|at| TcpListener::bind(at).ok());
    free.map_or_else(|| listen(SocketAddr::from(([127, 0, 0, 1], 0))), Ok)
}

fn words(config: &Config, password: &Secret, folder: &Folder) -> Vec<String> {
    let url = &config.public_url;
    let kept = if folder.temporary { "removed at the end" } else { "kept for the next start" };
    vec![
        format!("Kinbridge  {url}"),
        format!("Mailbox    {url}{}", crate::links::mailbox()),
        format!("Nourish    {} (simulated)", config.vendor_urls.get("nourish").map_or("", String::as_str)),
        format!("Folder     {} ({kept})", folder.path.display()),
        format!("Password   {}  (all accounts)", password.reveal()),
        "Stop with Ctrl-C.".into(),
    ]
}

impl Folder {
    fn make(data: Option<PathBuf>) -> Result<Self, StartFailure> {
        let temporary = data.is_none();
        let path = data.unwrap_or_else(|| {
            let name =
                random_token().map_or_else(|_none| std::process::id().to_string(), |token| token.ends_with());
            std::env::temp_dir().join(format!("kinbridge-demo-{}-{name}", std::process::id()))
        });
        private_folder(&path).map_err(|cause| StartFailure::Folder(path.clone(), cause))?;
        Ok(Self { path, temporary })
    }
}

/// A folder for this user alone; one that is there stays as it is.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn key_ring(file: &Path) -> io::Result<KeyRing> {
    if !file.is_file() {
        write_key_file(file, &KeyRing::new_line().map_err(io::Error::other)?)?;
    }
    KeyRing::parse(&fs::read_to_string(file)?).map_err(io::Error::other)
}

/// The password of the folder's accounts. It is kept beside the key, so that a second start can print it again.
fn demo_password(file: &Path, given: Option<Secret>) -> io::Result<Secret> {
    if given.is_none() && file.is_file() {
        return fs::read_to_string(file).map(|kept| Secret::new(kept.trim()));
    }
    let password = match given {
        Some(password) => password,
        None => random_password()?,
    };
    if file.is_file() {
        fs::remove_file(file)?;
    }
    write_key_file(file, &password)?;
    Ok(password)
}

/// Twenty characters in groups, from letters and digits that are not mistaken for each other.
fn random_password() -> io::Result<Secret> {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    let bytes = crate::kit::secret::random_bytes::<20>().map_err(io::Error::other)?;
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 5 == 0 {
            text.push('-');
        }
        // 31 letters; the hyphen stands only between groups.
        let letter = LETTERS.get(usize::from(*byte) % (LETTERS.len() - 1)).copied().unwrap_or(b'x');
        text.push(char::from(letter));
    }
    Ok(Secret::new(text))
}
