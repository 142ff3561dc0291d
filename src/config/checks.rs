//! Every setting's own rule: what it may be, and the words when it is not.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::TimeDelta;

use super::address::{Address, PostgresAddress, is_loopback};
use super::settings as named;
use super::settings::Setting;
use super::sources::{BadConfig, Sources, shown};
use super::{Config, DATABASE_FILE, LogFormat, LogLevel, Running, SessionLimits, TwoStep, keys, mail};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::Secret;

pub(super) type Checked<T> = Result<T, (String, String)>;

pub(super) fn load(env: &dyn Fn(&str) -> Option<String>, file: Option<&Path>) -> Result<Config, BadConfig> {
    let mut from = Sources::new(env, file);
    let listen = from.read(named::LISTEN, listen).unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
    let public_url = public_address(&mut from, listen);
    let database = database(&mut from);
    let data = database.as_ref().map(|(_, data)| data.clone()).unwrap_or_default();
    let keys = key_ring(&mut from, &data);
    let trusted_proxies = from.read_list(named::TRUSTED_PROXIES, proxy);
    let allowed_vendor_origins = from.read_list(named::ALLOWED_VENDOR_ORIGINS, allowed_origin);
    let urls = from.read_list(named::VENDOR_URLS, |text| {
        of_a_vendor(text, |url| vendor_address(url, &allowed_vendor_origins))
    });
    let secrets = from.read_list(named::VENDOR_SECRETS, |text| of_a_vendor(text, header_text));
    let vendors_available = from.read_list(named::VENDORS_AVAILABLE, vendor);
    let (mail_folder, mail_server) = mail::load(&mut from, public_url.as_deref());
    let sessions = sessions(&mut from);
    let sign_ins = from.read(named::SIGN_INS_PER_ADDRESS, |text| number(text, 1, 1_000_000));
    let api_rate = from.read(named::API_RATE, |text| number(text, 1, 100_000));
    let two_step = from.read(named::TWO_STEP, two_step);
    let breached_passwords = from.read(named::BREACHED_PASSWORDS, readable_file);
    let metrics_token = from.read(named::METRICS_TOKEN, metrics_token);
    let jitter = from.read(named::NIGHTLY_JITTER_MINUTES, |text| number(text, 0, 60));
    let running = running(&mut from);
    let (Some(public_url), Some((database_url, data)), Some(keys), true) =
        (public_url, database, keys, from.problems.is_empty())
    else {
        return Err(BadConfig(from.problems));
    };
    Ok(Config {
        listen,
        public_url,
        database_url,
        data,
        keys,
        trusted_proxies,
        vendor_urls: urls.into_iter().collect(),
        vendor_secrets: secrets.into_iter().collect(),
        allowed_vendor_origins,
        vendors_available,
        mail_folder,
        mail_server,
        sessions,
        sign_ins_per_address: sign_ins.unwrap_or(super::SIGN_INS_PER_ADDRESS),
        api_rate: api_rate.unwrap_or(super::API_RATE),
        two_step: two_step.unwrap_or(TwoStep::Required),
        breached_passwords,
        metrics_token,
        demo: false,
        nightly_jitter: TimeDelta::minutes(jitter.unwrap_or(super::NIGHTLY_JITTER_MINUTES)),
        running,
    })
}

pub(super) fn refuse<T>(wrong: impl Into<String>, repair: impl Into<String>) -> Checked<T> {
    Err((wrong.into(), repair.into()))
}

fn listen(text: &str) -> Checked<SocketAddr> {
    let parsed = text.parse::<SocketAddr>();
    parsed.or_else(|_form| {
        refuse(format!("{} is not an IP address and a port", shown(text)), "Write it like 127.0.0.1:8080.")
    })
}

