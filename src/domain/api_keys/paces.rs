//! How fast each key may ask. Kept in memory only: a restart forgives.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as Ticks;
use governor::middleware::{NoOpMiddleware, StateInformationMiddleware};
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::kit::clock::Clock;
use crate::kit::ids::ApiKeyId;

/// Counts the requests of every key.
pub struct Paces {
    limiter: RateLimiter<ApiKeyId, DefaultKeyedStateStore<ApiKeyId>, Ticking, StateInformationMiddleware>,
    ticking: Ticking,
    a_second: u32,
}

/// Where a key stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Requests that may come at once, and in a second.
    pub limit: u32,
    /// How many of them are left.
    pub remaining: u32,
    /// Seconds until all are there again.
    pub reset: u64,
    /// The request comes too soon: seconds until the next is heard.
    pub wait: Option<u64>,
}

impl Paces {
    /// So many requests of one key in a second, and at once.
    pub fn new(a_second: NonZeroU32, clock: Clock) -> Self {
        let ticking = Ticking(clock);
        let limiter: RateLimiter<_, _, _, NoOpMiddleware<Nanos>> = RateLimiter::new(
            Quota::per_second(a_second),
            DefaultKeyedStateStore::<ApiKeyId>::default(),
            ticking.clone(),
        );
        Self { limiter: limiter.with_middleware(), ticking, a_second: a_second.get() }
    }

    /// Counts a request.
    pub fn take(&self, key: ApiKeyId) -> Pace {
        let pace = |remaining: u32, wait| Pace {
            limit: self.a_second,
            remaining,
            reset: u64::from(remaining < self.a_second),
            wait,
        };
        match self.limiter.check_key(&key) {
            Ok(state) => pace(state.remaining_burst_capacity(), None),
            Err(until) => {
                let wait = until.wait_time_from(self.ticking.now());
                pace(0, Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)))
            }
        }
    }
}

/// The portal's clock, as the limiter reads it.
#[derive(Clone, Debug)]
struct Ticking(Clock);

impl Ticks for Ticking {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let since_1970 = self.0.now().and_utc().timestamp_micros();
        Duration::from_micros(u64::try_from(since_1970).unwrap_or_default()).into()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};

    use super::*;

    #[test]
    fn so_many_are_heard_at_once_and_more_after_a_while() {
        let clock =
            Clock::set_to(NaiveDate::from_ymd_opt(2026, 11, 22).unwrap().and_hms_opt(10, 0, 0).unwrap());
        let paces = Paces::new(NonZeroU32::new(2).unwrap(), clock.clone());
        let (one, other) = (ApiKeyId(1), ApiKeyId(2));
        assert_eq!(paces.take(one), Pace { limit: 2, remaining: 1, reset: 1, wait: None });
        assert_eq!(paces.take(one), Pace { limit: 2, remaining: 0, reset: 1, wait: None });
        assert_eq!(paces.take(one), Pace { limit: 2, remaining: 0, reset: 1, wait: Some(1) });
        assert_eq!(paces.take(other).wait, None, "each key has its own pace");
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(paces.take(one).remaining, 1);
    }
}
