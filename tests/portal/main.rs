//! The portal as its visitors meet it: one binary, one file per feature, one sentence per test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops; clippy's own exception knows only functions marked as tests"
)]

mod program;
mod support;

mod access;
mod activities;
mod activity_forms;
mod addresses;
mod appointment_imports;
mod appointment_life;
mod appointments;
mod approvals;
mod architecture;
mod audit;
mod audit_trail;
mod browser;
mod commands;
mod config;
mod connection_homes;
mod connections;
mod consents;
mod contracts;
mod digests;
mod disk_full;
mod ensora;
mod fhir;
mod fhir_faults;
mod fhir_portal;
mod fhir_server;
mod hostile;
mod integrations;
mod kareinn;
mod key_rotation;
mod late_activities;
mod leavers;
mod left_out;
mod letters;
mod letters_at_rest;
mod log_privacy;
mod mail;
mod messages;
mod migrations;
mod monitoring;
mod notes;
mod nourish;
mod nourish_entries;
mod nourish_pages;
mod operation;
mod organisations;
mod pairing;
mod pairing_rules;
mod pairing_work;
mod passkeys;
mod passwords;
mod pcs;
mod people_import;
mod place_words;
mod places;
mod policy;
mod relatives;
mod reports;
mod resets;
mod residents;
mod second_step;
mod sectors;
mod sessions;
mod settings;
mod shift;
mod sign_in;
mod staff;
mod sync;
mod sync_drafts;
mod sync_faults;
mod sync_guard;
mod sync_kills;
mod sync_leavers;
mod sync_lists;
mod sync_one;
mod sync_pairs;
mod sync_schedule;
mod sync_undo;
mod sync_vendors;
mod synchronization;
mod synchronization_cascade;
mod synchronization_handshake;
mod synchronization_notes;
mod synchronization_pulls;
mod synchronization_rules;
mod synchronization_tabs;
mod timeline;
mod timeline_faults;
mod timeline_systems;
mod two_organisations;
mod vendor_addresses;
mod vendor_certificates;
mod vendor_faults;
mod web_surface;
mod website;
mod withdrawn;
