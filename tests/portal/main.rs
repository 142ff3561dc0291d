//! The portal as its visitors meet it: one binary, one file per feature, one sentence per test.

mod access;
mod architecture;
mod commands;
mod config;
mod connections;
mod letters;
mod migrations;
mod nourish;
mod operation;
mod pairing;
mod pairing_rules;
mod passwords;
mod policy;
mod program;
mod sessions;
mod sign_in;
mod support;
mod vendor_addresses;
mod vendor_certificates;
mod vendor_faults;
mod website;
