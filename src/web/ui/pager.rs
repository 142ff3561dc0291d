//! Pages of a long list, and choices of a select or a set of radios. Only arithmetic and words: it fetches no rows.

use super::when::thousands;

/// The links under a long list. Printed by `ui::pager`; nothing is printed when there is one page only.
#[derive(Debug, Clone, Default)]
pub struct Pager {
    pub page: u32,
    pub pages: u32,
    pub previous: Option<String>,
    pub next: Option<String>,
    pub links: Vec<PageLink>,
    /// "Showing 51 to 100 of 5,000".
    pub words: String,
}

#[derive(Debug, Clone)]
pub struct PageLink {
    pub number: u32,
    pub href: String,
    pub current: bool,
    /// Pages were left out between the link before and this one.
    pub after_gap: bool,
}

impl Pager {
    /// `page` counts from 1 and is clamped to what exists; `total` is the number of rows on all pages.
    pub fn new(page: u32, per_page: u32, total: i64, href: impl Fn(u32) -> String) -> Self {
        let per = i64::from(per_page.max(1));
        let total = total.max(0);
        let pages = u32::try_from((total + per - 1) / per).unwrap_or(u32::MAX).max(1);
        let page = page.clamp(1, pages);
        let first = (i64::from(page) - 1) * per + 1;
        let last = (i64::from(page) * per).min(total);
        let words = match total {
            0 => "Nothing to show".to_owned(),
            1 => "Showing 1 of 1".to_owned(),
            _ => format!("Showing {} to {} of {}", thousands(first), thousands(last), thousands(total)),
        };
        let mut links: Vec<PageLink> = Vec::new();
        for number in shown(page, pages) {
            let after_gap = links.last().is_some_and(|l| l.number + 1 != number);
            links.push(PageLink { number, href: href(number), current: number == page, after_gap });
        }
        Self {
            page,
            pages,
            previous: (page > 1).then(|| href(page - 1)),
            next: (page < pages).then(|| href(page + 1)),
            links,
            words,
        }
    }

    /// For `Shell::page_of`: nothing when there is one page only.
    pub fn page_of(&self) -> Option<(u32, u32)> {
        (self.pages > 1).then_some((self.page, self.pages))
    }
}

/// The first, the last, and the neighbours of the current page.
fn shown(page: u32, pages: u32) -> Vec<u32> {
    let mut numbers: Vec<u32> = [1, page.saturating_sub(1), page, page.saturating_add(1), pages]
        .into_iter()
        .filter(|n| (1..=pages).contains(n))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// One line of a select or one radio.
#[derive(Debug, Clone)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>, chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), chosen }
    }

    /// Choices from pairs of value and label, with one of them chosen.
    pub fn list<V: AsRef<str>, L: AsRef<str>>(
        pairs: impl IntoIterator<Item = (V, L)>,
        chosen: &str,
    ) -> Vec<Self> {
        pairs.into_iter().map(|(v, l)| Self::new(v.as_ref(), l.as_ref(), v.as_ref() == chosen)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(p: &Pager) -> Vec<u32> {
        p.links.iter().map(|l| l.number).collect()
    }

    #[test]
    fn the_words_count_rows_of_this_page() {
        let p = Pager::new(2, 50, 5_000, |n| format!("?page={n}"));
        assert_eq!(p.words, "Showing 51 to 100 of 5,000");
        assert_eq!(
            (p.page_of(), p.previous.as_deref(), p.next.as_deref()),
            (Some((2, 100)), Some("?page=1"), Some("?page=3"))
        );
        assert_eq!(numbers(&p), [1, 2, 3, 100]);
        assert!(p.links[3].after_gap && !p.links[2].after_gap);
    }

    #[test]
    fn a_page_that_does_not_exist_becomes_the_last() {
        let p = Pager::new(99, 50, 61, |n| n.to_string());
        assert_eq!((p.page, p.words.as_str(), p.next), (2, "Showing 51 to 61 of 61", None));
        assert_eq!(Pager::new(0, 50, 0, |n| n.to_string()).page_of(), None);
    }
}
