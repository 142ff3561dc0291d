//! Programs book appointments: the last place of a window is asked for by two at once, a thousand times; then 200
//! bookings come in each second, whether or not those before are answered, with a live key, so that letters, events and
//! audit are written with each. The bare insert beside it is one row in a transaction of its own, on the same disk.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl as _;
use kinbridge::db::{Db, Target};
use kinbridge::domain::Refusal;
use kinbridge::domain::access::Scope;
use kinbridge::domain::api_keys::{self, KeyScope, Mode, NewKey};
use kinbridge::kit::clock::Clock;
use kinbridge::kit::ids::OrganisationId;
use serde_json::{Value, json};

use super::{Goals, Portal, load};

/// *Fieldway Home Health* in the demo.
const ORGANISATION: OrganisationId = OrganisationId(5);
const ROUNDS: usize = 1_000;
/// Windows of one place, each on so many days.
const RACED: usize = 8;
const A_SECOND: u32 = 200;
const SECONDS: u32 = 20;
const CLIENTS: u32 = 8;
const SERIAL: usize = 500;

pub fn measure(folder: &Path, goals: &mut Goals) {
    let key = set_up(folder);
    let portal = Portal::serve(folder);
    let shop = Shop::open(&portal, &key);
    shop.last_place(goals);
    let bare = bare_insert(folder);
    let alone = shop.alone();
    println!("a bare insert: p50 {:.2} ms; a booking alone: p50 {:.2} ms", ms(bare), ms(alone));
    println!("a booking over a bare insert: {:.1}", alone.as_secs_f64() / bare.as_secs_f64());
    let waits = shop.at_a_rate();
    let at = |part: usize| waits.get(waits.len() * part / 100).copied().unwrap_or(Duration::MAX);
    println!("{A_SECOND} bookings/s for {SECONDS} s: p50 {:.1} ms, p99 {:.1} ms", ms(at(50)), ms(at(99)));
    goals.at_most("POST /api/v1/appointments at 200/s: p99, ms", ms(at(99)), 50.0);
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// A live key, windows of one place to race for, and one that never fills.
fn set_up(folder: &Path) -> String {
    let db = Db::open(Target::Sqlite(folder.join("db").join("kinbridge.db")), Clock::System)
        .expect("the database");
    let made = db.write_now(|tx| {
        let window = |name: &str, hour: usize, places: u32| {
            format!(
                "INSERT INTO visit_windows (organisation_id, name, name_folded, from_minute, to_minute, weekdays, \
                 capacity, created_at) VALUES ({ORGANISATION}, '{name}', lower('{name}'), {}, {}, \
                 'mon,tue,wed,thu,fri,sat,sun', {places}, '2026-01-01 00:00:00')",
                hour * 60,
                hour * 60 + 60
            )
        };
        for n in 0..RACED {
            diesel::sql_query(window(&format!("Race {n}"), 8 + n, 1)).execute(tx.conn)?;
        }
        diesel::sql_query(window("Load", 20, 1_000_000)).execute(tx.conn)?;
        let scopes = KeyScope::ALL.iter().copied().collect();
        let new = NewKey { name: "Bench".into(), mode: Some(Mode::Live), scopes };
        let (_, key) = api_keys::make(tx, &Scope::for_the_portal(ORGANISATION), &new)?;
        Ok::<_, Refusal>(key.reveal().to_owned())
    });
    made.expect("a key and windows")
}

/// A program with a key, on a connection of its own.
struct Program {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    key: String,
}

impl Program {
    fn connect(address: SocketAddr, key: &str) -> Self {
        let stream = BufReader::new(TcpStream::connect(address).expect("the portal listens"));
        stream.get_ref().set_nodelay(true).expect("a socket option");
        Self { stream, address, key: key.to_owned() }
    }

    /// Status and JSON of the answer.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> (u16, serde_json::Value) {
        let sent = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            self.key,
            body.len()
        );
        self.stream.get_mut().write_all(sent.as_bytes()).expect("the portal reads");
        let (status, body) = load::answer(&mut self.stream).expect("the portal answers");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }
}

struct Shop<'p> {
    portal: &'p Portal,
    key: &'p str,
    /// A booking without its window.
    body: Value,
    /// The windows of the next days, by name and in order of time.
    slots: Vec<(String, String)>,
}

