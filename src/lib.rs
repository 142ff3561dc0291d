//! Kinbridge.
pub mod db;
pub mod kit;
pub mod domain;
