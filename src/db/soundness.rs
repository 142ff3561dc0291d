//! Whether a database is whole, and keeps what it acknowledges. Only looks.

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::engine::Conn;
use super::fault::Fault;

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

/// The first line of SQLite's own check, if it is not "ok"; PostgreSQL looks after its own.
pub fn damage(conn: &mut Conn) -> Result<Option<String>, Fault> {
    let Conn::Sqlite(c) = conn else { return Ok(None) };
    let check = diesel::sql_query("SELECT integrity_check AS word FROM pragma_integrity_check");
    let found: Word = check.get_result(c)?;
    Ok(Some(found.word).filter(|word| word != "ok"))
}

/// What is switched off that would lose answered changes at a power cut. SQLite's connections set it themselves.
pub fn forgetful(conn: &mut Conn) -> Result<Option<String>, Fault> {
    let Conn::Postgres(c) = conn else { return Ok(None) };
    for (setting, query) in [
        ("fsync", "SELECT current_setting('fsync') AS word"),
        ("synchronous_commit", "SELECT current_setting('synchronous_commit') AS word"),
    ] {
        let found: Word = diesel::sql_query(query).get_result(c)?;
        if found.word != "on" {
            return Ok(Some(format!("{setting} is {} on the server", found.word)));
        }
    }
    Ok(None)
}
