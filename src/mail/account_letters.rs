//! Letters about somebody's own account: they say one fact, give one link, and say what to do if it was not
//! the reader. Never with a name but the reader's, and never with the address of a device.

use askama::Template;

use super::Rendered;
use super::letters::{letter, one_line};

letter! {
    /// Somebody asked for a new password.
    PasswordReset {
        to_name: String,
        /// The link with its token: used once.
        link: String,
        /// "30 minutes".
        lasts: String,
    }
    "letters/password_reset/subject.txt" "letters/password_reset/body.txt"
    "letters/password_reset/body.html"
}

letter! {
    /// The password is another one now.
    PasswordChanged {
        to_name: String,
        when: String,
        /// Where to ask for a new password.
        link: String,
    }
    "letters/password_changed/subject.txt" "letters/password_changed/body.txt"
    "letters/password_changed/body.html"
}

letter! {
    /// Somebody signed in from a browser that was not seen before.
    NewSignIn {
        to_name: String,
        when: String,
        /// "Firefox on Windows".
        device: String,
        /// Where to ask for a new password.
        link: String,
    }
    "letters/new_sign_in/subject.txt" "letters/new_sign_in/body.txt" "letters/new_sign_in/body.html"
}

letter! {
    /// Two-step sign-in was set up, turned off or reset.
    SecondStepChanged {
        to_name: String,
        /// What happened, in a sentence.
        what: String,
        when: String,
        link: String,
    }
    "letters/second_step_changed/subject.txt" "letters/second_step_changed/body.txt"
    "letters/second_step_changed/body.html"
}

letter! {
    /// Goes to the new address, which confirms that it is the person's.
    EmailChange {
        to_name: String,
        /// The link with its token: used once.
        link: String,
        /// "24 hours".
        lasts: String,
    }
    "letters/email_change/subject.txt" "letters/email_change/body.txt" "letters/email_change/body.html"
}

letter! {
    /// Goes to the old address at once.
    EmailChanging {
        to_name: String,
        new_email: String,
        when: String,
        /// The link that stops the change.
        link: String,
    }
    "letters/email_changing/subject.txt" "letters/email_changing/body.txt"
    "letters/email_changing/body.html"
}

letter! {
    /// Goes to the old address when the change is made.
    EmailChanged {
        to_name: String,
        new_email: String,
        when: String,
        link: String,
    }
    "letters/email_changed/subject.txt" "letters/email_changed/body.txt" "letters/email_changed/body.html"
}
