//! Who asks, as far as a request tells without proof.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::domain::locale::Locale;
use crate::domain::surface::Surface;
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

/// What the answer's headers tell besides the answer itself.
#[derive(Debug, Default)]
struct Notes {
    quota: Option<Quota>,
    device: Option<String>,
}

/// The caller of one request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Where the request comes from.
    pub network: Network,
    /// What the client says it is.
    pub user_agent: Option<String>,
    /// What its device cookie says, genuine or not.
    pub device: Option<String>,
    /// The language that it wants, if it is one of ours.
    pub locale: Option<Locale>,
    /// The origin that the request was sent to, as the gateway tells it, for the issuer and for links.
    pub base_url: String,
    /// The surface that the request was sent to.
    pub surface: Surface,
    notes: Arc<Mutex<Notes>>,
}

impl Caller {
    /// A caller of whom nothing is known but where they come from and what they speak to.
    #[must_use]
    pub fn new(network: Network, base_url: String, surface: Surface) -> Self {
        Self { network, user_agent: None, device: None, locale: None, base_url, surface, notes: Arc::default() }
    }

    /// Notes what is left of the limit that was taken: of the operation's own, which is the first.
    pub fn note_quota(&self, quota: Quota) {
        self.notes().quota.get_or_insert(quota);
    }

    /// What is left, if a limit was taken.
    #[must_use]
    pub fn quota(&self) -> Option<Quota> {
        self.notes().quota
    }

    /// Notes the cookie by which the caller's device is known from now on.
    pub fn note_device(&self, cookie: String) {
        self.notes().device = Some(cookie);
    }

    /// That cookie, if the caller came in.
    #[must_use]
    pub fn device_to_keep(&self) -> Option<String> {
        self.notes().device.clone()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
