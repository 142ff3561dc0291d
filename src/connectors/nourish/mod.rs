//! Nourish: its built-in profile, and the shapes its simulator sends. How it is asked and read is no different from
//! any other vendor.

pub mod wire;

/// The built-in profile (TOML).
pub const PROFILE: &str = include_str!("profile.toml");
