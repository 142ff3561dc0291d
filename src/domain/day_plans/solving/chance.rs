//! Numbers that look random, quickly, and are the same for the same seed.

/// A linear congruential generator: for a search, not for secrets.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 32).unwrap_or_default()
    }

    /// Above zero, and at most one.
    pub fn share(&mut self) -> f64 {
        (f64::from(self.next()) + 1.0) / (f64::from(u32::MAX) + 1.0)
    }

    pub fn happens(&mut self, how_often: f64) -> bool {
        self.share() <= how_often
    }

    /// From zero up to, and without, the end; zero where that is zero.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::from(u32::try_from(end).unwrap_or(u32::MAX));
        usize::try_from((u64::from(self.next()) * end) >> 32).unwrap_or_default()
    }

    pub fn shuffle(&mut self, what: &mut [usize]) {
        for index in (1..what.len()).rev() {
            let other = self.below(index + 1);
            what.swap(index, other);
        }
    }
}
