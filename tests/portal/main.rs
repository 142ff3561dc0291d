//! Everything that a person, a vendor or a file may do to the portal, one file a feature.

mod pairing_rules;
