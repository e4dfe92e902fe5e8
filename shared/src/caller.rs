//! Who asks, as far as a request tells without proof.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::network::Network;

/// What is left of a caller's limit, for the answer's headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The most requests in a window.
    pub limit: u64,
    /// How many are left in this one.
    pub remaining: u64,
    /// When the next one begins.
    pub reset: Timestamp,
}

/// The caller of one request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Where the request comes from.
    pub network: Network,
    /// What the client says it is.
    pub user_agent: Option<String>,
    /// The origin that the request was sent to, as the gateway tells it, for the issuer and for links.
    pub base_url: String,
    quota: Arc<Mutex<Option<Quota>>>,
}

impl Caller {
    /// A caller whose limits have not been counted yet.
    #[must_use]
    pub fn new(network: Network, user_agent: Option<String>, base_url: String) -> Self {
        Self { network, user_agent, base_url, quota: Arc::default() }
    }

    /// Notes what is left of the limit that was taken.
    pub fn note_quota(&self, quota: Quota) {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner) = Some(quota);
    }

    /// What is left, if a limit was taken.
    #[must_use]
    pub fn quota(&self) -> Option<Quota> {
        *self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
