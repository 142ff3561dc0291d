//! What a mail server's answer means for a letter. Pure: how far a letter got and what was said come in, a verdict
//! with its words goes out.

/// What became of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server has taken it over.
    Taken,
    /// The receiving system wants to be asked again later.
    Later(Answer),
    /// The receiving system does not want it, whenever it is asked.
    Refused(Answer),
    /// The connection ended or fell silent while the letter was on it: it may have arrived.
    Unsure(Answer),
    /// No letter would have got through.
    Trouble(Trouble),
}

/// Why a letter got no further: in a sentence of ours, and in the server's words without addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub words: String,
    pub said: String,
}

/// Why no letter gets out, in a sentence, and what to do, in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// A word for the log.
    pub kind: &'static str,
    pub words: String,
    pub repair: String,
}

/// How far a letter got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Connect,
    Hello,
    Encrypt,
    SignIn,
    Sender,
    Recipient,
    Data,
    Body,
}

/// What went wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// The server answered no.
    Said { code: u16, words: String },
    /// It took too long.
    Silent,
    /// The connection ended, or never was; with the machine's words for it.
    Lost(String),
    /// The server cannot do what we need.
    Unable,
}

pub(super) fn judge(server: &str, stage: Stage, failed: &Failed) -> Verdict {
    match (stage, failed) {
        // "Service not available": the server as a whole, whenever it is said.
        (_, Failed::Said { code: 421, .. }) => {
            trouble("busy", format!("The mail server {server} is not available at the moment."), WAIT)
        }
        (Stage::Connect, _) => trouble(
            "unreachable",
            format!("The mail server {server} cannot be reached."),
            "Check that it runs, KINBRIDGE_SMTP_HOST and KINBRIDGE_SMTP_PORT, and the firewall.",
        ),
        (Stage::Hello, Failed::Said { code, .. }) => trouble(
            "turned away",
            format!("The mail server {server} turns this machine away (it says {code})."),
            "Ask whoever runs it to let this machine send, or set KINBRIDGE_SMTP_HELLO to the name that it expects.",
        ),
        (Stage::Encrypt, failed) => encryption(server, failed),
        (Stage::SignIn, Failed::Said { code, .. }) if *code < 500 => trouble(
            "busy",
            format!("The mail server {server} cannot check the password at the moment."),
            WAIT,
        ),
        (Stage::SignIn, Failed::Said { .. }) | (_, Failed::Said { code: 530..=538, .. }) => {
            signed_out(server)
        }
        (Stage::SignIn, Failed::Unable) => trouble(
            "no sign-in",
            format!("The mail server {server} offers no way to sign in that Kinbridge knows."),
            "It must offer PLAIN or LOGIN; without a user leave KINBRIDGE_SMTP_USER out.",
        ),
        (Stage::Sender, Failed::Said { code, .. }) if *code < 500 => {
            trouble("busy", format!("The mail server {server} takes no letters at the moment."), WAIT)
        }
        (Stage::Sender, Failed::Said { .. }) => trouble(
            "sender refused",
            format!("The mail server {server} does not let Kinbridge write from its address."),
            "Set KINBRIDGE_MAIL_FROM to an address that the server lets this user write from.",
        ),
        (Stage::Hello | Stage::SignIn | Stage::Sender, _) => trouble(
            "silent",
            format!("The mail server {server} does not answer as a mail server does."),
            "Check KINBRIDGE_SMTP_PORT, and whether KINBRIDGE_SMTP_ENCRYPTION must be tls or starttls there.",
        ),
        (Stage::Recipient, Failed::Said { words, .. }) if relays_not(words) => trouble(
            "no relay",
            format!("The mail server {server} does not send letters on for this machine."),
            "Set KINBRIDGE_SMTP_USER and a password, or ask whoever runs it to let this machine send.",
        ),
        (_, Failed::Said { code, words }) => {
            let said = said(*code, words);
            if *code < 500 {
                return Verdict::Later(Answer { words: later(*code).to_owned(), said });
            }
            Verdict::Refused(Answer { words: reason(stage, *code, words).to_owned(), said })
        }
        (_, Failed::Unable) => Verdict::Refused(Answer {
            words: "The address holds letters that the mail server cannot send to.".to_owned(),
            said: String::new(),
        }),
        (_, Failed::Silent | Failed::Lost(_)) => Verdict::Unsure(Answer {
            words: "The mail server stopped answering while the letter was on its way.".to_owned(),
            said: String::new(),
        }),
    }
}

