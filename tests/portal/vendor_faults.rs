//! A vendor that lies, stalls or attacks: each fault ends soon, with a name, and nothing is sent where it should not.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kinbridge::connectors::{
    CareSystems, ConnectorSettings, Credential, Failure, FailureKind, Lookup, Retry, Secret, Vendor,
    check_base_url, refused,
};
use kinbridge::sandbox::nourish::{Fault, Lasting};

use crate::nourish::{INTEGRATION_ID, TOKEN, World, connector, quick, settings, token};

/// What each fault is called by the connector; `None`: the answer is used.
const EXPECTED: &[(Fault, Option<FailureKind>)] = &[
    (Fault::Unauthorised, Some(FailureKind::CredentialRefused)),
    (Fault::Forbidden, Some(FailureKind::CredentialRefused)),
    (Fault::NotFound, Some(FailureKind::NotFound)),
    (Fault::BusySeconds, Some(FailureKind::TooManyRequests)),
    (Fault::BusyDate, Some(FailureKind::TooManyRequests)),
    (Fault::BusyAbsurd, Some(FailureKind::TooManyRequests)),
    (Fault::ServerError, Some(FailureKind::ServerError)),
    (Fault::Unavailable, Some(FailureKind::Unavailable)),
    (Fault::FirstByteHang, Some(FailureKind::FirstByteTimeout)),
    (Fault::SlowDrip, Some(FailureKind::TooSlow)),
    (Fault::HangMidBody, Some(FailureKind::Stalled)),
    (Fault::Reset, Some(FailureKind::ConnectionReset)),
    (Fault::ShortBody, Some(FailureKind::ShortBody)),
    (Fault::HalfAPage, Some(FailureKind::TruncatedJson)),
    (Fault::TruncatedJson, Some(FailureKind::TruncatedJson)),
    (Fault::MalformedJson, Some(FailureKind::MalformedJson)),
    (Fault::HtmlLogin, Some(FailureKind::WebPage)),
    (Fault::NoContent, Some(FailureKind::NoContent)),
    (Fault::WrongContentType, Some(FailureKind::WrongContentType)),
    (Fault::BadUtf8, Some(FailureKind::BadText)),
    (Fault::GzipBomb, Some(FailureKind::TooLarge)),
    (Fault::EndlessBody, Some(FailureKind::TooLarge)),
    (Fault::HugeBody, Some(FailureKind::TooLarge)),
    (Fault::DeepJson, Some(FailureKind::TooDeep)),
    (Fault::DuplicateKeys, Some(FailureKind::AllRecordsBroken)),
    (Fault::DuplicateIdsSame, None),
    (Fault::DuplicateIdsDifferent, None),
    (Fault::UnknownFields, None),
    (Fault::ChangedTypes, Some(FailureKind::AllRecordsBroken)),
    (Fault::EmptyList, None),
    (Fault::MostMissing, None),
    (Fault::AllNewIds, None),
    (Fault::PageLoop, Some(FailureKind::PageLoop)),
    (Fault::RedirectInside, Some(FailureKind::Redirected)),
    (Fault::NullsEverywhere, Some(FailureKind::AllRecordsBroken)),
];

#[tokio::test]
async fn every_fault_ends_soon_with_its_name_and_the_next_question_is_answered() {
    assert_eq!(Fault::all().count(), EXPECTED.len());
    let world = World::on();
    for (fault, expected) in EXPECTED {
        world.simulator.set_fault(*fault);
        let begun = Instant::now();
        let found = world.system.read_people(&token(), &()).await;
        assert!(begun.elapsed() < Duration::from_secs(3), "{fault:?} took {:?}", begun.elapsed());
        assert_eq!(found.as_ref().err().map(|failure| failure.kind), *expected, "{fault:?}: {found:?}");
        if let Err(failure) = &found {
            keeps_quiet(failure, &world.origin);
        }
        world.simulator.clear_fault();
        let after = world
            .system
            .read_people(&token(), &())
            .await
            .unwrap_or_else(|failure| panic!("{fault:?}: {failure}"));
        assert_eq!(after.records.len(), 10, "after {fault:?}");
    }
}

