//! Kinbridge.

pub mod connectors;
pub mod sandbox;
