//! Kinbridge.

pub mod connectors;
