//! The trail itself: nobody changes it quietly, and nothing happens without it (LG-2, LG-3).

#![cfg(test)]

mod activities;
pub mod acts;
mod links;
pub(crate) mod writers;

use diesel::prelude::*;
use diesel::sql_query;
use kinbridge::db::{Conn, Tx};
use kinbridge::domain::Refusal;
use kinbridge::domain::audit::{self, Tampered};
use kinbridge::kit::ids::OrganisationId;
use kinbridge::web::routes::{self, Who};

use crate::residents::{add, facts};
use crate::support::TestApp;
use crate::two_organisations::address;
use crate::two_organisations::seed;

#[actix_web::test]
async fn the_database_refuses_to_change_or_remove_an_event() {
    let app = TestApp::start().await;
    let before = app.number("SELECT COUNT(*) FROM audit_events");
    let mut tried = vec![
        "UPDATE audit_events SET words = 'nothing happened'",
        "UPDATE audit_events SET hash = '' WHERE id = 1",
        "UPDATE audit_events SET organisation_id = 2 WHERE organisation_id = 1",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE id = (SELECT MAX(id) FROM audit_events)",
    ];
    let same = "id, organisation_id, at, actor_id, actor_name, verb, 'other words', subject, subject_id, run_id, \
                details, address, session_id, previous_hash, hash";
    let upsert = format!(
        "INSERT INTO audit_events SELECT {same} FROM audit_events WHERE id = 1 ON CONFLICT (id) DO UPDATE SET words = ''"
    );
    if app.read(|conn| Ok(matches!(conn, Conn::Postgres(_)))) {
        tried.extend(["TRUNCATE audit_events", "TRUNCATE audit_events CASCADE", &upsert]);
    } else {
        tried.push("UPDATE OR REPLACE audit_events SET words = ''");
    }
    for statement in &tried {
        let refused = app.try_write(|tx| Ok(sql_query(*statement).execute(tx.conn)?));
        let cause = refused.map_err(|cause| format!("{cause:?}"));
        assert!(cause.as_ref().is_err_and(|cause| cause.contains("append-only")), "{statement}: {cause:?}");
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events"), before);
    assert_eq!(app.read(|conn| Ok(audit::verify(conn)?)), Ok(before));
    println!("{} of {} statements refused", tried.len(), tried.len());
}

/// Takes away what stands in the way of somebody who holds the database file.
fn disarm(tx: &mut Tx<'_>) -> QueryResult<()> {
    let statements: &[&str] = match tx.conn {
        Conn::Sqlite(_) => {
            &["DROP TRIGGER audit_events_are_not_changed", "DROP TRIGGER audit_events_are_not_removed"]
        }
        Conn::Postgres(_) => &["ALTER TABLE audit_events DISABLE TRIGGER ALL"],
    };
    statements.iter().try_for_each(|statement| sql_query(*statement).execute(tx.conn).map(drop))
}

/// Ways to change one event, `ID` being its id, and to change the heads.
const EDITS: [&str; 28] = [
    "UPDATE audit_events SET words = words || ' ' WHERE id = ID",
    "UPDATE audit_events SET words = '' WHERE id = ID",
    "UPDATE audit_events SET actor_name = actor_name || 'x' WHERE id = ID",
    "UPDATE audit_events SET actor_id = COALESCE(actor_id, 0) + 1 WHERE id = ID",
    "UPDATE audit_events SET verb = 'resident.opened.' WHERE id = ID",
    "UPDATE audit_events SET subject = subject || 's' WHERE id = ID",
    "UPDATE audit_events SET subject_id = COALESCE(subject_id, 0) + 1 WHERE id = ID",
    "UPDATE audit_events SET run_id = COALESCE(run_id, 0) + 1 WHERE id = ID",
    "UPDATE audit_events SET details = details || ' ' WHERE id = ID",
    "UPDATE audit_events SET address = '192.0.2.1' WHERE id = ID",
    "UPDATE audit_events SET session_id = COALESCE(session_id, 0) + 1 WHERE id = ID",
    "UPDATE audit_events SET at = '2026-11-21 10:00:00' WHERE id = ID",
    "UPDATE audit_events SET hash = previous_hash || 'a' WHERE id = ID",
    "UPDATE audit_events SET previous_hash = hash WHERE id = ID",
    "UPDATE audit_events SET organisation_id = organisation_id + 1 WHERE id = ID",
    "UPDATE audit_events SET organisation_id = 77 WHERE id = ID",
    "UPDATE audit_events SET id = 1000000 + id WHERE id = (SELECT MIN(e.id) FROM audit_events e JOIN audit_events f \
     ON f.id = ID AND e.organisation_id = f.organisation_id)",
    "DELETE FROM audit_events WHERE id = ID",
    "DELETE FROM audit_events WHERE id >= ID",
    "DELETE FROM audit_events WHERE organisation_id = (SELECT e.organisation_id FROM audit_events e WHERE e.id = ID)",
    "INSERT INTO audit_events SELECT id + 1000000, organisation_id, at, actor_id, actor_name, verb, words, subject, \
     subject_id, run_id, details, address, session_id, previous_hash, hash FROM audit_events WHERE id = ID",
    "INSERT INTO audit_events SELECT id + 1000000, 77, at, actor_id, actor_name, verb, words, subject, subject_id, \
     run_id, details, address, session_id, '', hash FROM audit_events WHERE id = ID",
    "UPDATE audit_heads SET hash = hash || 'a' WHERE organisation_id = ORG",
    "UPDATE audit_heads SET hash = previous_hash FROM audit_events WHERE audit_events.id = ID AND \
     audit_heads.organisation_id = ORG",
    "UPDATE audit_heads SET events = events - 1 WHERE organisation_id = ORG",
    "UPDATE audit_heads SET events = events + 1 WHERE organisation_id = ORG",
    "DELETE FROM audit_heads WHERE organisation_id = ORG",
    "UPDATE audit_heads SET organisation_id = 78 WHERE organisation_id = ORG",
];

#[actix_web::test]
async fn a_thousand_edits_behind_the_portals_back_are_all_found() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    for n in 0..4 {
        let betty = add(&app, willow, &facts(cast.willow_house, None, "Betty", "Cole", &n.to_string()));
        app.as_manager().get(&kinbridge::links::resident(willow, betty)).await;
    }
    let ids: Vec<i64> = app.read(|conn| {
        let query = sql_query("SELECT id AS n FROM audit_events ORDER BY id");
        Ok(query.load::<Number>(conn)?.into_iter().map(|row| row.n).collect())
    });
    let (mut found, mut made) = (0, 0);
    let undone: Result<(), Refusal> = app.try_write(|tx| {
        disarm(tx)?;
        for n in 0..1000 {
            let (edit, id) = (EDITS[n % EDITS.len()], ids[(n * 7) % ids.len()]);
            let org = sql_query(format!("SELECT organisation_id AS n FROM audit_events WHERE id = {id}"));
            let org = org.get_result::<Number>(tx.conn)?.n;
            let edit = edit.replace("ID", &id.to_string()).replace("ORG", &org.to_string());
            let one: Result<(), Refusal> = tx.attempt(|tx| {
                made += sql_query(edit.as_str()).execute(tx.conn)?.min(1);
                match audit::verify(tx.conn)? {
                    Err(_) => found += 1,
                    Ok(_) => println!("not found: {edit}"),
                }
                Err(Refusal::NotHere)
            });
            assert!(matches!(one, Err(Refusal::NotHere)), "{edit}: {one:?}");
        }
        Err(Refusal::NotHere)
    });
    assert!(matches!(undone, Err(Refusal::NotHere)), "{undone:?}");
    assert_eq!((found, made), (1000, 1000));
    assert!(app.read(|conn| Ok(audit::verify(conn)?)).is_ok());
    println!("{found} of 1000 edits found");
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

#[actix_web::test]
async fn an_organisation_whose_whole_chain_is_gone_is_found() {
    let app = TestApp::start().await;
    let cut = |org: OrganisationId| {
        let mut verdict = None;
        let undone: Result<(), Refusal> = app.try_write(|tx| {
            disarm(tx)?;
            for table in ["audit_events", "audit_heads"] {
                sql_query(format!("DELETE FROM {table} WHERE organisation_id = {org}")).execute(tx.conn)?;
            }
            verdict = Some(audit::verify(tx.conn)?);
            Err(Refusal::NotHere)
        });
        assert!(matches!(undone, Err(Refusal::NotHere)), "{undone:?}");
        verdict.unwrap()
    };
    for org in [app.cast.elm, app.cast.willow] {
        assert_eq!(cut(org), Err(Tampered { organisation: org, event: None }));
    }
}

/// LG-2: each page about one resident is a view of that resident.
#[actix_web::test]
async fn every_page_of_a_resident_is_on_the_trail() {
    let (app, org, _) = seed::two().await;
    let opened = || {
        app.number(&format!(
            "SELECT COUNT(*) FROM audit_events WHERE verb = 'resident.opened' AND subject_id = {}",
            org.resident
        ))
    };
    let mut unseen = Vec::new();
    let mut pages = 0;
    for line in routes::table()
        .into_iter()
        .filter(|line| line.path.contains("{resident}") && line.who != Who::Machine)
    {
        // Visits of a service are there once one is set up: `booked_visits` opens them.
        if line.method != actix_web::http::Method::GET || line.path.contains("{resident}/visits") {
            continue;
        }
        let path = address(line.path, &org.numbers).unwrap();
        let browser = app.new_visitor(&app.cast.super_manager);
        let before = opened();
        assert_eq!(browser.get(&path).await.status, 200, "{path}");
        if opened() != before + 1 {
            unseen.push(format!("{path}: {} views", opened() - before));
        }
        // The same session, within a quarter of an hour, and after it.
        browser.get(&path).await;
        assert!(opened() <= before + 1, "{path}");
        pages += 1;
    }
    assert_eq!(unseen, [""; 0], "of {pages}");
    println!("{pages} of {pages} pages of a resident are views");
}
