//! `cargo bench --bench mail`: 10,000 invitations queued in one transaction, then sent through a Postfix of its own on
//! loopback, encrypted and signed in. Prints how long that took, counts
//! what was lost or came twice, and ends with code 1 where a goal is missed. Needs root and the packages of `tests/run`.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints, and stops where it cannot measure"
)]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use kinbridge::boot;
use kinbridge::config::Config;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManagePlaces, ManageRelatives, Platform, Scope, ViewResidents};
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::domain::relatives::{self, NewInvitation, Preset, Source};
use kinbridge::domain::residents::{self, NewResident, ResidentFacts, Wanted};
use kinbridge::jobs::deliver_letters;
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{OrganisationId, PlaceId, ResidentId};
use kinbridge::services::Services;

const LETTERS: usize = 10_000;
const RESIDENTS: usize = 500;
const PASSWORD: &str = "password-of-the-bench";

fn main() -> ExitCode {
    let Some(postfix) = Postfix::start() else {
        println!("left out: no Postfix here, or not run as root");
        return ExitCode::SUCCESS;
    };
    let services = postfix.services();
    let (organisation, residents) = services.db.write_now(population).expect("a home");
    let started = Instant::now();
    let queued = services.db.write_now(|tx| queue(tx, organisation, &residents));
    queued.expect("the invitations are queued");
    let queued = started.elapsed();
    println!("queued {LETTERS} invitations in one transaction: {:.2} s", queued.as_secs_f64());

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let started = Instant::now();
    runtime.block_on(deliver_letters::run(&services)).expect("the letters are sent");
    let sent = started.elapsed();
    println!("sent: {:.1} s, {:.0} letters a second", sent.as_secs_f64(), per_second(LETTERS, sent));

    let by_id = postfix.kept();
    let lost = LETTERS - by_id.len();
    let twice = by_id.values().filter(|times| **times > 1).count();
    println!("kept by the server: {}, lost: {lost}, twice: {twice}", by_id.len());
    let met = queued < Duration::from_secs(5) && lost == 0 && twice == 0;
    println!("{} queued within 5 s, none lost, none twice", if met { "ok    " } else { "MISSED" });
    if met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn per_second(many: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(many).unwrap_or(u32::MAX)) / time.as_secs_f64()
}

/// A home with its residents, before the clock starts.
fn population(tx: &mut kinbridge::db::Tx<'_>) -> Result<(OrganisationId, Vec<ResidentId>), Refusal> {
    let typed = Typed {
        name: "Willow House Group",
        kind: "company",
        sector: "care home",
        time_zone: "Europe/London",
        ..Typed::default()
    };
    let operator = Platform::for_the_operator();
    let organisation = organisations::create(tx, &operator, &NewOrganisation::read(&typed)?)?;
    let places = Scope::<ManagePlaces>::for_the_portal(organisation);
    let home = organisations::add_home(tx, &places, "Willow House")?;
    let new: Vec<NewResident> = (0..RESIDENTS).map(|n| resident(organisation, home, n)).collect();
    residents::insert_many(tx, &new)?;
    residents::settle(tx, organisation)?;
    let reader = Scope::<ViewResidents>::for_the_portal(organisation);
    let limit = i64::try_from(RESIDENTS).unwrap_or(i64::MAX);
    let all = residents::list(tx.conn, &reader, &Wanted::default(), 0, limit)?;
    Ok((organisation, all.rows.into_iter().map(|resident| resident.id).collect()))
}

fn resident(organisation: OrganisationId, home: PlaceId, n: usize) -> NewResident {
    let facts = ResidentFacts {
        home,
        zone: None,
        room: n.to_string(),
        first_name: format!("Ada{n}"),
        last_name: "Ashdown".into(),
        preferred_name: String::new(),
        date_of_birth: None,
        nhs_number: String::new(),
        resident_type: "Residential".into(),
        care_status: "Permanent".into(),
    };
    NewResident { organisation, facts }
}

