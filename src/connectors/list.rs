//! Takes a JSON answer apart while it arrives: hands out each element of the wanted list as soon as it is complete
//! and keeps only what is around the list. So the memory needed is that of one record, however long the list.
//! Knows nothing of fields; each element is read strictly elsewhere, what is around the list is read strictly here.

use std::collections::BTreeMap;

use super::FailureKind;
use super::envelope::Envelope;

/// Deeper than any real answer.
const DEEPEST: usize = 32;
/// One record; real ones have about 300 bytes.
const LONGEST_RECORD: usize = 256 * 1024;
/// Everything around the list.
const LONGEST_ENVELOPE: usize = 64 * 1024;

/// The beginning of an element that is too long; what somebody could look for stands in front.
const KEPT: usize = 16 * 1024;

/// One element of the list.
pub(super) enum Element<'e> {
    Whole(&'e [u8]),
    /// Of one that was too long to be kept.
    Beginning(&'e [u8]),
}

/// What is called with each element.
pub(super) type Sink<'a> = dyn FnMut(Element<'_>) -> Result<(), FailureKind> + Send + 'a;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Outside the list.
    Around,
    /// Behind `[`.
    First,
    /// Behind a comma.
    Next,
    /// Inside an object, array or text.
    Inside,
    /// Inside a number or a word.
    Bare,
    /// Behind an element.
    Behind,
}

struct Frame {
    object: bool,
    key: Vec<u8>,
    key_comes: bool,
}

/// The reader of one answer.
pub(super) struct ListReader<'p> {
    roots: &'p [String],
    state: State,
    list_seen: bool,
    stack: Vec<Frame>,
    around: Vec<u8>,
    element: Vec<u8>,
    depth: usize,
    in_text: bool,
    escaped: bool,
    text_is_key: bool,
    /// How long an element may be; `None`: a longer one than any real record ends the list.
    longest: Option<usize>,
    /// The element is too long: its beginning is kept, and the rest only counted through.
    passing: bool,
}

impl<'p> ListReader<'p> {
    pub(super) fn new(roots: &'p [String], longest: Option<usize>) -> Self {
        Self {
            longest,
            passing: false,
            roots,
            state: State::Around,
            list_seen: false,
            stack: Vec::new(),
            around: Vec::new(),
            element: Vec::new(),
            depth: 0,
            in_text: false,
            escaped: false,
            text_is_key: false,
        }
    }

    /// Takes the next piece, wherever it was cut.
    pub(super) fn feed(&mut self, piece: &[u8], sink: &mut Sink<'_>) -> Result<(), FailureKind> {
        let mut rest = piece;
        while let Some((&byte, after)) = rest.split_first() {
            rest = match self.state {
                State::Around => {
                    self.around(byte)?;
                    after
                }
                State::First | State::Next | State::Behind => self.between(byte, rest, after)?,
                State::Inside | State::Bare => self.inside(rest, sink)?,
            };
        }
        Ok(())
    }

    /// One byte outside the list.
    fn around(&mut self, byte: u8) -> Result<(), FailureKind> {
        if !self.in_text && byte.is_ascii_whitespace() {
            return Ok(());
        }
        if self.around.is_empty() && self.stack.is_empty() {
            match byte {
                // A byte order mark is allowed in front.
                0xef | 0xbb | 0xbf => return Ok(()),
                b'<' => return Err(FailureKind::WebPage),
                _ => {}
            }
        }
        if self.around.len() >= LONGEST_ENVELOPE {
            return Err(FailureKind::TooLarge);
        }
        self.around.push(byte);
        if self.in_text {
            self.around_in_text(byte);
            return Ok(());
        }
        match byte {
            b'"' => {
                self.in_text = true;
                self.text_is_key = false;
                if let Some(top) = self.stack.last_mut().filter(|top| top.object && top.key_comes) {
                    self.text_is_key = true;
                    top.key_comes = false;
                    top.key.clear();
                }
            }
            b',' => {
                if let Some(top) = self.stack.last_mut() {
                    top.key_comes = true;
                }
            }
            b'{' => self.open(true)?,
            b'[' if self.at_list()? => {
                self.list_seen = true;
                self.state = State::First;
            }
            b'[' => self.open(false)?,
            b'}' | b']' => {
                self.stack.pop();
            }
            _ => {}
        }
        Ok(())
    }

