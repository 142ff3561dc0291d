//! The portal's tests.

mod nourish;
mod vendor_addresses;
mod vendor_certificates;
mod vendor_faults;
