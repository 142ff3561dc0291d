//! The words of a sector: whom an organisation supports, and where. A sentence is written once, in a care home's
//! words, and said in those of the others; so a care home reads exactly what is written.

use super::Sector;

/// Whole words and phrases of a care home, longer ones first, and what they are elsewhere.
type Phrases = &'static [(&'static str, &'static str)];

const THERAPY: Phrases = &[
    ("homes and zones", "agencies"),
    ("homes or zones", "agencies"),
    ("a home or zone", "an agency"),
    ("home or zone", "agency"),
    ("Homes and zones", "Agencies"),
    ("Home or zone", "Agency"),
    ("a home", "an agency"),
    ("A home", "An agency"),
    ("where the resident lives", "the client’s agency"),
    ("Lives in", "Agency"),
    ("Living here", "Active"),
    ("resident", "client"),
    ("residents", "clients"),
    ("Resident", "Client"),
    ("Residents", "Clients"),
    ("home", "agency"),
    ("homes", "agencies"),
    ("Home", "Agency"),
    ("Homes", "Agencies"),
];

const COMMUNITY_HEALTH: Phrases = &[
    ("homes and zones", "areas"),
    ("homes or zones", "areas"),
    ("a home or zone", "an area"),
    ("home or zone", "area"),
    ("Homes and zones", "Areas"),
    ("Home or zone", "Area"),
    ("a home", "an area"),
    ("A home", "An area"),
    ("where the resident lives", "the patient’s area"),
    ("plan, change, cancel and render appointments", "book, change and cancel appointments"),
    ("Lives in", "Area"),
    ("Living here", "Active"),
    ("resident", "patient"),
    ("residents", "patients"),
    ("Resident", "Patient"),
    ("Residents", "Patients"),
    ("home", "area"),
    ("homes", "areas"),
    ("Home", "Area"),
    ("Homes", "Areas"),
];

impl Sector {
    /// A sentence that was written in a care home's words, in the words of this sector. It is for our own
    /// sentences only: a name in them would be read as words too.
    pub fn say(self, words: &str) -> String {
        let table = match self {
            Self::CareHome => return words.to_owned(),
            Self::Therapy => THERAPY,
            Self::CommunityHealth => COMMUNITY_HEALTH,
        };
        let mut said = String::with_capacity(words.len());
        let mut rest = words;
        let mut before = None;
        while let Some(first) = rest.chars().next() {
            let starts = before.is_none_or(|before: char| !before.is_alphanumeric());
            let found = table.iter().filter(|_| starts).find(|(from, _)| begins(rest, from));
            let (taken, put) = match found {
                Some((from, to)) => (from.len(), *to),
                None => (first.len_utf8(), rest.get(..first.len_utf8()).unwrap_or_default()),
            };
            said.push_str(put);
            before = put.chars().last();
            rest = rest.get(taken..).unwrap_or_default();
        }
        said
    }

    /// Whether people live there, in rooms and zones, with nights and relatives.
    pub fn is_residential(self) -> bool {
        self == Self::CareHome
    }
}

/// Whether a text begins with a phrase that ends there.
fn begins(text: &str, phrase: &str) -> bool {
    let rest = text.strip_prefix(phrase);
    rest.is_some_and(|rest| rest.chars().next().is_none_or(|next| !next.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::Sector;

    #[test]
    fn a_care_home_reads_what_is_written() {
        let words = "Choose where the resident lives, in a home or zone.";
        assert_eq!(Sector::CareHome.say(words), words);
    }

    #[test]
    fn whole_words_are_said_in_the_sectors_own() {
        for (words, therapy, community) in [
            ("Choose where the resident lives", "Choose the client’s agency", "Choose the patient’s area"),
            ("Homes and zones", "Agencies", "Areas"),
            ("A home has residents", "An agency has clients", "An area has patients"),
            ("the resident’s home page", "the client’s agency page", "the patient’s area page"),
            ("Add a resident", "Add a client", "Add a patient"),
            ("Residential homely residence", "Residential homely residence", "Residential homely residence"),
            ("", "", ""),
        ] {
            assert_eq!(Sector::Therapy.say(words), therapy);
            assert_eq!(Sector::CommunityHealth.say(words), community);
        }
    }
}
