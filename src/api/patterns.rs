//! What texts look like that programs send: for each sort its regular expression, as the document has it, the rule in
//! words, and the function that checks it. Types name a sort by its word; the document puts the expression in its place.

use crate::domain::coverage::Postcode;
use crate::kit::email_address::EmailAddress;

/// One sort of text.
pub(super) struct Sort {
    pub word: &'static str,
    pub expression: &'static str,
    pub rule: &'static str,
    pub fits: fn(&str) -> bool,
}

pub(super) const SORTS: [Sort; 13] = [
    Sort {
        word: "line",
        expression: r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        rule: "must be a text in one line, without spaces around it",
        fits: line,
    },
    Sort {
        word: "words",
        expression: r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$",
        rule: "must be a text without control characters; line breaks may stand in it",
        fits: words,
    },
    Sort {
        word: "email",
        expression: r"^[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        rule: "must be an email address, such as name@example.com",
        fits: email,
    },
    Sort {
        word: "phone",
        expression: r"^\+[1-9][0-9]{5,14}$",
        rule: "must be a telephone number with + and its country, such as +447700900123",
        fits: phone,
    },
    Sort {
        word: "nhs",
        expression: "^[0-9]{10}$",
        rule: "must be the ten digits of an NHS number, without spaces",
        fits: |text| text.len() == 10 && text.bytes().all(|c| c.is_ascii_digit()),
    },
    Sort {
        word: "postcode",
        expression: "^[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2}$",
        rule: "must be a postcode, such as LS1 4AP",
        fits: postcode,
    },
    Sort {
        word: "patient",
        expression: "^p_[0-9A-Za-z]{1,80}$",
        rule: "must be a patient's number, which begins with p_",
        fits: |text| numbered(text, "p_"),
    },
    Sort {
        word: "task",
        expression: "^tsk_[0-9A-Za-z]{1,80}$",
        rule: "must be a task's number, which begins with tsk_",
        fits: |text| numbered(text, "tsk_"),
    },
    Sort {
        word: "window",
        expression: "^win_[1-9][0-9]{0,17}_20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$",
        rule: "must be a window's number as the availability gave it, which begins with win_",
        fits: window,
    },
    Sort {
        word: "appointment",
        expression: "^apt_[0-9A-Za-z]{1,80}$",
        rule: "must be an appointment's number, which begins with apt_",
        fits: |text| numbered(text, "apt_"),
    },
    Sort {
        word: "document",
        expression: "^doc_[0-9A-Za-z]{1,80}$",
        rule: "must be a document's number, which begins with doc_",
        fits: |text| numbered(text, "doc_"),
    },
    Sort {
        word: "event",
        expression: "^evt_[0-9A-Za-z]{1,80}$",
        rule: "must be an event's number, which begins with evt_",
        fits: |text| numbered(text, "evt_"),
    },
    Sort {
        word: "cursor",
        expression: "^([0-9a-f]{2})+$",
        rule: "must be the nextCursor of an answer",
        fits: |text| !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(hexadecimal),
    },
];

/// The sort with an expression of the document.
pub(super) fn by_expression(expression: &str) -> Option<&'static Sort> {
    SORTS.iter().find(|sort| sort.expression == expression)
}

pub(super) fn by_word(word: &str) -> Option<&'static Sort> {
    SORTS.iter().find(|sort| sort.word == word)
}

fn line(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    edge(text.chars().next()) && edge(text.chars().next_back()) && !text.chars().any(char::is_control)
}

fn words(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

fn email(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    text.split_once('@').is_some_and(|(name, host)| {
        name.chars().all(plain) && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
    }) && EmailAddress::parse(text).is_some()
}

fn phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (6..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|c| c.is_ascii_digit())
}

fn postcode(text: &str) -> bool {
    let spelled = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric());
    let split = text
        .split_once(' ')
        .map_or(spelled(text), |(out, inward)| spelled(out) && inward.len() == 3 && spelled(inward));
    split && Postcode::parse(text).is_some()
}

fn numbered(text: &str, mark: &str) -> bool {
    let rest = text.strip_prefix(mark).unwrap_or_default();
    (1..=80).contains(&rest.len()) && rest.bytes().all(|c| c.is_ascii_alphanumeric())
}

fn window(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let Some((window, date)) = text.strip_prefix("win_").and_then(|rest| rest.split_once('_')) else {
        return false;
    };
    (1..=18).contains(&window.len())
        && !window.starts_with('0')
        && digits(window)
        && date.len() == 8
        && date.starts_with("20")
        && digits(date)
        && date.get(4..6).is_some_and(|month| ("01"..="12").contains(&month))
        && date.get(6..8).is_some_and(|day| ("01"..="31").contains(&day))
}

fn hexadecimal(c: u8) -> bool {
    c.is_ascii_digit() || (b'a'..=b'f').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(word: &str, text: &str) -> bool {
        (by_word(word).unwrap().fits)(text)
    }

    #[test]
    fn texts_are_of_their_sort_or_not() {
        let good = [
            ("line", "Ann Lee"),
            ("line", "Ö"),
            ("words", "Ring twice.\nThen wait."),
            ("words", ""),
            ("email", "a.b+c@shop.example"),
            ("phone", "+447700900123"),
            ("nhs", "9434765919"),
            ("postcode", "LS1 4AP"),
            ("postcode", "sw1a1aa"),
            ("patient", "p_ab12"),
            ("window", "win_7_20261203"),
            ("cursor", "7b7d"),
        ];
        for (word, text) in good {
            assert!(fits(word, text), "{word}: {text}");
        }
        let bad = [
            ("line", ""),
            ("line", " Ann"),
            ("line", "Ann\nLee"),
            ("line", "An\0n"),
            ("words", "An\0n"),
            ("email", "a@b"),
            ("email", "a b@c.example"),
            ("phone", "07700900123"),
            ("phone", "+0770090"),
            ("phone", "+1234567890123456"),
            ("nhs", "943 476 5919"),
            ("postcode", "LS1"),
            ("postcode", " LS1 4AP"),
            ("postcode", "L S14AP"),
            ("patient", "p_"),
            ("patient", "tsk_ab"),
            ("window", "win_07_20261203"),
            ("window", "win_7"),
            ("window", "win_7_20261301"),
            ("window", "win_7_20261200"),
            ("cursor", "7b7"),
        ];
        for (word, text) in bad {
            assert!(!fits(word, text), "{word}: {text}");
        }
    }
}
