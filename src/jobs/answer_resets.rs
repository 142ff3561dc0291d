//! Answers those who asked for a new password: by letter, to whoever has an account. Not done while they wait
//! for the page, which is the same for everybody.

use super::Outcome;
use crate::domain::{Refusal, accounts};
use crate::services::Services;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let mut answered = 0;
    loop {
        let url = services.config.public_url.clone();
        let some = services.db.write(move |tx| accounts::answer_resets(tx, &url));
        let some: Result<usize, Refusal> = some.await;
        match some? {
            0 => return Ok(Outcome::of(answered)),
            some => answered += some,
        }
    }
}
