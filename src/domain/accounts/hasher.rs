//! Argon2id on threads of its own, each with its own block of memory.
//!
//! The memory is taken once per thread and used for every password, because asking the allocator for
//! 19 MiB at each sign-in takes a busy portal to over a gigabyte. Whoever would have to wait for more
//! than five seconds is told so at once. Deliberately knows no account.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use crate::kit::secret::{Secret, random_bytes};

/// How much work one password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// In KiB.
    pub memory: u32,
    pub passes: u32,
}

impl Strength {
    /// What OWASP asks for at least: 19 MiB, two passes, one lane.
    pub const OWASP: Self = Self { memory: 19_456, passes: 2 };
}

/// A password as it is stored: a PHC string with its parameters, salt and hash.
#[derive(Clone)]
pub struct Hashed(String);

impl Hashed {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a password was right, and whether its stored hash is weaker than those made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub right: bool,
    pub weak: bool,
}

/// The queue is full: try again in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked at once")]
pub struct Overloaded;

/// The threads have stopped, or a stored hash is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a password could not be hashed: {0}")]
pub struct Unhashable(String);

/// Hashes and checks passwords; cheap to clone. Its threads end with the last clone.
#[derive(Clone)]
pub struct Hasher {
    jobs: Sender<Job>,
    strength: Strength,
    load: Arc<Load>,
}

/// A place in the queue, taken before anything is written down for the check that is to follow.
pub struct Turn {
    hasher: Hasher,
}

/// The longest that anybody waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// No hash that is stored asks for more, whatever it says: 256 MiB.
const MOST_MEMORY: usize = 256 * 1024;

struct Load {
    threads: usize,
    waiting: AtomicUsize,
    /// Microseconds that one password took lately.
    each: AtomicU64,
    done: AtomicU64,
}

enum Job {
    Hash { password: Secret, reply: oneshot::Sender<Result<Hashed, Unhashable>> },
    Check { stored: String, password: Secret, reply: oneshot::Sender<Result<Verdict, Unhashable>> },
}

impl Hasher {
    /// Two threads at the strength that OWASP advises.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start() -> io::Result<Self> {
        Self::with(Strength::OWASP, 2)
    }

    pub fn with(strength: Strength, threads: usize) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        let load = Load {
            threads,
            waiting: AtomicUsize::new(0),
            each: AtomicU64::new(60_000),
            done: AtomicU64::new(0),
        };
        let load = Arc::new(load);
        for number in 0..threads {
            let (queue, load) = (Arc::clone(&queue), Arc::clone(&load));
            std::thread::Builder::new().name(format!("passwords-{number}")).spawn(move || {
                give_way();
                work(&queue, strength, &load);
            })?;
        }
        Ok(Self { jobs, strength, load })
    }

    /// Takes a place in the queue.
    ///
    /// # Errors
    /// [`Overloaded`] when those in front would take longer than five seconds.
    pub fn admit(&self) -> Result<Turn, Overloaded> {
        let waiting = self.load.waiting.fetch_add(1, Ordering::SeqCst);
        let turn = Turn { hasher: self.clone() };
        if waiting >= self.load.room() { Err(Overloaded) } else { Ok(turn) }
    }

    /// How many passwords were hashed or checked since the start.
    pub fn done(&self) -> u64 {
        self.load.done.load(Ordering::SeqCst)
    }

    /// [`Turn::hash`] on this thread: for the command line and the demo's people.
    pub fn hash_now(&self, password: &Secret) -> Result<Hashed, Unhashable> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Hash { password: password.clone(), reply })?;
        answer.blocking_recv().map_err(|_gone| stopped())?
    }

    /// A hash that no password has, of the same cost: what is checked where there is no account.
    pub(super) fn decoy(&self) -> Result<String, Unhashable> {
        let random = random_bytes::<32>().map_err(|cause| Unhashable(cause.to_string()))?;
        phc(self.strength, &random).map(|hashed| hashed.0)
    }

    fn send(&self, job: Job) -> Result<(), Unhashable> {
        self.jobs.send(job).map_err(|_gone| stopped())
    }
}

impl Load {
    /// How many may wait so that the last is served within [`PATIENCE`].
    fn room(&self) -> usize {
        let each = u128::from(self.each.load(Ordering::Relaxed).max(1));
        let each_thread = usize::try_from(PATIENCE.as_micros() / each).unwrap_or(usize::MAX);
        each_thread.saturating_mul(self.threads).clamp(self.threads, 1_000)
    }

    /// Counts a password, and keeps a running mean of the time: an eighth of it is the newest value.
    fn took(&self, time: Duration) {
        self.done.fetch_add(1, Ordering::SeqCst);
        let newest = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let before = self.each.load(Ordering::Relaxed);
        self.each.store(before - before / 8 + newest / 8, Ordering::Relaxed);
    }
}

impl Turn {
    pub async fn hash(&self, password: &Secret) -> Result<Hashed, Unhashable> {
        let (reply, answer) = oneshot::channel();
        self.hasher.send(Job::Hash { password: password.clone(), reply })?;
        answer.await.map_err(|_gone| stopped())?
    }

