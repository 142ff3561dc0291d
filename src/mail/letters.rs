//! The letters there are, each with the values that its three files print. Times come as words.

use askama::Template;

use super::Rendered;

/// Declares a letter and binds it to its three files.
macro_rules! letter {
    (
        $(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)+ }
        $subject:tt $text:tt $html:tt
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type),+ }

        impl $name {
            /// # Errors
            /// When a template cannot be written out, which is our own fault.
            pub fn render(&self) -> askama::Result<Rendered> {
                #[derive(Template)]
                #[template(path = $subject, escape = "none")]
                struct Subject<'l> { letter: &'l $name }
                #[derive(Template)]
                #[template(path = $text, escape = "none")]
                struct Text<'l> { letter: &'l $name }
                #[derive(Template)]
                #[template(path = $html)]
                struct Html<'l> { letter: &'l $name }
                let subject = Subject { letter: self };
                // A subject may be the same for everybody, and is a template all the same.
                let _read = subject.letter;
                Ok(Rendered {
                    subject: one_line(&subject.render()?),
                    text: Text { letter: self }.render()?,
                    html: Html { letter: self }.render()?,
                })
            }
        }
    };
}

pub(super) use letter;

/// A subject is one line of at most 70 characters, whatever an organisation is called.
pub(super) fn one_line(subject: &str) -> String {
    let words = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= 70 { words } else { words.chars().take(69).chain(['…']).collect() }
}

letter! {
    /// A sync stopped before its end; goes out once in a row of failures, then daily.
    SyncFailed {
        to_name: String,
        organisation: String,
        /// The vendor's name.
        vendor: String,
        /// When it stopped.
        when: String,
        /// "5 of 8 residents were checked. 3 were not." Empty when nothing was counted.
        counts: String,
        /// What happened, in a sentence.
        cause: String,
        /// What Kinbridge does next, in a sentence.
        next: String,
        /// What the reader can do, in a sentence.
        repair: String,
        /// Where it can be looked at.
        link: String,
    }
    "letters/sync_failed/subject.txt" "letters/sync_failed/body.txt" "letters/sync_failed/body.html"
}

letter! {
    /// The first good sync after somebody was told of a failure.
    SyncWorkingAgain {
        to_name: String,
        organisation: String,
        vendor: String,
        when: String,
        link: String,
    }
    "letters/sync_working_again/subject.txt" "letters/sync_working_again/body.txt"
    "letters/sync_working_again/body.html"
}

letter! {
    /// A guard has stopped a sync, and a super manager has to decide.
    RunHeld {
        to_name: String,
        organisation: String,
        vendor: String,
        when: String,
        /// "12 of 14 residents would leave." Counts only, never names.
        because: String,
        link: String,
    }
    "letters/run_held/subject.txt" "letters/run_held/body.txt" "letters/run_held/body.html"
}

letter! {
    /// Somebody may not see a candidate of another home, and asks a manager to look.
    LookAsked {
        to_name: String,
        organisation: String,
        vendor: String,
        link: String,
    }
    "letters/look_asked/subject.txt" "letters/look_asked/body.txt" "letters/look_asked/body.html"
}

letter! {
    /// Somebody whom the care record system lists was let in.
    StaffApproved {
        to_name: String,
        organisation: String,
        /// As what: "Senior carer".
        named: String,
        /// Who approved them.
        who: String,
        /// The link with its token, used once; for those who have a password, where to sign in.
        link: String,
        has_password: bool,
        /// "72 hours".
        lasts: String,
        /// The last day of access, or empty.
        until: String,
    }
    "letters/staff_approved/subject.txt" "letters/staff_approved/body.txt" "letters/staff_approved/body.html"
}

letter! {
    /// Somebody's access ends by itself tomorrow.
    AccessEnding {
        to_name: String,
        organisation: String,
        /// Whose access.
        who: String,
        last_day: String,
        /// The page with the button.
        link: String,
    }
    "letters/access_ending/subject.txt" "letters/access_ending/body.txt" "letters/access_ending/body.html"
}

letter! {
    /// How many staff wait for approval: once a day, counts only.
    StaffWaiting {
        to_name: String,
        organisation: String,
        waiting: i64,
        to_look_at: i64,
        link: String,
    }
    "letters/staff_waiting/subject.txt" "letters/staff_waiting/body.txt" "letters/staff_waiting/body.html"
}

letter! {
    /// The vendor does not accept our token any more.
    TokenRefused {
        to_name: String,
        organisation: String,
        vendor: String,
        when: String,
        /// What happened, in a sentence.
        cause: String,
        /// "token" where we issued it, "key" where we received it.
        secret: String,
        repair: String,
        link: String,
    }
    "letters/token_refused/subject.txt" "letters/token_refused/body.txt" "letters/token_refused/body.html"
}

