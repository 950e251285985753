//! Whether an address may be contacted, asked before any connection to it is tried.
//!
//! Names are judged by the addresses they lead to, in the [`Resolver`] that the HTTP client takes its
//! addresses from: what is judged is what is connected to, so a name that changes its answer between
//! a check and its use (DNS rebinding) gains nothing. The client asks no resolver about literal
//! addresses; those are judged before the request, where there is no answer that could change.

use crate::address::special_use;
use crate::config::FetchConfig;
use crate::error::FetchError;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// How many addresses of one host are tried: enough for one dead family or machine.
const MAX_ADDRESSES: usize = 4;

/// What decides about an address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard {
    allow_private: bool,
    has_contact: bool,
}

impl Guard {
    pub(crate) fn new(config: &FetchConfig) -> Self {
        Self { allow_private: config.allow_private, has_contact: config.contact.is_some() }
    }

    /// The guard of a place that the operator named himself: it may be private.
    pub(crate) fn vouched(self) -> Self {
        Self { allow_private: true, ..self }
    }

    /// The first few of a host's addresses that may be connected to, in their order.
    ///
    /// # Errors
    ///
    /// When there is none, for the reason that can be mended most easily.
    pub(crate) fn permit(
        self,
        host: &str,
        found: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, FetchError> {
        let mut permitted = Vec::new();
        let mut refusal = None;
        for address in found {
            match special_use(address.ip()) {
                Some(_) if self.allow_private => permitted.push(address),
                Some(kind) => {
                    let (host, address) = (host.to_owned(), address.ip());
                    refusal.get_or_insert(FetchError::PrivateAddress { host, address, kind });
                }
                None if self.has_contact => permitted.push(address),
                None => refusal = Some(FetchError::NoContact { host: host.to_owned() }),
            }
        }
        if permitted.is_empty() {
            let no_address = || dns_error(host, io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
            return Err(refusal.unwrap_or_else(no_address));
        }
        permitted.truncate(MAX_ADDRESSES);
        Ok(permitted)
    }
}

/// Gives an HTTP client the permitted addresses of a name, with port 0, which it replaces.
pub(crate) struct Resolver {
    guard: Guard,
    /// The name or address that is looked up whatever the client asks for.
    target: Option<String>,
}

impl Resolver {
    /// Looks up the names it is asked for.
    pub(crate) fn new(guard: Guard) -> Self {
        Self { guard, target: None }
    }

    /// Leads every name to one place.
    pub(crate) fn to(guard: Guard, target: &str) -> Self {
        Self { guard, target: Some(target.to_owned()) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.guard;
        let host = name.as_str().to_owned();
        let target = self.target.clone().unwrap_or_else(|| host.clone());
        Box::pin(async move {
            let found =
                tokio::net::lookup_host((target.as_str(), 0)).await.map_err(|error| dns_error(&target, error))?;
            let permitted = guard.permit(&host, found)?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// A name that leads nowhere.
pub(crate) fn dns_error(host: &str, source: io::Error) -> FetchError {
    FetchError::Dns { host: host.to_owned(), source: Arc::new(source) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permitted(guard: Guard, addresses: &[&str]) -> Result<Vec<String>, &'static str> {
        let found = addresses.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0));
        let permitted = guard.permit("www.qinglan.example", found).map_err(|error| error.code())?;
        Ok(permitted.iter().map(|address| address.ip().to_string()).collect())
    }

    #[test]
    fn only_permitted_addresses_of_a_name_are_left() {
        let public = Guard { allow_private: false, has_contact: true };
        let private = Guard { allow_private: true, has_contact: false };
        let mixed = ["10.0.0.1", "1.1.1.1", "::1", "2606:4700::1"];
        assert_eq!(permitted(public, &mixed).unwrap(), ["1.1.1.1", "2606:4700::1"]);
        assert_eq!(permitted(private, &mixed).unwrap(), ["10.0.0.1", "::1"]);
        assert_eq!(permitted(public.vouched(), &mixed).unwrap(), mixed);
        assert_eq!(permitted(public, &["10.0.0.1", "::1"]), Err("private_address"));
        assert_eq!(permitted(private, &["1.1.1.1"]), Err("no_contact"));
        assert_eq!(permitted(public, &[]), Err("dns"));
        assert_eq!(permitted(public, &["1.1.1.1"; 9]).unwrap().len(), MAX_ADDRESSES);
    }
}
