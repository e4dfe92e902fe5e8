//! The directory's keys: tags for addresses and callers, and the cookie by which a device is known.

use data_encoding::BASE64URL_NOPAD;

use crate::caller::Caller;
use crate::domain::address::{Address, Phone};
use crate::domain::familiar::{DeviceTag, NetworkTag, Origin};
use crate::domain::link::LinkTag;
use crate::domain::partner::PartnerId;
use crate::domain::push::{PushTag, PushToken};
use crate::domain::user::UserId;
use crate::rng::Rng;
use crate::secret::{self, Key};
use crate::store::{AddressTag, BlockTag};

/// Bytes of a tag, or of a cookie's code, that need not be longer: nothing is found by guessing it.
const SHORT: usize = 16;

/// Keys under which the directory looks up addresses and compares codes. They outlive a rotation of the root secret, which only
/// seals them anew: addresses are found under the same tags as before.
#[derive(Debug, Clone)]
pub struct DirectoryKeys {
    address: Key,
    network: Key,
    device: Key,
    block: Key,
    code: Key,
    link: Key,
    import: Key,
    push: Key,
    revert: Key,
    tombstone: Key,
}

/// Where somebody comes in, and the cookie by which this device is known from then on.
#[derive(Debug)]
pub struct Entrance {
    /// Network and device.
    pub origin: Origin,
    /// The cookie's value.
    pub cookie: String,
}

impl DirectoryKeys {
    pub(super) fn new(key: &Key) -> Self {
        let sub_key = |label| key.sub_key(label);
        Self {
            address: sub_key("address"),
            network: sub_key("network"),
            device: sub_key("device"),
            block: sub_key("block"),
            code: sub_key("code"),
            link: sub_key("link"),
            import: sub_key("import"),
            push: sub_key("push"),
            revert: sub_key("revert"),
            tombstone: sub_key("tombstone"),
        }
    }

    /// Keys that are nowhere else: they tell addresses apart where there is no directory yet and none shall be made.
    #[must_use]
    pub fn throwaway(rng: &dyn Rng) -> Self {
        Self::new(&Key::new(rng.bytes()))
    }

    /// The tag that stands for an address in keys.
    #[must_use]
    pub fn tag(&self, address: &Address) -> AddressTag {
        let mac = self.address.mac(&[address.channel().name().as_bytes(), address.canonical().as_bytes()]);
        AddressTag::new(address.channel(), BASE64URL_NOPAD.encode(&mac))
    }

    /// The tag that stands for the block of numbers that a number lies in.
    #[must_use]
    pub fn block(&self, phone: &Phone) -> BlockTag {
        BlockTag::new(short(&self.block.mac(&[phone.block().as_bytes()])))
    }

    /// The tag that stands for a user of a partner's.
    #[must_use]
    pub fn link(&self, partner: &PartnerId, user: &str) -> LinkTag {
        LinkTag::new(&self.link.mac(&[partner.as_str().as_bytes(), user.as_bytes()]))
    }

    /// The tag that stands for a registration token.
    #[must_use]
    pub fn push(&self, token: &PushToken) -> PushTag {
        PushTag::new(&self.push.mac(&[token.as_str().as_bytes()]))
    }

    /// Where a caller is: its network, and the device that its cookie proves.
    #[must_use]
    pub fn origin(&self, by: &Caller) -> Origin {
        let network = NetworkTag::new(short(&self.network.mac(&[by.network.as_str().as_bytes()])));
        let device = by.device.as_deref().and_then(|cookie| self.device_id(cookie)).map(|id| self.device(id));
        Origin { network, device }
    }

    /// Where a caller comes in: the device that its cookie proves, or a new one.
    #[must_use]
    pub fn entrance(&self, by: &Caller, rng: &dyn Rng) -> Entrance {
        let known = by.device.clone().filter(|cookie| self.device_id(cookie).is_some());
        let cookie = known.unwrap_or_else(|| {
            let id = rng.token();
            format!("{id}.{}", self.device_code(&id))
        });
        let device = self.device_id(&cookie).map(|id| self.device(id));
        Entrance { origin: Origin { device, ..self.origin(by) }, cookie }
    }

    /// The key under which codes are kept.
    #[must_use]
    pub fn code(&self) -> &Key {
        &self.code
    }

    /// The key of the links by which a former primary mail address takes its place back.
    #[must_use]
    pub fn revert(&self) -> &Key {
        &self.revert
    }

    /// What an account is called once it is gone.
    #[must_use]
    pub fn pseudonym(&self, user: UserId) -> String {
        short(&self.tombstone.mac(&[&user.bytes()]))
    }

    /// The digest of what an account is imported from.
    #[must_use]
    pub fn import_digest(&self, parts: &[&[u8]]) -> String {
        short(&self.import.mac(parts))
    }

    /// The id in a cookie that was made here.
    fn device_id<'a>(&self, cookie: &'a str) -> Option<&'a str> {
        let (id, code) = cookie.split_once('.')?;
        secret::equal(self.device_code(id).as_bytes(), code.as_bytes()).then_some(id)
    }

    fn device_code(&self, id: &str) -> String {
        short(&self.device.mac(&[b"cookie", id.as_bytes()]))
    }

    fn device(&self, id: &str) -> DeviceTag {
        DeviceTag::new(short(&self.device.mac(&[b"tag", id.as_bytes()])))
    }
}

fn short(mac: &[u8; 32]) -> String {
    BASE64URL_NOPAD.encode(&mac[..SHORT])
}
