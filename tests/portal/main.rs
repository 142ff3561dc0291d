//! The portal as its visitors meet it: one binary, one file per feature, one sentence per test.

mod access;
mod architecture;
mod audit;
mod commands;
mod config;
mod connections;
mod letters;
mod migrations;
mod nourish;
mod operation;
mod organisations;
mod pairing_rules;
mod passwords;
mod places;
mod policy;
mod program;
mod residents;
mod sessions;
mod settings;
mod sign_in;
mod staff;
mod support;
mod vendor_addresses;
mod vendor_certificates;
mod vendor_faults;
mod website;