letter! {
    /// Something that was recorded did not get onto a timeline, and somebody has to look.
    EntriesStuck {
        to_name: String,
        organisation: String,
        vendor: String,
        link: String,
    }
    "letters/entries_stuck/subject.txt" "letters/entries_stuck/body.txt"
    "letters/entries_stuck/body.html"
}

letter! {
    /// A super manager asks the representative for the multi-service switch.
    MultiServiceAsked {
        to_name: String,
        organisation: String,
        vendor: String,
        /// Who asks.
        who: String,
        link: String,
    }
    "letters/multi_service_asked/subject.txt" "letters/multi_service_asked/body.txt"
    "letters/multi_service_asked/body.html"
}

letter! {
    /// A super manager asks the representative for an integration.
    IntegrationAsked {
        to_name: String,
        organisation: String,
        vendor: String,
        /// Who asks.
        who: String,
        /// The representative arranges it with the vendor, and records the key.
        arranged: bool,
        link: String,
    }
    "letters/integration_asked/subject.txt" "letters/integration_asked/body.txt"
    "letters/integration_asked/body.html"
}

letter! {
    /// No sync went well for more than a night, and nothing else told of it.
    SyncSilent {
        to_name: String,
        organisation: String,
        vendor: String,
        /// When the last good one was.
        last: String,
        link: String,
    }
    "letters/sync_silent/subject.txt" "letters/sync_silent/body.txt" "letters/sync_silent/body.html"
}

letter! {
    /// A key that we received ends soon.
    KeyExpiring {
        to_name: String,
        organisation: String,
        vendor: String,
        /// Its last four characters.
        ends_with: String,
        ends: String,
        link: String,
    }
    "letters/key_expiring/subject.txt" "letters/key_expiring/body.txt" "letters/key_expiring/body.html"
}

letter! {
    /// A replaced token ends soon, and the vendor still uses it.
    TokenExpiring {
        to_name: String,
        organisation: String,
        vendor: String,
        /// The token's own name and its last four characters.
        token: String,
        /// When it stops working.
        ends: String,
        link: String,
    }
    "letters/token_expiring/subject.txt" "letters/token_expiring/body.txt"
    "letters/token_expiring/body.html"
}

letter! {
    /// A new account waits for its password.
    ActivateAccount {
        to_name: String,
        organisation: String,
        /// "Super manager".
        role: String,
        /// Who made the account.
        who: String,
        /// The link with its token: used once.
        link: String,
        /// "72 hours".
        lasts: String,
    }
    "letters/activate_account/subject.txt" "letters/activate_account/body.txt"
    "letters/activate_account/body.html"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(letter: &Rendered, link: &str) {
        assert!(letter.subject.chars().count() <= 70, "{}", letter.subject);
        assert!(!letter.subject.contains('\n'));
        assert!(letter.text.starts_with("Dear Mary,"), "{}", letter.text);
        assert!(letter.html.contains("<html lang=\"en-GB\">") && letter.html.contains("Dear Mary,"));
        assert!(letter.text.contains(link) && letter.html.contains(&format!("href=\"{link}\"")));
        assert!(!letter.html.contains("<img") && !letter.html.contains("style="));
    }

    #[test]
    fn every_letter_says_the_same_in_text_and_html() {
        let link = "https://portal.example/org/1/integrations";
        let text = |words: &str| words.to_owned();
        let failed = SyncFailed {
            to_name: text("Mary"),
            organisation: text("Willow House"),
            vendor: text("Nourish"),
            when: text("Sunday 22 November 2026 at 1:04am"),
            counts: text("5 of 8 residents were checked. 3 were not."),
            cause: text("Nourish did not answer."),
            next: text("We try again at 2am."),
            repair: text("Nothing yet."),
            link: text(link),
        };
        let rendered = failed.render().unwrap();
        check(&rendered, link);
        assert_eq!(rendered.subject, "Nourish sync did not finish for Willow House");
        assert!(rendered.text.contains("5 of 8 residents") && rendered.html.contains("5 of 8 residents"));
        let activate = ActivateAccount {
            to_name: text("Mary"),
            organisation: text("Willow & Oak <House>"),
            role: text("Super manager"),
            who: text("Ann Lee"),
            link: text(link),
            lasts: text("72 hours"),
        };
        let rendered = activate.render().unwrap();
        check(&rendered, link);
        assert!(rendered.subject.contains("Willow & Oak <House>"), "{}", rendered.subject);
        assert!(rendered.html.contains("Willow &#38; Oak &#60;House&#62;"), "{}", rendered.html);
    }

    #[test]
    fn a_very_long_name_is_cut_in_the_subject() {
        assert_eq!(one_line(&"word ".repeat(30)).chars().count(), 70);
        assert_eq!(one_line("two\nlines\r\n"), "two lines");
    }
}
