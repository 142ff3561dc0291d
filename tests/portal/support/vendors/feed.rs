//! A vendor's answer as plain records, without any network.

use std::collections::HashMap;
use std::ops::Deref;

use kinbridge::connectors::{PersonRecord, SetAside, StaffRecord};
use kinbridge::domain::Refusal;
use kinbridge::domain::access::RunSyncs;
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::pairing::matching::System;
use kinbridge::domain::sync::{self, Claim, Ended, List, Run, Staged, Wanted};

use super::{Connected, switch_on};
use crate::support::TestApp;

/// A vendor's answer as plain records, settled at once.
pub struct Feed {
    pub connected: Connected,
    pub people: Vec<PersonRecord>,
    pub staff: Vec<StaffRecord>,
    /// Of residents.
    pub set_aside: Vec<SetAside>,
    pub services: HashMap<String, String>,
}

impl Deref for Feed {
    type Target = Connected;

    fn deref(&self) -> &Connected {
        &self.connected
    }
}

impl Feed {
    /// Willow House Group, which pairs.
    pub async fn pairing() -> Self {
        Self::of(SyncMode::Pair).await
    }

    /// Elm Trust, which creates.
    pub async fn creating() -> Self {
        Self::of(SyncMode::Create).await
    }

    async fn of(mode: SyncMode) -> Self {
        let app = TestApp::start().await;
        let organisation = if mode == SyncMode::Pair { app.cast.willow } else { app.cast.elm };
        let connection = switch_on(&app, organisation).0;
        let connected = Connected { app, organisation, connection };
        connected.set_mode(mode);
        let services = HashMap::from([("s-1".to_owned(), "Oak Wing".to_owned())]);
        Self { connected, people: Vec::new(), staff: Vec::new(), set_aside: Vec::new(), services }
    }

    pub fn staged(&self, wanted: Wanted) -> Staged {
        Staged {
            people: wanted
                .residents()
                .then(|| List { records: self.people.clone(), set_aside: self.set_aside.clone() }),
            staff: wanted.staff().then(|| List { records: self.staff.clone(), set_aside: Vec::new() }),
            services: self.services.clone(),
            ..Staged::default()
        }
    }

    /// Asks for a sync and carries it out.
    pub fn sync(&self) -> Run {
        self.sync_of(Wanted::Both)
    }

    pub fn sync_of(&self, wanted: Wanted) -> Run {
        self.ask(wanted, false);
        self.work()
    }

    pub fn preview(&self) -> Run {
        self.ask(Wanted::Both, true);
        self.work()
    }

    /// Does what a worker does with the next run in line, without fetching.
    pub fn work(&self) -> Run {
        let claim = self.claim();
        self.settle(&claim).unwrap();
        self.run(claim.run)
    }

    pub fn claim(&self) -> Claim {
        self.write(sync::claim).expect("a run waits")
    }

    pub fn settle(&self, claim: &Claim) -> Result<Ended, Refusal> {
        let scope = self.scope::<RunSyncs>();
        let approved = self.read(|conn| sync::approved(conn, &scope, claim.run));
        let (staged, approval) = match approved {
            Some(approved) => (serde_json::from_str(&approved.batch).unwrap(), Some(approved.approval)),
            None => (self.staged(claim.wanted), None),
        };
        let url = "http://127.0.0.1:8080";
        let seen = (&staged, approval.as_ref());
        let after = &kinbridge::domain::approvals::after_sync;
        sync::settle_then(&self.app.services.db, claim, System::Nourish, seen, url, after)
    }

    pub fn person(&mut self, n: u32) -> &mut PersonRecord {
        let id = format!("p-{n}");
        self.people.iter_mut().find(|one| one.external_id == id).unwrap()
    }

    pub fn without(&mut self, numbers: std::ops::Range<u32>) {
        let gone: Vec<String> = numbers.map(|n| format!("p-{n}")).collect();
        self.people.retain(|one| !gone.contains(&one.external_id));
    }
}