fn public_address(from: &mut Sources<'_>, listen: SocketAddr) -> Option<String> {
    if from.text(named::PUBLIC_URL).is_none() {
        if listen.ip().is_loopback() && listen.port() != 0 {
            return Some(format!("http://{listen}"));
        }
        let repair = "Set it to the address that people type, such as https://portal.example.org.";
        from.wrong(named::PUBLIC_URL, "it is not set, and the portal does not listen on loopback", repair);
        return None;
    }
    from.read(named::PUBLIC_URL, |text| {
        let example = "Write only scheme, host and port, such as https://portal.example.org.";
        let Some(address) = Address::parse(text) else {
            return refuse(format!("{} is not a web address", shown(text)), example);
        };
        if !matches!(address.path.as_str(), "" | "/") {
            return refuse(format!("{} has a path", shown(text)), example);
        }
        match address.scheme.as_str() {
            "https" => Ok(address.origin()),
            "http" if is_loopback(&address.host) => Ok(address.origin()),
            "http" => refuse(
                "it is http, so that passwords would cross the network in clear",
                "Put a reverse proxy with TLS in front and write https://.",
            ),
            _ => refuse(format!("{} is neither https nor http", shown(text)), example),
        }
    })
}

/// The database's address and its folder. SQLite: one of the two settings; PostgreSQL: the address.
fn database(from: &mut Sources<'_>) -> Option<(Secret, PathBuf)> {
    let data = from.read(named::DATA, data_folder);
    let given = from.text(named::DATABASE_URL);
    match (given, from.text(named::DATA)) {
        (None, None) => {
            let repair = "Set it to the folder that keeps the database, such as /var/lib/kinbridge; for \
                 PostgreSQL set DATABASE_URL.";
            from.wrong(named::DATA, "it is not set", repair);
            None
        }
        (None, Some(_)) => data.map(|data| (sqlite_in(&data), data)),
        (Some(url), folder) if url.starts_with("sqlite:") => {
            if folder.is_some() {
                let repair = "Set one of the two.";
                from.wrong(named::DATA, "it is set, and DATABASE_URL names an SQLite file too", repair);
            }
            from.read(named::DATABASE_URL, sqlite)
        }
        (Some(_), _) => from
            .read(named::DATABASE_URL, |url| postgres(url, cfg!(feature = "pg-tls")))
            .map(|url| (url, PathBuf::new())),
    }
}

fn sqlite_in(data: &Path) -> Secret {
    Secret::new(format!("sqlite:{}", data.join(DATABASE_FILE).display()))
}

fn data_folder(text: &str) -> Checked<PathBuf> {
    let path = PathBuf::from(text);
    if path.exists() && !path.is_dir() {
        return refuse(format!("{} is not a folder", shown(text)), "Name a folder.");
    }
    Ok(path)
}

fn sqlite(url: &str) -> Checked<(Secret, PathBuf)> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    if path.is_empty() || path.contains(":memory:") || path.contains(['?', '\0']) || path.starts_with("file:")
    {
        return refuse("it names no file", "Write it like sqlite:/var/lib/kinbridge/kinbridge.db.");
    }
    let path = PathBuf::from(path);
    if path.is_dir() {
        return refuse("it names a folder", "Name the file, such as kinbridge.db, in it.");
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new(".")).to_owned();
    Ok((Secret::new(format!("sqlite:{}", path.display())), folder))
}

/// A PostgreSQL on another machine is refused unless the whole way to it is encrypted.
pub(super) fn postgres(url: &str, tls: bool) -> Checked<Secret> {
    let Some(address) = PostgresAddress::parse(url) else {
        return refuse(
            "it is neither sqlite: nor postgres://",
            "Write sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME.",
        );
    };
    if address.elsewhere {
        return refuse("it names a service file", "Write host, user and database here.");
    }
    if address.hosts.is_empty() {
        return refuse("it names no host", "Name it, such as localhost, or add ?host=/var/run/postgresql.");
    }
    if !address.is_local() {
        let asked = matches!(address.sslmode.as_deref(), Some("require" | "verify-ca" | "verify-full"));
        if !tls {
            return refuse(
                "the database is on another machine, and this program was built without TLS to PostgreSQL",
                "Build it with: cargo build --release --features pg-tls",
            );
        }
        if !asked {
            let wrong = "the database is on another machine and TLS is not asked for";
            return refuse(wrong, "Add ?sslmode=verify-full (or require) to the address.");
        }
    }
    Ok(Secret::new(url))
}

