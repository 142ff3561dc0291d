//! Who is worth comparing with whom: everybody in a home, blocks of records with something in common above that.
//!
//! Compares nothing itself and loses no order: the same records give the same candidates.

use super::person::{Name, Person, Tables};

/// Up to this many pairs everybody meets everybody.
pub(super) const ALL_PAIRS: usize = 60_000;
/// A block of more records than this says too little to be worth the comparing.
const LARGEST_BLOCK: usize = 120;

/// Records of one side, findable by what they have in common with a record of the other.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Upper half a hash of the common thing, lower half the record; sorted.
    entries: Vec<u64>,
    /// Where the entries begin whose hash begins with these bits.
    starts: Vec<usize>,
    shift: u32,
}

const HIGH: u64 = 0xFFFF_FFFF_0000_0000;

impl Blocks {
    /// Indexes `people`, given with the number that they are to be found under.
    pub fn new<'a>(people: impl Iterator<Item = (usize, &'a Person)>, tables: &Tables) -> Self {
        let mut entries = Vec::new();
        let mut keys = Vec::with_capacity(40);
        for (at, person) in people {
            let Ok(at) = u32::try_from(at) else { continue };
            keys_of(person, tables, &mut keys);
            entries.extend(keys.iter().map(|key| key & HIGH | u64::from(at)));
        }
        entries.sort_unstable();
        entries.dedup();
        let bits = (entries.len() / 4).max(1).ilog2().clamp(1, 20);
        let shift = 64 - bits;
        let buckets = 1_usize << bits;
        let mut starts = Vec::with_capacity(buckets + 1);
        for (at, entry) in entries.iter().enumerate() {
            let bucket = usize::try_from(entry >> shift).unwrap_or(0);
            while starts.len() <= bucket {
                starts.push(at);
            }
        }
        starts.resize(buckets + 1, entries.len());
        Self { entries, starts, shift }
    }

    /// Calls `meet` with the number of every record that shares a block with `person`; may repeat a number.
    /// `keys` is scratch space.
    pub fn candidates(
        &self,
        person: &Person,
        tables: &Tables,
        keys: &mut Vec<u64>,
        mut meet: impl FnMut(usize),
    ) {
        keys_of(person, tables, keys);
        for key in keys.iter() {
            let key = key & HIGH;
            let bucket = usize::try_from(key >> self.shift).unwrap_or(0);
            let (Some(from), Some(to)) = (self.starts.get(bucket), self.starts.get(bucket + 1)) else {
                continue;
            };
            let bucket = self.entries.get(*from..*to).unwrap_or_default();
            let first = bucket.partition_point(|entry| *entry < key);
            let rest = bucket.get(first..).unwrap_or_default();
            let length =
                rest.iter().take(LARGEST_BLOCK + 1).take_while(|entry| **entry & HIGH == key).count();
            if length <= LARGEST_BLOCK {
                for entry in rest.iter().take(length) {
                    meet(usize::try_from(entry & !HIGH).unwrap_or(usize::MAX));
                }
            }
        }
    }
}

