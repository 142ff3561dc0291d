//! What each finding is worth: one fixed, versioned table.
//!
//! A weight is log2 of how much more often the finding is made of two records of one person than of two
//! people taken at random. Nothing here is learned at run time; only the ties between zones and services
//! are, in `places`. Change a number, and `WEIGHTS_VERSION` goes up.

use super::bits::Bits;

/// Goes up with every change of a weight, so that a stored score can be told from today's.
pub const WEIGHTS_VERSION: u32 = 1;

/// How two first names compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum First {
    Missing,
    Different,
    Alike,
    Initial,
    Nickname,
    OneOfSeveral,
    Typo,
    Prefix,
    Leading,
    AlsoKnown,
    Common,
    Same,
}

/// How two last names compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Last {
    Missing,
    Different,
    Alike,
    Sound,
    Part,
    Former,
    Typo,
    Common,
    Same,
}

/// How two dates of birth compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dob {
    Missing,
    Different,
    DayBeside,
    TwoOfThree,
    YearOnly,
    OneDigit,
    Swapped,
    NewYear,
    Same,
}

/// How two NHS numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nhs {
    Missing,
    Different,
    DifferentFaulty,
    TwoEdits,
    SameFaulty,
    OneEdit,
    Same,
}

/// How two rooms compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Room {
    Missing,
    Different,
    SameNumber,
    Same,
}

/// How two e-mail addresses compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Email {
    Missing,
    Different,
    TeamAddress,
    Shared,
    NamesBoth,
    OneEdit,
    SameLocal,
    Same,
}

/// Where the other system says that the person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Unknown,
    Permanent,
    Passing,
    Enquiry,
    Gone,
}

/// Hundredths of a bit for a first name.
pub(super) const fn first(level: First) -> i32 {
    match level {
        First::Missing => 0,
        First::Different => -480,
        First::Alike => 150,
        First::Initial => 390,
        First::Nickname | First::OneOfSeveral => 500,
        First::Typo => 540,
        First::Prefix | First::Leading | First::AlsoKnown => 600,
        First::Common => 620,
        First::Same => 760,
    }
}

/// Hundredths of a bit for a last name.
pub(super) const fn last(level: Last) -> i32 {
    match level {
        Last::Missing => 0,
        Last::Different => -430,
        Last::Alike => 70,
        Last::Sound => 450,
        Last::Part | Last::Former => 540,
        Last::Typo => 640,
        Last::Common => 690,
        Last::Same => 880,
    }
}

/// Hundredths of a bit for a date of birth.
pub(super) const fn dob(level: Dob) -> i32 {
    match level {
        Dob::Missing => 0,
        Dob::Different => -700,
        Dob::DayBeside => -160,
        Dob::TwoOfThree => 180,
        Dob::YearOnly => 400,
        Dob::OneDigit => 530,
        Dob::Swapped => 670,
        Dob::NewYear => 900,
        Dob::Same => 1270,
    }
}

/// Hundredths of a bit for an NHS number.
pub(super) const fn nhs(level: Nhs) -> i32 {
    match level {
        Nhs::Missing => 0,
        Nhs::Different => -620,
        Nhs::DifferentFaulty => -420,
        Nhs::TwoEdits => 380,
        Nhs::SameFaulty => 500,
        Nhs::OneEdit => 1200,
        Nhs::Same => 1590,
    }
}

/// Hundredths of a bit for a room.
pub(super) const fn room(level: Room) -> i32 {
    match level {
        Room::Missing => 0,
        Room::Different => -210,
        Room::SameNumber => 440,
        Room::Same => 510,
    }
}

/// Hundredths of a bit for an e-mail address.
pub(super) const fn email(level: Email) -> i32 {
    match level {
        Email::Missing | Email::TeamAddress => 0,
        Email::Different => -200,
        Email::Shared => 150,
        Email::NamesBoth => 320,
        Email::OneEdit => 850,
        Email::SameLocal => 920,
        Email::Same => 1250,
    }
}

/// Hundredths of a bit for where the person stands in the other system.
pub(super) const fn standing(standing: Standing) -> i32 {
    match standing {
        Standing::Unknown | Standing::Permanent | Standing::Passing => 0,
        Standing::Enquiry => -300,
        Standing::Gone => -600,
    }
}

/// First and last name stand in each other's place: on top of the two names compared crosswise.
pub(super) const EXCHANGED: i32 = -230;
/// Only one of the two names agrees crosswise: on top of [`EXCHANGED`].
pub(super) const EXCHANGED_HALF: i32 = -200;
/// The zone, home, agency or site is the same by name.
pub(super) const PLACE_SAME: i32 = 460;
/// Both name a place known to the other side, and not the same one.
pub(super) const PLACE_DIFFERENT: i32 = -330;
/// A learned tie between a zone and a service stays within these bounds.
pub(super) const PLACE_TIE: (i32, i32) = (-500, 700);

/// The most that the two names can add.
pub(super) const NAMES_MOST: i32 = first(First::Same) + last(Last::Same);
/// The most that a first name can add.
pub(super) const FIRST_MOST: i32 = first(First::Same);