fn key_ring(from: &mut Sources<'_>, data: &Path) -> Option<KeyRing> {
    let (key, file) = (from.text(named::SEALING_KEY), from.text(named::SEALING_KEY_FILE));
    match (key, file) {
        (None, None) => {
            let repair = "Make a key file with `kinbridge rotate-key --new FILE`, outside the data folder, and name \
                 it in KINBRIDGE_SEALING_KEY_FILE.";
            from.wrong(named::SEALING_KEY_FILE, "there is no sealing key", repair);
            None
        }
        (Some(_), Some(_)) => {
            from.wrong(
                named::SEALING_KEY,
                "it is set, and KINBRIDGE_SEALING_KEY_FILE too",
                "Set one of the two.",
            );
            None
        }
        (Some(_), None) => from.read(named::SEALING_KEY, keys::from_text),
        (None, Some(_)) => from.read(named::SEALING_KEY_FILE, |path| keys::from_file(Path::new(path), data)),
    }
}

fn proxy(text: &str) -> Checked<IpAddr> {
    match text.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => {
            refuse(format!("{} means every address", shown(text)), "Name each proxy by its own address.")
        }
        Ok(address) => Ok(address),
        Err(_form) => refuse(
            format!("{} is not an IP address", shown(text)),
            "Write addresses like 10.0.0.2, with commas between them; networks and names are not possible.",
        ),
    }
}

fn allowed_origin(text: &str) -> Checked<String> {
    let address = Address::parse(text).filter(|address| matches!(address.scheme.as_str(), "http" | "https"));
    match address.filter(|address| matches!(address.path.as_str(), "" | "/")) {
        Some(address) => Ok(address.origin()),
        None => refuse(
            format!("{} is not an origin", shown(text)),
            "Write scheme, host and port, such as http://127.0.0.1:9301.",
        ),
    }
}

fn vendor_address(text: &str, allowed: &[String]) -> Checked<String> {
    let Some(address) = Address::parse(text) else {
        return refuse(
            format!("{} is not a web address", shown(text)),
            "Write it like https://api.example.org/path.",
        );
    };
    if address.scheme != "https" && !allowed.contains(&address.origin()) {
        return refuse(
            "it is not https, so that tokens would cross the network in clear",
            format!("Write https://, or name {} in KINBRIDGE_ALLOWED_VENDOR_ORIGINS.", address.origin()),
        );
    }
    Ok(format!("{}{}", address.origin(), address.path.trim_end_matches('/')))
}

/// A vendor's word. Whether there is such a vendor is known above this layer, and looked at before the start.
fn vendor(text: &str) -> Checked<String> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    refuse(format!("{} is no vendor's word", shown(text)), "Write small letters, such as nourish.")
}

/// `vendor=value`. The value is never shown: it may be a secret.
fn of_a_vendor<T>(text: &str, value: impl FnOnce(&str) -> Checked<T>) -> Checked<(String, T)> {
    let Some((word, rest)) = text.split_once('=') else {
        return refuse("an entry names no vendor", "Write each like nourish=…, with commas between them.");
    };
    Ok((vendor(word)?, value(rest.trim())?))
}

/// A secret that is sent as a header: visible ASCII.
fn header_text(text: &str) -> Checked<Secret> {
    if text.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(Secret::new(text));
    }
    refuse(
        "it holds spaces or characters that no header can carry",
        "Copy it again, without what stands around it.",
    )
}

fn metrics_token(text: &str) -> Checked<Secret> {
    if text.len() < 32 {
        return refuse(
            "it is shorter than 32 characters",
            "Make one, for example with: openssl rand -hex 32",
        );
    }
    header_text(text)
}

