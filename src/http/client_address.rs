//! Who is at the other end, for rate limits alone.
//!
//! Behind a tunnel every connection comes from this machine, and the tunnel says for whom in
//! `X-Forwarded-For`. What that header says decides nothing else: neither addresses of ours nor who somebody is.
//! That it is there says that whoever asks may be elsewhere.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::extract::Request;
use axum::http::HeaderMap;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";

/// The other end of a connection. The server puts it into the extensions of every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Networks whose `X-Forwarded-For` is believed; by default this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// Not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an address nor a network; write them like 10.0.0.7 or 10.0.0.0/8")]
pub struct InvalidNetwork(String);

impl Default for TrustedProxies {
    fn default() -> Self {
        let v4 = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
        let v6 = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);
        Self(vec![v4.into(), v6.into()])
    }
}

impl FromStr for TrustedProxies {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let networks = text
            .split(',')
            .map(str::trim)
            .filter(|network| !network.is_empty());
        let read = |network: &str| {
            network
                .parse::<IpNet>()
                .or_else(|_| network.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| InvalidNetwork(network.to_owned()))
        };
        networks.map(read).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&networks.join(","))
    }
}

impl TrustedProxies {
    /// The client's address: that of the peer or, when the peer is a trusted proxy, the last one it was told
    /// of that is not. What stands further left was written by whoever sent the request.
    pub(super) fn client(&self, request: &Request) -> IpAddr {
        let peer = request.extensions().get::<Peer>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.to_canonical());
        self.behind(peer, request.headers())
    }

    /// The network of the client, as the operator's record names it: never a single machine.
    pub(super) fn network(&self, request: &Request) -> String {
        let client = self.client(request);
        let length = if client.is_ipv4() { 24 } else { 64 };
        IpNet::new(client, length).map_or_else(|_| String::new(), |network| network.trunc().to_string())
    }

    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        for value in headers.get_all(FORWARDED_FOR).iter().rev() {
            for hop in value.to_str().unwrap_or_default().rsplit(',') {
                if !self.trusts(client) {
                    return client;
                }
                let Some(hop) = address(hop.trim()) else {
                    return client;
                };
                client = hop;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Whether a proxy says that it asks for somebody else, or somebody says so for themselves.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_FOR) || headers.contains_key(FORWARDED)
}

/// An address as proxies write it: alone, in brackets, with a port.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let alone = bare.parse().ok();
    let with_port = || hop.parse::<SocketAddr>().map(|address| address.ip()).ok();
    alone
        .or_else(with_port)
        .map(|address: IpAddr| address.to_canonical())
}

/// The part of an address that one household, office or data centre shares.
pub(super) fn prefix(address: IpAddr, v4: u8, v6: u8) -> IpAddr {
    let length = if address.is_ipv4() { v4 } else { v6 };
    IpNet::new(address, length).map_or(address, |network| network.network())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &TrustedProxies, peer: &str, forwarded: &[&str]) -> String {
        let headers = forwarded
            .iter()
            .map(|value| (FORWARDED_FOR.parse().unwrap(), value.parse().unwrap()))
            .collect();
        trusted.behind(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_tunnel_on_this_machine_says_for_whom() {
        let trusted = TrustedProxies::default();
        for (peer, forwarded, expected) in [
            ("127.0.0.1", &[][..], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::1", &["2001:db8::7"], "2001:db8::7"),
            ("127.0.0.1", &["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["198.51.100.7, 127.0.0.1"], "198.51.100.7"),
            ("127.0.0.1", &["6.6.6.6, 198.51.100.7:1234"], "198.51.100.7"),
            ("127.0.0.1", &["[2001:db8::7]:1234"], "2001:db8::7"),
            ("127.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", &["6.6.6.6, unknown"], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
        ] {
            assert_eq!(
                client(&trusted, peer, forwarded),
                expected,
                "{peer} {forwarded:?}"
            );
        }
    }

    #[test]
    fn strangers_say_nothing_about_themselves() {
        let trusted = TrustedProxies::default();
        assert_eq!(client(&trusted, "203.0.113.9", &["6.6.6.6"]), "203.0.113.9");
        let trusted: TrustedProxies = "10.0.0.0/8, 192.0.2.1".parse().unwrap();
        assert_eq!(client(&trusted, "127.0.0.1", &["6.6.6.6"]), "127.0.0.1");
        assert_eq!(client(&trusted, "192.0.2.1", &["6.6.6.6, 10.1.2.3"]), "6.6.6.6");
    }

    #[test]
    fn networks_are_read_and_shown() {
        assert_eq!(TrustedProxies::default().to_string(), "127.0.0.0/8,::1/128");
        let trusted: TrustedProxies = "10.0.0.0/8,fd00::/8,192.0.2.1".parse().unwrap();
        assert_eq!(trusted.to_string(), "10.0.0.0/8,fd00::/8,192.0.2.1/32");
        for bad in ["10.0.0.0/33", "proxy", "10.0.0.0/8 fd00::/8"] {
            assert_eq!(bad.parse::<TrustedProxies>(), Err(InvalidNetwork(bad.to_owned())));
        }
    }

    #[test]
    fn neighbours_share_a_prefix() {
        let of = |address: &str| prefix(address.parse().unwrap(), 24, 64).to_string();
        assert_eq!(of("198.51.100.7"), "198.51.100.0");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
