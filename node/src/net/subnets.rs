//! The subnets that this machine is in: who is in one of them is on its local network, whatever kind of address that is.
//!
//! A private address alone says nothing: a VPN, a carrier's NAT and the containers of somebody else have such addresses,
//! too, and two machines in one home may see each other under public IPv6 addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use if_addrs::IfAddr;

/// The subnets of a machine's interfaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subnets(Vec<(IpAddr, u8)>);

impl Subnets {
    /// Those of this machine, now. None if the system does not say.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let interfaces = match if_addrs::get_if_addrs() {
            Ok(interfaces) => interfaces,
            Err(error) => {
                tracing::debug!(%error, "the interfaces of this machine are not known");
                return Self::default();
            }
        };
        let subnets = interfaces.into_iter().map(|interface| match interface.addr {
            IfAddr::V4(own) => (IpAddr::V4(own.ip), own.prefixlen),
            IfAddr::V6(own) => (IpAddr::V6(own.ip), own.prefixlen),
        });
        Self(subnets.collect())
    }

    /// Whether an address is this machine itself, or in one of its subnets.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        address.is_loopback()
            || self.0.iter().any(|(own, prefix)| match (own, address) {
                (IpAddr::V4(own), IpAddr::V4(other)) => {
                    are_in_one((own.to_bits() ^ other.to_bits()).into(), Ipv4Addr::BITS, *prefix)
                }
                (IpAddr::V6(own), IpAddr::V6(other)) => {
                    are_in_one(own.to_bits() ^ other.to_bits(), Ipv6Addr::BITS, *prefix)
                }
                _ => false,
            })
    }
}

/// Whether addresses of so many bits, which differ in these, are in one subnet. What has no first bits in common by its mask is no
/// subnet but everything.
fn are_in_one(differing: u128, bits: u32, prefix: u8) -> bool {
    prefix > 0 && differing >> bits.saturating_sub(prefix.into()) == 0
}

#[cfg(test)]
impl Subnets {
    /// Those of made-up interfaces: address and length of the prefix.
    pub fn of(interfaces: &[(&str, u8)]) -> Self {
        let parsed = interfaces
            .iter()
            .map(|(ip, prefix)| (ip.parse().unwrap(), *prefix));
        Self(parsed.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contain(interfaces: &[(&str, u8)], address: &str) -> bool {
        Subnets::of(interfaces).contain(address.parse().unwrap())
    }

    #[test]
    fn who_shares_the_prefix_of_an_interface_is_near() {
        let home = [("192.168.1.7", 24), ("fe80::7", 64), ("2001:db8:1:2::7", 64)];
        for near in [
            "192.168.1.7",
            "192.168.1.200",
            "fe80::1",
            "2001:db8:1:2::9",
            "127.0.0.1",
            "::1",
        ] {
            assert!(contain(&home, near), "{near}");
        }
        for far in [
            "192.168.2.7",
            "10.8.0.1",
            "100.64.0.9",
            "172.17.0.2",
            "2001:db8:1:3::9",
            "fd00::1",
            "203.0.113.9",
        ] {
            assert!(!contain(&home, far), "{far}");
        }
    }

    #[test]
    fn masks_at_the_edges() {
        assert!(contain(&[("10.0.0.1", 32)], "10.0.0.1"), "itself");
        assert!(
            !contain(&[("10.0.0.1", 32)], "10.0.0.2"),
            "the other end of a tunnel"
        );
        assert!(contain(&[("10.0.0.1", 31)], "10.0.0.0"));
        assert!(
            !contain(&[("10.0.0.1", 0)], "203.0.113.9"),
            "no mask is no subnet"
        );
        assert!(!contain(&[("fd00::1", 0)], "2001:db8::1"));
        assert!(!contain(&[], "192.168.1.7"), "on no network there is nobody near");
    }

    #[test]
    fn this_machine_is_near_itself() {
        assert!(Subnets::of_this_machine().contain(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }
}