impl<'p> Shop<'p> {
    fn open(portal: &'p Portal, key: &'p str) -> Self {
        let mut program = Program::connect(portal.address, key);
        let tasks = program.ask("GET", "/api/v1/tasks", "").1;
        let task = tasks.pointer("/data/0/id").and_then(Value::as_str).expect("a task").to_owned();
        let patient = json!({ "firstName": "Betty", "lastName": "Cole", "phone": "+447700900123",
            "email": "betty@example.org", "dateOfBirth": "1938-03-09" });
        let (_, patient) = program.ask("POST", "/api/v1/patients", &patient.to_string());
        let body = json!({ "patientId": patient.get("id"), "taskId": task, "phone": "+447700900123",
            "location": { "line1": "12 Park Row", "city": "Leeds", "postcode": "LS1 4AP" } });
        let today = Clock::System.now().date();
        let mut slots = Vec::new();
        for month in 0..5 {
            let from = today + chrono::TimeDelta::days(1 + month * 32);
            let to = from + chrono::TimeDelta::days(31);
            let path = format!("/api/v1/availability?taskId={task}&postcode=LS1%204AP&from={from}&to={to}");
            let (_, answer) = program.ask("GET", &path, "");
            for window in answer.get("windows").and_then(Value::as_array).into_iter().flatten() {
                let text =
                    |name: &str| window.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                slots.push((text("name"), text("id")));
            }
        }
        Self { portal, key, body, slots }
    }

    fn program(&self) -> Program {
        Program::connect(self.portal.address, self.key)
    }

    fn booking(&self, window: &str) -> String {
        let mut body = self.body.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("windowId".into(), window.into());
        }
        body.to_string()
    }

    /// Two programs ask for the same place, round by round.
    fn last_place(&self, goals: &mut Goals) {
        let raced: Vec<String> = self
            .slots
            .iter()
            .filter(|(name, _)| name.starts_with("Race"))
            .map(|(_, id)| self.booking(id))
            .take(ROUNDS)
            .collect();
        let barrier = Barrier::new(2);
        let race = || {
            let mut program = self.program();
            let ask = |body: &String| {
                barrier.wait();
                let (status, answer) = program.ask("POST", "/api/v1/appointments", body);
                (status, answer.pointer("/nextWindow/id").is_some_and(Value::is_string))
            };
            raced.iter().map(ask).collect::<Vec<_>>()
        };
        let (one, other) = thread::scope(|scope| {
            let (one, other) = (scope.spawn(race), scope.spawn(race));
            (one.join().expect("a client"), other.join().expect("a client"))
        });
        let fair = |((one, _), (other, _)): &(&(u16, bool), &(u16, bool))| {
            (*one, *other) == (201, 409) || (*one, *other) == (409, 201)
        };
        let pairs = one.iter().zip(&other);
        let unfair = pairs.clone().filter(|pair| !fair(pair)).count();
        let untold = one.iter().chain(&other).filter(|(status, told)| *status == 409 && !told).count();
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        goals.at_least("last places that two asked for at once", count(pairs.len()), count(ROUNDS));
        goals.at_most("of these, not one booked and one refused", count(unfair), 0.0);
        goals.at_most("losers that were not told the next window", count(untold), 0.0);
    }

    fn load_window(&self) -> String {
        let load = self.slots.iter().find(|(name, _)| name == "Load");
        self.booking(load.map(|(_, id)| id.as_str()).expect("a window that never fills"))
    }

    /// One after the other: the median.
    fn alone(&self) -> Duration {
        let (mut program, body) = (self.program(), self.load_window());
        let mut times: Vec<Duration> = (0..SERIAL).map(|_| book(&mut program, &body)).collect();
        times.sort_unstable();
        times.get(SERIAL / 2).copied().unwrap_or(Duration::MAX)
    }

    /// Each booking has its moment; the wait is counted from there, so that a slow answer delays no other's clock.
    fn at_a_rate(&self) -> Vec<Duration> {
        let body = self.load_window();
        let start = Instant::now() + Duration::from_millis(100);
        let client = |own: u32| {
            let mut program = self.program();
            let mut waits = Vec::new();
            for n in (own..A_SECOND * SECONDS).step_by(usize::try_from(CLIENTS).unwrap_or(1)) {
                let due = start + Duration::from_secs(1) * n / A_SECOND;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                book(&mut program, &body);
                waits.push(due.elapsed());
            }
            waits
        };
        let mut waits = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS).map(|own| scope.spawn(move || client(own))).collect();
            clients.into_iter().flat_map(|one| one.join().expect("a client")).collect::<Vec<_>>()
        });
        waits.sort_unstable();
        waits
    }
}

fn book(program: &mut Program, body: &str) -> Duration {
    let started = Instant::now();
    let (status, answer) = program.ask("POST", "/api/v1/appointments", body);
    assert_eq!(status, 201, "{answer}");
    started.elapsed()
}

/// The median of one row in a transaction of its own.
fn bare_insert(folder: &Path) -> Duration {
    let db = Db::open(Target::Sqlite(folder.join("bare.db")), Clock::System).expect("a database");
    let run = |statement: &str| {
        db.write_now(|tx| diesel::sql_query(statement).execute(tx.conn).map_err(Refusal::from))
            .expect("a write");
    };
    run("CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    let row = format!("INSERT INTO bare (body) VALUES ('{}')", "x".repeat(500));
    let mut times: Vec<Duration> = (0..SERIAL)
        .map(|_| {
            let started = Instant::now();
            run(&row);
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.get(SERIAL / 2).copied().unwrap_or(Duration::MAX)
}
