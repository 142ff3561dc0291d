//! Keeps what is here in step with what a vendor lists: fetch → stage → match → plan → guard → apply.
//!
//! Fetching is a job's; this module takes the staged answer and carries it to its end. `plan`,
//! `guard` and `schedule` are pure. Deliberately writes nothing back to the vendor.

mod apply;
mod claims;
mod decisions;
mod drafts;
mod due;
pub mod guard;
mod lines;
mod listing;
mod people;
pub mod plan;
mod pulls;
mod runs;
pub mod schedule;
mod settle;
mod staged;
mod store;
mod undo;
mod written;

pub use claims::{Claim, any_waiting, cancelled, claim, fail, progress};
pub use decisions::{Approval, Approved, Released, apply_previewed, approved, cancel, discard, release};
pub use drafts::{
    Draft, DraftState, DraftStep, Parted, Parting, STEPS, Ticked, apply_draft, draft, drafts, drop_draft,
    part, part_held,
};
pub use due::ask_due;
pub use listing::{
    LineSort, Lines, RunSort, Runs, RunsOf, line_counts, line_places, lines, list_sorted, step_places, steps,
};
pub use pulls::{
    Pulled, any_pull_waiting, ask_for_pull, claim_pull, finish_pull, parts as pulled_parts, purge_pulls,
    request_pull,
};
pub use runs::{
    Asked, Cause, Change, Problem, Run, RunState, Wanted, changes, changes_of, get, last_applied,
    last_counts, list, newest_about, problems, record_of, request, request_one, residents_behind, under_way,
};
pub use settle::{After, Ended, settle, settle_then};
pub use staged::{List, Staged};
pub use undo::{Undone, undo};
