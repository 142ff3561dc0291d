//! Addresses as they stand in settings, taken apart far enough to judge them. Reaches nothing.

use std::net::IpAddr;

/// `scheme://host[:port]` and what follows it, in lower case up to the path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub scheme: String,
    /// Without the brackets of an IPv6 address.
    pub host: String,
    pub port: Option<u16>,
    /// From the first slash on.
    pub path: String,
}

impl Address {
    /// `None` for whatever is no plain web address: a user, a query, a fragment, spaces or non-ASCII included.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        if rest.contains(['@', '?', '#', '\\']) || text.chars().any(|c| !c.is_ascii_graphic()) {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split(authority)?;
        Some(Self { scheme: scheme.to_ascii_lowercase(), host, port, path: path.to_owned() })
    }

    /// Scheme, host and port as a browser writes them: a scheme's own port is left out.
    pub(super) fn origin(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.scheme == "https" { 443 } else { 80 };
        match self.port.filter(|port| *port != usual) {
            Some(port) => format!("{}://{host}:{port}", self.scheme),
            None => format!("{}://{host}", self.scheme),
        }
    }
}

fn split(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = match port {
        Some(port) => Some(port.parse().ok().filter(|port| *port != 0)?),
        None => None,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    (!host.is_empty() && host.chars().all(plain)).then(|| (host.to_ascii_lowercase(), port))
}

/// Where a web address is reached: its host and its port, which is its scheme's own if none is named.
pub fn host_and_port(url: &str) -> Option<(String, u16)> {
    let address = Address::parse(url)?;
    let usual = if address.scheme == "https" { 443 } else { 80 };
    Some((address.host, address.port.unwrap_or(usual)))
}

/// Whether a host is this machine itself.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Every host that a PostgreSQL address may reach, and how it asks for TLS.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PostgresAddress {
    pub hosts: Vec<String>,
    pub sslmode: Option<String>,
    /// Names a file or a section elsewhere that may override what stands here.
    pub elsewhere: bool,
}

impl PostgresAddress {
    /// `None` if it is none. The password is not kept.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = before.split('/').next().unwrap_or_default();
        let authority = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
        let mut found = Self { hosts: Vec::new(), sslmode: None, elsewhere: false };
        found.hosts.extend(authority.split(',').filter_map(host_of));
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match key {
                "host" | "hostaddr" => found.hosts.extend(value.split(',').map(percent_decoded)),
                "sslmode" => found.sslmode = Some(value.to_owned()),
                "service" | "servicefile" => found.elsewhere = true,
                _ => {}
            }
        }
        found.hosts.retain(|host| !host.is_empty());
        Some(found)
    }

    pub(super) fn is_local(&self) -> bool {
        self.hosts.iter().all(|host| host.starts_with('/') || is_loopback(host))
    }
}

fn host_of(text: &str) -> Option<String> {
    match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, _)| host.to_owned()),
        None => Some(percent_decoded(text.split(':').next().unwrap_or_default())),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let pair = (byte == b'%').then(|| [bytes.next(), bytes.next()]);
        let value = match pair {
            Some([Some(one), Some(two)]) => {
                let digits = [one, two];
                std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
            }
            Some(_) => None,
            None => Some(byte),
        };
        decoded.push(value.unwrap_or(b'?'));
    }
    String::from_utf8_lossy(&decoded).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_a_browser_writes_it() {
        let origin = |text| Address::parse(text).map(|address| address.origin());
        assert_eq!(origin("https://Care.Example:443/").as_deref(), Some("https://care.example"));
        assert_eq!(origin("http://[::1]:8080").as_deref(), Some("http://[::1]:8080"));
        for bad in
            ["care.example", "https://", "https://a b", "https://u@h", "https://h:99999", "https://h:0"]
        {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_host_of_a_postgres_address_counts() {
        let local = |url| PostgresAddress::parse(url).unwrap().is_local();
        assert!(local("postgres://k:p@localhost/k"));
        assert!(local("postgresql://k@[::1]:5433/k"));
        assert!(local("postgres://%2Fvar%2Frun%2Fpostgresql/k"));
        assert!(local("postgres:///k?host=/var/run/postgresql"));
        assert!(!local("postgres://k:p@db.example/k"));
        assert!(!local("postgres://k:p@localhost,db.example/k"));
        assert!(!local("postgres://k:p@localhost/k?hostaddr=10.0.0.7"));
        assert!(!local("postgres://k:p@x@db.example/k"));
        assert!(PostgresAddress::parse("postgres:///k").unwrap().hosts.is_empty());
    }
}
