//! What everything in this process logs, at the level that says most: kept for the tests of the log, and written to the
//! file that `KINBRIDGE_TEST_LOG` names, in which `tests/run` looks for what must never be logged.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

#[derive(Clone)]
pub struct Log(Arc<Mutex<Kept>>);

struct Kept {
    said: Vec<u8>,
    file: Option<File>,
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap();
        if let Some(file) = &mut kept.file {
            io::Write::write_all(file, bytes)?;
        }
        kept.said.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// For all threads: most of the work is done on those of the database.
    pub fn listen() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let file = std::env::var_os("KINBRIDGE_TEST_LOG")
                .map(|name| File::options().append(true).create(true).open(name).unwrap());
            let log = Self(Arc::new(Mutex::new(Kept { said: Vec::new(), file })));
            let writer = log.clone();
            // Like the server's own, but for how much it says.
            let subscriber = tracing_subscriber::fmt()
                .with_env_filter("warn,kinbridge=trace")
                .with_ansi(false)
                .with_writer(move || writer.clone());
            subscriber.try_init().expect("nobody else listens");
            log
        })
    }

    /// Where the whole suite is listened to.
    pub fn listen_if_asked() {
        if std::env::var_os("KINBRIDGE_TEST_LOG").is_some() {
            Self::listen();
        }
    }

    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap().said).into_owned()
    }
}
