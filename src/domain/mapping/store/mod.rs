//! Rows of mappings: both sides in `rows`, what is written in `writing`, and which rules are off in
//! `switches`, and what else is asked in `asking`.

mod asking;
mod rows;
mod switches;
mod writing;

pub use asking::{cadence, mapped_notes, matched_with, on, stamp_here, stamp_there, unmapped_sites};
pub use rows::{
    Live, Local, Past, Reason, Record, live, live_of_local, live_of_record, locals, past, reasons, record,
    records, refused,
};
pub use switches::{rules_off, switch_off, switch_on};
pub use writing::{
    AUTO, NewMapping, NewRecord, change_record, end_mapping, ensure_pulls, found, insert_mapping,
    insert_records, missing, pulled, refuse, set_every, set_matched, withdraw, write_reasons,
};