/// Twenty relatives of each resident, by the verb that the page uses: invitation, link, letter and audit event.
fn queue(
    tx: &mut kinbridge::db::Tx<'_>,
    organisation: OrganisationId,
    residents: &[ResidentId],
) -> Result<(), Refusal> {
    let scope = Scope::<ManageRelatives>::for_the_portal(organisation);
    for n in 0..LETTERS {
        let Some(resident) = residents.get(n % RESIDENTS) else { return Err(Refusal::NotHere) };
        let new = NewInvitation {
            name: format!("Reader {n}"),
            email: EmailAddress::parse(&format!("reader{n}@family.example")).ok_or(Refusal::NotHere)?,
            relationship: "Grandchild".into(),
            branch: String::new(),
            is_primary: false,
            topics: Preset::Family.topics(),
        };
        relatives::invite(tx, &scope, *resident, &new, Source::Page, "https://portal.example")?;
    }
    Ok(())
}

/// The server, ended when this is dropped.
struct Postfix {
    folder: PathBuf,
    port: u16,
}

impl Postfix {
    fn start() -> Option<Self> {
        let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
        if !root || !Path::new("/usr/sbin/postfix").exists() || !Path::new("/usr/sbin/saslpasswd2").exists() {
            return None;
        }
        let folder = std::env::temp_dir().join(format!("kinbridge-mail-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        std::fs::write(folder.join("password"), PASSWORD).expect("a file");
        let key = "req -x509 -newkey rsa:2048 -nodes -days 3 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
            -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out cert.pem";
        let made = Command::new("openssl").args(key.split_whitespace()).current_dir(&folder).output();
        assert!(made.is_ok_and(|made| made.status.success()), "openssl makes a certificate");
        let [port, other] = [free_port(), free_port()];
        let postfix = Self { folder, port };
        let path = |name: &str| postfix.folder.join(name).display().to_string();
        let ports = [port.to_string(), other.to_string()];
        let [submission, implicit] = &ports;
        Self::script(&["start", &path(""), &path("cert.pem"), &path("key.pem"), submission, implicit]);
        Some(postfix)
    }

    fn script(arguments: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/portal/mail/postfix.sh");
        let done = Command::new(script).args(arguments).status();
        assert!(done.is_ok_and(|done| done.success()), "postfix.sh {arguments:?}");
    }

    /// A portal's services over a database of its own.
    fn services(&self) -> Services {
        let values = BTreeMap::from([
            ("KINBRIDGE_DATA", self.folder.join("portal").display().to_string()),
            (
                "KINBRIDGE_SEALING_KEY",
                "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into(),
            ),
            ("KINBRIDGE_SMTP_HOST", "localhost".into()),
            ("KINBRIDGE_SMTP_PORT", self.port.to_string()),
            ("KINBRIDGE_SMTP_USER", "portal".into()),
            ("KINBRIDGE_SMTP_PASSWORD", PASSWORD.into()),
            ("KINBRIDGE_SMTP_CA_FILE", self.folder.join("cert.pem").display().to_string()),
            ("KINBRIDGE_MAIL_FROM", "portal@kinbridge.example".into()),
        ]);
        let config = Config::load(&|name| values.get(name).cloned(), None).expect("good settings");
        boot::services(config).expect("a database")
    }

    /// How often each message is kept, once no more come.
    fn kept(&self) -> BTreeMap<String, usize> {
        let mut before = 0;
        loop {
            std::thread::sleep(Duration::from_secs(2));
            let found = ids(&self.folder.join("box"));
            let many = found.values().sum();
            if many == before || many >= LETTERS {
                return found;
            }
            before = many;
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        Self::script(&["stop", &self.folder.display().to_string()]);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn ids(folder: &Path) -> BTreeMap<String, usize> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.parent().is_some_and(|parent| parent.ends_with("new")) {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: "));
                *found.entry(id.unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
    }
    found
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}
