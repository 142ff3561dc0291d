//! What is kept of a staff member, read from a form or handed over by a sync. Pure.

use crate::domain::Refusal;

use crate::domain::organisations::{one_line, readable_name, short};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::PlaceId;
use crate::kit::names::{fold, search_key};

/// A staff member's details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffDetails {
    pub home: Option<PlaceId>,
    pub first_name: String,
    pub last_name: String,
    /// Lower case; may be empty, and of a synced person is as the vendor sent it.
    pub email: String,
    pub job_title: String,
}

/// What a person typed.
#[derive(Debug, Clone, Default)]
pub struct TypedDetails<'f> {
    pub first_name: &'f str,
    pub last_name: &'f str,
    pub email: &'f str,
    pub job_title: &'f str,
    pub home: &'f str,
}

impl StaffDetails {
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn read(typed: &TypedDetails<'_>) -> Result<Self, Refusal> {
        let first_name = readable_name("first_name", typed.first_name, "the first name")?;
        let last_name = readable_name("last_name", typed.last_name, "the last name")?;
        for (field, name) in [("first_name", &first_name), ("last_name", &last_name)] {
            if fold(name).is_empty() {
                return Err(Refusal::invalid(field, "Use letters in the name"));
            }
        }
        let email = match typed.email.trim() {
            "" => String::new(),
            typed => match EmailAddress::parse(typed) {
                Some(email) => email.as_str().to_owned(),
                None => {
                    return Err(Refusal::invalid("email", "Enter an email address such as name@example.com"));
                }
            },
        };
        let home = match typed.home.trim() {
            "" => None,
            id => Some(id.parse().map_err(|_not_an_id| Refusal::invalid("home", "Choose one of the homes"))?),
        };
        let job_title = short("job_title", one_line(typed.job_title), 100)?;
        Ok(Self { home, first_name, last_name, email, job_title })
    }

    /// `Amina Yusuf`.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// The surname and the first name, each folded to one word.
    pub fn sort_name(&self) -> String {
        format!("{} {}", fold(&self.last_name), fold(&self.first_name))
    }

    /// Everything that a search looks in.
    pub fn search_text(&self) -> String {
        search_key(&format!("{} {} {} {}", self.first_name, self.last_name, self.email, self.job_title))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_but_may_be_missing() {
        let amina = TypedDetails { first_name: "Amina", last_name: "Yusuf", ..TypedDetails::default() };
        assert_eq!(StaffDetails::read(&amina).unwrap().email, "");
        let typed = TypedDetails { email: " Amina@Willow.example", ..amina.clone() };
        assert_eq!(StaffDetails::read(&typed).unwrap().email, "amina@willow.example");
        for (typed, wrong) in [
            (TypedDetails { email: "amina@", ..amina.clone() }, "email"),
            (TypedDetails { first_name: "", ..amina.clone() }, "first_name"),
            (TypedDetails { home: "x", ..amina.clone() }, "home"),
        ] {
            let Err(Refusal::Invalid { field, .. }) = StaffDetails::read(&typed) else { panic!("{wrong}") };
            assert_eq!(field, wrong);
        }
    }
}
