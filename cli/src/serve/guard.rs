//! Who may ask. A web page elsewhere can make a browser on this machine send requests here: under its own name for this machine's
//! address (DNS rebinding), which the Host header shows, or across origins, which Origin and Sec-Fetch-Site show. Neither may
//! reach the table or the messages.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::json;

/// Names that only this machine, or a container on it, calls itself by.
const LOCAL_NAMES: &[&str] = &["localhost", "host.docker.internal", "gateway.docker.internal", "host.containers.internal"];
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Guards one port.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    listening: SocketAddr,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It was sent to another name or port.
    #[error("the Host header must name this machine and this port, as in localhost:{0}")]
    Host(u16),
    /// A web page elsewhere sent it.
    #[error("web pages of other origins may not ask this")]
    Origin,
}

impl Guard {
    /// The guard of what listens there.
    #[must_use]
    pub fn new(listening: SocketAddr) -> Self {
        Self { listening }
    }

    /// Lets a request pass that was sent to this machine by a name that is its own.
    ///
    /// # Errors
    /// [`Refusal::Host`].
    pub fn check_host(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut hosts = headers.get_all(HOST).iter();
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if host.to_str().is_ok_and(|host| self.is_here(host, 80)) => Ok(()),
            _ => Err(Refusal::Host(self.listening.port())),
        }
    }

    /// Lets a request pass that no web page sent, or one of this very origin.
    ///
    /// # Errors
    /// [`Refusal::Origin`].
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |value: &HeaderValue| value.to_str().map(str::to_owned).unwrap_or_default();
        let own_origin = |origin: String| origin.strip_prefix("http://").is_some_and(|host| self.is_here(host, 80));
        let own_site = |site: String| matches!(site.as_str(), "same-origin" | "none");
        let fits = headers.get_all(ORIGIN).iter().map(text).all(own_origin) && headers.get_all(FETCH_SITE).iter().map(text).all(own_site);
        if fits { Ok(()) } else { Err(Refusal::Origin) }
    }

    /// Lets a request pass that no web page sent at all.
    ///
    /// # Errors
    /// [`Refusal::Origin`].
    pub fn check_no_page(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        if headers.contains_key(ORIGIN) || headers.contains_key(FETCH_SITE) { Err(Refusal::Origin) } else { Ok(()) }
    }

    fn is_here(&self, host: &str, usual_port: u16) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        if authority.as_str().contains('@') || authority.port_u16().unwrap_or(usual_port) != self.listening.port() {
            return false;
        }
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        match name.parse::<IpAddr>() {
            // Rebinding needs a name: an address that was typed is what it says.
            Ok(address) => address.is_loopback() || address == self.listening.ip() || self.listening.ip().is_unspecified(),
            Err(_) => LOCAL_NAMES.iter().any(|local| name.eq_ignore_ascii_case(local)),
        }
    }
}

impl Refusal {
    /// The refusal as a response.
    #[must_use]
    pub fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(json!({ "message": self.to_string() }).to_string()));
        *response.status_mut() = match self {
            Self::Host(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
        };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(address: &str) -> Guard {
        Guard::new(address.parse().unwrap())
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn only_names_of_this_machine_with_the_port_pass() {
        let guard = guard("127.0.0.1:3000");
        for host in ["localhost:3000", "LOCALHOST:3000", "127.0.0.1:3000", "[::1]:3000", "host.docker.internal:3000"] {
            assert_eq!(guard.check_host(&headers(&[("host", host)])), Ok(()), "{host}");
        }
        for host in
            ["evil.example:3000", "localhost", "localhost:3001", "localhost.evil.example:3000", "192.168.0.2:3000", "a@localhost:3000", ""]
        {
            assert_eq!(guard.check_host(&headers(&[("host", host)])), Err(Refusal::Host(3000)), "{host}");
        }
        assert!(guard.check_host(&HeaderMap::new()).is_err());
        let mut two = headers(&[("host", "localhost:3000")]);
        two.append(HOST, HeaderValue::from_static("evil.example"));
        assert!(guard.check_host(&two).is_err());
    }

    #[test]
    fn the_bound_address_passes_and_any_address_where_all_are_bound() {
        let host = headers(&[("host", "192.168.0.2:3000")]);
        assert!(guard("192.168.0.2:3000").check_host(&host).is_ok());
        assert!(guard("0.0.0.0:3000").check_host(&host).is_ok());
        assert!(guard("0.0.0.0:3000").check_host(&headers(&[("host", "evil.example:3000")])).is_err());
        assert!(guard("127.0.0.1:80").check_host(&headers(&[("host", "localhost")])).is_ok());
    }

    #[test]
    fn pages_of_other_origins_do_not_pass() {
        let guard = guard("127.0.0.1:3000");
        for pairs in [
            &[][..],
            &[("origin", "http://localhost:3000")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:3000")],
        ] {
            assert_eq!(guard.check_origin(&headers(pairs)), Ok(()), "{pairs:?}");
        }
        for pairs in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "http://localhost:5173")],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "http://localhost:3000"), ("sec-fetch-site", "cross-site")],
        ] {
            assert_eq!(guard.check_origin(&headers(pairs)), Err(Refusal::Origin), "{pairs:?}");
        }
    }

    #[test]
    fn no_page_at_all_passes_to_the_table() {
        let guard = guard("127.0.0.1:8000");
        assert!(guard.check_no_page(&headers(&[("host", "localhost:8000")])).is_ok());
        assert!(guard.check_no_page(&headers(&[("origin", "http://localhost:8000")])).is_err());
        assert!(guard.check_no_page(&headers(&[("sec-fetch-site", "same-origin")])).is_err());
    }
}
