//! Folded text for searching and sorting: lower case, no accents, apostrophes or hyphens. Decides nothing
//! about who somebody is.

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::audit::escape_like;

/// A name without case, spaces, accents, apostrophes and hyphens.
pub fn fold(name: &str) -> String {
    search_key(name).replace(' ', "")
}

/// A place's name, folded like a person's.
pub fn fold_place(name: &str) -> String {
    fold(name)
}

/// The folded words, joined by one space.
pub fn search_key(text: &str) -> String {
    let kept = text.nfkd().filter_map(|c| match c {
        '\'' | '’' | '‘' | '.' => None,
        'ł' | 'Ł' => Some('l'),
        'ø' | 'Ø' => Some('o'),
        c if c.is_alphanumeric() => Some(c),
        c if c.is_whitespace() || c.is_ascii_punctuation() => Some(' '),
        _ => None,
    });
    let kept: String = kept.flat_map(char::to_lowercase).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One LIKE pattern, for `escape('!')`, for each of the first six words of a search. What folds to nothing
/// is looked for as it is, and so finds nobody.
pub fn patterns(search: &str) -> Vec<String> {
    let folded = search_key(search);
    let text = if folded.is_empty() { search.trim() } else { folded.as_str() };
    let words = text.split_whitespace().take(6);
    words.map(|word| format!("%{}%", escape_like(word))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_folded_and_its_wildcards_mean_nothing() {
        assert_eq!(fold("O’Brien-Łukasz"), "obrienlukasz");
        assert_eq!(patterns(" Béa  O'Brien"), ["%bea%", "%obrien%"]);
        assert_eq!(patterns("50%_"), ["%50%"]);
        assert_eq!(patterns("%"), ["%!%%"]);
        assert!(patterns("  ").is_empty());
    }
}
