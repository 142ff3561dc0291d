//! Where a vendor may be. An address set by a person must be a plain https host name on the public internet; the
//! name's numbers are checked again each time a connection is made, and the connection goes to the number that was
//! checked. Sends nothing itself.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// A vendor's address that passed the check.
#[derive(Clone)]
pub struct BaseUrl {
    url: Url,
    allowed: bool,
}

impl BaseUrl {
    /// Scheme, host and port, as in `https://api.example.org`.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The configuration names this exact origin, so it may be on this machine or a private network.
    pub(super) fn allowed(&self) -> bool {
        self.allowed
    }

    /// The address of a path below this one.
    pub(super) fn at(&self, path: &str) -> Option<Url> {
        let joined = format!("{}{path}", self.url.as_str().trim_end_matches('/'));
        let url = Url::parse(&joined).ok()?;
        self.owns(&url).then_some(url)
    }

    /// The address as it was checked.
    pub(super) fn whole(&self) -> Url {
        self.url.clone()
    }

    /// Whether an address has exactly this origin and carries no user name.
    pub(super) fn owns(&self, url: &Url) -> bool {
        url.origin() == self.url.origin() && url.username().is_empty() && url.password().is_none()
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BaseUrl(…)")
    }
}

/// Why an address cannot be a vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// Nothing, or too much, was entered.
    #[error("Enter the address as https://, the host name and, if there is one, the path.")]
    Unreadable,
    /// Characters with a second meaning.
    #[error(
        "The address holds characters that do not belong there: no spaces, no @, no \\, no ?, no # and no %."
    )]
    OddCharacters,
    /// Anything but https.
    #[error("The address must begin with https:// so that nothing can be read on the way.")]
    NotHttps,
    /// Any other port.
    #[error("The address must not name a port.")]
    OddPort,
    /// 10.0.0.1, 0x7f000001, `[::1]` …
    #[error("Enter the host's name, not its number.")]
    Number,
    /// `localhost`, `intranet`, `printer.local`, a trailing dot …
    #[error(
        "Enter the full name of a host on the internet, such as api.example.org, without a dot at the end."
    )]
    NotPublicName,
}

const PRIVATE_ENDINGS: &[&str] =
    &["localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "arpa", "onion"];

/// Checks an address when it is saved. `allowed_origins` come from the configuration only, never from a form.
pub fn check_base_url(text: &str, allowed_origins: &[String]) -> Result<BaseUrl, AddressProblem> {
    if text.is_empty() || text.len() > 500 {
        return Err(AddressProblem::Unreadable);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"@\\?#%\"<>^`{|}".contains(&byte)) {
        return Err(AddressProblem::OddCharacters);
    }
    let url = Url::parse(text).ok().filter(Url::has_host).ok_or(AddressProblem::Unreadable)?;
    if !matches!(url.scheme(), "http" | "https") || !text.to_ascii_lowercase().starts_with(&prefix(&url)) {
        return Err(AddressProblem::NotHttps);
    }
    let allowed = allowed_origins.iter().any(|allowed| same_origin(allowed, &url));
    if !allowed {
        check_public(&url)?;
    }
    Ok(BaseUrl { url, allowed })
}

/// The URL parser forgives `https:/host` and `https:host`; we do not.
fn prefix(url: &Url) -> String {
    format!("{}://", url.scheme())
}

fn same_origin(allowed: &str, url: &Url) -> bool {
    Url::parse(allowed).is_ok_and(|allowed| allowed.origin() == url.origin())
}

fn check_public(url: &Url) -> Result<(), AddressProblem> {
    if url.scheme() != "https" {
        return Err(AddressProblem::NotHttps);
    }
    let Some(name) = url.domain() else { return Err(AddressProblem::Number) };
    let Some((before, last)) = name.rsplit_once('.') else { return Err(AddressProblem::NotPublicName) };
    let odd_label = before.split('.').any(|label| label.is_empty() || label.starts_with('-'));
    if odd_label || last.is_empty() || PRIVATE_ENDINGS.contains(&last) {
        return Err(AddressProblem::NotPublicName);
    }
    if url.port().is_some() {
        return Err(AddressProblem::OddPort);
    }
    Ok(())
}

/// Why nothing is ever sent to that number; `None` where it is an ordinary public one.
pub fn refused(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => refused_v4(v4),
        IpAddr::V6(v6) => refused_v6(v6),
    }
}

