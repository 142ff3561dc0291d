//! The list of every setting: its names, what it means, and what holds when it is not given.
//! The README's table is held level with it by a test.

/// One thing that can be set.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The environment variable.
    pub env: &'static str,
    /// The key in the TOML file.
    pub key: &'static str,
    /// Never printed, and never kept in a file that others can read.
    pub secret: bool,
    pub words: &'static str,
    /// What holds when it is not given.
    pub default: &'static str,
}

const fn plain(env: &'static str, key: &'static str, words: &'static str, default: &'static str) -> Setting {
    Setting { env, key, secret: false, words, default }
}

const fn secret(env: &'static str, key: &'static str, words: &'static str, default: &'static str) -> Setting {
    Setting { env, key, secret: true, words, default }
}

pub(super) const LISTEN: Setting =
    plain("KINBRIDGE_LISTEN", "listen", "address and port that the portal listens on", "127.0.0.1:8080");
pub(super) const PUBLIC_URL: Setting = plain(
    "KINBRIDGE_PUBLIC_URL",
    "public_url",
    "scheme, host and port that people type; https, except on this machine itself",
    "http and the listening address, if that is on loopback",
);
pub(super) const DATABASE_URL: Setting = secret(
    "DATABASE_URL",
    "database_url",
    "`sqlite:PATH`, or `postgres://USER:PASSWORD@HOST/NAME`",
    "the file kinbridge.db in the data folder",
);
pub(super) const DATA: Setting = plain(
    "KINBRIDGE_DATA",
    "data",
    "folder of the embedded database",
    "none: this or DATABASE_URL is needed",
);
pub(super) const SEALING_KEY: Setting = secret(
    "KINBRIDGE_SEALING_KEY",
    "sealing_key",
    "the key that seals vendor tokens: 64 hexadecimal characters; several with commas, newest first",
    "none: this or the file is needed",
);
pub(super) const SEALING_KEY_FILE: Setting = plain(
    "KINBRIDGE_SEALING_KEY_FILE",
    "sealing_key_file",
    "a file with the key, one a line, newest first; mode 0600 and outside the data folder",
    "none: this or the key is needed",
);
pub(super) const TRUSTED_PROXIES: Setting = plain(
    "KINBRIDGE_TRUSTED_PROXIES",
    "trusted_proxies",
    "IP addresses of reverse proxies whose X-Forwarded-For is believed",
    "none",
);
pub(super) const VENDOR_URLS: Setting = plain(
    "KINBRIDGE_VENDOR_URLS",
    "vendor_urls",
    "base address of each vendor's interface as the vendor gave it to you, such as `nourish=https://…`",
    "none: the vendor cannot be reached",
);
pub(super) const VENDOR_SECRETS: Setting = secret(
    "KINBRIDGE_VENDOR_SECRETS",
    "vendor_secrets",
    "what vendors issued to you for Kinbridge: Nourish its integration id, PCS its DevApikey: `nourish=…`, `pcs=…`",
    "none",
);
pub(super) const ALLOWED_VENDOR_ORIGINS: Setting = plain(
    "KINBRIDGE_ALLOWED_VENDOR_ORIGINS",
    "allowed_vendor_origins",
    "exact origins, such as http://127.0.0.1:9301, that connectors may reach although private or without TLS",
    "none",
);
pub(super) const VENDORS_AVAILABLE: Setting = plain(
    "KINBRIDGE_VENDORS_AVAILABLE",
    "vendors_available",
    "vendors that organisations may switch on without the representative, such as `nourish`",
    "none",
);
pub(super) const MAIL_FOLDER: Setting = plain(
    "KINBRIDGE_MAIL_FOLDER",
    "mail_folder",
    "folder into which letters are written, one file each, instead of to a mail server",
    "none: without a mail server too, letters stay in the outbox",
);
pub(super) const SMTP_HOST: Setting =
    plain("KINBRIDGE_SMTP_HOST", "smtp_host", "mail server that takes the letters", "none: nothing is sent");
pub(super) const SMTP_PORT: Setting = plain(
    "KINBRIDGE_SMTP_PORT",
    "smtp_port",
    "its port",
    "587 with `starttls`, 465 with `tls`, 25 with `none`",
);
pub(super) const SMTP_ENCRYPTION: Setting = plain(
    "KINBRIDGE_SMTP_ENCRYPTION",
    "smtp_encryption",
    "`starttls` or `tls`, which are never given up; `none` only for a server on this machine",
    "starttls",
);
pub(super) const SMTP_USER: Setting =
    plain("KINBRIDGE_SMTP_USER", "smtp_user", "user name at the mail server", "none: without signing in");
pub(super) const SMTP_PASSWORD: Setting =
    secret("KINBRIDGE_SMTP_PASSWORD", "smtp_password", "its password", "none: this or the file, with a user");
