//! Work that nobody asks for by hand: each job is a function that is safe to run twice.

pub mod deliver_letters;
pub mod read_services;
