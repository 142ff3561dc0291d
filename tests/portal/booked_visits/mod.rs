//! Visits that a care home books with another organisation: who may, step by step, what may go wrong on the way, and
//! that nobody is visited twice for one booking.

#![cfg(test)]

mod asking;
mod both_ends;
mod hearing;
mod setting_up;

use std::net::TcpListener;

use actix_web::dev::ServerHandle;
use chrono::{TimeDelta, Utc};
use kinbridge::domain::access::{Scope, ViewAppointments};
use kinbridge::domain::booked_visits::{self, Booked, State};
use kinbridge::jobs::read_booked_visits;
use kinbridge::kit::ids::{BookedVisitId, ResidentId};
use kinbridge::links;
use kinbridge::sandbox::Simulated as _;
use kinbridge::sandbox::ally_health::{self, Memory, Simulator, Task, Window};

use crate::residents::{add, facts, value};
use crate::support::{Page, TestApp, Visitor};

pub const KEY: &str = "live_7b0f6c1e58c44f0e9d3a";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Willow House with Betty in Garden Wing, and a service with which visits can be booked.
pub struct Visits {
    pub app: TestApp,
    pub simulator: Simulator,
    pub origin: String,
    pub betty: ResidentId,
    handle: ServerHandle,
}

impl Drop for Visits {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl Visits {
    /// The service is there, and nobody has connected to it.
    pub async fn beside() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (simulator, server) = ally_health::start(listener, Memory::default()).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let allowed = origin.clone();
        let app = TestApp::start_with(|config| config.allowed_vendor_origins.push(allowed)).await;
        simulator.remember(memory(&app));
        let cast = &app.cast;
        let mut betty = facts(cast.willow_house, Some(cast.garden_wing), "Betty", "Cole", "12");
        betty.nhs_number = "9990000026".into();
        let betty = add(&app, cast.willow, &betty);
        Self { app, simulator, origin, betty, handle }
    }

    /// The same, connected: the representative, then Mary, then Ben, who enters where the home is.
    pub async fn start() -> Self {
        let at = Self::beside().await;
        at.make_available().await;
        let mary = at.app.as_super();
        let entered = mary.post(&at.act("key"), &at.key_fields()).await;
        assert_eq!(entered.status, 303, "{}", entered.text());
        let contact = [("phone", "0113 496 0000"), ("email", "office@willow.example")];
        assert_eq!(mary.post(&at.act("settings"), &contact).await.status, 303);
        let ben = at.app.as_manager();
        let address = at.address(&ben, "LS1 1AA").await;
        assert_eq!(address.status, 303, "{}", address.text());
        at
    }

    pub async fn make_available(&self) {
        let to = links::organisation_vendor(self.app.cast.willow, "ally_health");
        let fields = [("available", "yes"), ("reason", "Asked by telephone")];
        assert_eq!(self.app.as_rep().post(&to, &fields).await.status, 303);
    }

    pub fn act(&self, act: &str) -> String {
        links::visit_service_act(self.app.cast.willow, act)
    }

    pub fn key_fields(&self) -> [(&'static str, &str); 3] {
        let base: &'static str = Box::leak(format!("{}{}", self.origin, ally_health::BASE).into_boxed_str());
        [("address", base), ("key", KEY), ("terms", "yes")]
    }

    pub async fn address(&self, who: &Visitor<'_>, postcode: &str) -> Page {
        let seal = crate::relatives::sealed(who, self.betty);
        let to = links::resident_visits_act(self.app.cast.willow, self.betty, "address");
        let fields = [
            ("about", seal.as_str()),
            ("line1", "Willow House, Green Lane"),
            ("city", "Leeds"),
            ("postcode", postcode),
            ("access_notes", "Ring at reception"),
        ];
        who.post(&to, &fields).await
    }

    pub fn all(&self) -> String {
        links::resident_visits(self.app.cast.willow, self.betty)
    }

    pub fn step(&self, query: &str) -> String {
        format!("{}{query}", links::resident_visits_act(self.app.cast.willow, self.betty, "book"))
    }

    /// Books as the pages lead; the booking, which nobody has sent yet.
    pub async fn book(&self, window: &str, note: &str) -> BookedVisitId {
        let ben = self.app.as_manager();
        let page = ben.get(&self.step(&format!("?task=tsk_blood&window={window}"))).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let about = value(&page, "about");
        let fields = [("about", about.as_str()), ("task", "tsk_blood"), ("window", window), ("note", note)];
        let done = ben.post(&self.all(), &fields).await;
        assert_eq!(done.status, 303, "{}", done.text());
        let id = done.location().rsplit('/').next().unwrap().parse().unwrap_or_else(|_| {
            panic!("it led to {} instead of the visit", done.location());
        });
        BookedVisitId(id)
    }

    /// The same, sent and taken.
    pub async fn booked(&self, window: &str) -> Booked {
        let id = self.book(window, "").await;
        self.work().await;
        let booked = self.now(id);
        assert_eq!(booked.state, State::Booked, "{}", booked.last_words);
        booked
    }

    /// What Ben reads on a page, in a session that is live now.
    pub async fn look(&self, path: &str) -> String {
        let page = self.app.as_manager().get(path).await;
        assert_eq!(page.status, 200, "{path}");
        page.text()
    }

    /// The job's turn.
    pub async fn work(&self) {
        read_booked_visits::run(&self.app.services).await.unwrap();
    }

    pub fn now(&self, id: BookedVisitId) -> Booked {
        let scope = Scope::<ViewAppointments>::for_the_portal(self.app.cast.willow);
        self.app.read(|conn| booked_visits::get(conn, &scope, id))
    }

    pub fn page_of(&self, id: BookedVisitId) -> String {
        links::booked_visit(self.app.cast.willow, self.betty, id)
    }

    pub fn entries(&self) -> i64 {
        self.app.number("SELECT COUNT(*) FROM timeline_entries WHERE source = 'visit'")
    }
}

/// Two tasks, two windows the day after tomorrow, and Leeds.
fn memory(app: &TestApp) -> Memory {
    let day = app.clock.now().date() + TimeDelta::days(2);
    let at = |hour: u32| day.and_hms_opt(hour, 0, 0).unwrap().and_local_timezone(Utc).unwrap();
    let window = |id: &str, name: &str, from, to, places| Window {
        id: id.into(),
        name: name.into(),
        start_at: at(from),
        end_at: at(to),
        places,
    };
    let task = |id: &str, name: &str| Task { id: id.into(), name: name.into(), minutes: 20 };
    Memory {
        key: KEY.into(),
        tasks: vec![task("tsk_blood", "Blood test"), task("tsk_wound", "Wound care")],
        windows: vec![window("win_1_early", "Early", 7, 9, 3), window("win_2_pm", "PM", 13, 17, 1)],
        districts: vec!["LS1".into(), "LS2".into()],
        ..Memory::default()
    }
}
