//! Reads HTML as a browser's tokeniser does, as far as telling text from tags and values from names.

#![cfg(test)]

/// Attributes whose value a browser follows.
const FOLLOWED: [&str; 6] = ["href", "src", "action", "formaction", "data", "srcset"];

/// Places at which a page lets a word be more than text, or be code at all.
pub fn escaped_from(page: &str, mark: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for tag in tags(page) {
        if tag.name.contains(mark) || tag.raw_text.contains(mark) {
            wrong.push(format!("<{}> holds it", tag.name));
        }
        if tag.name == "script" && !tag.raw_text.trim().is_empty() || tag.name == "style" {
            wrong.push(format!("code of our own in <{}>", tag.name));
        }
        for (name, value, quoted) in &tag.attributes {
            let runs = name.starts_with("on") || name == "style" || name == "srcdoc";
            let value = value.trim_start().to_ascii_lowercase();
            let leads_off = FOLLOWED.contains(&name.as_str())
                && !(value.is_empty()
                    || value.starts_with(['#', '?'])
                    || value.starts_with('/') && !value.starts_with("//"))
                && !value.starts_with("http://127.0.0.1:8080/");
            if runs || leads_off || name.contains(mark) || (!quoted && value.contains(mark)) {
                wrong.push(format!("<{} {name}=\"{value}\">", tag.name));
            }
        }
    }
    wrong
}

struct Tag {
    name: String,
    attributes: Vec<(String, String, bool)>,
    /// Of `script` and `style`, and of a comment.
    raw_text: String,
}

fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            let (inside, after) = comment.split_once("-->").unwrap_or((comment, ""));
            tags.push(Tag { name: "!--".into(), attributes: Vec::new(), raw_text: inside.into() });
            rest = after;
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (mut tag, after) = open_tag(rest);
            rest = after;
            if tag.name == "script" || tag.name == "style" {
                let end = rest.to_ascii_lowercase().find(&format!("</{}", tag.name)).unwrap_or(rest.len());
                tag.raw_text = rest[..end].to_owned();
                rest = &rest[end..];
            }
            tags.push(tag);
        }
    }
    tags
}

fn open_tag(text: &str) -> (Tag, &str) {
    let ends = |c: char| c.is_ascii_whitespace() || c == '/' || c == '>';
    let at = text.find(ends).unwrap_or(text.len());
    let mut tag =
        Tag { name: text[..at].to_ascii_lowercase(), attributes: Vec::new(), raw_text: String::new() };
    let mut rest = &text[at..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (tag, after);
        }
        if rest.is_empty() {
            return (tag, rest);
        }
        let at = rest.find(|c: char| ends(c) || c == '=').unwrap_or(rest.len()).max(1);
        let at = (at..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let name = rest[..at].to_ascii_lowercase();
        rest = rest[at..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            tag.attributes.push((name, String::new(), true));
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value
                .split_at(value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len())),
        };
        tag.attributes.push((name, value.to_owned(), quote.is_some()));
        rest = after;
    }
}

#[test]
fn the_reader_finds_what_runs() {
    for bad in [
        "<p><script>xss9()</script>",
        "<img src=x onerror=xss9()>",
        "<a href=\"javascript:xss9()\">",
        "<input value=xss9>",
        "<p title=\"\" onclick=\"xss9()\">",
        "<xss9>",
        "<p xss9>",
        "<!-- xss9 -->",
        "<a href='//xss9'>",
        "<style>p{}</style>",
        "<base href=\"http://evil.test\">",
        "<iframe srcdoc=\"x\">",
        "<img src=\"x\" data-x=\"a\"onerror=\"xss9\">",
    ] {
        assert!(!escaped_from(bad, "xss9").is_empty(), "{bad}");
    }
    for good in [
        "<p>xss9 &lt;script&gt;xss9()&lt;/script&gt;</p>",
        "<input value=\"&quot;&gt;&lt;script&gt;xss9()\" disabled>",
        "<a href=\"/org/1?q=javascript%3Axss9\">x</a><a href=\"#x\">y</a>",
        "a < b xss9",
        "<script src=\"/static/x/portal.js\" defer></script>",
    ] {
        assert_eq!(escaped_from(good, "xss9"), [""; 0], "{good}");
    }
}
