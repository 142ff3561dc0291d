//! Settings of outgoing mail. Its way to the server is encrypted, always: only a server on this machine may be
//! reached in clear, and only where that is asked for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::address::is_loopback;
use super::checks::{Checked, number, refuse, writable_folder};
use super::keys::others_can_read;
use super::settings as named;
use super::sources::{Sources, shown};
use crate::kit::email_address::EmailAddress;
use crate::kit::secret::Secret;

/// The server that takes our letters.
#[derive(Clone, Debug)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub encryption: Encryption,
    pub login: Option<Login>,
    /// The address that letters come from.
    pub from: EmailAddress,
    /// The name beside it; an organisation's letters come from "Willow House via" it.
    pub from_name: String,
    /// What this machine calls itself to the server: a name or an IP address.
    pub hello: String,
    /// Authorities besides those of this machine, in PEM.
    pub authorities: Option<Vec<u8>>,
    /// Letters in a minute; `None` as fast as the server takes them.
    pub per_minute: Option<u32>,
    /// Letters that anybody can ask for, to one address in an hour.
    pub per_address_hour: u32,
    /// A letter that takes longer than this, or a connection that does, has failed.
    pub patience: Duration,
}

/// How the way to the server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Begins in clear and goes on encrypted, or not at all.
    StartTls,
    /// Encrypted from the first byte.
    Tls,
    /// In clear: loopback only.
    None,
}

#[derive(Clone, Debug)]
pub struct Login {
    pub user: String,
    pub password: Secret,
}

/// As long as a slow scanner of mail may take, and short enough for the lease of a claim.
const PATIENCE: Duration = Duration::from_mins(1);
/// What a person who asks again and again for a new password needs at most.
pub const MAILS_PER_ADDRESS_HOUR: u32 = 3;

/// The folder or the server, if one of them is set.
pub(super) fn load(
    from: &mut Sources<'_>,
    public_url: Option<&str>,
) -> (Option<PathBuf>, Option<MailServer>) {
    let folder = from.read(named::MAIL_FOLDER, writable_folder);
    let Some(host) = from.read(named::SMTP_HOST, host) else {
        let alone = [named::SMTP_PORT, named::SMTP_ENCRYPTION, named::SMTP_USER, named::SMTP_PASSWORD];
        for setting in alone.into_iter().chain([named::SMTP_PASSWORD_FILE, named::SMTP_CA_FILE]) {
            if from.text(setting).is_some() && from.text(named::SMTP_HOST).is_none() {
                from.wrong(setting, "it is set, and KINBRIDGE_SMTP_HOST is not", "Name the mail server too.");
            }
        }
        return (folder, None);
    };
    if from.text(named::MAIL_FOLDER).is_some() {
        let repair = "Set one of the two.";
        from.wrong(named::MAIL_FOLDER, "it is set, and KINBRIDGE_SMTP_HOST too", repair);
    }
    let encryption = from.read(named::SMTP_ENCRYPTION, |text| encryption(text, &host));
    let encryption = encryption.unwrap_or(Encryption::StartTls);
    let usual = match encryption {
        Encryption::StartTls => 587,
        Encryption::Tls => 465,
        Encryption::None => 25,
    };
    let port = from.read(named::SMTP_PORT, |text| number(text, 1, u16::MAX)).unwrap_or(usual);
    let login = login(from);
    let authorities = from.read(named::SMTP_CA_FILE, certificates);
    let hello = from.read(named::SMTP_HELLO, hello);
    let per_minute = from.read(named::MAILS_PER_MINUTE, |text| number(text, 1, 60_000));
    let per_address_hour = from.read(named::MAILS_PER_ADDRESS_HOUR, |text| number(text, 1, 100));
    let from_name = from.read(named::MAIL_FROM_NAME, from_name);
    let address = from.read(named::MAIL_FROM, address);
    if from.text(named::MAIL_FROM).is_none() {
        let repair = "Set it to an address of yours that the mail server lets you write from.";
        from.wrong(named::MAIL_FROM, "it is not set, and KINBRIDGE_SMTP_HOST is", repair);
    }
    let server = address.map(|address| MailServer {
        host,
        port,
        encryption,
        login,
        from: address,
        from_name: from_name.unwrap_or_else(|| "Kinbridge".to_owned()),
        hello: hello.unwrap_or_else(|| own_host(public_url)),
        authorities,
        per_minute,
        per_address_hour: per_address_hour.unwrap_or(MAILS_PER_ADDRESS_HOUR),
        patience: PATIENCE,
    });
    (folder, server)
}

/// The portal's own host, by which other machines know this one.
fn own_host(public_url: Option<&str>) -> String {
    let address = public_url.and_then(super::address::Address::parse);
    address.map_or_else(|| "localhost".to_owned(), |address| address.host)
}

