//! Kinbridge: keeps care organisations' people in step with the care record systems they use.

pub mod cli;
pub mod domain;
pub mod kit;
