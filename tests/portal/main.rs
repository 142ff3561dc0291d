//! The portal as its visitors meet it: one binary, one file per feature, one sentence per test.

mod access;
mod nourish;
mod policy;
mod sessions;
mod sign_in;
mod support;
mod sync;
mod sync_faults;
mod sync_guard;
mod sync_leavers;
mod sync_pairs;
mod sync_schedule;
mod sync_undo;
mod vendor_addresses;
mod vendor_certificates;
mod vendor_faults;
