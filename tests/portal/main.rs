//! The portal as its visitors meet it: one binary, one file per feature, one sentence per test.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail; clippy's own exception reaches test functions only, not what they call"
)]

mod support;

mod access;
mod passwords;
mod policy;
mod sessions;
mod sign_in;
