//! The portal as its visitors meet it: one binary, one file per feature, one sentence per test.
mod program;
mod support;

mod access;
mod architecture;
mod commands;
mod config;
mod connections;
mod letters;
mod migrations;
mod nourish;
mod operation;
mod policy;
mod sessions;
mod sign_in;
mod vendor_addresses;
mod vendor_certificates;
mod vendor_faults;
mod website;
