//! What goes wrong with a write, and how often by chance. The numbers follow from a seed, so that a test that failed
//! fails again.

use super::fault::Fault;

/// What happens to one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mishap {
    /// Not kept, and the fault's own status.
    Refuse(Fault),
    /// Not kept, and a fault of its own.
    Break,
    /// Not kept, and unavailable.
    Busy,
    /// Not kept, and the connection is cut.
    Cut,
    /// Not kept, and no answer.
    Silence,
    /// Kept, and the confirmation comes much later.
    Delay,
    /// Kept, and the connection is cut instead of confirming.
    LoseReply,
    /// Kept, and half a confirmation.
    Garble,
    /// Kept, and a fault of its own afterwards.
    BreakAfter,
    /// Kept, and a confirmation with something else wrong.
    Spoil(Fault),
}

impl Mishap {
    /// What a fault that was chosen makes of a write.
    pub(super) fn of(fault: Fault) -> Self {
        match fault {
            Fault::CommitThenDelay => Self::Delay,
            Fault::CommitThenDrop => Self::LoseReply,
            Fault::CommitThenGarble | Fault::TruncatedJson | Fault::HalfAPage => Self::Garble,
            Fault::FirstByteHang => Self::Silence,
            Fault::Reset => Self::Cut,
            Fault::FailAtRandom => Self::Break,
            fault if fault.has_a_status() => Self::Refuse(fault),
            fault => Self::Spoil(fault),
        }
    }
}

/// A fifth of all writes goes wrong, in one of six ways.
#[derive(Clone, Debug)]
pub(super) struct Chance {
    state: u64,
    percent: u64,
}

impl Default for Chance {
    fn default() -> Self {
        Self { state: 0x6b69_6e62_7269_6467, percent: 20 }
    }
}

impl Chance {
    pub(super) fn seeded(seed: u64) -> Self {
        Self { state: seed ^ Self::default().state, ..Self::default() }
    }

    /// What happens to the next one; mostly nothing.
    pub(super) fn mishap(&mut self) -> Option<Mishap> {
        if self.next() % 100 >= self.percent {
            return None;
        }
        Some(match self.next() % 6 {
            0 => Mishap::Break,
            1 => Mishap::Busy,
            2 => Mishap::Cut,
            3 => Mishap::LoseReply,
            4 => Mishap::Garble,
            _ => Mishap::BreakAfter,
        })
    }

    /// SplitMix64: steps through all numbers, mixed well enough for a made-up vendor.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_a_fifth_goes_wrong_and_the_same_seed_goes_wrong_the_same_way() {
        let many = |seed| {
            let mut chance = Chance::seeded(seed);
            (0..10_000).map(|_| chance.mishap()).collect::<Vec<_>>()
        };
        let wrong = many(7).iter().flatten().count();
        assert!((1_800..2_200).contains(&wrong), "{wrong}");
        assert_eq!(many(7), many(7));
        assert_ne!(many(7), many(8));
    }
}
