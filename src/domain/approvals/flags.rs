//! What somebody should look at before a pending person is let in. Pure.

use std::collections::HashMap;

/// A reason to look first; several may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    Duplicate,
    LookAlike,
    SharedEmail,
    LeftBefore,
    OutsideHome,
}

impl Flag {
    const ALL: [Self; 5] =
        [Self::Duplicate, Self::LookAlike, Self::SharedEmail, Self::LeftBefore, Self::OutsideHome];

    /// The tag's words; stored too.
    pub fn words(self) -> &'static str {
        match self {
            Self::Duplicate => "Duplicate",
            Self::LookAlike => "Look-alike",
            Self::SharedEmail => "Shared email",
            Self::LeftBefore => "Left before",
            Self::OutsideHome => "Outside home",
        }
    }

    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Duplicate => {
                "Somebody with the same name and the same email address is listed in the care record or on the staff list too. If it is one person on the staff list, link them first; of two in the care record approve one only."
            }
            Self::LookAlike => "Somebody else has the same name. Check that this is the one you mean.",
            Self::SharedEmail => {
                "Somebody with another name uses the same email address. If they are one person, link them first. If not, remember that whoever reads that mailbox could sign in as this person."
            }
            Self::LeftBefore => {
                "This person left in the care record system before and is listed there again. Check that they really are back."
            }
            Self::OutsideHome => {
                "The service that this person works in is none of the homes or zones here. Choose places for them, or they see nobody."
            }
        }
    }

    pub fn read(stored: &str) -> Vec<Self> {
        let named = |word: &str| Self::ALL.into_iter().find(|flag| flag.words() == word);
        stored.split(", ").filter_map(named).collect()
    }

    pub fn write(flags: &[Self]) -> String {
        flags.iter().map(|flag| flag.words()).collect::<Vec<_>>().join(", ")
    }
}

/// Somebody who may be mixed up with a pending person: a record there, a staff member or an account here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Somebody {
    pub name: String,
    pub email: String,
}

/// Everybody by name and by address, each with who it is. The same person under one key counts once.
#[derive(Default)]
pub struct Everybody<K> {
    by_name: HashMap<String, Vec<(K, String)>>,
    by_email: HashMap<String, Vec<(K, String)>>,
}

impl<K: Copy + PartialEq> Everybody<K> {
    pub fn new() -> Self {
        Self { by_name: HashMap::new(), by_email: HashMap::new() }
    }

    pub fn add(&mut self, key: K, one: Somebody) {
        if !one.email.is_empty() {
            self.by_email.entry(one.email.clone()).or_default().push((key, one.name.clone()));
        }
        self.by_name.entry(one.name).or_default().push((key, one.email));
    }

    /// Duplicates, look-alikes and shared addresses of somebody, who stands in here under `own`.
    pub fn flags(&self, own: &[K], one: &Somebody) -> Vec<Flag> {
        let others = |found: Option<&Vec<(K, String)>>| -> Vec<String> {
            let others = found.into_iter().flatten().filter(|(key, _)| !own.contains(key));
            others.map(|(_, text)| text.clone()).collect()
        };
        let namesakes = others(self.by_name.get(&one.name));
        let sharers = others(self.by_email.get(&one.email));
        let mut flags = Vec::new();
        let is_same = |email: &String| !one.email.is_empty() && *email == one.email;
        if namesakes.iter().any(is_same) {
            flags.push(Flag::Duplicate);
        }
        if namesakes.iter().any(|email| !is_same(email)) {
            flags.push(Flag::LookAlike);
        }
        if sharers.iter().any(|name| *name != one.name) {
            flags.push(Flag::SharedEmail);
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(name: &str, email: &str) -> Somebody {
        Somebody { name: name.into(), email: email.into() }
    }

    #[test]
    fn others_are_told_apart_by_name_and_address() {
        let mut all = Everybody::new();
        all.add(1, somebody("patel dev", "dev@willow.example"));
        all.add(2, somebody("patel dev", "dev@willow.example"));
        all.add(3, somebody("hughes susan", "office@willow.example"));
        all.add(4, somebody("hughes susan", ""));
        all.add(5, somebody("cole betty", "office@willow.example"));
        let flags = |key: i32, name, email| all.flags(&[key], &somebody(name, email));
        assert_eq!(flags(1, "patel dev", "dev@willow.example"), [Flag::Duplicate]);
        assert_eq!(flags(4, "hughes susan", ""), [Flag::LookAlike]);
        assert_eq!(flags(5, "cole betty", "office@willow.example"), [Flag::SharedEmail]);
        assert_eq!(flags(3, "hughes susan", "office@willow.example"), [Flag::LookAlike, Flag::SharedEmail]);
        assert!(all.flags(&[1, 2], &somebody("patel dev", "dev@willow.example")).is_empty());
        // Two without an address share none.
        assert!(flags(9, "gray ann", "").is_empty());
    }

    #[test]
    fn flags_are_kept_as_words() {
        let both = [Flag::LookAlike, Flag::LeftBefore];
        assert_eq!(Flag::read(&Flag::write(&both)), both);
        assert!(Flag::read("").is_empty() && Flag::read("Nonsense").is_empty());
    }
}
