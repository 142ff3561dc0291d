//! The portal as its visitors meet it: one binary, one file per feature, one sentence per test.

mod access;
mod connections;
mod letters;
mod nourish;
mod policy;
mod sessions;
mod sign_in;
mod support;
mod vendor_addresses;
mod vendor_certificates;
mod vendor_faults;
mod website;
