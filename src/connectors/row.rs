//! One record as it came: each known field under our name with whatever it held. Reads strictly as JSON and
//! loosely as to types; what a value means is decided elsewhere.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::profile::{Field, FieldTable};
use super::values;

/// Names of unknown fields that are kept; more would be somebody's data used as names.
const MOST_UNMAPPED: usize = 50;
const LONGEST_NAME: usize = 60;

/// A value of any type.
#[derive(Debug, PartialEq)]
pub(super) enum Loose<'a> {
    Text(Cow<'a, str>),
    Number(String),
    Bool(bool),
    Null,
    /// An object or an array.
    Other,
}

impl Loose<'_> {
    fn holds_something(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Text(text) => !text.trim().is_empty(),
            _ => true,
        }
    }
}

/// One record.
#[derive(Default)]
pub(super) struct Row<'a> {
    cells: Vec<(Field, usize, Loose<'a>)>,
    /// A known name came twice.
    pub(super) repeated: bool,
}

impl<'a> Row<'a> {
    pub(super) fn parse(
        text: &'a str,
        table: &FieldTable,
        unmapped: &mut BTreeSet<String>,
    ) -> serde_json::Result<Self> {
        let mut source = serde_json::Deserializer::from_str(text);
        let row = RowSeed { table, unmapped }.deserialize(&mut source)?;
        source.end()?;
        Ok(row)
    }

    /// What could be told of a record of which only the beginning is there: identifier and name.
    pub(super) fn beginning(text: &str, table: &FieldTable) -> (Option<String>, Option<String>) {
        let mut row = Row::default();
        let mut source = serde_json::Deserializer::from_str(text);
        // It ends in the middle, so it always ends with an error.
        let _ended = BeginningSeed { table, row: &mut row }.deserialize(&mut source);
        let said = |field| values::text(row.get(field)).ok().flatten();
        let name = [Field::FirstName, Field::LastName, Field::Name].into_iter().filter_map(said);
        let name = name.collect::<Vec<_>>().join(" ");
        (said(Field::ExternalId), Some(name).filter(|name| !name.is_empty()))
    }

    /// What the field held; `Null` also where it did not come at all.
    pub(super) fn get(&self, field: Field) -> &Loose<'a> {
        self.cells.iter().find(|cell| cell.0 == field).map_or(&Loose::Null, |cell| &cell.2)
    }

    /// Whether the field came, even empty.
    pub(super) fn has(&self, field: Field) -> bool {
        self.cells.iter().any(|cell| cell.0 == field)
    }

    /// The first accepted name that holds something wins, whatever the order on the wire.
    fn put(&mut self, field: Field, rank: usize, value: Loose<'a>) {
        let Some(cell) = self.cells.iter_mut().find(|cell| cell.0 == field) else {
            self.cells.push((field, rank, value));
            return;
        };
        self.repeated |= cell.1 == rank;
        if value.holds_something() && (rank < cell.1 || !cell.2.holds_something()) {
            *cell = (field, rank, value);
        }
    }
}

struct RowSeed<'t> {
    table: &'t FieldTable,
    unmapped: &'t mut BTreeSet<String>,
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = Row<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row<'de>, A::Error> {
        let mut row = Row { cells: Vec::with_capacity(12), repeated: false };
        while let Some(key) = map.next_key_seed(KeySeed(self.table))? {
            match key {
                Key::Known(field, rank) => row.put(field, rank, map.next_value_seed(LooseSeed)?),
                Key::Ignored => drop(map.next_value::<IgnoredAny>()?),
                Key::Unknown(name) => {
                    if self.unmapped.len() < MOST_UNMAPPED {
                        self.unmapped.insert(name);
                    }
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(row)
    }
}

/// Reads as far as there is anything, and keeps what came until then.
struct BeginningSeed<'t, 'r, 'a> {
    table: &'t FieldTable,
    row: &'r mut Row<'a>,
}

impl<'de> DeserializeSeed<'de> for BeginningSeed<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for BeginningSeed<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(KeySeed(self.table))? {
            match key {
                Key::Known(field, rank) => self.row.put(field, rank, map.next_value_seed(LooseSeed)?),
                Key::Ignored | Key::Unknown(_) => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

enum Key {
    Known(Field, usize),
    Ignored,
    Unknown(String),
}

struct KeySeed<'t>(&'t FieldTable);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        Ok(match self.0.get(name) {
            Some((field, rank)) => Key::Known(field, rank),
            None if self.0.ignores(name) => Key::Ignored,
            None => Key::Unknown(name.chars().take(LONGEST_NAME).filter(|sign| !sign.is_control()).collect()),
        })
    }
}

struct LooseSeed;

impl<'de> DeserializeSeed<'de> for LooseSeed {
    type Value = Loose<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Loose<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LooseSeed {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Loose<'de>, E> {
        Ok(Loose::Number(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Loose<'de>, E> {
        Ok(Loose::Number(number.to_string()))
    }

    fn visit_f64<E>(self, _number: f64) -> Result<Loose<'de>, E> {
        // A fraction, or a number too large to be held exactly, names nobody.
        Ok(Loose::Other)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Loose<'de>, E> {
        Ok(Loose::Bool(value))
    }

    fn visit_unit<E>(self) -> Result<Loose<'de>, E> {
        Ok(Loose::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }
}