fn keeps_quiet(failure: &Failure, origin: &str) {
    let told = format!("{failure:?}{failure}");
    let port = origin.rsplit(':').next().unwrap();
    for secret in [TOKEN, INTEGRATION_ID, "127.0.0.1", port, "clients/reader", "Marsh"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn staff_and_services_fail_with_the_same_names() {
    let world = World::on();
    for (fault, expected) in EXPECTED.iter().filter(|(_, expected)| expected.is_some()) {
        world.simulator.set_fault(*fault);
        let staff = world.system.read_staff(&token(), &()).await.map(|staff| staff.set_aside.len());
        match staff {
            Err(failure) => assert_eq!(Some(failure.kind), *expected, "{fault:?}"),
            // One staff member only: a single broken record is set aside rather than called a broken list.
            Ok(set_aside) => {
                assert_eq!((set_aside, *expected), (1, Some(FailureKind::AllRecordsBroken)), "{fault:?}")
            }
        }
        let services = world.system.list_services(&token()).await;
        let spared = matches!(expected, Some(FailureKind::AllRecordsBroken));
        assert_eq!(services.err().map(|failure| failure.kind), expected.filter(|_| !spared), "{fault:?}");
    }
}

#[tokio::test]
async fn a_silence_ends_at_the_vendors_side_too_when_we_go() {
    let world = World::on();
    for fault in [Fault::FirstByteHang, Fault::HangMidBody, Fault::SlowDrip] {
        world.simulator.set_fault(fault);
        world.system.read_people(&token(), &()).await.unwrap_err();
        let begun = Instant::now();
        while world.simulator.busy() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(5), "{fault:?} is still held");
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_fault_lasts_as_many_answers_as_was_said() {
    let world = World::on();
    world.simulator.set_fault_for(Fault::ServerError, Lasting::Answers(2));
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(world.system.read_people(&token(), &()).await.is_ok());
    }
    assert_eq!(seen, [false, false, true]);
}

#[tokio::test]
async fn a_wait_that_the_vendor_asks_for_is_kept_and_an_absurd_one_is_cut() {
    let world = World::on();
    let hours = |hours| Duration::from_hours(hours);
    for (fault, least, most) in [
        (Fault::BusySeconds, Duration::from_secs(120), Duration::from_secs(120)),
        (Fault::BusyDate, Duration::from_secs(115), Duration::from_secs(121)),
        (Fault::BusyAbsurd, hours(6), hours(6)),
        (Fault::Unavailable, Duration::from_mins(1), Duration::from_mins(1)),
    ] {
        world.simulator.set_fault(fault);
        let failure = world.system.read_people(&token(), &()).await.unwrap_err();
        let Retry::Later { after: Some(wait) } = failure.retry else {
            panic!("{fault:?}: {:?}", failure.retry)
        };
        assert!(least <= wait && wait <= most, "{fault:?}: {wait:?}");
    }
    world.simulator.set_fault(Fault::ServerError);
    let failure = world.system.read_people(&token(), &()).await.unwrap_err();
    assert_eq!(failure.retry, Retry::Later { after: None });
}

#[tokio::test]
async fn identical_doubles_become_one_and_different_ones_are_all_set_aside() {
    let world = World::on();
    world.simulator.set_fault(Fault::DuplicateIdsSame);
    let same = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!((same.records.len(), same.set_aside.len()), (10, 0));
    world.simulator.set_fault(Fault::DuplicateIdsDifferent);
    let torn = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!((torn.records.len(), torn.set_aside.len()), (9, 2));
    assert!(torn.records.iter().all(|person| person.external_id != "48213"));
    assert!(torn.set_aside[0].reason.contains("twice with different details"));
    assert!(torn.set_aside[0].repair.contains("profile in Nourish"));
}

#[tokio::test]
async fn unknown_fields_are_named_and_change_nothing() {
    let world = World::on();
    let before = world.system.read_people(&token(), &()).await.unwrap();
    world.simulator.set_fault(Fault::UnknownFields);
    let after = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!(before.records, after.records);
    assert_eq!(after.unmapped_fields.iter().map(String::as_str).collect::<Vec<_>>(), ["extra", "moon_phase"]);
}

#[tokio::test]
async fn a_broken_record_is_set_aside_with_its_reason_and_the_others_come() {
    let world = World::on();
    world.simulator.edit_client("p-1", |client| client.last_name.clear());
    world.simulator.edit_client("p-2", |client| client.birth_date = "1938-02-30".into());
    world.simulator.edit_client("p-3", |client| client.id.clear());
    world.simulator.edit_client("p-4", |client| client.last_name = "x".repeat(500));
    let people = world.system.read_people(&token(), &()).await.unwrap();
    assert_eq!(people.records.len(), 7);
    let reasons: Vec<_> = people.set_aside.iter().map(|one| one.reason.as_str()).collect();
    let expected = [
        "The last name is missing.",
        "The identifier is missing.",
        "The last name came in a form that cannot be read.",
    ];
    assert_eq!(reasons, expected);
    assert_eq!(
        people.set_aside[0].repair,
        "Fill it in on the person's profile in Nourish, save, and sync again."
    );
    let kept = people.records.iter().find(|person| person.external_id == "p-2").unwrap();
    assert_eq!((kept.date_of_birth, people.warnings.len()), (None, 1));
    assert!(people.warnings[0].words.contains("not a possible one"), "{:?}", people.warnings);
}

/// A listener that counts who comes and says what it was told to say.
struct Canary {
    origin: String,
    visits: Arc<AtomicUsize>,
}

impl Canary {
    fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let visits = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&visits);
        std::thread::spawn(move || {
            for visitor in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let Ok(mut visitor) = visitor else { continue };
                let _asked = visitor.read(&mut [0; 4096]);
                let _said = visitor.write_all(&answer);
            }
        });
        Self { origin, visits }
    }

    fn json(body: &str) -> Self {
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length:";
        Self::saying(format!("{head} {}\r\n\r\n{body}", body.len()))
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }

    fn port(&self) -> &str {
        self.origin.rsplit(':').next().unwrap()
    }
}

