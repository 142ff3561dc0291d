//! What the portal knows and decides.

pub mod pairing;
