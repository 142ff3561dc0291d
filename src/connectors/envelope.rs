//! What is around the list of an answer: it must be JSON, name nothing twice, and may name a next page.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use super::FailureKind;

const TWICE: &str = "a name twice";

/// What is around the list.
#[derive(Default)]
pub(super) struct Envelope(serde_json::Map<String, Value>);

impl Envelope {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, FailureKind> {
        let text = str::from_utf8(bytes).map_err(|_bad| FailureKind::BadText)?;
        serde_json::from_str(text).map_err(|error| match error.classify() {
            Category::Eof => FailureKind::TruncatedJson,
            Category::Data if error.to_string().starts_with(TWICE) => FailureKind::DuplicateKeys,
            _ => FailureKind::MalformedJson,
        })
    }

    /// A text in it, by its dotted name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let mut steps = name.split('.');
        let first = self.0.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))?.as_str().filter(|text| !text.is_empty())
    }

    /// The address of the one link of that relation in a list of links.
    pub(super) fn link(&self, list: &str, relation: &str) -> Result<Option<&str>, FailureKind> {
        let links = self.0.get(list).and_then(Value::as_array).into_iter().flatten();
        let mut named = links.filter(|link| link.get("relation").and_then(Value::as_str) == Some(relation));
        let Some(link) = named.next() else { return Ok(None) };
        if named.next().is_some() {
            return Err(FailureKind::DuplicateKeys);
        }
        link.get("url").and_then(Value::as_str).map(Some).ok_or(FailureKind::PageElsewhere)
    }

    /// Whether each of these texts stands there.
    pub(super) fn says(&self, texts: &BTreeMap<String, String>) -> bool {
        !texts.is_empty() && texts.iter().all(|(name, text)| self.text(name) == Some(text))
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Envelope;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
                let mut fields = serde_json::Map::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if fields.insert(key, value).is_some() {
                        return Err(serde::de::Error::custom(TWICE));
                    }
                }
                Ok(Envelope(fields))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Envelope, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Envelope::default())
            }

            fn visit_unit<E>(self) -> Result<Envelope, E> {
                Ok(Envelope::default())
            }

            fn visit_bool<E>(self, _value: bool) -> Result<Envelope, E> {
                Ok(Envelope::default())
            }

            fn visit_str<E>(self, _value: &str) -> Result<Envelope, E> {
                Ok(Envelope::default())
            }

            fn visit_u64<E>(self, _value: u64) -> Result<Envelope, E> {
                Ok(Envelope::default())
            }

            fn visit_i64<E>(self, _value: i64) -> Result<Envelope, E> {
                Ok(Envelope::default())
            }

            fn visit_f64<E>(self, _value: f64) -> Result<Envelope, E> {
                Ok(Envelope::default())
            }
        }
        deserializer.deserialize_any(Reader)
    }
}
