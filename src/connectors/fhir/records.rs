//! Where the resources of a search become records: each as a row, which is judged like every other vendor's.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::bundle::{Each, Found, Resource};
use super::rows::{self, Post, Row};
use crate::connectors::collect::{Collector, FromRow};
use crate::connectors::http::Taker as _;
use crate::connectors::{FailureKind, Snapshot};

/// A resource as a row; `None`: it is none of those that count.
type Reader<'c> = Box<dyn FnMut(&Resource, Option<NaiveDate>) -> Option<Row> + Send + 'c>;

/// Gathers the records of one search.
pub(super) struct Records<'c, R> {
    collector: Collector<'c, R>,
    today: Option<NaiveDate>,
    reader: Reader<'c>,
}

impl<'c, R: FromRow> Records<'c, R> {
    pub(super) fn new(
        collector: Collector<'c, R>,
        reader: impl FnMut(&Resource, Option<NaiveDate>) -> Option<Row> + Send + 'c,
    ) -> Self {
        Self { collector, today: None, reader: Box::new(reader) }
    }

    pub(super) fn finish(self, bytes: u64) -> Result<Snapshot<R>, FailureKind> {
        self.collector.finish(bytes)
    }
}

impl<R: FromRow> Each for Records<'_, R> {
    fn answered(&mut self, vendor_time: Option<DateTime<Utc>>) {
        self.today = vendor_time.map(|time| time.date_naive());
        self.collector.answered(vendor_time);
    }

    fn found(&mut self, found: Found<'_>) -> Result<(), FailureKind> {
        let (resource, twice) = match found {
            Found::Match(resource, twice) => (resource, twice),
            Found::Odd(element) => return self.collector.take(element),
        };
        let Some(row) = (self.reader)(&resource, self.today) else { return Ok(()) };
        self.collector.left_out(row.left_out);
        let mut text = Value::Object(row.cells).to_string();
        if twice {
            // The row says so in the way in which other vendors' rows do.
            text.pop();
            text.push_str(",\"id\":null}");
        }
        self.collector.take(text.as_bytes())
    }
}

/// Gathers what people do and where. A role that cannot be read is none.
#[derive(Default)]
pub(super) struct Posts {
    pub(super) by_practitioner: HashMap<String, Post>,
    today: Option<NaiveDate>,
}

impl Each for Posts {
    fn answered(&mut self, vendor_time: Option<DateTime<Utc>>) {
        self.today = vendor_time.map(|time| time.date_naive());
    }

    fn found(&mut self, found: Found<'_>) -> Result<(), FailureKind> {
        if let Found::Match(resource, false) = found
            && let Some((whose, post)) = rows::post(&resource, self.today)
        {
            // The first that holds is as good as any other.
            self.by_practitioner.entry(whose).or_insert(post);
        }
        Ok(())
    }
}
