//! How one page leads to the next: not at all, by number, or by a link; never in a circle and never elsewhere.

use std::collections::HashSet;

use reqwest::Url;

use super::FailureKind;
use super::address::BaseUrl;
use super::envelope::Envelope;
use super::profile::Paging;

/// More pages than any list has.
const MOST_PAGES: usize = 5_000;

/// Which page comes next, and whether it has been there before.
pub(super) struct Pages<'p> {
    paging: &'p Paging,
    pub(super) next: Option<Url>,
    first: Url,
    number: u64,
    seen: HashSet<String>,
    marks: HashSet<u64>,
}

impl<'p> Pages<'p> {
    pub(super) fn new(paging: &'p Paging, first: Url) -> Self {
        let number = if let Paging::Page { first, .. } = paging { *first } else { 0 };
        let mut pages =
            Self { paging, next: None, first, number, seen: HashSet::new(), marks: HashSet::new() };
        pages.next = Some(pages.numbered());
        pages
    }

    fn numbered(&self) -> Url {
        let mut url = self.first.clone();
        if let Paging::Page { page, per_page, size, .. } = self.paging {
            let (number, size) = (self.number.to_string(), size.to_string());
            url.query_pairs_mut().append_pair(page, &number).append_pair(per_page, &size);
        }
        url
    }

    /// After the page at `here` with `count` records: sets the next one, if there is one.
    pub(super) fn turn(
        &mut self,
        base: &BaseUrl,
        here: Url,
        envelope: &Envelope,
        count: usize,
        mark: u64,
    ) -> Result<(), FailureKind> {
        let next = match self.paging {
            Paging::None => None,
            Paging::Page { size, .. } if count < *size => None,
            Paging::Page { .. } => {
                self.number += 1;
                Some(self.numbered())
            }
            Paging::Next { field } => envelope.text(field).map(|text| step(base, &here, text)).transpose()?,
            Paging::Link { list, relation } => {
                envelope.link(list, relation)?.map(|text| step(base, &here, text)).transpose()?
            }
        };
        let Some(next) = next else { return Ok(()) };
        self.seen.insert(here.into());
        let been_there = self.seen.contains(next.as_str()) || (count > 0 && !self.marks.insert(mark));
        if been_there || self.seen.len() >= MOST_PAGES {
            return Err(FailureKind::PageLoop);
        }
        self.next = Some(next);
        Ok(())
    }
}

/// A link to a next page, which must stay at the same origin.
fn step(base: &BaseUrl, here: &Url, text: &str) -> Result<Url, FailureKind> {
    let next = here.join(text).map_err(|_odd| FailureKind::PageElsewhere)?;
    if base.owns(&next) { Ok(next) } else { Err(FailureKind::PageElsewhere) }
}
