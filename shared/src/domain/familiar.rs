//! Callers that an account knows: the networks and devices that it signed in from lately.

use serde::{Deserialize, Serialize};

use crate::domain::lane::Lane;

const NETWORKS: usize = 5;
const DEVICES: usize = 10;

/// A caller's network in items and keys: an HMAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkTag(String);

impl NetworkTag {
    /// A tag from the network's HMAC in base64url.
    #[must_use]
    pub fn new(mac: String) -> Self {
        Self(mac)
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A caller's device in items: an HMAC of the random id that its cookie carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceTag(String);

impl DeviceTag {
    /// A tag from the device's HMAC in base64url.
    #[must_use]
    pub fn new(mac: String) -> Self {
        Self(mac)
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The network.
    pub network: NetworkTag,
    /// The device, if a cookie of ours told it.
    pub device: Option<DeviceTag>,
}

/// The networks and devices that an account signed in from, newest first, as HMACs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Familiar {
    /// Networks.
    #[serde(default)]
    pub networks: Vec<String>,
    /// Devices.
    #[serde(default)]
    pub devices: Vec<String>,
}

impl Familiar {
    /// Nothing but where this request comes from.
    #[must_use]
    pub fn only(origin: &Origin) -> Self {
        Self::default().with(origin)
    }

    /// The lists with where this request comes from put first.
    #[must_use]
    pub fn with(&self, origin: &Origin) -> Self {
        Self {
            networks: put_first(&self.networks, Some(origin.network.as_str()), NETWORKS),
            devices: put_first(&self.devices, origin.device.as_ref().map(DeviceTag::as_str), DEVICES),
        }
    }

    /// Whether network or device is among them.
    #[must_use]
    pub fn knows(&self, origin: &Origin) -> bool {
        let device = origin.device.as_ref().is_some_and(|device| self.devices.iter().any(|known| known == device.as_str()));
        device || self.networks.iter().any(|known| known == origin.network.as_str())
    }

    /// Whether both network and device are among them: nothing is learnt from this request.
    #[must_use]
    pub fn has_all_of(&self, origin: &Origin) -> bool {
        let device = origin.device.as_ref().is_none_or(|device| self.devices.iter().any(|known| known == device.as_str()));
        device && self.networks.iter().any(|known| known == origin.network.as_str())
    }

    /// The lane that a request from there is counted in.
    #[must_use]
    pub fn lane(&self, origin: &Origin) -> Lane {
        if self.knows(origin) { Lane::Known } else { Lane::Stranger }
    }

    /// All tags in one list.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        self.networks.iter().chain(&self.devices).cloned().collect()
    }
}

fn put_first(list: &[String], tag: Option<&str>, most: usize) -> Vec<String> {
    let others = list.iter().filter(|known| Some(known.as_str()) != tag).cloned();
    tag.map(str::to_owned).into_iter().chain(others).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(network: &str, device: Option<&str>) -> Origin {
        Origin { network: NetworkTag::new(network.to_owned()), device: device.map(|device| DeviceTag::new(device.to_owned())) }
    }

    #[test]
    fn a_known_device_is_known_from_every_network() {
        let familiar = Familiar::only(&from("home", Some("laptop")));
        assert!(familiar.knows(&from("home", None)));
        assert!(familiar.knows(&from("hotel", Some("laptop"))));
        assert!(!familiar.knows(&from("hotel", Some("other"))));
        assert!(!familiar.knows(&from("hotel", None)));
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let places = ["a", "b", "c", "d", "e", "f"];
        let familiar = places.iter().fold(Familiar::default(), |familiar, place| familiar.with(&from(place, None)));
        assert_eq!(familiar.networks, ["f", "e", "d", "c", "b"]);
        assert_eq!(familiar.with(&from("c", None)).networks, ["c", "f", "e", "d", "b"]);
    }
}
