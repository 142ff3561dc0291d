//! Says of the fields of a session note's template which are there, which are missing and what would do. Pure.

use super::fields::Field;

/// What a template has and lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Each with the name under which it is there.
    pub present: Vec<(Field, String)>,
    pub missing: Vec<Missing>,
    /// Names that stand for nothing here: they are kept, and nothing is done with them.
    pub unknown: Vec<String>,
    /// Fields that are there under several names; their values have to agree.
    pub doubled: Vec<(Field, Vec<String>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub field: Field,
    /// Every name under which it may be added.
    pub would_do: Vec<&'static str>,
    /// Without it no note is mapped to an appointment by itself.
    pub needed: bool,
}

impl Missing {
    /// *Guardian Signature is missing; Caregiver Signature or Parent Signature would do too.*
    pub fn words(&self) -> String {
        let label = self.field.label();
        let others: Vec<&str> = self.would_do.iter().copied().filter(|name| *name != label).collect();
        match others.as_slice() {
            [] => format!("{label} is missing."),
            others => format!("{label} is missing; {} would do too.", others.join(" or ")),
        }
    }
}

impl Report {
    /// Nothing that a note needs is missing.
    pub fn is_enough(&self) -> bool {
        !self.missing.iter().any(|one| one.needed)
    }
}

/// Looks at the names of a template's fields.
pub fn check<'n>(names: impl IntoIterator<Item = &'n str>) -> Report {
    let mut report = Report::default();
    let mut found: Vec<(Field, Vec<String>)> = Vec::new();
    for name in names {
        let shown = name.trim().to_owned();
        match Field::of(name) {
            None if shown.is_empty() || report.unknown.contains(&shown) => {}
            None => report.unknown.push(shown),
            Some(field) => match found.iter_mut().find(|(known, _)| *known == field) {
                Some((_, names)) => names.push(shown),
                None => found.push((field, vec![shown])),
            },
        }
    }
    for field in Field::ALL {
        match found.iter().find(|(known, _)| *known == field) {
            Some((_, names)) => {
                report.present.push((field, names.first().cloned().unwrap_or_default()));
                if names.len() > 1 {
                    report.doubled.push((field, names.clone()));
                }
            }
            None => report.missing.push(Missing {
                field,
                would_do: field.names().to_vec(),
                needed: matches!(field, Field::StartTime | Field::EndTime | Field::Notes),
            }),
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_template_lacks_nothing() {
        let report = check([
            "Date",
            "Start Time",
            "End Time",
            "Notes",
            "Signature",
            "Location",
            "Parent Name",
            "Relationship",
            "Parent signature",
        ]);
        assert_eq!((report.missing.len(), report.doubled.len(), report.unknown.len()), (0, 0, 0));
        assert!(report.is_enough());
    }

    #[test]
    fn what_is_missing_is_named_with_what_would_do() {
        let report =
            check(["date", "START TIME", "Notes", "Signature", "Therapist Signature", "Mileage", "mileage "]);
        let words: Vec<String> = report.missing.iter().map(Missing::words).collect();
        assert!(words.contains(&"End Time is missing.".to_owned()), "{words:?}");
        let guardian = "Guardian Signature is missing; Caregiver Signature or Parent Signature would do too.";
        assert!(words.contains(&guardian.to_owned()), "{words:?}");
        assert!(!report.is_enough());
        assert_eq!(report.unknown, ["Mileage", "mileage"]);
        assert_eq!(report.doubled[0].0, Field::TherapistSignature);
        assert_eq!(check([]).missing.len(), 9);
    }
}
