//! Which passwords are refused, and in which words.
//!
//! Length is what counts; there is no rule about digits or signs, and none expires. Refused are those
//! that a guesser tries first: one or two of the words everybody uses, whatever digits stand around
//! them, runs of keys, repetitions, and what belongs to the person, to the organisation or to this
//! product. The list of words is ours; two of its words and any digits are over 100,000 passwords.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::kit::secret::Secret;

/// How long a password must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Length {
    /// It is all that is asked for.
    #[default]
    Alone,
    /// A second step is asked for too.
    WithSecondStep,
}

/// The fewest characters, alone and beside a second step.
const ALONE: usize = 15;
const WITH_SECOND_STEP: usize = 12;

/// The most bytes that are read of a password, typed or set.
const LONGEST: usize = 4096;

/// What an operator may add to the rules.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// One breached password a line.
    pub breached: Option<PathBuf>,
    pub length: Length,
}

/// What is known of the person, and so not worth guessing: names, address, organisations.
#[derive(Debug, Clone, Default)]
pub struct Context(pub Vec<String>);

/// Why a password cannot be used; its text is for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("Use 15 characters or more. Three words you can remember work well.")]
    TooShort,
    #[error("Use 12 characters or more. Three words you can remember work well.")]
    TooShortBesideAStep,
    #[error("This is longer than can be read. Use up to 1,000 characters.")]
    TooLong,
    #[error("This password is easy to guess. Use three words that do not belong together.")]
    Common,
    #[error(
        "This password is easy to guess for somebody who knows you. Do not build it from your name, \
         your email address or your organisation."
    )]
    Personal,
    #[error("This password is on a list of stolen passwords. Use another one.")]
    Breached,
    #[error(
        "The list of stolen passwords cannot be read, so no password can be set now. Tell your representative."
    )]
    Unlisted,
}

/// The form in which a password is hashed: the same on every keyboard. `None` when nobody reads that far.
pub(super) fn typed(password: &str) -> Option<Secret> {
    let same = Secret::new(password.nfc().collect::<String>());
    (same.reveal().len() <= LONGEST).then_some(same)
}

/// Whether a password that may be used is long enough only beside a second step.
pub(super) fn is_short(password: &Secret) -> bool {
    password.reveal().chars().count() < ALONE
}

impl Rules {
    /// The password in the form to hash, if it may be used. Reads the operator's list: not for a
    /// thread that others wait for.
    pub fn check(&self, password: &str, context: &Context) -> Result<Secret, Unfit> {
        let password = typed(password).ok_or(Unfit::TooLong)?;
        let characters = password.reveal().chars().count();
        match self.length {
            Length::Alone if characters < ALONE => return Err(Unfit::TooShort),
            Length::WithSecondStep if characters < WITH_SECOND_STEP => {
                return Err(Unfit::TooShortBesideAStep);
            }
            _ => {}
        }
        let folded = fold(password.reveal());
        if common(&folded) {
            return Err(Unfit::Common);
        }
        let rest = without(&folded, context);
        if rest.len() < folded.len() && (rest.chars().count() < 8 || common(&rest)) {
            return Err(Unfit::Personal);
        }
        match self.breached.as_deref().map(|list| listed(list, password.reveal())) {
            None | Some(Ok(false)) => Ok(password),
            Some(Ok(true)) => Err(Unfit::Breached),
            Some(Err(cause)) => {
                tracing::error!(%cause, "the list of breached passwords cannot be read");
                Err(Unfit::Unlisted)
            }
        }
    }
}

fn listed(list: &Path, password: &str) -> std::io::Result<bool> {
    let mut lines = BufReader::new(std::fs::File::open(list)?);
    let (lower, mut line) = (password.to_lowercase(), Vec::new());
    while lines.read_until(b'\n', &mut line)? > 0 {
        let one = line.trim_ascii_end();
        if one == password.as_bytes() || one == lower.as_bytes() {
            return Ok(true);
        }
        line.clear();
    }
    Ok(false)
}

/// In lower case, without accents, spaces and the signs of a keyboard: `Pâss-Word 1` is `password1`.
fn fold(text: &str) -> String {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    plain.filter(|c| c.is_ascii_alphanumeric() || !(c.is_ascii() || c.is_whitespace())).collect()
}

/// Takes out every word of the context that is long enough to be one.
fn without(folded: &str, context: &Context) -> String {
    let product = ["kinbridge".to_owned()];
    let mut words: Vec<String> = context
        .0
        .iter()
        .chain(&product)
        .flat_map(|text| {
            let local_part = text.split_once('@').map_or(text.as_str(), |(local, _)| local);
            local_part.split(|c: char| !c.is_alphanumeric()).map(fold).collect::<Vec<_>>()
        })
        .filter(|word| word.chars().count() >= 3)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.iter().fold(folded.to_owned(), |rest, word| rest.replace(word.as_str(), ""))
}

