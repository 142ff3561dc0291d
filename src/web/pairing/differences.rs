//! Which characters of two texts differ, so that a page can mark them. Pure; decides nothing about who
//! somebody is.

/// A run of characters that differ from the other text, or do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub differs: bool,
}

/// Longer texts are marked as a whole.
const LONGEST: usize = 120;

/// Both texts in pieces.
pub fn marked(a: &str, b: &str) -> (Vec<Piece>, Vec<Piece>) {
    let (one, other): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if one.len() > LONGEST || other.len() > LONGEST {
        return (whole(a, a != b), whole(b, a != b));
    }
    let digits = |text: &[char]| text.iter().filter(|c| c.is_ascii_digit()).count();
    if one.len() == other.len() && digits(&one) >= 8 && digits(&other) >= 8 {
        // Numbers are read place by place: of two swapped digits both are marked.
        let same: Vec<bool> = one.iter().zip(&other).map(|(a, b)| a == b).collect();
        return (pieces(&one, &same), pieces(&other, &same));
    }
    let words = |text: &[char]| text.split(|c| *c == ' ').map(<[char]>::to_vec).collect::<Vec<_>>();
    let (ours, theirs) = (words(&one), words(&other));
    if ours.len() != theirs.len() {
        let (same_a, same_b) = kept(&one, &other);
        return (pieces(&one, &same_a), pieces(&other, &same_b));
    }
    let (mut same_a, mut same_b) = (Vec::new(), Vec::new());
    for (at, (a, b)) in ours.iter().zip(&theirs).enumerate() {
        if at > 0 {
            same_a.push(true);
            same_b.push(true);
        }
        let (word_a, word_b) = kept(a, b);
        same_a.extend(word_a);
        same_b.extend(word_b);
    }
    (pieces(&one, &same_a), pieces(&other, &same_b))
}

/// One text in one piece, or in none when it is empty.
pub fn whole(text: &str, differs: bool) -> Vec<Piece> {
    if text.is_empty() { Vec::new() } else { vec![Piece { text: text.to_owned(), differs }] }
}

/// For each character whether it is in the longest common sequence. Where less than half is in common,
/// nothing is: scattered letters say nothing.
fn kept(a: &[char], b: &[char]) -> (Vec<bool>, Vec<bool>) {
    let alike = |i: usize, j: usize| match (a.get(i), b.get(j)) {
        (Some(a), Some(b)) => a.to_lowercase().eq(b.to_lowercase()),
        _ => false,
    };
    let width = b.len() + 1;
    let mut longest = vec![0_usize; (a.len() + 1) * width];
    let at = |table: &[usize], i: usize, j: usize| table.get(i * width + j).copied().unwrap_or(0);
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let best = if alike(i, j) {
                at(&longest, i + 1, j + 1) + 1
            } else {
                at(&longest, i + 1, j).max(at(&longest, i, j + 1))
            };
            if let Some(cell) = longest.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut same_a, mut same_b) = (vec![false; a.len()], vec![false; b.len()]);
    if at(&longest, 0, 0) * 2 < a.len().max(b.len()) {
        return (same_a, same_b);
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if alike(i, j) && at(&longest, i, j) == at(&longest, i + 1, j + 1) + 1 {
            if let (Some(one), Some(other)) = (same_a.get_mut(i), same_b.get_mut(j)) {
                (*one, *other) = (true, true);
            }
            (i, j) = (i + 1, j + 1);
        } else if at(&longest, i + 1, j) >= at(&longest, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    (same_a, same_b)
}

fn pieces(text: &[char], same: &[bool]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (c, same) in text.iter().zip(same) {
        match pieces.last_mut() {
            Some(last) if last.differs != *same => last.text.push(*c),
            _ => pieces.push(Piece { text: c.to_string(), differs: !same }),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With brackets round what differs.
    fn shown(pieces: &[Piece]) -> String {
        pieces.iter().map(|p| if p.differs { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    #[test]
    fn what_differs_is_marked_and_no_more() {
        for (a, b, marked_a, marked_b) in [
            (
                "999\u{a0}123\u{a0}4567",
                "999\u{a0}123\u{a0}4576",
                "999\u{a0}123\u{a0}45[67]",
                "999\u{a0}123\u{a0}45[76]",
            ),
            ("Betty Cole", "Betty Coles", "Betty Cole", "Betty Cole[s]"),
            ("Betty Cole", "Elizabeth Cole", "[Betty] Cole", "[Elizabeth] Cole"),
            ("Grace Hill", "grace hill", "Grace Hill", "grace hill"),
            ("Mary Ann Cole", "Mary Cole", "Mary [Ann ]Cole", "Mary Cole"),
            ("5", "9", "[5]", "[9]"),
            ("4 March 1938", "3 April 1938", "[4] [March] 1938", "[3] [April] 1938"),
            ("", "12", "", "[12]"),
        ] {
            let (one, other) = marked(a, b);
            assert_eq!((shown(&one).as_str(), shown(&other).as_str()), (marked_a, marked_b));
        }
    }

    #[test]
    fn nothing_is_lost_or_added() {
        for (a, b) in [("日本 𝄞é", "日 ß"), (&*"x".repeat(500), "y"), ("  ", " "), ("a b c", "c b a")]
        {
            let (one, other) = marked(a, b);
            let joined = |pieces: &[Piece]| pieces.iter().map(|p| p.text.as_str()).collect::<String>();
            assert_eq!((joined(&one).as_str(), joined(&other).as_str()), (a, b));
        }
    }
}