const WAIT: &str = "Letters wait and are tried again by themselves. If this goes on, ask whoever runs it.";

fn trouble(kind: &'static str, words: String, repair: &str) -> Verdict {
    Verdict::Trouble(Trouble { kind, words, repair: repair.to_owned() })
}

fn signed_out(server: &str) -> Verdict {
    trouble(
        "sign-in refused",
        format!("The mail server {server} does not accept the user and the password."),
        "Check KINBRIDGE_SMTP_USER and the password; many providers want one made for programs.",
    )
}

/// Certificates fail in the words of the library that checks them.
fn encryption(server: &str, failed: &Failed) -> Verdict {
    let (wrong, repair) = match failed {
        Failed::Unable => (
            "offers no STARTTLS, and nothing is sent in clear",
            "Set KINBRIDGE_SMTP_ENCRYPTION to tls if it is encrypted from the start, or ask whoever runs it.",
        ),
        Failed::Lost(cause) if cause.contains("xpired") => {
            ("has a certificate that has run out", "Whoever runs it must renew the certificate.")
        }
        Failed::Lost(cause) if cause.contains("not valid for name") || cause.contains("NotValidForName") => {
            ("has a certificate for another name", "Set KINBRIDGE_SMTP_HOST to the name in the certificate.")
        }
        Failed::Lost(cause) if cause.contains("certificate") => (
            "has a certificate of an authority that is not trusted here",
            "If it is your own authority, name its certificate in KINBRIDGE_SMTP_CA_FILE.",
        ),
        Failed::Said { .. } => ("refuses to encrypt", WAIT),
        _ => {
            ("does not begin encryption", "Check KINBRIDGE_SMTP_PORT: 587 goes with starttls, 465 with tls.")
        }
    };
    trouble("not encrypted", format!("The mail server {server} {wrong}."), repair)
}

fn relays_not(words: &str) -> bool {
    words.to_lowercase().contains("relay")
}

fn later(code: u16) -> &'static str {
    match code {
        452 => "The receiving mail system has no room at the moment; we try again.",
        _ => "The receiving mail system asked us to try again later.",
    }
}

fn reason(stage: Stage, code: u16, words: &str) -> &'static str {
    const UNKNOWN: &str = "The address does not exist.";
    const FULL: &str = "The mailbox is full.";
    const LARGE: &str = "The letter is too large for the mailbox.";
    const CLOSED: &str = "The mailbox is closed.";
    const UNWANTED: &str = "The receiving mail system does not accept letters from us.";
    const FORM: &str = "The receiving mail system does not understand the address.";
    match enhanced(words) {
        Some((1, 2 | 10)) => "The part of the address after the @ does not take mail.",
        Some((1, 3)) => FORM,
        Some((1, _)) => UNKNOWN,
        Some((2, 1)) => CLOSED,
        Some((2, 2)) => FULL,
        Some((2 | 3, 3 | 4)) => LARGE,
        Some((4, _)) => "The receiving mail system cannot be reached.",
        Some((7, _)) => UNWANTED,
        _ => match (code, stage) {
            (551, _) => "The address has moved.",
            (552, _) => FULL,
            (553, _) => FORM,
            (550, Stage::Recipient) => UNKNOWN,
            _ => UNWANTED,
        },
    }
}

/// The second and third number of a status such as `5.1.1` (RFC 3463).
fn enhanced(words: &str) -> Option<(u16, u16)> {
    words.split_whitespace().find_map(|word| {
        let mut parts = word.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() <= 3);
        (class == "5" && parts.next().is_none()).then(|| number(subject).zip(number(detail)))?
    })
}

