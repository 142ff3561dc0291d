//! Kinbridge.
pub mod web;