/// Two records are listed as possibly one person from this sum on.
pub(super) const LISTED_FROM: Bits = Bits::hundredths(150);
/// A second or later suggestion is shown from this score on, rivals included...
pub(super) const SHOWN_FROM: Bits = Bits::hundredths(-1_000);
/// ...or from this sum on, rivals left out.
pub(super) const ALIKE_FROM: Bits = Bits::hundredths(1_200);
/// Below this sum nobody would say that the two are one person by name.
pub(super) const NAMED_FROM: Bits = Bits::hundredths(800);
/// A gap to the next best below this means that several are possible.
pub(super) const CLOSE_CALL: Bits = Bits::hundredths(300);
/// Rivals that take less than this off are not worth a sentence, and take nothing off.
pub(super) const RIVAL_WORTH_SAYING: Bits = Bits::hundredths(10);

/// First names that at least one in about a hundred bears in some generation in Britain and Ireland, folded.
#[rustfmt::skip]
pub(super) const COMMON_FIRST: &[&str] = &[
    "alan", "andrew", "ann", "anne", "anthony", "barbara", "betty", "brian", "carol", "catherine", "charles", "chloe", "christine",
    "christopher", "claire", "colin", "daniel", "david", "debbie", "deborah", "dennis", "derek", "donald", "doreen", "doris", "dorothy",
    "edith", "edward", "eileen", "elizabeth", "elsie", "emily", "emma", "eric", "ernest", "evelyn", "florence", "frank", "frederick",
    "george", "gladys", "gordon", "hannah", "harold", "helen", "henry", "hilda", "irene", "ivy", "jack", "jacqueline", "james", "jane", "janet",
    "jean", "jennifer", "jessica", "joan", "joanne", "john", "jonathan", "joseph", "joshua", "joyce", "julie", "june", "karen", "kathleen", "kenneth", "kevin",
    "laura", "leonard", "lilian", "linda", "lisa", "lucy", "margaret", "maria", "marjorie", "mark", "martin", "mary", "matthew", "maureen", "michael",
    "michelle", "mohammed", "muhammad", "nicola", "norman", "olive", "pamela", "patricia", "patrick", "paul", "peter", "philip", "phyllis",
    "raymond", "rebecca", "reginald", "richard", "robert", "ronald", "roy", "sandra", "sarah", "sharon", "sheila", "shirley", "simon", "sophie", "stanley", "stephen",
    "steven", "susan", "sylvia", "terence", "thomas", "tracey", "valerie", "vera", "victoria", "walter", "william", "winifred",
];

/// Last names that at least one in about five hundred bears in Britain and Ireland, folded.
#[rustfmt::skip]
pub(super) const COMMON_LAST: &[&str] = &[
    "adams", "ahmed", "akhtar", "ali", "allen", "anderson", "bailey", "baker", "begum", "bell", "bennett", "brown", "campbell", "carter", "chapman", "clark",
    "clarke", "collins", "cook", "cooper", "cox", "davies", "davis", "edwards", "ellis", "evans", "foster", "graham", "gray", "green", "griffiths",
    "hall", "harris", "harrison", "hill", "holmes", "hughes", "hunt", "hussain", "jackson", "james", "johnson", "jones", "kaur", "kelly", "khan",
    "king", "knight", "lee", "lewis", "lloyd", "marshall", "martin", "mason", "matthews", "miller", "mills", "mitchell", "moore", "morgan", "morris",
    "murphy", "murray", "owen", "palmer", "parker", "patel", "phillips", "powell", "price", "richards", "richardson", "roberts", "robertson", "robinson",
    "rogers", "scott", "shaw", "simpson", "singh", "smith", "stevens", "stewart", "taylor", "thomas", "thompson", "thomson", "turner", "walker", "walsh", "ward",
    "watson", "webb", "white", "wilkinson", "williams", "wilson", "wood", "wright", "young",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn rises(weights: &[i32]) -> bool {
        weights.windows(2).all(|pair| pair[0] <= pair[1])
    }

    #[test]
    fn better_agreement_never_weighs_less() {
        use {Dob as D, Email as E, First as F, Last as L, Nhs as N, Room as R};
        assert!(rises(
            &[F::Different, F::Alike, F::Initial, F::Nickname, F::Typo, F::Prefix, F::Common, F::Same]
                .map(first)
        ));
        assert!(rises(
            &[F::Different, F::Missing, F::Alike, F::OneOfSeveral, F::Leading, F::AlsoKnown, F::Common]
                .map(first)
        ));
        assert!(rises(
            &[L::Different, L::Missing, L::Alike, L::Sound, L::Part, L::Former, L::Typo, L::Common, L::Same]
                .map(last)
        ));
        assert!(rises(
            &[
                D::Different,
                D::DayBeside,
                D::Missing,
                D::TwoOfThree,
                D::YearOnly,
                D::OneDigit,
                D::Swapped,
                D::NewYear,
                D::Same
            ]
            .map(dob)
        ));
        assert!(rises(
            &[N::Different, N::DifferentFaulty, N::Missing, N::TwoEdits, N::SameFaulty, N::OneEdit, N::Same]
                .map(nhs)
        ));
        assert!(rises(&[R::Different, R::Missing, R::SameNumber, R::Same].map(room)));
        assert!(rises(
            &[
                E::Different,
                E::Missing,
                E::TeamAddress,
                E::Shared,
                E::NamesBoth,
                E::OneEdit,
                E::SameLocal,
                E::Same
            ]
            .map(email)
        ));
        assert!(rises(&[Standing::Gone, Standing::Enquiry, Standing::Permanent].map(standing)));
    }

    #[test]
    fn common_names_are_in_order_so_that_they_can_be_looked_up() {
        assert!(COMMON_FIRST.is_sorted());
        assert!(COMMON_LAST.is_sorted());
    }
}
