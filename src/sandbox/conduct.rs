//! How a simulator behaves: the fault that is set and for how long, what it was asked, and who is kept waiting. The
//! same for every vendor; knows neither people nor keys. Of the moment: nothing of it outlives the simulator.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::http::StatusCode;

use super::calls::Call;
use super::chance::{Chance, Mishap};
use super::fault::{Fault, Lasting, Question};
use super::spoiling;

/// Questions that are remembered.
const MOST_CALLS: usize = 1_000;

/// The conduct of one simulator. Copies share it.
#[derive(Clone)]
pub struct Conduct(Arc<Mutex<Inner>>);

struct Inner {
    fault: Option<(Fault, Lasting)>,
    redirect: String,
    busy: usize,
    chance: Chance,
    calls: VecDeque<Call>,
}

/// What a question may have, with the fault that spoils it; or why it may not.
pub(super) type Admitted<T> = Result<(T, Option<Fault>), StatusCode>;

impl Default for Conduct {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            fault: None,
            redirect: "http://169.254.169.254/latest/meta-data/".to_owned(),
            busy: 0,
            chance: Chance::default(),
            calls: VecDeque::new(),
        })))
    }
}

impl Conduct {
    /// A panic elsewhere leaves plain data behind, which is still good.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Misbehaves until changed.
    pub fn set_fault(&self, fault: Fault) {
        self.set_fault_for(fault, Lasting::UntilChanged);
    }

    /// Misbehaves for some answers.
    pub fn set_fault_for(&self, fault: Fault, lasting: Lasting) {
        self.inner().fault = Some((fault, lasting)).filter(|_| lasting != Lasting::Answers(0));
    }

    /// Behaves again.
    pub fn clear_fault(&self) {
        self.inner().fault = None;
    }

    /// Where `Fault::RedirectInside` leads.
    pub fn set_redirect(&self, address: &str) {
        address.clone_into(&mut self.inner().redirect);
    }

    /// Makes `Fault::FailAtRandom` fail in an order of its own.
    pub fn seed_chance(&self, seed: u64) {
        self.inner().chance = Chance::seeded(seed);
    }

    /// The questions that were asked, oldest first; at most the last thousand.
    pub fn calls(&self) -> Vec<Call> {
        self.inner().calls.iter().cloned().collect()
    }

    /// Forgets the questions.
    pub fn forget_calls(&self) {
        self.inner().calls.clear();
    }

    /// How many answers are being made to wait at the moment.
    pub fn busy(&self) -> usize {
        self.inner().busy
    }

    /// The fault that is set, and for how long.
    pub(super) fn fault(&self) -> Option<(Fault, Lasting)> {
        self.inner().fault
    }

    pub(super) fn redirect(&self) -> String {
        self.inner().redirect.clone()
    }

    /// What happens to the next write by chance.
    pub(super) fn mishap(&self) -> Option<Mishap> {
        self.inner().chance.mishap()
    }

    /// Writes the question down, and counts the fault down where the question may have what it asks for.
    pub(super) fn admit<T>(
        &self,
        mut call: Call,
        question: Question,
        seen: Result<T, StatusCode>,
    ) -> Admitted<T> {
        let mut inner = self.inner();
        let asked = seen.map(|seen| (seen, inner.spoil(question)));
        let status = match &asked {
            Ok((_, fault)) => fault.map_or(StatusCode::OK, spoiling::status),
            Err(refused) => *refused,
        };
        call.status = status.as_u16();
        if inner.calls.len() >= MOST_CALLS {
            inner.calls.pop_front();
        }
        inner.calls.push_back(call);
        asked
    }
}

impl Inner {
    /// The fault for one question, counted down.
    fn spoil(&mut self, question: Question) -> Option<Fault> {
        let (fault, lasting) = self.fault?;
        if fault.spares(question) {
            return None;
        }
        if let Lasting::Answers(left) = lasting {
            self.fault = (left > 1).then(|| (fault, Lasting::Answers(left - 1)));
        }
        Some(fault)
    }
}

/// Counts an answer that waits, for as long as it lives: it ends when the asker goes.
pub(super) struct Waiting(Conduct);

impl Waiting {
    pub(super) fn new(conduct: &Conduct) -> Self {
        conduct.inner().busy += 1;
        Self(conduct.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut inner = self.0.inner();
        inner.busy = inner.busy.saturating_sub(1);
    }
}
