//! Where a client lives, as far as it counts for limits.

use std::net::IpAddr;
use std::net::Ipv6Addr;

/// The part of an address that one client cannot choose: all of IPv4, and the first half of IPv6, since every home and
/// every server gets the other half to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Neighbour(IpAddr);

impl From<IpAddr> for Neighbour {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, same: bool) {
        let of = |text: &str| Neighbour::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(of(one) == of(other), same, "{one} and {other}");
    }

    #[test]
    fn one_client_is_one_neighbour_however_many_addresses_it_has() {
        check("203.0.113.7", "203.0.113.7", true);
        check("203.0.113.7", "203.0.113.8", false);
        check("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true);
        check("2001:db8:1:2::1", "2001:db8:1:3::1", false);
        check("::ffff:203.0.113.7", "203.0.113.7", true);
        check("::ffff:203.0.113.7", "::ffff:203.0.113.8", false);
    }
}
