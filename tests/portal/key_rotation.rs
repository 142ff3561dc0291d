//! SY-11: 10,000 sealed values are sealed anew by a program that is killed a hundred times on the way. None is
//! lost, none opens in another row, and the old key may go at the end.

#![cfg(test)]

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use kinbridge::kit::sealed::KeyRing;
use kinbridge::kit::secret::Secret;

use crate::program::{Folder, finished, kinbridge};
use crate::sync_kills::portal_with_nourish;

const VALUES: i64 = 10_000;
const KILLS: u64 = 100;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    id: i64,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    sealed: Vec<u8>,
}

fn rows(conn: &mut SqliteConnection) -> Vec<Row> {
    diesel::sql_query("SELECT id, sealed FROM connection_tokens ORDER BY id").load(conn).unwrap()
}

fn binding(id: i64) -> String {
    format!("connection_tokens|1|{id}|sealed")
}

fn secret(id: i64) -> String {
    format!("secret-of-{id}\nhttps://nourish.example")
}

fn rotate(folder: &Folder) -> Command {
    let mut command = kinbridge(&["rotate-key"]);
    command
        .env("KINBRIDGE_DATA", folder.path().join("data"))
        .env("KINBRIDGE_SEALING_KEY_FILE", folder.path().join("key"));
    command
}

#[test]
fn a_rotation_that_is_killed_a_hundred_times_loses_no_secret_and_mixes_none_up() {
    let folder = Folder::new();
    drop(portal_with_nourish(&folder, "https://nourish.example"));
    let key = folder.path().join("key");
    let ring = || KeyRing::parse(&fs::read_to_string(&key).unwrap()).unwrap();
    let database = folder.path().join("data").join("kinbridge.db");
    let mut conn = SqliteConnection::establish(database.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 20000").unwrap();
    fill(&mut conn, &ring());

    let new = finished(&mut kinbridge(&["rotate-key", "--new", key.to_str().unwrap()]));
    assert_eq!(new.0, 0, "{}", new.2);
    let mut done = 0;
    for kill in 0..KILLS {
        let quiet = || Stdio::null();
        let mut running = rotate(&folder).stdout(quiet()).stderr(quiet()).spawn().unwrap();
        thread::sleep(Duration::from_millis(kill % 20 * 15));
        running.kill().unwrap();
        running.wait().unwrap();
        if kill % 20 == 19 {
            let before = done;
            done = rows(&mut conn).iter().filter(|row| ring().is_newest(&row.sealed)).count();
            assert!(done >= before, "what was sealed anew stays so");
        }
    }
    let (code, said, errors) = finished(&mut rotate(&folder));
    assert_eq!(code, 0, "{said}{errors}");

    let newest = fs::read_to_string(&key).unwrap().lines().next().unwrap().to_owned();
    let newest = KeyRing::parse(&newest).unwrap();
    let rows = rows(&mut conn);
    assert_eq!(rows.len(), usize::try_from(VALUES).unwrap());
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(newest.open(&binding(row.id), &row.sealed).unwrap().reveal(), secret(row.id));
        let neighbour = &rows[(at + 1) % rows.len()];
        assert!(newest.open(&binding(row.id), &neighbour.sealed).is_err(), "a swapped value opens");
    }
    println!(
        "{KILLS} kills, {VALUES} values: 0 lost, 0 open in another row; {done} were done before the last run"
    );
}

/// Replaces the connection's one token by ten thousand.
fn fill(conn: &mut SqliteConnection, keys: &KeyRing) {
    let many = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        INSERT INTO connection_tokens (id, connection_id, label, sealed, token_hash, ends_with, made_by_name, made_at)
        SELECT i, connection_id, label || i, sealed, token_hash || i, ends_with, made_by_name, made_at
        FROM connection_tokens, n WHERE id = 1";
    conn.batch_execute(many).unwrap();
    conn.transaction(|conn| {
        for id in 1..=VALUES {
            let sealed = keys.seal(&binding(id), &Secret::new(secret(id))).unwrap();
            diesel::sql_query("UPDATE connection_tokens SET sealed = ? WHERE id = ?")
                .bind::<diesel::sql_types::Binary, _>(sealed)
                .bind::<diesel::sql_types::BigInt, _>(id)
                .execute(conn)?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .unwrap();
}