fn host(text: &str) -> Checked<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    if text.contains("://") || !text.chars().all(plain) {
        let repair = "Write only the host, such as smtp.example.org.";
        return refuse(format!("{} is not a host's name", shown(text)), repair);
    }
    if text.matches(':').count() == 1 {
        let repair = "Write the port in KINBRIDGE_SMTP_PORT.";
        return refuse(format!("{} has a port", shown(text)), repair);
    }
    Ok(text.to_ascii_lowercase())
}

fn encryption(text: &str, host: &str) -> Checked<Encryption> {
    match text {
        "starttls" => Ok(Encryption::StartTls),
        "tls" => Ok(Encryption::Tls),
        "none" if is_loopback(host) => Ok(Encryption::None),
        "none" => refuse(
            "letters and the password would cross the network in clear",
            "Write starttls or tls; none is for a mail server on this machine.",
        ),
        _ => refuse(format!("{} is no encryption", shown(text)), "Write starttls, tls or none."),
    }
}

fn login(from: &mut Sources<'_>) -> Option<Login> {
    let user = from.read(named::SMTP_USER, |text| one_line(text).map(str::to_owned));
    let password = password(from);
    match (from.text(named::SMTP_USER).is_some(), has_password(from)) {
        (true, false) => {
            let repair = "Set KINBRIDGE_SMTP_PASSWORD_FILE to a file with the password, mode 0600.";
            from.wrong(named::SMTP_USER, "it is set, and no password is", repair);
        }
        (false, true) => {
            let repair = "Set it, or take the password away.";
            from.wrong(named::SMTP_USER, "it is not set, and a password is", repair);
        }
        _ => {}
    }
    user.zip(password).map(|(user, password)| Login { user, password })
}

/// Whether a password is given in one of the two ways.
fn has_password(from: &Sources<'_>) -> bool {
    from.text(named::SMTP_PASSWORD).is_some() || from.text(named::SMTP_PASSWORD_FILE).is_some()
}

fn password(from: &mut Sources<'_>) -> Option<Secret> {
    if from.text(named::SMTP_PASSWORD).is_some() && from.text(named::SMTP_PASSWORD_FILE).is_some() {
        let repair = "Set one of the two.";
        from.wrong(named::SMTP_PASSWORD, "it is set, and KINBRIDGE_SMTP_PASSWORD_FILE too", repair);
        return None;
    }
    let given = from.read(named::SMTP_PASSWORD, |text| one_line(text).map(Secret::new));
    given.or_else(|| from.read(named::SMTP_PASSWORD_FILE, |path| password_in(Path::new(path))))
}

fn password_in(path: &Path) -> Checked<Secret> {
    let name = path.display();
    if path.is_file() && others_can_read(path) {
        return refuse(format!("others can read the file {name}"), format!("Run: chmod 600 {name}"));
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) => {
            let repair = "Name a file that this user can read, with the password on one line.";
            return refuse(format!("the file {name} cannot be read ({cause})"), repair);
        }
    };
    match one_line(text.trim_end_matches(['\r', '\n'])) {
        Ok("") => refuse(format!("the file {name} is empty"), "Put the password in it, on one line."),
        Ok(password) => Ok(Secret::new(password)),
        Err(_form) => refuse(format!("the file {name} holds more than one line"), "Leave only the password."),
    }
}

fn one_line(text: &str) -> Checked<&str> {
    if text.contains(char::is_control) {
        return refuse("it holds more than one line", "Copy it again, without what stands around it.");
    }
    Ok(text)
}

fn certificates(text: &str) -> Checked<Vec<u8>> {
    let repair =
        "Name a file with the authority's certificate in PEM, which begins with -----BEGIN CERTIFICATE-----.";
    match std::fs::read(text) {
        Ok(pem) if String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") => Ok(pem),
        Ok(_) => refuse(format!("{} holds no certificate", shown(text)), repair),
        Err(cause) => refuse(format!("{} cannot be read ({cause})", shown(text)), repair),
    }
}

fn hello(text: &str) -> Checked<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    if text.chars().all(plain) {
        return Ok(text.to_owned());
    }
    refuse(format!("{} is not a host's name", shown(text)), "Write a name such as portal.example.org.")
}

fn from_name(text: &str) -> Checked<String> {
    if text.chars().count() <= 60 && !text.contains(char::is_control) {
        return Ok(text.to_owned());
    }
    refuse("it is longer than 60 characters or has several lines", "Write a short name, such as Kinbridge.")
}

fn address(text: &str) -> Checked<EmailAddress> {
    EmailAddress::parse(text).filter(|address| address.as_str().is_ascii()).map_or_else(
        || {
            let wrong = format!("{} is not an email address", shown(text));
            refuse(wrong, "Write the bare address, such as portal@example.org; the name has its own setting.")
        },
        Ok,
    )
}
