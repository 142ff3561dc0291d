//! The portal's tests.

mod program;

mod architecture;
mod commands;
mod config;
mod migrations;
mod nourish;
mod operation;
mod vendor_faults;
