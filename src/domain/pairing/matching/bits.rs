//! Weights of evidence, counted in whole hundredths of a bit so that sums are exact.
//!
//! Holds no weight itself: those are in `weights`.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// Evidence in hundredths of a bit: +100 doubles the odds that two records are one person, -100 halves them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bits(i32);

impl Bits {
    /// No evidence either way.
    pub const ZERO: Self = Self(0);

    /// From hundredths of a bit.
    pub const fn hundredths(value: i32) -> Self {
        Self(value)
    }

    /// As hundredths of a bit.
    pub const fn as_hundredths(self) -> i32 {
        self.0
    }

    /// As a number of bits.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// The nearest hundredth of a bit, kept within ±1,000 bits; what is not a number is no evidence.
    pub fn nearest(bits: f64) -> Self {
        if bits.is_nan() {
            return Self::ZERO;
        }
        let hundredths = (bits.clamp(-1_000.0, 1_000.0) * 100.0).round();
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            reason = "clamped and rounded above"
        )]
        Self(hundredths as i32)
    }
}

/// Always a sign and two decimals: `+15.90`, `-0.05`.
impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let size = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", size / 100, size % 100)
    }
}

impl Add for Bits {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Bits {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Bits {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Bits {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Bits {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_shown_with_sign_and_two_decimals() {
        for (value, shown) in
            [(1590, "+15.90"), (-5, "-0.05"), (0, "+0.00"), (-230, "-2.30"), (7, "+0.07"), (100, "+1.00")]
        {
            assert_eq!(Bits::hundredths(value).to_string(), shown);
        }
        assert_eq!(Bits::nearest(-1.005_1), Bits::hundredths(-101));
        assert_eq!(Bits::nearest(f64::NAN), Bits::ZERO);
        assert_eq!(Bits::nearest(f64::NEG_INFINITY), Bits::hundredths(-100_000));
    }
}
