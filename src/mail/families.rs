//! Letters to families, and to a home about them. None names a resident or tells of care: that stands on the
//! pages, behind a password.

use askama::Template;

use super::Rendered;
use super::letters::{letter, one_line};

letter! {
    /// Asks somebody to join as a relative.
    FamilyInvitation {
        to_name: String,
        /// The home's name.
        home: String,
        /// Who asks: "Mary Jones at Willow House".
        who: String,
        link: String,
        /// "6 December 2026".
        until: String,
        telephone: String,
        address: String,
        /// The one reminder.
        again: bool,
    }
    "letters/family_invitation/subject.txt" "letters/family_invitation/body.txt"
    "letters/family_invitation/body.html"
}

letter! {
    /// A few sentences and a link, to a relative or to the home.
    FamilyNote {
        to_name: String,
        home: String,
        address: String,
        subject: String,
        lines: Vec<String>,
        /// May be empty.
        link: String,
    }
    "letters/family_note/subject.txt" "letters/family_note/body.txt" "letters/family_note/body.html"
}

letter! {
    /// How much is new on the family pages, and in which home.
    FamilyNews {
        to_name: String,
        home: String,
        address: String,
        subject: String,
        /// "Sunday 22 November".
        since: String,
        lines: Vec<String>,
        link: String,
        /// Where the reader says how often.
        choose: String,
        /// Where one tap ends these letters.
        stop: String,
    }
    "letters/family_news/subject.txt" "letters/family_news/body.txt" "letters/family_news/body.html"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> FamilyInvitation {
        FamilyInvitation {
            to_name: "Peter".into(),
            home: "Willow House".into(),
            who: "Mary Jones at Willow House".into(),
            link: "https://portal.example/invite/abc".into(),
            until: "6 December 2026".into(),
            telephone: "01234 567890".into(),
            address: "12 Mill Lane, Exampleton".into(),
            again: false,
        }
    }

    #[test]
    fn an_invitation_says_who_asks_how_long_and_whom_to_telephone() {
        let letter = invitation().render().unwrap();
        assert_eq!(letter.subject, "Willow House has invited you to its family pages");
        for part in [
            "Dear Peter,",
            "Mary Jones at Willow House",
            "https://portal.example/invite/abc",
            "6 December 2026",
            "01234 567890",
            "12 Mill Lane, Exampleton",
        ] {
            assert!(letter.text.contains(part) && letter.html.contains(part), "{part}");
        }
        assert!(!letter.html.contains("<img") && letter.html.contains("lang=\"en-GB\""));
        let again = FamilyInvitation { again: true, ..invitation() }.render().unwrap();
        assert_eq!(again.subject, "Reminder: Willow House has invited you to its family pages");
    }

    #[test]
    fn a_home_without_a_telephone_is_named_without_one() {
        let letter = FamilyInvitation { telephone: String::new(), address: String::new(), ..invitation() };
        assert!(letter.render().unwrap().text.contains("telephone Willow House.\n"));
    }
}