/// One number from several, well spread in the upper half.
fn hash(kind: u64, parts: [u64; 2]) -> u64 {
    let mut state = kind.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for part in parts {
        state = (state ^ part).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        state ^= state >> 32;
    }
    state.wrapping_mul(0xC4CE_B9FE_1A85_EC53)
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Up to eight bytes as one number.
fn bytes(text: &str, most: usize) -> u64 {
    text.bytes().take(most).fold(1, |packed, byte| packed << 8 | u64::from(byte))
}

fn whole(text: &str) -> u64 {
    text.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

fn ordered(a: u64, b: u64) -> [u64; 2] {
    if a <= b { [a, b] } else { [b, a] }
}

/// Everything that a record can be found by.
fn keys_of(person: &Person, tables: &Tables, keys: &mut Vec<u64>) {
    keys.clear();
    let (first, last) = (tables.name_at(person.first), tables.name_at(person.last));
    let mut add = |kind: u64, parts: [u64; 2]| keys.push(hash(kind, parts));
    if let Some(nhs) = person.nhs {
        add(1, [nhs.packed(), 0]);
        if nhs.len() >= 9 {
            let from_left = nhs.packed() >> (4 * (nhs.len() - 6));
            add(2, [from_left, 0]);
            add(3, [nhs.packed() & 0xF_FFFF, 0]);
        }
    }
    if person.email != 0
        && let Some(address) = tables.emails.get(person.email)
    {
        add(4, [whole(&address.local), 0]);
        add(5, [whole(&address.local.get(1..).unwrap_or_default().replace(char::is_numeric, "")), 0]);
    }
    names_keys(first, last, &mut add);
    birth_keys(person, first, last, &mut add);
    place_keys(person, tables, first, last, &mut add);
}

fn names_keys(first: &Name, last: &Name, add: &mut impl FnMut(u64, [u64; 2])) {
    if first.key == 0 || last.key == 0 {
        return;
    }
    let (first_sound, last_sound) = (u64::from(first.sound), u64::from(last.sound));
    add(10, ordered(whole(&first.text), whole(&last.text)));
    add(11, ordered(first_sound, last_sound));
    add(12, [whole(&last.text), bytes(&first.text, 1)]);
    add(13, [whole(&first.text), bytes(&last.text, 2)]);
    add(14, [last_sound, bytes(&first.text, 1)]);
    for group in first.groups.iter().take_while(|group| **group != 0) {
        add(15, [last_sound, u64::from(*group)]);
    }
    for word in last.words.iter().take(4).filter(|word| word.len() >= 3) {
        add(16, [whole(word), bytes(&first.text, 1)]);
    }
    for word in first.words.iter().take(3).filter(|word| word.len() >= 3) {
        add(17, [whole(word), last_sound]);
    }
    for other in last.also.iter().take(2) {
        add(16, [whole(other), bytes(&first.text, 1)]);
    }
    for other in first.also.iter().take(2) {
        add(17, [whole(other), last_sound]);
    }
}

fn birth_keys(person: &Person, first: &Name, last: &Name, add: &mut impl FnMut(u64, [u64; 2])) {
    let Some(birth) = person.birth else { return };
    let year = u64::from(birth.year);
    let month_day = u64::from(birth.month) << 8 | u64::from(birth.day);
    let either_way = u64::from(birth.month.min(birth.day)) << 8 | u64::from(birth.month.max(birth.day));
    add(20, [year, either_way]);
    if last.key != 0 {
        add(21, [u64::from(last.sound), year]);
        add(22, [u64::from(last.sound), month_day]);
        add(23, [whole(&last.text), u64::from(birth.day)]);
    }
    if first.key != 0 {
        add(24, [whole(&first.text), year << 8 | u64::from(birth.month)]);
        add(25, [whole(&first.text), month_day]);
        add(26, [whole(&first.text), year << 8 | u64::from(birth.day)]);
    }
    add(27, [bytes(&first.text, 1) << 16 | bytes(&last.text, 1), month_day]);
}

fn place_keys(
    person: &Person,
    tables: &Tables,
    first: &Name,
    last: &Name,
    add: &mut impl FnMut(u64, [u64; 2]),
) {
    let Some(core) = tables.places.get(person.place).and_then(|place| place.core.first()) else { return };
    let place = whole(core);
    if person.room_number != 0 {
        add(30, [place, u64::from(person.room_number)]);
    }
    if first.key != 0 {
        add(31, [place, whole(&first.text)]);
    }
    if last.key != 0 {
        add(32, [place, u64::from(last.sound)]);
    }
    if first.key != 0 && person.room != 0 {
        add(33, [whole(&first.text), wide(person.room)]);
    }
    if last.key != 0 && person.room != 0 {
        add(34, [u64::from(last.sound), wide(person.room)]);
    }
}
