//! Which address a request comes from: that of its connection, or the one that a trusted proxy names.
//!
//! Invariant: nothing that a client writes into a header makes it another client. A list of addresses is read from its
//! end, where the proxies that we trust have written, and only as far as it was written by them.

use std::net::IpAddr;
use std::net::SocketAddr;

use axum::http::HeaderMap;

use crate::config::ClientHeader;
use crate::config::TrustedProxies;

/// The address of whoever asks; its port is 0 when a proxy names it.
pub(super) fn client(peer: SocketAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> SocketAddr {
    if !proxies.include(peer.ip()) {
        return peer;
    }
    let mut nearest = peer;
    for hop in hops(headers, proxies.header).into_iter().rev() {
        // What is no address was not written by a proxy that we should believe.
        let Some(address) = hop else { return nearest };
        nearest = SocketAddr::new(address, 0);
        if !proxies.include(address) {
            return nearest;
        }
    }
    nearest
}

/// The addresses that the header names, first the farthest; `None` where something else stands.
fn hops(headers: &HeaderMap, header: ClientHeader) -> Vec<Option<IpAddr>> {
    let (name, read): (_, fn(&str) -> Option<IpAddr>) = match header {
        ClientHeader::XForwardedFor => ("x-forwarded-for", address),
        ClientHeader::Forwarded => ("forwarded", forwarded),
    };
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| match line.to_str() {
            Ok(line) => line.split(',').map(|hop| read(hop.trim())).collect(),
            Err(_odd) => vec![None],
        })
        .collect()
}

/// The address in `for=192.0.2.60;proto=http;by=203.0.113.43`. Quoted commas are no addresses, so that a list may be cut
/// at every comma.
fn forwarded(element: &str) -> Option<IpAddr> {
    let mut of = element.split(';').filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    });
    let (Some(value), None) = (of.next(), of.next()) else { return None };
    let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    address(unquoted.unwrap_or(value))
}

/// An address with or without a port; IPv6 with a port stands in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip());
    let address: Option<IpAddr> = text.parse().ok().or_else(with_port).or_else(bracketed);
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check_in(header: ClientHeader, peer: &str, sent: &[(&'static str, &'static str)], is: &str) {
        let networks = ["10.0.0.0/8", "::1/128"].map(|network| network.parse().unwrap());
        let proxies = TrustedProxies::of(networks.to_vec(), header);
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        assert_eq!(client(peer, &headers, &proxies).ip().to_string(), is, "{sent:?} from {peer}");
    }

    #[track_caller]
    fn check(peer: &str, list: &'static str, is: &str) {
        check_in(ClientHeader::XForwardedFor, peer, &[("x-forwarded-for", list)], is);
    }

    #[track_caller]
    fn check_forwarded(list: &'static str, is: &str) {
        check_in(ClientHeader::Forwarded, "10.0.0.1", &[("forwarded", list)], is);
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        check("203.0.113.9", "198.51.100.1", "203.0.113.9");
        check("10.0.0.1", "198.51.100.1", "198.51.100.1");
        check("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1");
        check("::1", "2001:db8::7", "2001:db8::7");
    }

    #[test]
    fn what_a_client_wrote_itself_stands_before_what_the_proxy_saw() {
        check("10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1");
        check("10.0.0.1", "10.0.0.2, 198.51.100.1, 10.0.0.3", "198.51.100.1");
        let lines = [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "198.51.100.1")];
        check_in(ClientHeader::XForwardedFor, "10.0.0.1", &lines, "198.51.100.1");
    }

    #[test]
    fn nonsense_ends_the_list_at_the_nearest_that_is_known() {
        check("10.0.0.1", "", "10.0.0.1");
        check("10.0.0.1", "unknown", "10.0.0.1");
        check("10.0.0.1", "198.51.100.1, what, 10.0.0.3", "10.0.0.3");
        check("10.0.0.1", "198.51.100.1,", "10.0.0.1");
        check("10.0.0.1", "198.51.100.1:99999", "10.0.0.1");
        check_in(ClientHeader::XForwardedFor, "10.0.0.1", &[], "10.0.0.1");
    }

    #[test]
    fn addresses_may_have_ports() {
        check("10.0.0.1", "198.51.100.1:5123", "198.51.100.1");
        check("10.0.0.1", "[2001:db8::7]:5123", "2001:db8::7");
        check("10.0.0.1", "[2001:db8::7]", "2001:db8::7");
    }

    #[test]
    fn the_other_header_is_read_only_where_the_settings_say_so() {
        check_in(ClientHeader::XForwardedFor, "10.0.0.1", &[("forwarded", "for=198.51.100.1")], "10.0.0.1");
        check_in(ClientHeader::Forwarded, "10.0.0.1", &[("x-forwarded-for", "198.51.100.1")], "10.0.0.1");
        check_forwarded("for=198.51.100.1;proto=https;by=10.0.0.1", "198.51.100.1");
        check_forwarded("For=\"[2001:db8::7]:4711\"", "2001:db8::7");
        check_forwarded("for=127.0.0.1, for=198.51.100.1", "198.51.100.1");
        check_forwarded("for=_hidden", "10.0.0.1");
        check_forwarded("proto=https", "10.0.0.1");
        check_forwarded("for=198.51.100.1;for=198.51.100.2", "10.0.0.1");
    }
}