pub(super) fn writable_folder(text: &str) -> Checked<PathBuf> {
    let path = PathBuf::from(text);
    if !path.is_dir() {
        return refuse(format!("{} is not a folder", shown(text)), "Make it, for this user to write into.");
    }
    let probe = path.join(format!(".kinbridge-{}", std::process::id()));
    match std::fs::write(&probe, b"") {
        Ok(()) => {
            // It may stay: an empty hidden file harms nothing.
            let _ = std::fs::remove_file(&probe);
            Ok(path)
        }
        Err(cause) => refuse(
            format!("the folder {} cannot be written to ({cause})", shown(text)),
            "Give it to the portal's user.",
        ),
    }
}

fn readable_file(text: &str) -> Checked<PathBuf> {
    let path = PathBuf::from(text);
    match std::fs::File::open(&path) {
        Ok(_) if path.is_file() => Ok(path),
        Ok(_) => refuse(format!("{} is not a file", shown(text)), "Name a file with one password a line."),
        Err(cause) => refuse(
            format!("{} cannot be read ({cause})", shown(text)),
            "Name a file with one password a line.",
        ),
    }
}

fn sessions(from: &mut Sources<'_>) -> SessionLimits {
    let most = SessionLimits::default();
    let mut limit = |setting: Setting, unit: fn(i64) -> TimeDelta, default: TimeDelta, most: i64| {
        from.read(setting, |text| number(text, 1, most)).map_or(default, unit)
    };
    SessionLimits {
        idle: limit(named::SESSION_IDLE_MINUTES, TimeDelta::minutes, most.idle, most.idle.num_minutes()),
        idle_relative: limit(
            named::SESSION_IDLE_MINUTES_RELATIVES,
            TimeDelta::minutes,
            most.idle_relative,
            most.idle_relative.num_minutes(),
        ),
        absolute: limit(named::SESSION_HOURS, TimeDelta::hours, most.absolute, most.absolute.num_hours()),
        absolute_relative: limit(
            named::SESSION_HOURS_RELATIVES,
            TimeDelta::hours,
            most.absolute_relative,
            most.absolute_relative.num_hours(),
        ),
    }
}

fn running(from: &mut Sources<'_>) -> Running {
    let usual = Running::default();
    Running {
        workers: from.read(named::WORKERS, |text| number(text, 1, 64)).unwrap_or(usual.workers),
        log_level: from.read(named::LOG_LEVEL, log_level).unwrap_or(usual.log_level),
        log_format: from.read(named::LOG_FORMAT, log_format).unwrap_or(usual.log_format),
    }
}

fn log_level(text: &str) -> Checked<LogLevel> {
    Ok(match text {
        "error" => LogLevel::Error,
        "warn" => LogLevel::Warn,
        "info" => LogLevel::Info,
        "debug" => LogLevel::Debug,
        "trace" => LogLevel::Trace,
        _ => {
            return refuse(
                format!("{} is no level", shown(text)),
                "Write error, warn, info, debug or trace.",
            );
        }
    })
}

fn two_step(text: &str) -> Checked<TwoStep> {
    match text {
        "required" => Ok(TwoStep::Required),
        "offered" => Ok(TwoStep::Offered),
        _ => refuse(format!("{} is neither", shown(text)), "Write required or offered."),
    }
}

fn log_format(text: &str) -> Checked<LogFormat> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => refuse(format!("{} is no format", shown(text)), "Write text or json."),
    }
}

pub(super) fn number<N>(text: &str, least: N, most: N) -> Checked<N>
where
    N: FromStr + PartialOrd + std::fmt::Display,
{
    let parsed = text.parse::<N>().ok().filter(|n| *n >= least && *n <= most);
    parsed.map_or_else(
        || {
            refuse(
                format!("{} is not a whole number from {least} to {most}", shown(text)),
                "Write such a number.",
            )
        },
        Ok,
    )
}
