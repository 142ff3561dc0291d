//! The care record systems Kinbridge can talk to, by name. Only names: what each one can do is in its profile.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A care record system. The text id is kept in the database and in addresses, so it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Nourish: issues nothing, our token is pasted there.
    Nourish,
    /// Person Centred Software (mCare).
    Pcs,
    /// KareInn.
    KareInn,
    /// Ensora Data Collection (Catalyst).
    Ensora,
}

impl Vendor {
    /// Every vendor, in the order in which screens list them.
    pub const ALL: [Self; 4] = [Self::Nourish, Self::Pcs, Self::KareInn, Self::Ensora];

    /// The stable id: `nourish`, `pcs`, `kareinn` or `ensora`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Nourish => "nourish",
            Self::Pcs => "pcs",
            Self::KareInn => "kareinn",
            Self::Ensora => "ensora",
        }
    }

    /// The name people read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nourish => "Nourish",
            Self::Pcs => "PCS",
            Self::KareInn => "KareInn",
            Self::Ensora => "Ensora Data Collection",
        }
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is no vendor's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a care record system: write nourish, pcs, kareinn or ensora")]
pub struct UnknownVendor;

impl FromStr for Vendor {
    type Err = UnknownVendor;

    fn from_str(text: &str) -> Result<Self, UnknownVendor> {
        Self::ALL
            .into_iter()
            .find(|vendor| vendor.id().eq_ignore_ascii_case(text.trim()))
            .ok_or(UnknownVendor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_reads_back_as_its_vendor() {
        for vendor in Vendor::ALL {
            assert_eq!(vendor.id().parse(), Ok(vendor));
            let json = serde_json::to_string(&vendor).unwrap();
            assert_eq!(json, format!("\"{}\"", vendor.id()));
        }
        assert_eq!("Nourished".parse::<Vendor>(), Err(UnknownVendor));
    }
}
