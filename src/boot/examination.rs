//! `kinbridge check`: looks at everything a running portal needs, and changes nothing. Of a vendor it looks only
//! whether somebody listens there: what a token opens is asked on the Integrations page.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::{StartFailure, open, target};
use crate::config::{Config, host_and_port};
use crate::db::{Db, Target};
use crate::domain::Refusal;
use crate::domain::letters;
use crate::domain::sealing::{self, Fit};
use crate::mail::Mailer;

/// One thing looked at, and what is wrong with it, in words with the repair.
#[derive(Debug)]
pub struct Finding {
    pub item: String,
    pub trouble: Option<String>,
}

/// In the order in which they need each other; what cannot be looked at any more is left out.
pub fn examine(config: Config) -> Vec<Finding> {
    let opened = match target(&config) {
        Target::Sqlite(path) if !path.is_file() => Err(StartFailure::Database(format!(
            "there is no database {} yet. Make it with: kinbridge migrate",
            path.display()
        ))),
        _ => open(&config),
    };
    let mut findings = vec![found("database", opened.as_ref().err().map(ToString::to_string))];
    if let Ok(db) = opened {
        let tables = tables(&db);
        let sound = tables.is_none();
        findings.push(found("tables", tables));
        if sound {
            findings.push(found("integrity", integrity(&db)));
            findings.push(found("durability", durability(&db)));
            findings.push(found("sealing key", sealing_key(&db, &config)));
            findings.push(found("letters", letters(&db)));
        }
    }
    findings.push(found("assets", crate::web::assets::check().err()));
    findings.push(mail(&config));
    findings.push(found("vendors", super::connectors(&config).err().map(|cause| cause.to_string())));
    let vendors = config.vendor_urls.iter();
    findings.extend(vendors.map(|(word, url)| found(&format!("vendor {word}"), unreachable(url))));
    findings
}

fn found(item: &str, trouble: Option<String>) -> Finding {
    Finding { item: item.to_owned(), trouble }
}

fn tables(db: &Db) -> Option<String> {
    match db.migrations() {
        Err(cause) => Some(cause.to_string()),
        Ok(state) if !state.unknown.is_empty() => Some(
            "they were made by a newer Kinbridge. Start that version, or restore a backup made by this one"
                .into(),
        ),
        Ok(state) if !state.pending.is_empty() => {
            Some(format!("{} changes wait. Run: kinbridge migrate", state.pending.len()))
        }
        Ok(_) => None,
    }
}

fn integrity(db: &Db) -> Option<String> {
    match db.integrity() {
        Ok(None) => None,
        Ok(Some(damage)) => Some(format!("{damage}. Stop the portal, keep a copy, and restore a backup")),
        Err(cause) => Some(cause.to_string()),
    }
}

fn durability(db: &Db) -> Option<String> {
    match db.forgetful() {
        Ok(off) => off.map(|off| format!("{off}. Switch it on in postgresql.conf")),
        Err(cause) => Some(cause.to_string()),
    }
}

fn sealing_key(db: &Db, config: &Config) -> Option<String> {
    let fit: Result<Fit, Refusal> = db.read_now(|conn| sealing::check(conn, &config.keys));
    match fit {
        Ok(Fit::Opens | Fit::Empty) => None,
        Ok(Fit::Refused(cause)) => {
            Some(format!("{cause}. Put back the key as one more line of the key file"))
        }
        Err(cause) => Some(cause.to_string()),
    }
}

/// What the portal itself has met lately, whatever the server says now.
fn letters(db: &Db) -> Option<String> {
    let open: Result<_, Refusal> = db.read_now(|conn| Ok(letters::trouble(conn)?));
    match open {
        Ok(open) => open.map(|open| {
            let since = open.began_at.format("%Y-%m-%d %H:%M");
            format!("none has got out since {since} UTC. {} {}", open.words, open.repair)
        }),
        Err(cause) => Some(cause.to_string()),
    }
}

/// The folder itself was tried when the settings were read; a server is connected to and signed in at, and sent
/// nothing.
fn mail(config: &Config) -> Finding {
    let item = match (&config.mail_server, &config.mail_folder) {
        (Some(server), _) => format!("mail ({} port {})", server.host, server.port),
        (None, Some(_)) => "mail (letters are written into the folder)".to_owned(),
        (None, None) => "mail (no server is set: letters stay in the outbox)".to_owned(),
    };
    let mailer = match Mailer::new(config) {
        Ok(mailer) => mailer,
        Err(cause) => return found(&item, Some(cause)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let trouble = runtime.map(|runtime| runtime.block_on(mailer.look()));
    match trouble {
        Ok(trouble) => found(&item, trouble.map(|trouble| format!("{} {}", trouble.words, trouble.repair))),
        Err(cause) => found(&item, Some(cause.to_string())),
    }
}

const PATIENCE: Duration = Duration::from_secs(5);

fn unreachable(url: &str) -> Option<String> {
    let Some((host, port)) = host_and_port(url) else { return Some("its address makes no sense".into()) };
    let addresses = match (host.as_str(), port).to_socket_addrs() {
        Ok(addresses) => addresses,
        Err(cause) => {
            return Some(format!("{host} is not known ({cause}). Check the address, or this machine's DNS"));
        }
    };
    let mut trouble = Some(format!("{host} has no address"));
    for address in addresses {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return None,
            Err(cause) => {
                trouble =
                    Some(format!("{host} does not answer on port {port} ({cause}). Check the firewall"));
            }
        }
    }
    trouble
}