    fn around_in_text(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_text = false;
            return;
        }
        if self.text_is_key
            && let Some(top) = self.stack.last_mut()
        {
            top.key.push(byte);
        }
    }

    fn open(&mut self, object: bool) -> Result<(), FailureKind> {
        if self.stack.len() >= DEEPEST {
            return Err(FailureKind::TooDeep);
        }
        self.stack.push(Frame { object, key: Vec::new(), key_comes: object });
        Ok(())
    }

    /// Whether the `[` just read opens the wanted list: at the very top, or under one of the roots.
    fn at_list(&self) -> Result<bool, FailureKind> {
        let here = self.stack.is_empty() || self.roots.iter().any(|root| self.is_at(root));
        if here && self.list_seen {
            return Err(FailureKind::DuplicateKeys);
        }
        Ok(here)
    }

    fn is_at(&self, root: &str) -> bool {
        let mut frames = self.stack.iter();
        let matched = root
            .split('.')
            .all(|step| frames.next().is_some_and(|frame| frame.object && frame.key == step.as_bytes()));
        matched && frames.next().is_none()
    }

    /// One byte between two elements; gives back what is still to be read.
    fn between<'b>(&mut self, byte: u8, here: &'b [u8], after: &'b [u8]) -> Result<&'b [u8], FailureKind> {
        match (byte, self.state) {
            (b' ' | b'\t' | b'\r' | b'\n', _) => Ok(after),
            (b']', State::First | State::Behind) => {
                self.around.push(b']');
                self.state = State::Around;
                Ok(after)
            }
            (b',', State::Behind) => {
                self.state = State::Next;
                Ok(after)
            }
            (b']' | b',' | b'}' | b':', _) | (_, State::Behind) => Err(FailureKind::MalformedJson),
            (b'{' | b'[' | b'"', _) => {
                self.state = State::Inside;
                Ok(here)
            }
            _ => {
                self.state = State::Bare;
                Ok(here)
            }
        }
    }

    /// Reads on to the end of the element, or of the piece; gives back what is still to be read.
    fn inside<'b>(&mut self, here: &'b [u8], sink: &mut Sink<'_>) -> Result<&'b [u8], FailureKind> {
        let end = if self.state == State::Bare { bare_end(here) } else { self.element_end(here)? };
        let (part, rest) = here.split_at_checked(end.unwrap_or(here.len())).unwrap_or((here, &[]));
        if end.is_some() && self.element.is_empty() && part.len() <= self.longest.unwrap_or(LONGEST_RECORD) {
            self.state = State::Behind;
            sink(Element::Whole(part))?;
            return Ok(rest);
        }
        self.keep(part)?;
        if end.is_some() {
            self.state = State::Behind;
            let passed = std::mem::take(&mut self.passing);
            let element = std::mem::take(&mut self.element);
            sink(if passed { Element::Beginning(&element) } else { Element::Whole(&element) })?;
            // The room is used again, unless it is that of a very long one.
            if element.capacity() <= LONGEST_RECORD {
                self.element = element;
                self.element.clear();
            }
        }
        Ok(rest)
    }

    /// Adds to the element; of one that is too long only the beginning stays.
    fn keep(&mut self, part: &[u8]) -> Result<(), FailureKind> {
        if self.passing {
            return Ok(());
        }
        if self.element.len() + part.len() > self.longest.unwrap_or(LONGEST_RECORD) {
            if self.longest.is_none() {
                return Err(FailureKind::TooLarge);
            }
            self.passing = true;
            let room = KEPT.saturating_sub(self.element.len()).min(part.len());
            self.element.extend_from_slice(part.get(..room).unwrap_or_default());
            self.element.truncate(KEPT);
            self.element.shrink_to_fit();
            return Ok(());
        }
        self.element.extend_from_slice(part);
        Ok(())
    }

    fn element_end(&mut self, here: &[u8]) -> Result<Option<usize>, FailureKind> {
        for (at, &byte) in here.iter().enumerate() {
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => continue,
                }
                if self.in_text || self.depth > 0 {
                    continue;
                }
                return Ok(Some(at + 1));
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' if self.depth >= DEEPEST => return Err(FailureKind::TooDeep),
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Ok(Some(at + 1));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// The end of the answer: what is around the list must be JSON and must have held a list, or say by the texts of
    /// `empty` that it is a list of nobody.
    pub(super) fn finish(self, empty: &BTreeMap<String, String>) -> Result<Envelope, FailureKind> {
        if self.state != State::Around {
            return Err(FailureKind::TruncatedJson);
        }
        if self.around.is_empty() {
            return Err(FailureKind::NoContent);
        }
        let envelope = Envelope::parse(&self.around)?;
        if self.list_seen || envelope.says(empty) { Ok(envelope) } else { Err(FailureKind::ListMissing) }
    }
}

