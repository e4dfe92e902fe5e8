//! The network that a request comes from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A caller's network: an IPv4 address, or the /64 that an IPv6 address lies in, since a household or server has one of those.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Network(String);

const PREFIX: usize = 4;

impl Network {
    /// The network of an address. IPv4 addresses mapped into IPv6 are IPv4 addresses.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_string()),
            IpAddr::V6(address) => {
                let mut segments = address.segments();
                segments[PREFIX..].fill(0);
                Self(format!("{}/64", Ipv6Addr::from(segments)))
            }
        }
    }

    /// The network of the address in that text; what is no address shares one network, so that it cannot escape its limits.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::of(text.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }

    /// The network as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_network_are_one() {
        assert_eq!(Network::parse("192.0.2.1"), Network::parse("::ffff:192.0.2.1"));
        assert_eq!(Network::parse("2001:db8:1:2::1"), Network::parse("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(Network::parse("2001:db8:1:2::1"), Network::parse("2001:db8:1:3::1"));
        assert_ne!(Network::parse("192.0.2.1"), Network::parse("192.0.2.2"));
    }
}
