//! How a simulator's set-up outlives it: whoever runs it is told of each change by its pages, and gives the last one
//! back at the next start.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

type Keep<M> = Box<dyn Fn(&M) + Send + Sync>;

/// Who is told. Copies share it.
pub struct Keeper<M>(Arc<Mutex<Option<Keep<M>>>>);

impl<M> Clone for Keeper<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M> Default for Keeper<M> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }
}

impl<M> fmt::Debug for Keeper<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keeper")
    }
}

impl<M> Keeper<M> {
    pub(super) fn set(&self, keep: impl Fn(&M) + Send + Sync + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(keep));
    }

    /// Tells one change after the other, so that the last to be kept is the last that was made.
    pub(super) fn tell(&self, memory: impl FnOnce() -> M) {
        let keep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keep) = keep.as_ref() {
            keep(&memory());
        }
    }
}