/// The end of a number or a word: the first byte behind it.
fn bare_end(here: &[u8]) -> Option<usize> {
    here.iter().position(|byte| matches!(byte, b',' | b']' | b' ' | b'\t' | b'\r' | b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str, step: usize) -> Result<(Vec<String>, Envelope), FailureKind> {
        let roots = ["clients".to_owned(), "data.people".to_owned()];
        let mut reader = ListReader::new(&roots, None);
        let mut found = Vec::new();
        let mut sink = |element: Element<'_>| {
            let Element::Whole(element) = element else { panic!("nothing is cut here") };
            found.push(String::from_utf8(element.to_vec()).unwrap());
            Ok(())
        };
        for piece in answer.as_bytes().chunks(step) {
            reader.feed(piece, &mut sink)?;
        }
        let empty = BTreeMap::from([("kind".to_owned(), "list".to_owned())]);
        let envelope = reader.finish(&empty)?;
        Ok((found, envelope))
    }

    #[test]
    fn elements_come_out_whole_wherever_the_answer_is_cut() {
        let answers = [
            r#"{"meta":{"a":[1,{"clients":[9]}]},"clients":[{"a":"}]\"\\","b":[{}]}, "x" ,12,null],"next":"/p2"}"#,
            r#" [{"a":"}]\"\\","b":[{}]},"x",12 , null ] "#,
            "\u{feff}{\"data\":{\"people\":[{\"a\":\"}]\\\"\\\\\",\"b\":[{}]},\"x\",12,null]}}",
        ];
        for answer in answers {
            for step in 1..answer.len() {
                let (found, _) =
                    read(answer, step).unwrap_or_else(|kind| panic!("{kind:?} at {step}: {answer}"));
                assert_eq!(found, [r#"{"a":"}]\"\\","b":[{}]}"#, r#""x""#, "12", "null"]);
            }
        }
        assert_eq!(read(answers[0], 7).unwrap().1.text("next"), Some("/p2"));
        assert_eq!(read(r#"{"clients":[]}"#, 3).unwrap().0.len(), 0);
        assert_eq!(read(r#"{"kind":"list"}"#, 3).unwrap().0.len(), 0);
    }

    #[test]
    fn an_element_that_is_too_long_is_passed_over_where_that_was_said() {
        let long = format!(r#"[{{"id":1}},{{"id":2,"x":"{}\\\""}},{{"id":3}}]"#, "[".repeat(300_000));
        for step in [7, 4_096, 1_000_000] {
            let mut reader = ListReader::new(&[], Some(1_000));
            let mut found = Vec::new();
            let mut sink = |element: Element<'_>| {
                found.push(match element {
                    Element::Whole(bytes) => (true, bytes.len()),
                    Element::Beginning(bytes) => (bytes.starts_with(br#"{"id":2"#), bytes.len()),
                });
                Ok(())
            };
            for piece in long.as_bytes().chunks(step) {
                reader.feed(piece, &mut sink).unwrap();
            }
            reader.finish(&BTreeMap::new()).unwrap();
            assert_eq!((found[0], found[2]), ((true, 8), (true, 8)), "{step}");
            assert!(found[1].0 && found[1].1 <= KEPT, "{step}: {found:?}");
        }
    }

    #[test]
    fn every_broken_answer_has_its_name() {
        let deep = "[".repeat(100_000);
        let deep_inside = format!("{{\"clients\":[{deep}");
        let deep_beside = format!("{{\"x\":{deep}");
        let long = format!("{{\"clients\":[\"{}", "a".repeat(300_000));
        let beside = format!("{{\"x\":\"{}", "a".repeat(70_000));
        let cases: [(&str, FailureKind); 23] = [
            ("", FailureKind::NoContent),
            ("  \n", FailureKind::NoContent),
            ("<html>", FailureKind::WebPage),
            ("null", FailureKind::ListMissing),
            ("12", FailureKind::ListMissing),
            ("{}", FailureKind::ListMissing),
            (r#"{"clients":null}"#, FailureKind::ListMissing),
            (r#"{"error":"no"}"#, FailureKind::ListMissing),
            (r#"{"kind":"page"}"#, FailureKind::ListMissing),
            (r#"{"people":[{}]}"#, FailureKind::ListMissing),
            (r#"{"clients":[],"clients":[]}"#, FailureKind::DuplicateKeys),
            (r#"{"clients":[],"next":"a","next":"b"}"#, FailureKind::DuplicateKeys),
            (r#"{"clients":[{"a":1},"#, FailureKind::TruncatedJson),
            (r#"{"clients":[{"a":1}"#, FailureKind::TruncatedJson),
            (r#"{"clients":[{"a":1}]"#, FailureKind::TruncatedJson),
            (r#"{"clients":[{"a":1},]}"#, FailureKind::MalformedJson),
            (r#"{"clients":[{} {}]}"#, FailureKind::MalformedJson),
            (r#"{"clients":[]} x"#, FailureKind::MalformedJson),
            (r#"{"clients":[]]"#, FailureKind::MalformedJson),
            (&deep_inside, FailureKind::TooDeep),
            (&deep_beside, FailureKind::TooDeep),
            (&long, FailureKind::TooLarge),
            (&beside, FailureKind::TooLarge),
        ];
        for (answer, kind) in cases {
            let shown: String = answer.chars().take(60).collect();
            assert_eq!(read(answer, 4096).err(), Some(kind), "{shown}");
        }
    }
}
