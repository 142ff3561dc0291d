//! Keeps what is here in step with what a vendor lists: fetch → stage → match → plan → guard → apply.
//!
//! Fetching is a job's; this module takes the staged answer and carries it to its end. `plan`,
//! `guard` and `schedule` are pure. Deliberately writes nothing back to the vendor.

mod apply;
pub mod guard;
mod people;
pub mod plan;
mod runs;
pub mod schedule;
mod settle;
mod staged;
mod store;
mod tick;
mod undo;

pub use runs::{
    Asked, Cause, Change, Claim, Problem, Run, RunState, Wanted, any_waiting, cancel, cancelled, changes,
    claim, get, list, problems, progress, request, under_way,
};
pub use settle::{Ended, settle};
pub use staged::{List, Staged};
pub use tick::{Approved, Released, apply_previewed, approved, ask_due, discard, fail, release};
pub use undo::{Undone, undo};
