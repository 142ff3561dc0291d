//! The portal as its visitors meet it: one binary, one file per feature, one sentence per test.
mod support;

mod access;
mod audit;
mod nourish;
mod organisations;
mod places;
mod policy;
mod residents;
mod sessions;
mod settings;
mod sign_in;
mod staff;
mod vendor_faults;