async fn asked(settings: &ConnectorSettings) -> Option<FailureKind> {
    connector(settings).read_people(&token(), &()).await.err().map(|failure| failure.kind)
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_stays() {
    let canary = Canary::json(r#"{"clients":[]}"#);
    let world = World::on();
    world.simulator.set_redirect(&format!("{}/v2/clients/reader", canary.origin));
    world.simulator.set_fault(Fault::RedirectInside);
    let failure = world.system.read_people(&token(), &()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry), (FailureKind::Redirected, Retry::NeedsPerson));
    assert_eq!(canary.visits(), 0);
}

#[tokio::test]
async fn a_next_page_elsewhere_is_not_read() {
    let elsewhere = Canary::json(r#"{"clients":[]}"#);
    for next in [
        &format!("{}/p2", elsewhere.origin),
        "//evil.test/p2",
        "http://u:p@127.0.0.1/p2",
        "file:///etc/hosts",
    ] {
        let vendor = Canary::json(&format!(r#"{{"clients":[],"next":"{next}"}}"#));
        assert_eq!(
            asked(&settings(&vendor.origin, quick())).await,
            Some(FailureKind::PageElsewhere),
            "{next}"
        );
        assert_eq!((vendor.visits(), elsewhere.visits()), (1, 0));
    }
}

#[tokio::test]
async fn pages_are_read_to_the_last_one_by_number_and_credentials_go_where_the_profile_says() {
    let profile = kinbridge::connectors::nourish::PROFILE
        .replace(
            "style = \"next\"\nfield = \"next\"",
            "style = \"page\"\npage = \"page\"\nper_page = \"n\"\nsize = 2\nfirst = 1",
        )
        .replacen("place = \"header\"", "place = \"query\"", 1)
        .replacen("place = \"header\"", "place = \"bearer\"", 1);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let pages = [
            r#"[{"id":1,"last_name":"A","first_name":"a"},{"id":2,"last_name":"B"}]"#,
            r#"[{"id":"3","last_name":"C"}]"#,
        ];
        let mut asked = Vec::new();
        for body in pages {
            let (mut visitor, _) = listener.accept().unwrap();
            let mut question = vec![0; 4096];
            let length = visitor.read(&mut question).unwrap();
            asked.push(String::from_utf8_lossy(&question[..length]).to_lowercase());
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length:";
            visitor.write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
        }
        asked
    });
    let settings = ConnectorSettings {
        profiles: BTreeMap::from([(Vendor::Nourish, profile)]),
        ..settings(&origin, quick())
    };
    let people = connector(&settings).read_people(&token(), &()).await.unwrap();
    let ids: Vec<_> = people.records.iter().map(|person| person.external_id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    let questions = server.join().unwrap();
    assert!(
        questions[0]
            .starts_with(&format!("get /v2/clients/reader?page=1&n=2&integration-id={INTEGRATION_ID} "))
    );
    assert!(questions[1].starts_with("get /v2/clients/reader?page=2&n=2&"));
    assert!(questions.iter().all(|asked| asked.contains(&format!("authorization: bearer {TOKEN}"))));
}

#[tokio::test]
async fn a_token_bound_to_another_address_is_not_sent() {
    let world = World::on();
    let moved = token().bound_to("https://api.vendor.example");
    let failure = world.system.read_people(&moved, &()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry), (FailureKind::AddressChanged, Retry::AfterEdit));
    assert!(world.simulator.calls().is_empty());
    let here = token().bound_to(world.origin.clone());
    assert!(world.system.read_people(&here, &()).await.is_ok());
}

#[tokio::test]
async fn look_alikes_of_an_allowed_address_get_nothing() {
    let canary = Canary::json(r#"{"clients":[]}"#);
    let port = canary.port().to_owned();
    let other = if port == "9301" { "9302" } else { "9301" };
    let allowed = format!("http://127.0.0.1:{other}");
    let look_alikes = [
        canary.origin.clone(),
        format!("http://127.0.0.1:{other}@127.0.0.1:{port}"),
        format!("http://127.0.0.1:{other}.evil.test:{port}"),
        format!("http://127.0.0.1:{other}%40127.0.0.1:{port}"),
        format!("http://127.0.0.1:{other}\\@127.0.0.1:{port}"),
        format!("http://127.0.0.1:{other}#@127.0.0.1:{port}"),
        format!("http://127.0.0.1:{other}?@127.0.0.1:{port}"),
        format!("http://user@127.0.0.1:{port}"),
        format!("http://user:pass@127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        format!("http://127.0.0.2:{port}"),
        format!("http://127.1:{port}"),
        format!("http://2130706433:{port}"),
        format!("http://0x7f.1:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("HTTP:/127.0.0.1:{port}"),
        format!("http:127.0.0.1:{port}"),
        format!("ws://127.0.0.1:{other}"),
        format!("https://127.0.0.1:{other}"),
        format!(" http://127.0.0.1:{port}"),
        format!("http://127.0.0.1\t:{port}"),
    ];
    for address in look_alikes {
        let settings = ConnectorSettings {
            base_urls: BTreeMap::from([(Vendor::Nourish, address.clone())]),
            ..settings(&allowed, quick())
        };
        assert_eq!(asked(&settings).await, Some(FailureKind::AddressRefused), "{address}");
    }
    assert_eq!(canary.visits(), 0);
}

/// Addresses that must be refused when saved; `PORT` is the canary's.
const REFUSED_ADDRESSES: &str = "http://api.vendor.example https://api.vendor.example:PORT https://api.vendor.example:80 \
    https://api.vendor.example:8443 https://localhost https://localhost:PORT https://LOCALHOST https://localhost. \
    https://api.vendor.example. https://a.localhost https://127.0.0.1 https://127.0.0.1:PORT https://127.1 \
    https://127.000.000.001 https://2130706433 https://0x7f000001 https://0x7f.0.0.1 https://0177.0.0.1 \
    https://017700000001 https://0 https://0.0.0.0 https://10.0.0.1 https://172.16.0.1 https://192.168.1.1 \
    https://100.64.0.1 https://169.254.169.254 https://169.254.169.254/latest/meta-data https://168.63.129.16 \
    https://192.0.2.1 https://198.18.0.1 https://203.0.113.1 https://224.0.0.1 https://255.255.255.255 https://8.8.8.8 \
    https://[::1] https://[::] https://[::1]:PORT https://[::ffff:127.0.0.1] https://[::ffff:7f00:1] \
    https://[64:ff9b::7f00:1] https://[64:ff9b:1::7f00:1] https://[2002:7f00:1::] https://[2001::1] https://[fe80::1] \
    https://[fc00::1] https://[fd00:ec2::254] https://[ff02::1] https://[2001:db8::1] https://[2606:4700::1111] \
    https://metadata https://intranet https://printer.local https://router.lan https://nas.home https://db.internal \
    https://metadata.google.internal https://x.corp https://hidden.onion https://1.0.0.127.in-addr.arpa \
    https://user@api.vendor.example https://user:pass@api.vendor.example https://api.vendor.example@127.0.0.1 \
    https://api.vendor.example%2f@127.0.0.1 https://api.vendor.example\\@127.0.0.1 https://api.vendor.example#x \
    https://api.vendor.example?x=1 https://api.vendor.example/%2e%2e https:api.vendor.example https:/api.vendor.example \
    https:///api.vendor.example//x\\y ftp://api.vendor.example file:///etc/passwd unix:///run/socket \
    http+unix://%2Frun%2Fsocket/x gopher://api.vendor.example data:,x javascript:1 api.vendor.example //api.vendor.example \
    https:// https://. https://.. https://.example https://api..example https://-api.example https://１２７.0.0.1 \
    https://ⓛocalhost https://xn--.example https://[::1%25lo]";

#[tokio::test]
async fn no_address_inside_is_ever_asked() {
    let canary = Canary::json(r#"{"clients":[]}"#);
    let list = REFUSED_ADDRESSES.replace("PORT", canary.port());
    let addresses: Vec<&str> = list.split_whitespace().collect();
    assert!(addresses.len() >= 80, "{}", addresses.len());
    for address in addresses {
        assert!(check_base_url(address, &[]).is_err(), "{address} was taken");
        let settings = ConnectorSettings {
            base_urls: BTreeMap::from([(Vendor::Nourish, address.to_owned())]),
            allowed_origins: Vec::new(),
            ..settings(address, quick())
        };
        assert_eq!(asked(&settings).await, Some(FailureKind::AddressRefused), "{address}");
    }
    assert_eq!(canary.visits(), 0);
}

/// A name service that answers from a list, one entry a question.
struct Names {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Lookup for Names {
    fn lookup(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        self.answers.get(number).cloned().ok_or_else(|| io::Error::other("no such name"))
    }
}

fn public_name(answers: Vec<Vec<IpAddr>>) -> (ConnectorSettings, Arc<Names>) {
    let names = Arc::new(Names { answers, asked: AtomicUsize::new(0) });
    let settings = ConnectorSettings {
        base_urls: BTreeMap::from([(Vendor::Nourish, "https://api.vendor.example".to_owned())]),
        nourish_integration_id: Some(Secret::new(INTEGRATION_ID)),
        limits: quick(),
        lookup: Some(names.clone()),
        ..ConnectorSettings::default()
    };
    (settings, names)
}

#[tokio::test]
async fn a_public_name_that_leads_inside_is_refused_at_each_connection() {
    let inside = "127.0.0.1 10.0.0.1 172.20.0.1 192.168.0.9 100.64.9.9 169.254.169.254 0.0.0.0 ::1 ::ffff:10.0.0.1 \
        64:ff9b::a00:1 64:ff9b:1::1 2002:a00:1::1 2001:0:a00:1::1 fe80::1 fd00::1 ff02::1";
    for number in inside.split_whitespace() {
        let number: IpAddr = number.parse().unwrap();
        assert!(refused(number).is_some());
        let public: IpAddr = "9.9.9.9".parse().unwrap();
        let (settings, names) = public_name(vec![vec![number], vec![public, number]]);
        let system = connector(&settings);
        for _ in 0..2 {
            let failure = system.read_people(&token(), &()).await.unwrap_err();
            assert_eq!(
                (failure.kind, failure.retry),
                (FailureKind::AddressRefused, Retry::AfterEdit),
                "{number}"
            );
        }
        assert_eq!(names.asked.load(Ordering::SeqCst), 2, "the name is looked up once for each connection");
    }
}

#[tokio::test]
async fn an_unknown_name_and_a_closed_door_have_their_names() {
    let (settings_unknown, _names) = public_name(Vec::new());
    assert_eq!(asked(&settings_unknown).await, Some(FailureKind::NameNotFound));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(
        asked(&settings(&format!("http://{closed}"), quick())).await,
        Some(FailureKind::ConnectionRefused)
    );
}

#[tokio::test]
async fn a_door_that_opens_and_says_nothing_is_left_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let limits = kinbridge::connectors::Limits { first_byte: Duration::from_secs(5), ..quick() };
    let encrypted = settings(&format!("https://{address}"), limits);
    assert_eq!(asked(&encrypted).await, Some(FailureKind::ConnectTimeout));
    assert_eq!(
        asked(&settings(&format!("http://{address}"), quick())).await,
        Some(FailureKind::FirstByteTimeout)
    );
}

#[tokio::test]
async fn a_server_that_speaks_something_else_has_its_name() {
    let plain = Canary::saying("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    let encrypted = plain.origin.replace("http:", "https:");
    assert_eq!(asked(&settings(&encrypted, quick())).await, Some(FailureKind::EncryptionFailed));
    let nonsense = Canary::saying("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    assert_eq!(asked(&settings(&nonsense.origin, quick())).await, Some(FailureKind::NetworkError));
    let packed = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\nConnection: close\r\n\r\nnot gzip at all";
    assert_eq!(
        asked(&settings(&Canary::saying(packed).origin, quick())).await,
        Some(FailureKind::BadCompression)
    );
    for status in ["418 I'm a teapot", "409 Conflict"] {
        let odd =
            Canary::saying(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        assert_eq!(asked(&settings(&odd.origin, quick())).await, Some(FailureKind::Rejected), "{status}");
    }
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_used_and_settings_do_not_print_secrets() {
    let world = World::on();
    let shown = format!("{:?}{:?}", settings(&world.origin, quick()), Credential::new("7", TOKEN));
    assert!(!shown.contains(INTEGRATION_ID) && !shown.contains(TOKEN) && !shown.contains("127.0.0.1"));
    assert!(CareSystems::new(&ConnectorSettings::default()).unwrap().get(Vendor::Pcs).is_none());
}
