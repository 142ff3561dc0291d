//! Vendors played by ourselves, for the demo and the tests: each speaks its wire format over HTTP on a port of its
//! own, from made-up people, and can be told to misbehave. Knows the connectors' wire types and nothing of the portal.
//!
//! A green test against a simulator does not show that the live vendor accepts the call: what is documented and what
//! is assumed stands in the connector's `profile.toml`.

pub mod nourish;
