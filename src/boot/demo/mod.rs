//! `kinbridge demo`: a folder, a key beside the database, the simulated vendors, made-up people, and the portal
//! over them. What is made up stands in `roster`, `rowan` and `meadow`; nothing of it reaches `kinbridge serve`.

mod activities;
mod booked;
mod bright;
mod families;
mod fieldway;
mod meadow;
mod papers;
pub mod roster;
pub mod rowan;
mod seed;
pub mod therapy;
mod vendor;

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use super::{StartFailure, listen, run, services};
use crate::config::{Config, TwoStep, write_key_file};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, random_token};
use crate::services::Services;

pub use seed::{SIGN_INS, SignIn, fill};
pub use vendor::population;

/// A demo that is ready to run: the address is taken, the folder is there.
pub struct Demo {
    listener: TcpListener,
    config: Config,
    password: Known,
    folder: Folder,
}

/// The password of the demo's accounts.
enum Known {
    /// By whoever started the demo, and not to be shown.
    Given(Secret),
    /// Made here, now or at an earlier start.
    Own(Secret),
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
        let password = known_password(&keys.join(PASSWORD_FILE), password).map_err(in_keys)?;
        Ok(Self { listener, config: Config::for_demo(address, database, ring), password, folder })
    }

    /// Asks for a second step of those who must have one in production.
    pub fn with_two_step(mut self) -> Self {
        self.config.two_step = TwoStep::Required;
        self
    }

    /// Reached as `localhost`, since passkeys are made for names and not for numbers.
    pub fn by_name(mut self) -> Self {
        self.config.public_url = format!("http://localhost:{}", self.config.listen.port());
        self
    }

    /// Lets webhooks reach a program on this machine, which no form can.
    pub fn with_receiver(mut self, port: u16) -> Self {
        self.config.allowed_vendor_origins.push(format!("http://127.0.0.1:{port}"));
        self
    }

    /// Serves until `stop` comes; `tell` is given what a person needs to know.
    pub async fn run(
        self,
        tell: impl FnOnce(&[String]),
        stop: impl Future<Output = ()>,
    ) -> Result<(), StartFailure> {
        let Self { listener, mut config, password, folder } = self;
        let vendors = vendor::play(&mut config, &folder.path)?;
        // One of its organisations books visits with another, over HTTP as between two installations.
        config.allowed_vendor_origins.push(config.public_url.clone());
        let services = services(config)?;
        let file = folder.path.join("keys").join(PASSWORD_FILE);
        let (password, ready) = (password, services.clone());
        // Passwords are hashed, for which this thread may not wait.
        let seeded =
            tokio::task::spawn_blocking(move || populate(&ready, &password, &file).map(|()| password));
        let password = seeded.await.map_err(|cause| StartFailure::Server(io::Error::other(cause)))??;
        tell(&words(&services.config, &vendors, &password, &folder));
        let done = run(services, listener, stop).await;
        for vendor in vendors {
            vendor.handle.stop(false).await;
        }
        done
    }
}

/// Makes the people where there are none, and sees to it that the accounts have the password.
fn populate(services: &Services, password: &Known, file: &Path) -> Result<(), StartFailure> {
    let (Known::Given(wanted) | Known::Own(wanted)) = password;
    let wrong = |cause| StartFailure::File(file.to_owned(), cause);
    let before = read_password(file).map_err(wrong)?;
    let is_new = seed::fill(services, wanted)?;
    if !is_new && before.as_ref().is_some_and(|before| before.reveal() == wanted.reveal()) {
        return Ok(());
    }
    if !is_new {
        seed::change_password(services, wanted)?;
    }
    write_password(file, wanted).map_err(wrong)
}

/// What a person needs to know: where to go, as whom, and how to end it.
fn words(config: &Config, vendors: &[vendor::Played], password: &Known, folder: &Folder) -> Vec<String> {
    let url = &config.public_url;
    let mut lines = vec![
        "Kinbridge is running with made-up people.".to_owned(),
        String::new(),
        format!("  Portal   {url}"),
    ];
    lines.extend(
        vendors.iter().map(|one| format!("  {:<7}  {}  (simulated: {})", one.name, one.url, one.shows)),
    );
    let mailbox = crate::links::mailbox();
    lines.push(format!("  Mailbox  {url}{mailbox}  (every letter that the portal writes)"));
    lines.push(String::new());
    lines.push("  Sign in as".to_owned());
    lines.extend(SIGN_INS.iter().map(|one| format!("    {:<32} {:<13} {}", one.email, one.name, one.is)));
    lines.push(match password {
        Known::Given(_) => "  Password of all: the one you gave".to_owned(),
        Known::Own(password) => format!("  Password of all: {}", password.reveal()),
    });
    if config.two_step == TwoStep::Required {
        lines.push(
            "  Two-step sign-in is required of Rita, Mary, Ben, Grace, Priya, Nia and Hannah: set it up with an app"
                .to_owned(),
        );
    } else {
        lines.push(
            "  Two-step sign-in is offered here; --two-step requires it, as production does".to_owned(),
        );
    }
    let kept =
        if folder.temporary { "removed at the end; --data keeps one" } else { "kept for the next start" };
    lines.push(String::new());
    lines.push(format!("  Folder   {} ({kept})", folder.path.display()));
    lines.push("  Stop     Ctrl-C".to_owned());
    lines
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

const PASSWORD_FILE: &str = "password";

/// The password that was given, else the one of the last start, else a random one.
fn known_password(file: &Path, given: Option<Secret>) -> io::Result<Known> {
    match given {
        Some(password) => Ok(Known::Given(password)),
        None => Ok(Known::Own(read_password(file)?.map_or_else(random_password, Ok)?)),
    }
}

fn read_password(file: &Path) -> io::Result<Option<Secret>> {
    match fs::read_to_string(file) {
        Ok(kept) => Ok(Some(Secret::new(kept.trim()))),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Kept beside the key, so that a second start knows it.
fn write_password(file: &Path, password: &Secret) -> io::Result<()> {
    if file.is_file() {
        fs::remove_file(file)?;
    }
    write_key_file(file, password)
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
