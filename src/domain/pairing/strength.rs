//! How strong a suggestion is, in three words instead of a number. Pure.
//!
//! The words decide what may be confirmed together, and under which of them a decision is counted. They never pair
//! anybody by themselves.

use super::owned::Evidence;

/// A sum of reasons from which a suggestion without a conflict is strong, in hundredths of a bit: over five
/// thousand to one, if one in five thousand records is the right one.
const STRONG_FROM: i64 = 2_500;

/// The same where neither number, e-mail address nor date of birth can be compared, as with systems that send none of
/// them: names, room and place must all be equal then. Of 3,031 such in the rosters with known truth all were right.
pub const WHEREABOUTS_FROM: i64 = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// What proves who somebody is agrees, and nothing speaks against it.
    Very,
    /// Enough agrees, and nothing speaks against it.
    Strong,
    Weak,
}

impl Strength {
    pub const ALL: [Self; 3] = [Self::Very, Self::Strong, Self::Weak];

    /// The word that screens show, and under which decisions are kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Very => "very strong",
            Self::Strong => "strong",
            Self::Weak => "weak",
        }
    }

    /// Of reasons that say nothing of rivals.
    pub fn of(reasons: &[Evidence]) -> Self {
        let sum: i64 = reasons.iter().map(|one| one.weight).sum();
        let floor = if is_whereabouts_only(reasons) { WHEREABOUTS_FROM } else { STRONG_FROM };
        if sum < floor || speaks_against(reasons) {
            Self::Weak
        } else if reasons.iter().any(|one| is_proof(one) && one.level == "agree") {
            Self::Very
        } else {
            Self::Strong
        }
    }
}

/// Names, room and place are equal, and there is nothing else to compare.
fn is_whereabouts_only(reasons: &[Evidence]) -> bool {
    let is = |one: &Evidence, field: &str| one.field == field && one.level == "agree";
    let more = |one: &Evidence| (is_proof(one) || one.field == "Date of Birth") && one.level != "missing";
    let whereabouts = |one: &Evidence| matches!(one.field.as_str(), "Name" | "Room" | "Place");
    let equal = reasons.iter().filter(|one| whereabouts(one)).all(|one| one.level == "agree");
    equal && !reasons.iter().any(more) && reasons.iter().any(|one| is(one, "Room"))
}

/// A room or a place may differ; a name may be written in another form; what proves who somebody is may not be
/// nearly right.
fn speaks_against(reasons: &[Evidence]) -> bool {
    let place = |one: &Evidence| one.field == "Room" || one.field == "Place";
    reasons.iter().any(|one| {
        let near = one.level == "near" && (is_proof(one) || one.field == "Date of Birth");
        (one.level == "differ" && !place(one)) || near
    })
}

fn is_proof(one: &Evidence) -> bool {
    one.field == "NHS Number" || one.field == "Email"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(field: &str, level: &str, weight: i64) -> Evidence {
        Evidence { field: field.into(), level: level.into(), weight, words: String::new() }
    }

    #[test]
    fn names_and_whereabouts_are_strong_only_where_all_of_them_agree() {
        let names = [reason("Name", "agree", 700), reason("Name", "agree", 800)];
        let of = |more: &[Evidence]| Strength::of(&[names.to_vec(), more.to_vec()].concat());
        let (room, place) = (reason("Room", "agree", 500), reason("Place", "agree", 300));
        assert_eq!(of(&[room.clone(), place.clone()]), Strength::Strong);
        assert_eq!(of(&[reason("Room", "differ", -200), reason("Place", "agree", 900)]), Strength::Weak);
        assert_eq!(of(&[room.clone(), reason("Place", "differ", 200)]), Strength::Weak);
        // Where there is more to compare, it takes more.
        assert_eq!(of(&[room.clone(), reason("Date of Birth", "agree", 100)]), Strength::Weak);
        assert_eq!(of(&[room, reason("Date of Birth", "agree", 1_200)]), Strength::Strong);
        assert_eq!(of(&[reason("NHS Number", "agree", 1_500)]), Strength::Very);
        assert_eq!(of(&[reason("NHS Number", "near", 2_500)]), Strength::Weak);
    }
}