    /// `stored` is a PHC string.
    pub async fn check(&self, stored: String, password: &Secret) -> Result<Verdict, Unhashable> {
        let (reply, answer) = oneshot::channel();
        self.hasher.send(Job::Check { stored, password: password.clone(), reply })?;
        answer.await.map_err(|_gone| stopped())?
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.hasher.load.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

fn stopped() -> Unhashable {
    Unhashable("its thread has stopped".into())
}

fn unhashable(cause: impl std::fmt::Display) -> Unhashable {
    Unhashable(cause.to_string())
}

/// This thread runs when those that answer have nothing to do: many who sign in at once do not slow down the rest.
fn give_way() {
    // On Linux a thread has a nice value of its own. Where it cannot be raised, the thread works like any other.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
}

fn work(queue: &Mutex<Receiver<Job>>, strength: Strength, load: &Load) {
    // Taken with the first password: an idle portal does not pay for it.
    let mut memory = Vec::new();
    loop {
        // The guard is gone before the work begins, so that the next thread can take the next job.
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let begun = Instant::now();
        // Nobody may be waiting for the answer any more: whoever asked has gone away.
        match job {
            Job::Hash { password, reply } => {
                let hashed = hash(&mut memory, strength, &password);
                load.took(begun.elapsed());
                drop(reply.send(hashed));
            }
            Job::Check { stored, password, reply } => {
                let verdict = check(&mut memory, strength, &stored, &password);
                load.took(begun.elapsed());
                drop(reply.send(verdict));
            }
        }
    }
}

fn hash(memory: &mut Vec<Block>, strength: Strength, password: &Secret) -> Result<Hashed, Unhashable> {
    let salt = random_bytes::<16>().map_err(unhashable)?;
    let mut output = [0; 32];
    fill(memory, params(strength)?, Version::V0x13, password, &salt, &mut output)?;
    phc_with(strength, &salt, &output)
}

fn check(
    memory: &mut Vec<Block>,
    strength: Strength,
    stored: &str,
    password: &Secret,
) -> Result<Verdict, Unhashable> {
    let stored = PasswordHash::new(stored).map_err(unhashable)?;
    let (Some(salt), Some(hash)) = (&stored.salt, &stored.hash) else {
        return Err(Unhashable("the stored hash is not whole".into()));
    };
    if stored.algorithm != ARGON2ID_IDENT {
        return Err(Unhashable("the stored hash is of another kind".into()));
    }
    let version = stored.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(unhashable)?;
    let used = Params::try_from(&stored).map_err(unhashable)?;
    let weak =
        used.m_cost() < strength.memory || used.t_cost() < strength.passes || version != Version::V0x13;
    let mut output = vec![0; hash.len()];
    fill(memory, used, version, password, salt.as_ref(), &mut output)?;
    Ok(Verdict { right: output.ct_eq(hash.as_bytes()).into(), weak })
}

fn fill(
    memory: &mut Vec<Block>,
    params: Params,
    version: Version,
    password: &Secret,
    salt: &[u8],
    output: &mut [u8],
) -> Result<(), Unhashable> {
    let blocks = params.block_count();
    if blocks > MOST_MEMORY {
        return Err(Unhashable("the stored hash asks for too much memory".into()));
    }
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
    argon2
        .hash_password_into_with_memory(password.reveal().as_bytes(), salt, output, memory.as_mut_slice())
        .map_err(unhashable)
}

fn params(strength: Strength) -> Result<Params, Unhashable> {
    Params::new(strength.memory, strength.passes, 1, Some(32)).map_err(unhashable)
}

fn phc(strength: Strength, output: &[u8]) -> Result<Hashed, Unhashable> {
    phc_with(strength, &random_bytes::<16>().map_err(unhashable)?, output)
}

fn phc_with(strength: Strength, salt: &[u8], output: &[u8]) -> Result<Hashed, Unhashable> {
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params(strength)?).map_err(unhashable)?,
        salt: Some(Salt::new(salt).map_err(unhashable)?),
        hash: Some(Output::new(output).map_err(unhashable)?),
    };
    Ok(Hashed(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: Strength = Strength { memory: 8, passes: 1 };

    #[tokio::test]
    async fn a_password_is_right_only_with_its_own_hash() {
        let hasher = Hasher::with(TINY, 2).unwrap();
        let (turn, password) = (hasher.admit().unwrap(), Secret::new("three words here"));
        let stored = turn.hash(&password).await.unwrap();
        let verdict = turn.check(stored.0.clone(), &password).await.unwrap();
        assert_eq!(verdict, Verdict { right: true, weak: false });
        let verdict = turn.check(stored.0, &Secret::new("three words Here")).await.unwrap();
        assert!(!verdict.right);
        assert!(!turn.check(hasher.decoy().unwrap(), &password).await.unwrap().right);
    }

    #[tokio::test]
    async fn a_hash_of_less_work_is_right_but_weak_and_nonsense_is_an_error() {
        let (old, new) =
            (Hasher::with(TINY, 1).unwrap(), Hasher::with(Strength { memory: 16, passes: 1 }, 1));
        let password = Secret::new("three words here");
        let stored = old.admit().unwrap().hash(&password).await.unwrap();
        let turn = new.unwrap().admit().unwrap();
        let verdict = turn.check(stored.0, &password).await.unwrap();
        assert_eq!(verdict, Verdict { right: true, weak: true });
        for nonsense in ["", "plain", "$argon2id$v=19$m=4000000000,t=2,p=1$AAAAAAAAAAA$AAAAAAAAAAA"] {
            assert!(turn.check(nonsense.into(), &password).await.is_err(), "{nonsense}");
        }
    }

    #[test]
    fn who_would_wait_too_long_is_told_at_once_and_a_place_is_given_back() {
        let hasher = Hasher::with(TINY, 1).unwrap();
        hasher.load.each.store(1_000_000, Ordering::Relaxed);
        let mut turns: Vec<Turn> = (0..5).map(|_| hasher.admit().unwrap()).collect();
        assert_eq!(hasher.admit().err(), Some(Overloaded));
        assert_eq!(hasher.admit().err(), Some(Overloaded));
        turns.pop();
        assert!(hasher.admit().is_ok());
    }
}