const V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::UNSPECIFIED, 8, "this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "carrier-grade NAT"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "cloud host"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local and cloud metadata"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "protocol assignments"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved and broadcast"),
];

/// Inside 2000::/3, the only part of IPv6 that is public.
const V6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "Teredo and other protocol assignments"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "documentation"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "6to4"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "documentation"),
];

fn refused_v4(address: Ipv4Addr) -> Option<&'static str> {
    let inside = |net: Ipv4Addr, length: u32| (address.to_bits() ^ net.to_bits()) >> (32 - length) == 0;
    V4.iter().find(|(net, length, _)| inside(*net, *length)).map(|(_, _, why)| *why)
}

fn refused_v6(address: Ipv6Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    if bits >> 125 != 1 {
        return Some("not public IPv6: loopback, mapped, NAT64, unique local, link-local, multicast");
    }
    let inside = |net: Ipv6Addr, length: u32| (bits ^ net.to_bits()) >> (128 - length) == 0;
    V6.iter().find(|(net, length, _)| inside(*net, *length)).map(|(_, _, why)| *why)
}

/// Turns a host name into numbers. A trait so that a test can play a name service that changes its mind.
pub trait Lookup: Send + Sync {
    /// Every number the name has. May block.
    fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own name service.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok((host, 0).to_socket_addrs()?.map(|found| found.ip()).collect())
    }
}

/// The name leads to a number that no vendor has.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
pub(super) struct RefusedAddress;

/// Looks a name up for one connection and hands on only numbers that were checked: what was checked is what is
/// connected to, so a name service has no second chance to answer differently.
pub(super) struct CheckedNames {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) allowed: bool,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = Arc::clone(&self.lookup);
        let allowed = self.allowed;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::task::spawn_blocking(move || lookup.lookup(&host)).await??;
            if !allowed && found.iter().any(|address| refused(*address).is_some()) {
                return Err(RefusedAddress.into());
            }
            let checked: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(checked)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED_NUMBERS: &str = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 \
        100.127.255.255 127.0.0.1 127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 \
        172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 \
        198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 \
        :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::a00:1 \
        64:ff9b:1::7f00:1 64:ff9b:1:ffff::1 100::1 2001::1 2001:0:7f00:1::1 2001:10::1 2001:20::1 2001:db8::1 \
        2002:7f00:1::1 2002:a00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1 fe80::1 fec0::1 ff02::1 ff0e::1";

    const PUBLIC_NUMBERS: &str = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.255.255 \
        172.32.0.0 192.167.255.255 198.17.255.255 198.20.0.0 223.255.255.255 2001:200::1 2003::1 2606:4700::1111 \
        2a00:1450::1";

    #[test]
    fn numbers_that_are_not_public_are_refused_and_their_neighbours_are_not() {
        for text in REFUSED_NUMBERS.split_whitespace() {
            assert!(refused(text.parse().unwrap()).is_some(), "{text}");
        }
        for text in PUBLIC_NUMBERS.split_whitespace() {
            assert_eq!(refused(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn a_plain_https_host_is_taken_and_keeps_its_path() {
        let base = check_base_url("https://api.example.org/nourish/", &[]).unwrap();
        assert_eq!(base.origin(), "https://api.example.org");
        assert_eq!(base.at("/v2/x").unwrap().as_str(), "https://api.example.org/nourish/v2/x");
        assert!(check_base_url("https://api.example.org:443", &[]).is_ok());
        assert!(!format!("{base:?}").contains("example"));
    }

    #[test]
    fn only_the_exact_allowed_origin_may_be_here() {
        let allowed = ["http://127.0.0.1:9301".to_owned()];
        assert!(check_base_url("http://127.0.0.1:9301", &allowed).is_ok());
        assert!(check_base_url("http://127.0.0.1:9301/below", &allowed).is_ok());
        for other in [
            "http://127.0.0.1:9302",
            "https://127.0.0.1:9301",
            "http://127.0.0.1",
            "http://127.0.0.1.evil.test:9301",
            "http://127.0.0.1:9301@evil.test",
            "http://localhost:9301",
            "http:/127.0.0.1:9301",
        ] {
            assert!(check_base_url(other, &allowed).is_err(), "{other}");
        }
    }
}
