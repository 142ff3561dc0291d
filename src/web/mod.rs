//! The pages.
pub mod assets;
pub mod ui;
