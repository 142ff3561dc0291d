//! The portal's tests.

mod nourish;
mod vendor_faults;
