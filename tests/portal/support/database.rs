//! A database for each test, copied from one that has the tables and the cast in it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::RunQueryDsl as _;
use kinbridge::db::{Conn, Db, Target};
use kinbridge::domain::accounts::{Hasher, Strength};
use kinbridge::kit::clock::Clock;
use kinbridge::kit::secret::Secret;

use super::cast::{Cast, PASSWORD};

/// As little work as Argon2 allows.
pub const TINY: Strength = Strength { memory: 8, passes: 1 };

/// Sunday 22 November 2026, 10:00 UTC.
pub fn morning() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap().and_hms_opt(10, 0, 0).unwrap()
}

struct Model {
    target: Target,
    cast: Cast,
}

/// A test's database; gone when this is dropped.
pub struct Copy {
    pub target: Target,
    pub cast: Cast,
    name: String,
}

impl Copy {
    pub fn make() -> Self {
        static MODEL: OnceLock<Model> = OnceLock::new();
        // On a thread of its own, since a test's thread is not allowed to wait for the hasher.
        let model = MODEL.get_or_init(|| std::thread::spawn(model).join().expect("the model database"));
        let name = name();
        let target = match &model.target {
            Target::Sqlite(file) => {
                let copy = folder().join(&name);
                std::fs::copy(file, &copy).unwrap();
                Target::Sqlite(copy)
            }
            Target::Postgres(url) => {
                let of = url.rsplit('/').next().unwrap();
                create(&name, &format!(" TEMPLATE {of}"));
                at(&name)
            }
        };
        Self { target, cast: model.cast.clone(), name }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        match &self.target {
            Target::Sqlite(file) => {
                for end in ["", "-wal", "-shm"] {
                    let mut path = file.clone().into_os_string();
                    path.push(end);
                    let _ = std::fs::remove_file(path);
                }
            }
            Target::Postgres(_) => {
                let _ = on_server(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
            }
        }
    }
}

fn model() -> Model {
    sweep();
    let name = format!("{}_model", name());
    let target = if server().is_some() {
        create(&name, "");
        at(&name)
    } else {
        Target::Sqlite(folder().join(&name))
    };
    let db = Db::open(target.clone(), Clock::set_to(morning())).unwrap();
    db.migrate().unwrap();
    let hasher = Hasher::with(TINY, 1).unwrap();
    let password = hasher.hash_now(&Secret::new(PASSWORD)).unwrap();
    let cast = Cast::make(&db, &password);
    Model { target, cast }
}

/// Takes away what earlier runs left: a model is used until its process ends.
fn sweep() {
    let left = |name: &str| {
        let pid = name.strip_prefix("kinbridge_test_").and_then(|rest| rest.split('_').next());
        pid.is_some_and(|pid| Path::new("/proc/self").exists() && !Path::new("/proc").join(pid).exists())
    };
    for entry in std::fs::read_dir(folder()).unwrap().flatten() {
        if entry.file_name().to_str().is_some_and(left) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    if server().is_some() {
        let mut conn = Target::Postgres(server().unwrap()).connect().unwrap();
        let names = diesel::sql_query("SELECT datname::text AS name FROM pg_database");
        let names: Vec<Named> = names.load(&mut conn).unwrap();
        for Named { name } in names.into_iter().filter(|one| left(&one.name)) {
            let _ = on_server(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Named {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("kinbridge_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn folder() -> PathBuf {
    // In memory where there is such a folder: thousands of commits, each waiting for a disk, are slow.
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() }.join("kinbridge-tests");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// `postgres://user@host:port/database`, a server on which databases may be made.
fn server() -> Option<String> {
    std::env::var("KINBRIDGE_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

fn at(database: &str) -> Target {
    let url = server().unwrap();
    let (rest, _) = url.rsplit_once('/').expect("KINBRIDGE_TEST_POSTGRES ends with a database");
    Target::Postgres(format!("{rest}/{database}"))
}

fn create(name: &str, how: &str) {
    // The model cannot be copied while somebody is still leaving it.
    for _ in 0..100 {
        match on_server(&format!("CREATE DATABASE {name}{how}")) {
            Ok(()) => return,
            Err(cause) if cause.contains("being accessed") => std::thread::sleep(Duration::from_millis(20)),
            Err(cause) => panic!("{cause}"),
        }
    }
    panic!("the model database stays in use");
}

fn on_server(statement: &str) -> Result<(), String> {
    let target = Target::Postgres(server().unwrap());
    let mut conn: Conn = target.connect().map_err(|cause| cause.to_string())?;
    diesel::sql_query(statement).execute(&mut conn).map(drop).map_err(|cause| cause.to_string())
}
