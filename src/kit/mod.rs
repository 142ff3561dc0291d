//! Small vocabulary that everything above may use: the clock, the calendar, ids, secrets, codes, names, NHS numbers.
//!
//! Deliberately knows no web, no database, no configuration, and no clock but the one passed in.

pub mod base64;
pub mod calendar;
pub mod clock;
pub mod codes;
pub mod email_address;
pub mod ids;
pub mod login;
pub mod names;
pub mod nhs_number;
pub mod phone;
pub mod sealed;
pub mod secret;
