//! Pairing: which record of a care system is about which of our people.

pub mod matching;
