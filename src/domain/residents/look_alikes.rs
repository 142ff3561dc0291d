//! Who could be mixed up with whom. Pure: values in, ids out.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::kit::ids::ResidentId;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: ResidentId,
    /// Folded surname, a space, folded first name.
    pub sort_name: String,
    pub date_of_birth: Option<NaiveDate>,
    /// The mark that is stored now.
    pub marked: bool,
}

impl Known {
    fn surname(&self) -> &str {
        self.sort_name.split_once(' ').map_or(self.sort_name.as_str(), |(surname, _)| surname)
    }
}

/// Whose mark must be set and whose taken away: two people with the same full name, or with the same
/// surname and date of birth, are look-alikes.
pub fn changed(known: &[Known]) -> (Vec<ResidentId>, Vec<ResidentId>) {
    let mut by_name: HashMap<&str, u32> = HashMap::with_capacity(known.len());
    let mut by_birth: HashMap<(&str, NaiveDate), u32> = HashMap::with_capacity(known.len());
    for one in known {
        *by_name.entry(&one.sort_name).or_default() += 1;
        if let Some(date) = one.date_of_birth {
            *by_birth.entry((one.surname(), date)).or_default() += 1;
        }
    }
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for one in known {
        let same_name = by_name.get(one.sort_name.as_str()).is_some_and(|n| *n > 1);
        let same_birth =
            one.date_of_birth.and_then(|date| by_birth.get(&(one.surname(), date))).is_some_and(|n| *n > 1);
        match (same_name || same_birth, one.marked) {
            (true, false) => on.push(one.id),
            (false, true) => off.push(one.id),
            _ => {}
        }
    }
    (on, off)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twins_and_namesakes_are_marked_and_a_lonely_mark_goes() {
        let born = NaiveDate::from_ymd_opt(1938, 3, 4);
        let one = |id, name: &str, date_of_birth, marked| Known {
            id: ResidentId(id),
            sort_name: name.into(),
            date_of_birth,
            marked,
        };
        let known = [
            one(1, "cole betty", born, false),
            one(2, "cole anna", born, true),
            one(3, "bell arthur", born, false),
            one(4, "bell arthur", None, false),
            one(5, "hill grace", born, true),
            one(6, "colette betty", born, false),
        ];
        let ids = |ids: &[i64]| ids.iter().copied().map(ResidentId).collect::<Vec<_>>();
        assert_eq!(changed(&known), (ids(&[1, 3, 4]), ids(&[5])));
    }
}
