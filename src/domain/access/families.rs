//! What of a resident's life relatives may see, and the proof that one of them may now.

use crate::db::text_enum;
use crate::kit::ids::{AccountId, OrganisationId, ResidentId};

text_enum! {
    /// What of a resident's life can be shared with relatives, each by itself.
    pub enum Topic {
        Activities = "activities",
        Photos = "photos",
        Appointments = "appointments",
        Messages = "messages",
        Wellbeing = "wellbeing",
        CareNotes = "care notes",
        Finance = "finance",
    }
}

impl Topic {
    /// As screens show it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Activities => "Activities",
            Self::Photos => "Photos",
            Self::Appointments => "Appointments",
            Self::Messages => "Messages",
            Self::Wellbeing => "Wellbeing",
            Self::CareNotes => "Care notes",
            Self::Finance => "Finance",
        }
    }
}

/// Proof that a relative may see one topic of one resident now: they are related, the home has opened the
/// topic to them, and the resident agrees. Made only in the domain, for one request; never kept.
#[derive(Clone, Debug)]
pub struct FamilyScope {
    pub(in crate::domain) organisation: OrganisationId,
    pub(in crate::domain) resident: ResidentId,
    pub(in crate::domain) account: AccountId,
    pub(in crate::domain) topic: Topic,
    pub(in crate::domain) branch: String,
}

impl FamilyScope {
    pub fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    pub fn resident(&self) -> ResidentId {
        self.resident
    }

    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// The part of the family that this relative belongs to: they see no names and words of another.
    pub fn branch(&self) -> &str {
        &self.branch
    }
}
