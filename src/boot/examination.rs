//! `kinbridge check`: looks at everything a running portal needs, and changes nothing.

use super::{StartFailure, open, target};
use crate::config::Config;
use crate::db::{Db, Target};
use crate::domain::Refusal;
use crate::domain::sealing::{self, Fit};

/// One thing looked at, and what is wrong with it, in words with the repair.
#[derive(Debug)]
pub struct Finding {
    pub item: &'static str,
    pub trouble: Option<String>,
}

/// Database, tables, integrity, sealing key and mail, in this order; what cannot be looked at any more is left out.
pub async fn examine(config: Config) -> Vec<Finding> {
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
            findings.push(found("sealing key", sealing_key(&db, &config)));
        }
    }
    findings.push(found("assets", crate::web::assets::check().err()));
    findings
}

fn found(item: &'static str, trouble: Option<String>) -> Finding {
    Finding { item, trouble }
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

fn sealing_key(db: &Db, config: &Config) -> Option<String> {
    let fit: Result<Fit, Refusal> =
        db.read_now(|conn| sealing::check(conn, &config.keys).map_err(Refusal::from));
    match fit {
        Ok(Fit::Opens | Fit::Empty) => None,
        Ok(Fit::Refused(cause)) => {
            Some(format!("{cause}. Put back the key as one more line of the key file"))
        }
        Err(cause) => Some(cause.to_string()),
    }
}
