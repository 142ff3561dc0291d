//! Where a connector goes and where it never goes: redirects, next pages, look-alikes, addresses inside, names that
//! lead inside; and what each way of not getting through is called.

#![cfg(test)]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpListener};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kinbridge::connectors::nourish::PROFILE;
use kinbridge::connectors::{
    CareSystems, ConnectorSettings, Credential, FailureKind, Limits, Lookup, Retry, Secret, Vendor,
    check_base_url, refused,
};
use kinbridge::sandbox::nourish::Fault;

use crate::nourish::{INTEGRATION_ID, TOKEN, World, connector, quick, settings, token};

/// A listener that counts who comes and says what it was told to say.
pub struct Canary {
    pub origin: String,
    visits: Arc<AtomicUsize>,
}

impl Canary {
    pub fn saying(answer: impl Into<Vec<u8>>) -> Self {
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

    pub fn json(body: &str) -> Self {
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length:";
        Self::saying(format!("{head} {}\r\n\r\n{body}", body.len()))
    }

    pub fn visits(&self) -> usize {
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
    let profile = PROFILE
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
pub struct Names {
    pub answers: Vec<Vec<IpAddr>>,
    pub asked: AtomicUsize,
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
        deployments: BTreeMap::from([(Vendor::Nourish, Secret::new(INTEGRATION_ID))]),
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
    let limits = Limits { first_byte: Duration::from_secs(5), ..quick() };
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
async fn a_connection_that_is_cut_hard_has_its_name() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (visitor, _) = listener.accept().unwrap();
        // Closing with the question unread makes the system send a reset.
        visitor.peek(&mut [0]).unwrap();
    });
    assert_eq!(asked(&settings(&origin, quick())).await, Some(FailureKind::ConnectionReset));
}

#[test]
fn proxies_of_the_environment_are_not_used() {
    let proxy = Canary::json(r#"{"clients":[]}"#);
    let name = "nourish::people_come_whole_and_only_from_the_services_of_the_token";
    let mut second = Command::new(std::env::current_exe().unwrap());
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        second.env(variable, &proxy.origin);
    }
    let done = second.env_remove("no_proxy").env_remove("NO_PROXY").args(["--exact", name]).output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && told.contains("1 passed"), "{told}");
    assert_eq!(proxy.visits(), 0);
}

#[test]
fn settings_and_credentials_do_not_print_what_is_in_them() {
    let shown = format!("{:?}{:?}", settings("http://127.0.0.1:1", quick()), Credential::new("7", TOKEN));
    assert!(!shown.contains(INTEGRATION_ID) && !shown.contains(TOKEN) && !shown.contains("127.0.0.1"));
}

#[test]
fn every_vendor_has_a_connector() {
    let systems = CareSystems::new(&ConnectorSettings::default()).unwrap();
    assert!(Vendor::ALL.into_iter().all(|vendor| systems.get(vendor).is_some()));
}
