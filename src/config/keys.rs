//! Where the sealing key may lie, and how a file that holds a secret must look.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::kit::sealed::KeyRing;
use crate::kit::secret::Secret;

type Wrong = (String, String);

/// A ring from the text of a variable, in which commas stand for the ends of lines.
pub(super) fn from_text(text: &str) -> Result<KeyRing, Wrong> {
    KeyRing::parse(&text.replace(',', "\n")).map_err(|bad| (bad.to_string(), MAKE_ONE.into()))
}

/// A ring from a file that only its owner can read and that lies outside the data folder.
pub(super) fn from_file(path: &Path, data: &Path) -> Result<KeyRing, Wrong> {
    let shown = path.display();
    let meta = fs::metadata(path).map_err(|cause| {
        (
            format!("the file {shown} cannot be read ({cause})"),
            "Make one: kinbridge rotate-key --new FILE".into(),
        )
    })?;
    if !meta.is_file() {
        return Err((format!("{shown} is not a file"), "Name a file.".into()));
    }
    if others_can_read(path) {
        return Err((format!("others can read the file {shown}"), format!("Run: chmod 600 {shown}")));
    }
    if !data.as_os_str().is_empty() && resolved(path).starts_with(resolved(data)) {
        let wrong = format!("the file {shown} lies in the data folder, so that a backup would hold both");
        return Err((wrong, "Move it elsewhere, such as /etc/kinbridge/sealing.key.".into()));
    }
    let text = fs::read_to_string(path)
        .map_err(|cause| (format!("the file {shown} cannot be read ({cause})"), "Check its owner.".into()))?;
    KeyRing::parse(&text).map_err(|bad| (format!("in the file {shown}, {bad}"), MAKE_ONE.into()))
}

const MAKE_ONE: &str = "Make one: kinbridge rotate-key --new FILE";

/// Puts a key in front of those that the file holds; makes the file, with mode 0600, if there is none.
/// The file is replaced whole, so that a crash leaves the old one.
pub fn write_key_file(path: &Path, key: &Secret) -> io::Result<()> {
    let older = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => String::new(),
        Err(cause) => return Err(cause),
    };
    let beside = path.with_extension("new");
    // Left by a crash between these lines.
    let _ = fs::remove_file(&beside);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(format!("{}\n{older}", key.reveal()).as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

#[cfg(unix)]
pub(super) fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
pub(super) fn others_can_read(_path: &Path) -> bool {
    false
}

/// The real path, as far as it exists: links are followed, so that they hide nothing.
fn resolved(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_cause| path.to_owned());
    whole
        .ancestors()
        .find_map(|ancestor| {
            let real = fs::canonicalize(ancestor).ok()?;
            Some(whole.strip_prefix(ancestor).map_or(real.clone(), |rest| real.join(rest)))
        })
        .unwrap_or(whole.clone())
}
