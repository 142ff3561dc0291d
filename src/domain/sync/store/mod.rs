//! Rows that a sync reads and writes.

mod changes;
mod drafts;
mod due;
mod here;
mod homes;
mod listing;
mod others;
mod queue;
mod records;
mod runs;
mod undoing;

pub use changes::{
    Change, NewChange, NewProblem, Problem, changes, changes_of, forget_snapshot, keep_snapshot, mark_undone,
    move_snapshot, not_undone, problems, residents_behind, snapshot, write_changes,
};
pub use drafts::{
    Draft, DraftStep, NewStep, applied_by, asked_of, begin_draft, draft, drafts, end_draft, forget_asked,
    in_force, insert_draft, insert_steps, move_drafts, step_count, steps_of,
};
pub use due::{Due, due, forget_retry, plan_next, retry_at};
pub use here::{
    LEFT, Matched, Settings, known, refused, remember, residents_here, services_of, settings, staff_here,
    stamp,
};
pub use homes::{Homes, elsewhere, homes};
pub use listing::{line_counts, line_places, lines, list_sorted};
pub use queue::{Line, any_waiting, next_requested, purge_pulls};
pub use records::{
    NewPairing, NewRecord, NewSuggestion, NewUnpaired, brought, change_record, count_missing,
    insert_pairings, insert_records, record_of, write_unpaired, write_unpaired_of,
};
pub use runs::{
    End, New, Run, again, agree, approve, ask_to_cancel, cancelled, discard, end_requested, fail, finish,
    get, held_before, insert, interrupt, interrupted_in_a_row, last_applied, last_whole, list, newest_about,
    old_previews, progress, second, silent, start, supersede, under_way, undone,
};
pub use undoing::{forget_created, leave_alone, made_only_by, owned_now, state_of};

/// Rows a statement takes at most: SQLite takes 32,766 values a statement.
const CHUNK: usize = 1000;
