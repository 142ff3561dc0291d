//! Both engines get the same tables: the same changes by name, there and back again, and the columns that
//! `schema.rs` names, with their types and whether they may be empty.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use kinbridge::db::{Conn, Db, Target};
use kinbridge::kit::clock::Clock;

use crate::program::Folder;

/// By table and column: the type in the words of `schema.rs`.
type Columns = BTreeMap<(String, String), String>;

#[test]
fn both_engines_have_the_same_changes_each_with_a_way_back() {
    let (sqlite, postgres) = (changes("sqlite"), changes("postgres"));
    assert_eq!(sqlite, postgres);
    assert!(!sqlite.is_empty());
}

#[test]
fn sqlite_goes_down_and_up_again_and_has_the_columns_of_the_schema() {
    let folder = Folder::new();
    let db = Db::open(Target::Sqlite(folder.path().join("x.db")), Clock::System).unwrap();
    there_and_back(&db);
    let found = db.read_now(|conn| Ok::<_, kinbridge::db::Fault>(sqlite_columns(conn))).unwrap();
    assert_same(&schema(), &found);
}

#[test]
fn postgres_goes_down_and_up_again_and_has_the_columns_of_the_schema() {
    let Ok(server) = std::env::var("KINBRIDGE_TEST_POSTGRES") else { return };
    let name = format!("kinbridge_migrations_{}", std::process::id());
    let mut admin = PgConnection::establish(&server).unwrap();
    diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut admin).unwrap();
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    let found = {
        let db = Db::open(Target::Postgres(url), Clock::System).unwrap();
        there_and_back(&db);
        db.read_now(|conn| Ok::<_, kinbridge::db::Fault>(postgres_columns(conn))).unwrap()
    };
    diesel::sql_query(format!("DROP DATABASE {name} WITH (FORCE)")).execute(&mut admin).unwrap();
    assert_same(&schema(), &found);
}

fn there_and_back(db: &Db) {
    let applied = db.migrate().unwrap().applied;
    assert_eq!(applied.len(), changes("sqlite").len());
    db.migrate_down_and_up().unwrap();
    let state = db.migrations().unwrap();
    assert!(state.pending.is_empty() && state.unknown.is_empty());
    assert!(db.migrate().unwrap().applied.is_empty(), "a second time there is nothing to do");
}

fn changes(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            for part in ["up.sql", "down.sql"] {
                let sql = fs::read_to_string(path.join(part)).unwrap();
                assert!(!sql.trim().is_empty(), "{} is empty", path.join(part).display());
            }
            path.file_name().unwrap().to_str().unwrap().to_owned()
        })
        .collect()
}

/// The columns that `schema.rs` names.
fn schema() -> Columns {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/schema.rs")).unwrap();
    let mut columns = Columns::new();
    for block in text.split("diesel::table! {").skip(1) {
        let table = block.trim_start().split(' ').next().unwrap();
        for line in block.lines().take_while(|line| *line != "}") {
            if let Some((column, kind)) = line.trim().trim_end_matches(',').split_once(" -> ") {
                columns.insert((table.to_owned(), column.to_owned()), kind.to_owned());
            }
        }
    }
    assert!(columns.len() > 100, "schema.rs was not understood");
    columns
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    required: i64,
    #[diesel(sql_type = BigInt)]
    key: i64,
}

impl Row {
    fn column(self) -> ((String, String), String) {
        let kind = match (self.kind.as_str(), self.key) {
            // With SQLite's own row number, which diesel.toml prints as a big one.
            ("INTEGER", 1) | ("BIGINT" | "bigint", _) => "BigInt",
            ("INTEGER" | "integer", _) => "Integer",
            ("TEXT" | "text", _) => "Text",
            ("BOOLEAN" | "boolean", _) => "Bool",
            ("TIMESTAMP" | "timestamp without time zone", _) => "Timestamp",
            ("DATE" | "date", _) => "Date",
            ("BLOB" | "bytea", _) => "Binary",
            (other, _) => other,
        };
        let kind = if self.required == 1 { kind.to_owned() } else { format!("Nullable<{kind}>") };
        ((self.table_name, self.column_name), kind)
    }
}

const SQLITE: &str = "SELECT m.name AS table_name, c.name AS column_name, c.type AS kind, \
    CAST(c.\"notnull\" AS BIGINT) AS required, CAST(c.pk AS BIGINT) AS key \
    FROM sqlite_master m JOIN pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'";

const POSTGRES: &str = "SELECT table_name::text, column_name::text, data_type::text AS kind, \
    CASE is_nullable WHEN 'NO' THEN 1::bigint ELSE 0::bigint END AS required, 0::bigint AS key \
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'";

fn sqlite_columns(conn: &mut Conn) -> Columns {
    columns(conn, SQLITE)
}

fn postgres_columns(conn: &mut Conn) -> Columns {
    columns(conn, POSTGRES)
}

fn columns(conn: &mut Conn, query: &str) -> Columns {
    let rows: Vec<Row> = diesel::sql_query(query).load(conn).unwrap();
    rows.into_iter().map(Row::column).collect()
}

fn assert_same(wanted: &Columns, found: &Columns) {
    let missing: Vec<_> = wanted.iter().filter(|(column, kind)| found.get(column) != Some(kind)).collect();
    let more: Vec<_> = found.keys().filter(|column| !wanted.contains_key(column)).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "not as schema.rs says: {missing:?}; not in schema.rs: {more:?}"
    );
}
