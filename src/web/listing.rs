//! Long lists: their address with its filters, the filters as removable links, and pages of lists whose
//! length nobody has counted.

use super::ui::{Link, PageLink, Pager};
use crate::links;

/// Rows on a page.
pub(super) const PER_PAGE: u32 = 50;

/// The last page that can be asked for: 100,000 rows in.
const LAST_PAGE: u32 = 2000;

/// The address of a list with the filters that are set.
#[derive(Clone, Debug)]
pub(super) struct Address {
    path: String,
    pairs: Vec<(&'static str, String)>,
}

impl Address {
    pub fn new(path: String) -> Self {
        Self { path, pairs: Vec::new() }
    }

    /// Adds a filter unless its value is empty.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            self.pairs.push((name, value.to_owned()));
        }
        self
    }

    /// Whether nothing narrows the list.
    pub fn is_bare(&self) -> bool {
        self.pairs.is_empty()
    }

    pub fn page(&self, page: u32) -> String {
        let page = (page > 1).then(|| ("page", page.to_string()));
        self.written(self.pairs.iter().cloned().chain(page))
    }

    /// The same list without one of its filters.
    pub fn without(&self, name: &str) -> String {
        self.written(self.pairs.iter().filter(|(of, _)| *of != name).cloned())
    }

    /// The same list with one filter more.
    pub fn and(&self, name: &'static str, value: &str) -> String {
        self.clone().with(name, value).page(1)
    }

    fn written(&self, pairs: impl Iterator<Item = (&'static str, String)>) -> String {
        let query: Vec<String> =
            pairs.map(|(name, value)| format!("{name}={}", links::encode(&value))).collect();
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query.join("&")) }
    }

    /// A link that takes one filter away, if it is set.
    pub fn chip(&self, name: &str, words: impl Into<String>) -> Option<Link> {
        let set = self.pairs.iter().any(|(of, _)| *of == name);
        set.then(|| Link::new(words, self.without(name)))
    }
}

/// A day as people write it, `22/11/2026` or `22 11 2026`, and as addresses carry it, `2026-11-22`.
pub(super) fn day_typed(text: &str) -> Option<chrono::NaiveDate> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let (one, two, three) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, day) = if one.len() == 4 { (one, three) } else { (three, one) };
    chrono::NaiveDate::from_ymd_opt(year.parse().ok()?, two.parse().ok()?, day.parse().ok()?)
}

/// The page that was asked for, from 1.
pub(super) fn page_number(asked: &str) -> u32 {
    asked.trim().parse().unwrap_or(1).clamp(1, LAST_PAGE)
}

/// Rows that stand before a page.
pub(super) fn rows_before(page: u32) -> i64 {
    i64::from(page.saturating_sub(1)) * i64::from(PER_PAGE)
}

/// Previous and next, for a list that was not counted. `shown` rows stand on this page.
pub(super) fn uncounted(page: u32, shown: usize, more: bool, address: &Address) -> Pager {
    let before = rows_before(page);
    let last = before + i64::try_from(shown).unwrap_or(i64::MAX);
    let words = match (page, more, shown) {
        (_, _, 0) => "Nothing to show".to_owned(),
        (1, false, 1) => "Showing 1 of 1".to_owned(),
        (1, false, n) => format!("Showing all {n}"),
        _ => format!("Showing {} to {last}", before + 1),
    };
    let more = more && page < LAST_PAGE;
    Pager {
        page,
        pages: page + u32::from(more),
        previous: (page > 1).then(|| address.page(page - 1)),
        next: more.then(|| address.page(page + 1)),
        links: vec![PageLink { number: page, href: address.page(page), current: true, after_gap: false }],
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_filters_and_can_lose_one() {
        let list = Address::new("/list".into()).with("q", "a&b=c").with("place", "").with("sort", "room");
        assert_eq!(list.page(1), "/list?q=a%26b%3Dc&sort=room");
        assert_eq!(list.page(3), "/list?q=a%26b%3Dc&sort=room&page=3");
        assert_eq!(list.without("q"), "/list?sort=room");
        assert!(list.chip("place", "Place").is_none());
        assert_eq!(list.chip("sort", "By room").unwrap().href, "/list?q=a%26b%3Dc");
    }

    #[test]
    fn pages_that_nobody_counted_have_neighbours_only() {
        let list = Address::new("/list".into());
        let pager = uncounted(2, 50, true, &list);
        assert_eq!(pager.words, "Showing 51 to 100");
        assert_eq!((pager.previous.as_deref(), pager.next.as_deref()), (Some("/list"), Some("/list?page=3")));
        assert_eq!(uncounted(1, 7, false, &list).words, "Showing all 7");
        assert_eq!(page_number("99999999999"), 1);
        assert_eq!(page_number("4000000"), LAST_PAGE);
        assert!(uncounted(LAST_PAGE, 50, true, &list).next.is_none());
    }
}