/// The server's words without addresses, links and line ends, and not endless.
fn said(code: u16, words: &str) -> String {
    let words = words.replace(char::is_control, " ");
    let kept = words.split_whitespace().map(|word| {
        if word.contains('@') || word.contains("://") || word.chars().count() > 60 { "…" } else { word }
    });
    let whole = format!("{code} {}", kept.collect::<Vec<_>>().join(" "));
    whole.chars().take(200).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(stage: Stage, code: u16, words: &str) -> Verdict {
        judge("mail.example", stage, &Failed::Said { code, words: words.into() })
    }

    #[test]
    fn a_refused_address_has_a_reason_that_a_manager_understands() {
        for (code, words, reason) in [
            (
                550,
                "5.1.1 <x@y.example>: Recipient address rejected: User unknown",
                "The address does not exist.",
            ),
            (550, "No such user", "The address does not exist."),
            (552, "5.2.2 over quota", "The mailbox is full."),
            (550, "5.7.1 blocked by policy", "The receiving mail system does not accept letters from us."),
            (550, "5.1.2 bad destination", "The part of the address after the @ does not take mail."),
            (553, "what", "The receiving mail system does not understand the address."),
        ] {
            let Verdict::Refused(answer) = answered(Stage::Recipient, code, words) else { panic!("{words}") };
            assert_eq!(answer.words, reason);
            assert!(!answer.said.contains('@'), "{}", answer.said);
        }
    }

    #[test]
    fn what_is_said_is_kept_without_addresses_and_line_ends() {
        let words = "5.1.1 <mary@willow.example>:\r\nsee https://x.example/?u=1 User unknown";
        assert_eq!(said(550, words), "550 5.1.1 … see … User unknown");
        assert!(said(550, &"word ".repeat(100)).chars().count() <= 200);
    }

    #[test]
    fn faults_of_ours_are_no_fault_of_the_recipient() {
        for (stage, code, words) in [
            (Stage::Hello, 554, "go away"),
            (Stage::SignIn, 535, "5.7.8 bad credentials"),
            (Stage::Sender, 550, "not yours"),
            (Stage::Sender, 452, "full"),
            (Stage::Recipient, 421, "shutting down"),
            (Stage::Recipient, 530, "5.7.0 sign in first"),
            (Stage::Recipient, 554, "5.7.1 <x@y.example>: Relay access denied"),
            (Stage::Body, 421, "closing"),
        ] {
            assert!(matches!(answered(stage, code, words), Verdict::Trouble(_)), "{stage:?} {code}");
        }
        for stage in [Stage::Connect, Stage::Hello, Stage::Encrypt, Stage::SignIn, Stage::Sender] {
            let lost = judge("mail.example", stage, &Failed::Lost("broken".into()));
            assert!(matches!(lost, Verdict::Trouble(_)), "{stage:?}");
        }
    }

    #[test]
    fn a_letter_that_may_have_arrived_is_not_called_refused() {
        for stage in [Stage::Recipient, Stage::Data, Stage::Body] {
            for failed in [Failed::Silent, Failed::Lost("reset".into())] {
                assert!(matches!(judge("mail.example", stage, &failed), Verdict::Unsure(_)));
            }
        }
        assert!(matches!(answered(Stage::Recipient, 450, "4.2.0 greylisted"), Verdict::Later(_)));
        assert!(matches!(answered(Stage::Body, 452, "4.3.1 no room"), Verdict::Later(_)));
    }

    #[test]
    fn a_certificate_is_named_with_its_repair() {
        for (cause, part) in [
            ("invalid peer certificate: Expired", "run out"),
            ("invalid peer certificate: certificate not valid for name \"x\"", "another name"),
            ("invalid peer certificate: UnknownIssuer", "not trusted"),
        ] {
            let found = judge("mail.example", Stage::Encrypt, &Failed::Lost(cause.into()));
            assert!(matches!(&found, Verdict::Trouble(one) if one.words.contains(part)), "{found:?}");
        }
    }
}
