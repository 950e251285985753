//! Which addresses are part of the public Internet.
//!
//! A page may name any host, and a name may lead to any address, also to another one the next time
//! it is asked for (DNS rebinding). So the address itself is judged, right before the connection.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block that is not public unicast, and what it is for.
type Block = (IpNet, &'static str);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix))
}

const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix))
}

/// From the IANA registries of special-purpose addresses (RFC 6890 and its updates).
const SPECIAL: &[Block] = &[
    (v4(0, 0, 0, 0, 8), "of this host"),
    (v4(10, 0, 0, 0, 8), "private"),
    (v4(100, 64, 0, 0, 10), "private to a carrier"),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (v4(169, 254, 0, 0, 16), "link-local"),
    (v4(172, 16, 0, 0, 12), "private"),
    (v4(192, 0, 0, 0, 24), "for protocol assignments"),
    (v4(192, 0, 2, 0, 24), "for documentation"),
    (v4(192, 88, 99, 0, 24), "for the former 6to4 relays"),
    (v4(192, 168, 0, 0, 16), "private"),
    (v4(198, 18, 0, 0, 15), "for benchmarks"),
    (v4(198, 51, 100, 0, 24), "for documentation"),
    (v4(203, 0, 113, 0, 24), "for documentation"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(255, 255, 255, 255, 32), "broadcast"),
    (v4(240, 0, 0, 0, 4), "reserved"),
    (v6(0x0064, 0xff9b, 0x0001, 48), "for local translation"),
    (v6(0x2001, 0, 0, 23), "for protocol assignments"),
    (v6(0x2001, 0x0db8, 0, 32), "for documentation"),
    (v6(0x3fff, 0, 0, 20), "for documentation"),
    (v6(0xfc00, 0, 0, 7), "private"),
    (v6(0xfe80, 0, 0, 10), "link-local"),
    (v6(0xff00, 0, 0, 8), "multicast"),
];

/// All public unicast IPv6 addresses handed out so far.
const GLOBAL_UNICAST: IpNet = v6(0x2000, 0, 0, 3);

/// What kind of address it is if it does not belong to the public Internet.
///
/// An IPv6 address that carries an IPv4 address for a translator is judged by the latter.
pub(crate) fn special_use(address: IpAddr) -> Option<&'static str> {
    if let IpAddr::V6(v6) = address {
        if v6.is_loopback() {
            return Some("loopback");
        }
        if v6.is_unspecified() {
            return Some("of this host");
        }
        if let Some(inner) = embedded_v4(v6) {
            return special_use(IpAddr::V4(inner));
        }
    }
    for (block, kind) in SPECIAL {
        if block.contains(&address) {
            return Some(kind);
        }
    }
    (address.is_ipv6() && !GLOBAL_UNICAST.contains(&address)).then_some("reserved")
}

/// The IPv4 address that a packet to this IPv6 address would end up at.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let joined = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        // Mapped addresses, and NAT64's well-known prefix (RFC 6052).
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(joined(g, h)),
        // 6to4 (RFC 3056).
        (0x2002, ..) => Some(joined(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_known() {
        let special = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ];
        for text in special {
            assert!(special_use(text.parse().unwrap()).is_some(), "{text} is not public");
        }
    }

    #[test]
    fn public_addresses_pass() {
        let public = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2400:3200::1",
            "2606:4700::1",
            "2002:101:101::",
        ];
        for text in public {
            assert_eq!(special_use(text.parse().unwrap()), None, "{text} is public");
        }
    }
}
