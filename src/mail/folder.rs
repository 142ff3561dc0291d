//! A letter as a file in a folder: what stands in for a mail server, and what the operator of a small installation
//! may hand on. Readable by the owner only, since letters carry links.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::answer::{Answer, Trouble, Verdict};
use super::message::{Outgoing, Sender, compose};

/// Where the files go, and in whose name they are written.
pub struct Folder {
    path: PathBuf,
    sender: Sender,
}

impl Folder {
    pub(super) fn new(path: &Path, sender: Sender) -> Self {
        Self { path: path.to_owned(), sender }
    }

    /// Writes one letter; again gives the same file.
    pub async fn carry(&self, letter: &Outgoing) -> Verdict {
        let Ok(composed) = compose(&self.sender, letter) else {
            let words = "The address is not one that mail can be sent to.".to_owned();
            return Verdict::Refused(Answer { words, said: String::new() });
        };
        let (path, id) = (self.path.clone(), letter.id.clone());
        let written = tokio::task::spawn_blocking(move || write(&path, &id, &composed.bytes)).await;
        match written.unwrap_or_else(|ended| Err(io::Error::other(ended))) {
            Ok(()) => Verdict::Taken,
            Err(cause) => Verdict::Trouble(Trouble {
                kind: "folder",
                words: format!("The mail folder cannot be written to: {}.", cause.kind()),
                repair: "Make the folder of KINBRIDGE_MAIL_FOLDER writable for the portal's user.".to_owned(),
            }),
        }
    }
}

/// So that nobody ever sees half of it.
fn write(folder: &Path, id: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let half = folder.join(format!(".{name}.part"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(half, folder.join(format!("{name}.eml")))
}
