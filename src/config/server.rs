//! How the server meets clients: `[server]`, `[server.tls]` and `[limits]`.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;

use super::gather::Gathered;
use super::settings::parsed;

/// How the server meets clients.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Whose word on who asks is believed.
    pub proxies: TrustedProxies,
    /// TLS of our own; `None` is plain HTTP.
    pub tls: Option<TlsSettings>,
    /// How much clients may ask for.
    pub limits: LimitSettings,
}

/// TLS of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificate and those that vouch for it, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
    /// Where plain HTTP is sent on to HTTPS.
    pub redirect: Option<SocketAddr>,
}

/// The proxies in front, and the header in which they say who asks.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    /// Only this header is read: a proxy that writes one of them passes the other on as the client made it up.
    pub header: ClientHeader,
}

impl TrustedProxies {
    /// Proxies of these networks.
    #[must_use]
    pub fn of(networks: Vec<IpNet>, header: ClientHeader) -> Self {
        Self { networks: networks.into(), header }
    }

    /// Whether an address is one of theirs. An IPv4 address in IPv6 clothes counts as what it is.
    #[must_use]
    pub fn include(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// A header in which proxies say who asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientHeader {
    /// `X-Forwarded-For`, a list of addresses.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl FromStr for ClientHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err(format!("“{text}” is no header that is read; use x-forwarded-for or forwarded")),
        }
    }
}

/// How much clients may ask for. A budget of 0 has no end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address.
    pub connections_per_address: usize,
    /// Streams of events at once.
    pub streams: usize,
    /// Pages and calls of the API at once.
    pub at_once: usize,
    /// Logins, links and wrong keys of one address in a minute.
    pub logins_a_minute: u32,
    /// Pages and reading calls of one address or key in a minute.
    pub reads_a_minute: u32,
    /// Changes of one address or key in a minute.
    pub writes_a_minute: u32,
    /// Pushes of usage of one address or key in a minute.
    pub pushes_a_minute: u32,
    /// Chart pictures of one address or key in a minute.
    pub pictures_a_minute: u32,
}

/// Most of anything at once: more sockets than one process can have.
const AT_ONCE_MAX: usize = 1_000_000;

pub(super) fn read(all: &mut Gathered) -> ServerSettings {
    let networks = parsed(all, "server.trusted_proxies", Vec::new(), networks);
    let header = parsed(all, "server.client_header", ClientHeader::default(), ClientHeader::from_str);
    let limits = LimitSettings {
        connections: parsed(all, "limits.connections", 1, at_once),
        connections_per_address: parsed(all, "limits.connections_per_address", 1, at_once),
        streams: parsed(all, "limits.streams", 1, at_once),
        at_once: parsed(all, "limits.at_once", 1, at_once),
        logins_a_minute: parsed(all, "limits.logins_a_minute", 0, a_minute),
        reads_a_minute: parsed(all, "limits.reads_a_minute", 0, a_minute),
        writes_a_minute: parsed(all, "limits.writes_a_minute", 0, a_minute),
        pushes_a_minute: parsed(all, "limits.pushes_a_minute", 0, a_minute),
        pictures_a_minute: parsed(all, "limits.pictures_a_minute", 0, a_minute),
    };
    if limits.streams >= limits.connections {
        let place = all.get("limits.streams").place;
        all.wrong(place, "must be less than limits.connections, for pages need connections besides");
    }
    ServerSettings { proxies: TrustedProxies::of(networks, header), tls: tls(all), limits }
}

fn tls(all: &mut Gathered) -> Option<TlsSettings> {
    let (certificate, key) = (all.get("server.tls.certificate"), all.get("server.tls.key"));
    let redirect = parsed(all, "server.tls.redirect", None, |text| match text {
        "" => Ok(None),
        _ => text.parse().map(Some).or(Err("must be an address with a port, such as 0.0.0.0:80".to_owned())),
    });
    match (certificate.text.is_empty(), key.text.is_empty()) {
        (false, false) => {
            let (certificate, key) = (PathBuf::from(certificate.text), PathBuf::from(key.text));
            return Some(TlsSettings { certificate, key, redirect });
        }
        (false, true) => all.wrong(key.place, "is needed beside server.tls.certificate: its private key"),
        (true, false) => all.wrong(certificate.place, "is needed beside server.tls.key"),
        (true, true) if redirect.is_some() => {
            let place = all.get("server.tls.redirect").place;
            all.wrong(place, "leads to HTTPS, which needs server.tls.certificate and server.tls.key");
        }
        (true, true) => {}
    }
    None
}

fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(network).collect()
}

fn network(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let network = network.map_err(|_odd| {
        format!("“{text}” is neither an address nor a network; write 10.0.0.5 or 10.0.0.0/8")
    })?;
    if network.prefix_len() == 0 {
        return Err(format!("“{text}” would believe everyone; name the proxies"));
    }
    if network.trunc() != network {
        return Err(format!("“{text}” points into a network; for all of it write {}", network.trunc()));
    }
    Ok(network)
}

fn at_once(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=AT_ONCE_MAX).contains(number));
    number.ok_or_else(|| format!("“{text}” must be a whole number from 1 to {AT_ONCE_MAX}"))
}

fn a_minute(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_odd| format!("“{text}” must be a whole number; 0 means as many as come"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, told: &str) {
        let shown = match networks(text) {
            Ok(networks) => networks.iter().map(IpNet::to_string).collect::<Vec<_>>().join(" "),
            Err(mistake) => mistake,
        };
        assert_eq!(shown, told);
    }

    #[test]
    fn proxies_are_addresses_and_networks_and_never_everyone() {
        check("", "");
        check("127.0.0.1, 10.0.0.0/8,2001:db8::/32", "127.0.0.1/32 10.0.0.0/8 2001:db8::/32");
        check("0.0.0.0/0", "“0.0.0.0/0” would believe everyone; name the proxies");
        check("::/0", "“::/0” would believe everyone; name the proxies");
        check("10.1.2.3/8", "“10.1.2.3/8” points into a network; for all of it write 10.0.0.0/8");
        let nonsense = "“proxy.internal” is neither an address nor a network; write 10.0.0.5 or 10.0.0.0/8";
        check("127.0.0.1, proxy.internal", nonsense);
    }

    #[test]
    fn an_address_in_other_clothes_is_the_same_proxy() {
        let proxies = TrustedProxies::of(networks("10.0.0.0/8").unwrap(), ClientHeader::default());
        assert!(proxies.include("10.9.9.9".parse().unwrap()));
        assert!(proxies.include("::ffff:10.9.9.9".parse().unwrap()));
        assert!(!proxies.include("11.0.0.1".parse().unwrap()));
    }
}