pub(super) const SMTP_PASSWORD_FILE: Setting = plain(
    "KINBRIDGE_SMTP_PASSWORD_FILE",
    "smtp_password_file",
    "a file with the password on one line; mode 0600",
    "none: this or the password, with a user",
);
pub(super) const SMTP_CA_FILE: Setting = plain(
    "KINBRIDGE_SMTP_CA_FILE",
    "smtp_ca_file",
    "certificate of your own authority in PEM, trusted besides this machine's",
    "none",
);
pub(super) const SMTP_HELLO: Setting = plain(
    "KINBRIDGE_SMTP_HELLO",
    "smtp_hello",
    "what this machine calls itself to the mail server",
    "the host of the public address",
);
pub(super) const MAIL_FROM: Setting = plain(
    "KINBRIDGE_MAIL_FROM",
    "mail_from",
    "address that letters come from",
    "none: needed with a mail server",
);
pub(super) const MAIL_FROM_NAME: Setting = plain(
    "KINBRIDGE_MAIL_FROM_NAME",
    "mail_from_name",
    "the name beside it, also in: Willow House via …",
    "Kinbridge",
);
pub(super) const MAILS_PER_MINUTE: Setting = plain(
    "KINBRIDGE_MAILS_PER_MINUTE",
    "mails_per_minute",
    "most letters that each process sends in a minute",
    "as many as the server takes",
);
pub(super) const MAILS_PER_ADDRESS_HOUR: Setting = plain(
    "KINBRIDGE_MAILS_PER_ADDRESS_HOUR",
    "mails_per_address_hour",
    "most password resets, and most digests, to one address in an hour; invitations always go",
    "3",
);
pub(super) const SESSION_IDLE_MINUTES: Setting = plain(
    "KINBRIDGE_SESSION_IDLE_MINUTES",
    "session_idle_minutes",
    "a session ends after so long without use; 20 at most",
    "20",
);
pub(super) const SESSION_IDLE_MINUTES_RELATIVES: Setting = plain(
    "KINBRIDGE_SESSION_IDLE_MINUTES_RELATIVES",
    "session_idle_minutes_relatives",
    "the same for relatives; 60 at most",
    "60",
);
pub(super) const SESSION_HOURS: Setting = plain(
    "KINBRIDGE_SESSION_HOURS",
    "session_hours",
    "a session ends after so long in any case; 10 at most",
    "10",
);
pub(super) const SESSION_HOURS_RELATIVES: Setting = plain(
    "KINBRIDGE_SESSION_HOURS_RELATIVES",
    "session_hours_relatives",
    "the same for relatives; 24 at most",
    "24",
);
pub(super) const SIGN_INS_PER_ADDRESS: Setting = plain(
    "KINBRIDGE_SIGN_INS_PER_ADDRESS",
    "sign_ins_per_address",
    "sign-ins from one address in five minutes",
    "30",
);
pub(super) const API_RATE: Setting = plain(
    "KINBRIDGE_API_RATE",
    "api_rate",
    "requests that one API key may make in a second; as many may come at once",
    "300",
);
pub(super) const TWO_STEP: Setting = plain(
    "KINBRIDGE_TWO_STEP",
    "two_step",
    "`required`: representatives, super managers and managers must have two-step sign-in; `offered`: they may",
    "required",
);
pub(super) const BREACHED_PASSWORDS: Setting = plain(
    "KINBRIDGE_BREACHED_PASSWORDS",
    "breached_passwords",
    "file of passwords to refuse, one a line, besides the list inside",
    "none",
);
pub(super) const METRICS_TOKEN: Setting = secret(
    "KINBRIDGE_METRICS_TOKEN",
    "metrics_token",
    "bearer token of /metrics, 32 characters or more; without it /metrics answers loopback only",
    "none",
);
pub(super) const NIGHTLY_JITTER_MINUTES: Setting = plain(
    "KINBRIDGE_NIGHTLY_JITTER_MINUTES",
    "nightly_jitter_minutes",
    "widest random delay after 01:00 of an organisation's nightly sync; 60 at most",
    "10",
);
pub(super) const WORKERS: Setting =
    plain("KINBRIDGE_WORKERS", "workers", "threads that answer requests, 1 to 64", "one a core, 8 at most");
pub(super) const LOG_LEVEL: Setting =
    plain("KINBRIDGE_LOG_LEVEL", "log_level", "`error`, `warn`, `info`, `debug` or `trace`", "info");
pub(super) const LOG_FORMAT: Setting =
    plain("KINBRIDGE_LOG_FORMAT", "log_format", "`text`, or `json` for a log collector", "text");

/// Every setting, in the order of the README.
pub const SETTINGS: [Setting; 37] = [
    LISTEN,
    PUBLIC_URL,
    DATABASE_URL,
    DATA,
    SEALING_KEY,
    SEALING_KEY_FILE,
    TRUSTED_PROXIES,
    VENDOR_URLS,
    VENDOR_SECRETS,
    ALLOWED_VENDOR_ORIGINS,
    VENDORS_AVAILABLE,
    MAIL_FOLDER,
    SMTP_HOST,
    SMTP_PORT,
    SMTP_ENCRYPTION,
    SMTP_USER,
    SMTP_PASSWORD,
    SMTP_PASSWORD_FILE,
    SMTP_CA_FILE,
    SMTP_HELLO,
    MAIL_FROM,
    MAIL_FROM_NAME,
    MAILS_PER_MINUTE,
    MAILS_PER_ADDRESS_HOUR,
    SESSION_IDLE_MINUTES,
    SESSION_IDLE_MINUTES_RELATIVES,
    SESSION_HOURS,
    SESSION_HOURS_RELATIVES,
    SIGN_INS_PER_ADDRESS,
    API_RATE,
    TWO_STEP,
    BREACHED_PASSWORDS,
    METRICS_TOKEN,
    NIGHTLY_JITTER_MINUTES,
    WORKERS,
    LOG_LEVEL,
    LOG_FORMAT,
];

/// Variables that are no settings of the file: where the file is, and what `demo` reads.
pub(super) const OTHER_NAMES: [&str; 2] = ["KINBRIDGE_CONFIG", "KINBRIDGE_DEMO_PASSWORD"];
/// Only tests read these.
pub(super) const TEST_NAMES: &str = "KINBRIDGE_TEST_";
