//! Settings: what is refused, in which words, and what holds when nothing is set.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use kinbridge::config::{BadConfig, Config, LogFormat, SETTINGS, unknown_names};

use crate::program::Folder;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// Whatever is wrong, these never appear in a message.
const SECRETS: [&str; 3] = [KEY, "hunter2hunter2", "short-metrics-token"];

/// A complete configuration, to be spoilt one setting at a time.
struct Given {
    folder: Folder,
    values: BTreeMap<String, String>,
    file: Option<PathBuf>,
}

impl Given {
    fn complete() -> Self {
        let folder = Folder::new();
        let values = BTreeMap::from([
            ("KINBRIDGE_DATA".to_owned(), folder.path().join("data").display().to_string()),
            ("KINBRIDGE_SEALING_KEY".to_owned(), KEY.to_owned()),
        ]);
        Self { folder, values, file: None }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.values
            .insert(name.to_owned(), value.replace("{folder}", &self.folder.path().display().to_string()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.values.remove(name);
        self
    }

    /// A file in the folder, with its mode.
    fn file(self, name: &str, content: &str, mode: u32) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn toml(mut self, content: &str) -> Self {
        self = self.file("kinbridge.toml", content, 0o600);
        self.file = Some(self.folder.path().join("kinbridge.toml"));
        self
    }

    fn load(&self) -> Result<Config, BadConfig> {
        Config::load(&|name| self.values.get(name).cloned(), self.file.as_deref())
    }
}

fn one(name: &str, value: &str) -> (Given, String) {
    (Given::complete().with(name, value), name.to_owned())
}

fn key_file(content: &str, mode: u32) -> (Given, String) {
    let given = Given::complete().without("KINBRIDGE_SEALING_KEY").file("key", content, mode);
    (given.with("KINBRIDGE_SEALING_KEY_FILE", "{folder}/key"), "KINBRIDGE_SEALING_KEY_FILE".into())
}

fn database(url: &str) -> (Given, String) {
    (Given::complete().without("KINBRIDGE_DATA").with("DATABASE_URL", url), "DATABASE_URL".into())
}

fn toml(content: &str, names: &str) -> (Given, String) {
    (Given::complete().toml(content), names.to_owned())
}

/// Each configuration that must not start, with the name that its message must hold.
fn bad() -> Vec<(Given, String)> {
    [bad_addresses(), bad_databases(), bad_keys(), bad_vendors_and_limits(), bad_mail(), bad_files()]
        .into_iter()
        .flatten()
        .collect()
}

fn bad_addresses() -> Vec<(Given, String)> {
    vec![
        one("KINBRIDGE_LISTEN", "8080"),
        one("KINBRIDGE_LISTEN", "localhost:8080"),
        one("KINBRIDGE_LISTEN", "127.0.0.1:99999"),
        one("KINBRIDGE_PUBLIC_URL", "http://portal.example.org"),
        one("KINBRIDGE_PUBLIC_URL", "http://10.0.0.5:8080"),
        one("KINBRIDGE_PUBLIC_URL", "http://localhost.evil.test"),
        one("KINBRIDGE_PUBLIC_URL", "portal.example.org"),
        one("KINBRIDGE_PUBLIC_URL", "https://portal.example.org/kinbridge"),
        one("KINBRIDGE_PUBLIC_URL", "https://user@portal.example.org"),
        one("KINBRIDGE_PUBLIC_URL", "ftp://portal.example.org"),
        one("KINBRIDGE_PUBLIC_URL", "https://"),
        (Given::complete().with("KINBRIDGE_LISTEN", "0.0.0.0:8080"), "KINBRIDGE_PUBLIC_URL".into()),
    ]
}

fn bad_databases() -> Vec<(Given, String)> {
    vec![
        (Given::complete().without("KINBRIDGE_DATA"), "KINBRIDGE_DATA".into()),
        (Given::complete().with("DATABASE_URL", "sqlite:{folder}/x.db"), "KINBRIDGE_DATA".into()),
        (Given::complete().file("data", "not a folder", 0o600), "KINBRIDGE_DATA".into()),
        database("mysql://kin:hunter2hunter2@localhost/kinbridge"),
        database("kinbridge.db"),
        database("sqlite:"),
        database("sqlite::memory:"),
        database("sqlite:{folder}"),
        database("postgres://kin:hunter2hunter2@db.example.org/kinbridge"),
        database("postgres://kin:hunter2hunter2@db.example.org/kinbridge?sslmode=prefer"),
        database("postgres://kin:hunter2hunter2@localhost,db.example.org/kinbridge"),
        database("postgres://kin:hunter2hunter2@localhost/kinbridge?hostaddr=10.0.0.9"),
        database("postgres:///kinbridge"),
        database("postgres://kin:hunter2hunter2@localhost/kinbridge?service=else"),
    ]
}

fn bad_keys() -> Vec<(Given, String)> {
    let weak = "ab".repeat(32);
    vec![
        (Given::complete().without("KINBRIDGE_SEALING_KEY"), "KINBRIDGE_SEALING_KEY_FILE".into()),
        one("KINBRIDGE_SEALING_KEY", "secret"),
        one("KINBRIDGE_SEALING_KEY", "00112233"),
        one("KINBRIDGE_SEALING_KEY", &weak),
        one("KINBRIDGE_SEALING_KEY", &format!("{KEY},nonsense")),
        (key_file(KEY, 0o600).0.with("KINBRIDGE_SEALING_KEY", KEY), "KINBRIDGE_SEALING_KEY".into()),
        key_file(KEY, 0o644),
        key_file(KEY, 0o640),
        key_file("", 0o600),
        key_file(&weak, 0o600),
        (key_file(KEY, 0o600).0.with("KINBRIDGE_DATA", "{folder}"), "KINBRIDGE_SEALING_KEY_FILE".into()),
        (
            Given::complete()
                .without("KINBRIDGE_SEALING_KEY")
                .with("KINBRIDGE_SEALING_KEY_FILE", "{folder}/none"),
            "KINBRIDGE_SEALING_KEY_FILE".into(),
        ),
        (
            Given::complete().without("KINBRIDGE_SEALING_KEY").with("KINBRIDGE_SEALING_KEY_FILE", "{folder}"),
            "KINBRIDGE_SEALING_KEY_FILE".into(),
        ),
    ]
}

fn bad_vendors_and_limits() -> Vec<(Given, String)> {
    vec![
        one("KINBRIDGE_TRUSTED_PROXIES", "10.0.0.0/8"),
        one("KINBRIDGE_TRUSTED_PROXIES", "127.0.0.1, proxy.local"),
        one("KINBRIDGE_TRUSTED_PROXIES", "0.0.0.0"),
        one("KINBRIDGE_VENDOR_URLS", "nourish=http://api.nourish.example"),
        one("KINBRIDGE_VENDOR_URLS", "nourish=api.nourish.example"),
        (
            Given::complete()
                .with("KINBRIDGE_VENDOR_URLS", "nourish=http://127.0.0.1:9302")
                .with("KINBRIDGE_ALLOWED_VENDOR_ORIGINS", "http://127.0.0.1:9301"),
            "KINBRIDGE_VENDOR_URLS".into(),
        ),
        one("KINBRIDGE_ALLOWED_VENDOR_ORIGINS", "127.0.0.1:9301"),
        one("KINBRIDGE_ALLOWED_VENDOR_ORIGINS", "http://127.0.0.1:9301/path"),
        one("KINBRIDGE_VENDOR_SECRETS", "nourish=two words"),
        one("KINBRIDGE_VENDORS_AVAILABLE", "nourish, Nourish!"),
        one("KINBRIDGE_VENDOR_URLS", "https://api.nourish.example"),
        // Sessions and limits may only be set stricter.
        one("KINBRIDGE_SESSION_IDLE_MINUTES", "21"),
        one("KINBRIDGE_SESSION_IDLE_MINUTES", "0"),
        one("KINBRIDGE_SESSION_IDLE_MINUTES_RELATIVES", "61"),
        one("KINBRIDGE_SESSION_HOURS", "11"),
        one("KINBRIDGE_SESSION_HOURS_RELATIVES", "25"),
        one("KINBRIDGE_SESSION_HOURS", "ten"),
        one("KINBRIDGE_SIGN_INS_PER_ADDRESS", "-1"),
        one("KINBRIDGE_API_RATE", "0"),
        // The rest.
        one("KINBRIDGE_BREACHED_PASSWORDS", "{folder}/nowhere"),
        one("KINBRIDGE_BREACHED_PASSWORDS", "{folder}"),
        one("KINBRIDGE_METRICS_TOKEN", "short-metrics-token"),
        one("KINBRIDGE_NIGHTLY_JITTER_MINUTES", "90"),
        one("KINBRIDGE_WORKERS", "0"),
        one("KINBRIDGE_WORKERS", "many"),
        one("KINBRIDGE_LOG_LEVEL", "loud"),
        one("KINBRIDGE_LOG_FORMAT", "xml"),
    ]
}

/// With a mail server that would do, but for one thing.
fn mail(name: &str, value: &str) -> (Given, String) {
    (with_mail().with(name, value), name.to_owned())
}

fn with_mail() -> Given {
    Given::complete()
        .with("KINBRIDGE_SMTP_HOST", "smtp.example.org")
        .with("KINBRIDGE_SMTP_USER", "portal")
        .with("KINBRIDGE_SMTP_PASSWORD", "hunter2hunter2")
        .with("KINBRIDGE_MAIL_FROM", "portal@example.org")
}

fn bad_mail() -> Vec<(Given, String)> {
    let password_file = |mode| {
        let given = with_mail().without("KINBRIDGE_SMTP_PASSWORD").file("password", "hunter2hunter2\n", mode);
        given.with("KINBRIDGE_SMTP_PASSWORD_FILE", "{folder}/password")
    };
    vec![
        one("KINBRIDGE_MAIL_FOLDER", "{folder}/nowhere"),
        mail("KINBRIDGE_MAIL_FOLDER", "{folder}"),
        mail("KINBRIDGE_SMTP_HOST", "smtp://smtp.example.org"),
        mail("KINBRIDGE_SMTP_HOST", "smtp.example.org:587"),
        mail("KINBRIDGE_SMTP_HOST", "smtp example"),
        mail("KINBRIDGE_SMTP_PORT", "0"),
        mail("KINBRIDGE_SMTP_PORT", "submission"),
        mail("KINBRIDGE_SMTP_ENCRYPTION", "opportunistic"),
        mail("KINBRIDGE_SMTP_ENCRYPTION", "none"),
        mail("KINBRIDGE_SMTP_PASSWORD_FILE", "{folder}/password"),
        mail("KINBRIDGE_SMTP_CA_FILE", "{folder}/nowhere"),
        (
            with_mail()
                .file("ca.pem", "no certificate", 0o644)
                .with("KINBRIDGE_SMTP_CA_FILE", "{folder}/ca.pem"),
            "KINBRIDGE_SMTP_CA_FILE".into(),
        ),
        mail("KINBRIDGE_SMTP_HELLO", "two words"),
        mail("KINBRIDGE_MAIL_FROM", "Portal <portal@example.org>"),
        mail("KINBRIDGE_MAIL_FROM", "portal"),
        mail("KINBRIDGE_MAILS_PER_MINUTE", "0"),
        mail("KINBRIDGE_MAILS_PER_ADDRESS_HOUR", "many"),
        (with_mail().without("KINBRIDGE_MAIL_FROM"), "KINBRIDGE_MAIL_FROM".into()),
        (with_mail().without("KINBRIDGE_SMTP_USER"), "KINBRIDGE_SMTP_USER".into()),
        (with_mail().without("KINBRIDGE_SMTP_PASSWORD"), "KINBRIDGE_SMTP_USER".into()),
        (with_mail().without("KINBRIDGE_SMTP_HOST"), "KINBRIDGE_SMTP_PASSWORD".into()),
        (password_file(0o644), "KINBRIDGE_SMTP_PASSWORD_FILE".into()),
    ]
}

fn bad_files() -> Vec<(Given, String)> {
    vec![
        toml("listen = 127.0.0.1", "kinbridge.toml"),
        toml("lisen = \"127.0.0.1:8080\"", "lisen"),
        toml("debug = true", "debug"),
        toml("listen = true", "listen"),
        toml("[server]\nlisten = \"127.0.0.1:8080\"", "server"),
        (
            Given::complete().toml(&format!("sealing_key = \"{KEY}\"")).file(
                "kinbridge.toml",
                &format!("sealing_key = \"{KEY}\""),
                0o644,
            ),
            "kinbridge.toml".into(),
        ),
        (
            {
                let mut given = Given::complete();
                given.file = Some(given.folder.path().join("none.toml"));
                given
            },
            "none.toml".into(),
        ),
    ]
}

#[test]
fn every_bad_configuration_is_refused_by_name_with_a_repair_and_no_secret() {
    let cases = bad();
    let count = cases.len();
    assert!(count >= 40, "only {count} cases");
    for (given, name) in cases {
        let values = given.values.clone();
        let Err(refused) = given.load() else { panic!("accepted: {name} in {values:?}") };
        let words = refused.to_string();
        let problem =
            refused.0.iter().find(|problem| problem.name.contains(&name) || problem.wrong.contains(&name));
        let problem = problem.unwrap_or_else(|| panic!("{name} is not named in: {words}"));
        assert!(!problem.wrong.is_empty() && problem.repair.len() > 10, "{words}");
        for secret in SECRETS {
            assert!(!words.contains(secret), "a secret is shown: {words}");
        }
        assert!(!words.chars().any(|c| c.is_control() && c != '\n'), "{words:?}");
    }
    println!("{count} of {count} bad configurations refused");
}

#[test]
fn all_wrong_values_are_told_at_once() {
    let given = Given::complete()
        .with("KINBRIDGE_LISTEN", "x")
        .with("KINBRIDGE_WORKERS", "0")
        .without("KINBRIDGE_DATA");
    let names: Vec<String> = given.load().err().unwrap().0.into_iter().map(|problem| problem.name).collect();
    assert_eq!(names, ["KINBRIDGE_LISTEN", "KINBRIDGE_DATA", "KINBRIDGE_WORKERS"]);
}

#[test]
fn the_least_that_starts_is_a_folder_and_a_key() {
    let given = Given::complete();
    let config = given.load().unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.public_url, "http://127.0.0.1:8080");
    assert!(config.database_url.reveal().starts_with("sqlite:"));
    assert!(config.database_url.reveal().ends_with("data/kinbridge.db"));
    assert!(!config.demo && !config.tls());
    assert!(config.metrics_token.is_none() && config.vendor_urls.is_empty());
}

#[test]
fn a_mail_server_is_encrypted_unless_it_is_this_machine_and_its_password_may_lie_in_a_file() {
    use kinbridge::config::Encryption;
    let server = |given: Given| given.load().unwrap().mail_server.unwrap();
    let usual = server(with_mail());
    assert_eq!((usual.port, usual.encryption), (587, Encryption::StartTls));
    assert_eq!((usual.from_name.as_str(), usual.hello.as_str()), ("Kinbridge", "127.0.0.1"));
    assert!(!format!("{usual:?}").contains("hunter2"), "{usual:?}");
    let tls = server(with_mail().with("KINBRIDGE_SMTP_ENCRYPTION", "tls"));
    assert_eq!((tls.port, tls.encryption), (465, Encryption::Tls));
    let here = with_mail().with("KINBRIDGE_SMTP_HOST", "localhost").with("KINBRIDGE_SMTP_ENCRYPTION", "none");
    assert_eq!((server(here).port), 25);
    let file = with_mail().without("KINBRIDGE_SMTP_PASSWORD").file("password", "hunter2hunter2\n", 0o600);
    let file = server(file.with("KINBRIDGE_SMTP_PASSWORD_FILE", "{folder}/password"));
    assert!(file.login.unwrap().password.is("hunter2hunter2"));
    assert!(Given::complete().load().unwrap().mail_server.is_none());
}

#[test]
fn a_setting_of_the_environment_comes_before_the_file() {
    let file = "listen = \"127.0.0.1:9000\"\nlog_format = \"json\"\nworkers = 3\ntrusted_proxies = [\"10.0.0.2\", \"::1\"]";
    let config = Given::complete().toml(file).with("KINBRIDGE_LISTEN", "127.0.0.1:9001").load().unwrap();
    assert_eq!(config.listen.port(), 9001);
    assert_eq!(config.running.log_format, LogFormat::Json);
    assert_eq!(config.running.workers, 3);
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn good_values_of_every_setting_are_taken() {
    let given = Given::complete()
        .without("KINBRIDGE_SEALING_KEY")
        .file("key", &format!("{KEY}\n{}\n", KEY.replace("00", "17")), 0o600)
        .file("breached", "password\n", 0o644)
        .with("KINBRIDGE_SEALING_KEY_FILE", "{folder}/key")
        .with("KINBRIDGE_BREACHED_PASSWORDS", "{folder}/breached")
        .with("KINBRIDGE_MAIL_FOLDER", "{folder}")
        .with("KINBRIDGE_PUBLIC_URL", "https://Portal.Example.org:443/")
        .with("KINBRIDGE_LISTEN", "[::]:8080")
        .with("KINBRIDGE_VENDOR_URLS", "nourish=https://api.nourish.example/v2/")
        .with("KINBRIDGE_VENDOR_SECRETS", "nourish=partner-0001")
        .with("KINBRIDGE_VENDORS_AVAILABLE", "nourish")
        .with("KINBRIDGE_SESSION_IDLE_MINUTES", "5")
        .with("KINBRIDGE_METRICS_TOKEN", KEY);
    let config = given.load().unwrap();
    assert_eq!(config.public_url, "https://portal.example.org");
    assert!(config.tls());
    assert_eq!(config.vendor_urls["nourish"], "https://api.nourish.example/v2");
    assert_eq!(config.sessions.idle.num_minutes(), 5);
    assert_eq!(config.vendors_available, ["nourish"]);
}

#[test]
fn a_local_postgres_needs_no_tls() {
    for url in [
        "postgres://kin:pw@localhost/kinbridge",
        "postgresql://kin:pw@127.0.0.1:5433/kinbridge",
        "postgres://kin@%2Fvar%2Frun%2Fpostgresql/kinbridge",
        "postgres:///kinbridge?host=/var/run/postgresql",
    ] {
        assert!(database(url).0.load().is_ok(), "{url}");
    }
}

#[test]
fn a_misspelt_variable_is_told_with_the_right_one() {
    let names = ["KINBRIDGE_LISTN", "PATH", "KINBRIDGE_DATA", "KINBRIDGE_TEST_POSTGRES", "KINBRIDGE_CONFIG"];
    let problems = unknown_names(names.into_iter().map(str::to_owned));
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].name, "\"KINBRIDGE_LISTN\"");
    assert!(problems[0].repair.contains("KINBRIDGE_LISTEN"));
}

#[test]
fn the_readme_lists_every_setting_and_no_other() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for setting in SETTINGS {
        assert!(readme.contains(&format!("| `{}` | `{}` |", setting.env, setting.key)), "{}", setting.env);
    }
    let words = readme.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named = words.filter(|word| word.starts_with("KINBRIDGE_")).map(str::to_owned);
    let unknown = unknown_names(named.filter(|name| !name.ends_with('_')));
    assert!(unknown.is_empty(), "{unknown:?}");
}
