//! Small pure tools that know nothing of this portal.

pub mod names;
pub mod nhs_number;
