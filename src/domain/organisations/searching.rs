//! What somebody types into a search field, as patterns for a folded column.

use crate::domain::audit::escape_like;
use crate::kit::names::search_key;

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
    use super::patterns;

    #[test]
    fn a_search_is_folded_and_its_wildcards_mean_nothing() {
        assert_eq!(patterns(" Béa  O'Brien"), ["%bea%", "%obrien%"]);
        assert_eq!(patterns("50%_"), ["%50%"]);
        assert_eq!(patterns("%"), ["%!%%"]);
        assert!(patterns("  ").is_empty());
    }
}