/// Whether a folded password is among the first that are guessed.
fn common(folded: &str) -> bool {
    let leet = |one: char| {
        let letters = folded.chars().map(move |c| match c {
            '0' => 'o',
            '1' => one,
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            '7' => 't',
            other => other,
        });
        letters.collect::<String>()
    };
    let chars: Vec<char> = folded.chars().collect();
    repeats(&chars)
        || pieces(&chars, run_at, 4) <= 3
        || few_words(folded)
        || few_words(&leet('i'))
        || few_words(&leet('l'))
}

/// At most three different characters, or a piece of under eight that comes again and again.
fn repeats(chars: &[char]) -> bool {
    let different: HashSet<char> = chars.iter().copied().collect();
    let periodic = |period: usize| chars.iter().zip(chars.iter().skip(period)).all(|(one, next)| one == next);
    different.len() <= 3 || (1..8).any(|period| chars.len() >= 2 * period && periodic(period))
}

/// Whether the letters, without any digits, are at most two words of the list or runs of keys.
fn few_words(text: &str) -> bool {
    let mut units: usize = 0;
    for letters in text.split(|c: char| c.is_numeric()).filter(|part| !part.is_empty()) {
        let letters: Vec<char> = letters.chars().collect();
        units = units.saturating_add(pieces(&letters, |rest| word_at(rest).max(run_at(rest)), 2));
    }
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    let longest_number = text.split(|c: char| !c.is_numeric()).map(str::len).max().unwrap_or(0);
    (1..=2).contains(&units) && (digits <= 8 || longest_number <= 8)
}

/// The fewest pieces that `chars` falls into, each of at least `least` characters and a beginning of
/// what `longest` finds; far too many if it does not.
fn pieces(chars: &[char], longest: impl Fn(&[char]) -> Lengths, least: usize) -> usize {
    const NEVER: usize = usize::MAX / 2;
    // Nobody's common password is longer, and the work grows with the square.
    if chars.is_empty() || chars.len() > 100 {
        return NEVER;
    }
    let mut fewest = vec![NEVER; chars.len() + 1];
    if let Some(first) = fewest.first_mut() {
        *first = 0;
    }
    for at in 0..chars.len() {
        let (so_far, rest) = (fewest.get(at).copied().unwrap_or(NEVER), chars.get(at..).unwrap_or_default());
        if so_far >= NEVER {
            continue;
        }
        for length in longest(rest).0.into_iter().filter(|length| *length >= least) {
            if let Some(there) = fewest.get_mut(at + length) {
                *there = (*there).min(so_far + 1);
            }
        }
    }
    fewest.last().copied().unwrap_or(NEVER)
}

/// How long a piece that starts here may be.
#[derive(Default)]
struct Lengths(Vec<usize>);

impl Lengths {
    fn max(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

fn word_at(rest: &[char]) -> Lengths {
    let (words, longest) = words();
    let mut lengths = Vec::new();
    let mut piece = String::new();
    for (at, c) in rest.iter().take(*longest).enumerate() {
        piece.push(*c);
        if words.contains(piece.as_str()) {
            lengths.push(at + 1);
        }
    }
    Lengths(lengths)
}

fn words() -> &'static (HashSet<&'static str>, usize) {
    static WORDS: OnceLock<(HashSet<&'static str>, usize)> = OnceLock::new();
    WORDS.get_or_init(|| {
        let words: HashSet<&str> = include_str!("common_words.txt").split_whitespace().collect();
        let longest = words.iter().map(|word| word.len()).max().unwrap_or(0);
        (words, longest)
    })
}

/// Keys that lie in a row on a keyboard, and what else people count up or down.
const ROWS: [&str; 8] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
];

/// Every length from four to that of the longest run of keys, up or down, that starts here.
fn run_at(rest: &[char]) -> Lengths {
    let longest = ROWS.iter().flat_map(|row| {
        let up: Vec<char> = row.chars().collect();
        let down: Vec<char> = up.iter().rev().copied().collect();
        [along(&up, rest), along(&down, rest)]
    });
    Lengths((4..=longest.max().unwrap_or(0)).collect())
}

fn along(row: &[char], rest: &[char]) -> usize {
    let from = |start: usize| {
        let row = row.iter().cycle().skip(start).take(row.len());
        row.zip(rest).take_while(|(one, other)| one == other).count()
    };
    (0..row.len()).map(from).max().unwrap_or(0)
}
