//! The portal as its visitors meet it: one binary, one file per feature, one sentence per test.
mod support;

mod access;
mod passwords;
mod policy;
mod sessions;
mod sign_in;
