//! The root secret and what is derived from it: sealed values and message authentication codes, each use under its own key.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::{constant_time, hmac};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use zeroize::Zeroizing;

/// The least length of the root secret, in bytes.
pub const SHORTEST_SECRET: usize = 32;

const NONCE: usize = 12;

/// 32 bytes of key material. Its `Debug` shows nothing.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Takes 32 bytes as they are.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Derives the key for one use (HKDF-SHA-256, RFC 5869); `label` names the use.
    ///
    /// # Panics
    /// Never: 32 bytes are within the bounds of HKDF-SHA-256.
    #[must_use]
    pub fn derive(material: &[u8], label: &str) -> Self {
        let mut bytes = [0; 32];
        let extracted = Salt::new(HKDF_SHA256, b"latchkey").extract(material);
        let info = [label.as_bytes()];
        #[expect(clippy::expect_used, reason = "32 bytes are within the bounds of HKDF-SHA-256")]
        extracted.expand(&info, HKDF_SHA256).and_then(|expanded| expanded.fill(&mut bytes)).expect("32 bytes can be derived");
        Self::new(bytes)
    }

    /// A key for another use, derived from this one.
    #[must_use]
    pub fn sub_key(&self, label: &str) -> Self {
        Self::derive(&*self.0, label)
    }

    /// The key's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA-256 over the parts. Each part is preceded by its length, so that no two lists of parts look alike.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&*self.0, parts)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(…)")
    }
}

/// HMAC-SHA-256 under any bytes; parts are told apart by their lengths.
#[must_use]
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut code = [0; 32];
    code.copy_from_slice(context.sign().as_ref());
    code
}

/// Compares in constant time.
#[must_use]
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

/// What goes wrong when a sealed value is opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It is not of the form `<key id>.<base64url>`.
    #[error("a sealed value is malformed")]
    Malformed,
    /// It was sealed under a secret that is neither the present one nor among those still accepted.
    #[error("a value is sealed under a secret that is not known here")]
    UnknownKey,
    /// Its authentication tag does not fit: it was changed, or moved from another place.
    #[error("a sealed value was changed or moved")]
    Forged,
}

/// One root secret with its id and the keys derived from it.
struct Root {
    id: String,
    refresh: Key,
    seal: Key,
}

impl Root {
    fn new(secret: &str) -> Self {
        let derive = |label| Key::derive(secret.as_bytes(), label);
        Self { id: HEXLOWER.encode(&derive("id").bytes()[..4]), refresh: derive("refresh"), seal: derive("seal") }
    }
}

/// The present root secret and those still accepted while it is being replaced.
pub struct Secrets {
    roots: Vec<Root>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.roots.iter().map(|root| &root.id)).finish()
    }
}

impl Secrets {
    /// Derives all keys; `accepted` are former secrets.
    #[must_use]
    pub fn new(present: &str, accepted: &[String]) -> Self {
        let former = accepted.iter().map(String::as_str);
        Self { roots: std::iter::once(present).chain(former).map(Root::new).collect() }
    }

    /// The id of the present secret.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.roots[0].id
    }

    /// The key that authenticates refresh tokens under the secret of that id, if the secret is known.
    #[must_use]
    pub fn refresh_key(&self, id: &str) -> Option<&Key> {
        self.root(id).map(|root| &root.refresh)
    }

    /// Seals `plain` under the present secret (AES-256-GCM). `place` says where the value will stand: it opens nowhere else.
    ///
    /// # Errors
    /// [`SealError::Malformed`] if the cipher refuses, which it does for no input of ours.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<String, SealError> {
        let root = &self.roots[0];
        let key = RandomizedNonceKey::new(&AES_256_GCM, root.seal.bytes()).map_err(|_| SealError::Malformed)?;
        let mut sealed = plain.to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut sealed).map_err(|_| SealError::Malformed)?;
        sealed.splice(0..0, nonce.as_ref().iter().copied());
        Ok(format!("{}.{}", root.id, BASE64URL_NOPAD.encode(&sealed)))
    }

    /// Opens what [`Secrets::seal`] made for the same place.
    ///
    /// # Errors
    /// [`SealError`]: malformed, sealed under an unknown secret, or changed.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (id, text) = sealed.split_once('.').ok_or(SealError::Malformed)?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| SealError::Malformed)?;
        let (nonce, body) = bytes.split_first_chunk::<NONCE>().ok_or(SealError::Malformed)?;
        let root = self.root(id).ok_or(SealError::UnknownKey)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, root.seal.bytes()).map_err(|_| SealError::Malformed)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = key.open_in_place(Nonce::from(nonce), Aad::from(place.as_bytes()), &mut body).map_err(|_| SealError::Forged)?.len();
        body.truncate(length);
        Ok(body)
    }

    /// Opens what was sealed under a former secret and seals it under the present one. `None`: it is sealed under that already.
    ///
    /// # Errors
    /// [`SealError`]: malformed, sealed under an unknown secret, or changed.
    pub fn seal_anew(&self, place: &str, sealed: &str) -> Result<Option<String>, SealError> {
        if sealed_under(sealed) == self.key_id() {
            return Ok(None);
        }
        let plain = self.open(place, sealed)?;
        self.seal(place, &plain).map(Some)
    }

    /// The ids of the former secrets that are still accepted.
    pub fn former_ids(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().skip(1).map(|root| root.id.as_str())
    }

    fn root(&self, id: &str) -> Option<&Root> {
        self.roots.iter().find(|root| root.id == id)
    }
}

/// The id of the secret that a value is sealed under.
#[must_use]
pub fn sealed_under(sealed: &str) -> &str {
    sealed.split_once('.').map_or("", |(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(present: &str, accepted: &[&str]) -> Secrets {
        Secrets::new(present, &accepted.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_only() -> Result<(), SealError> {
        let ours = secrets("one secret of at least 32 bytes, really", &[]);
        let sealed = ours.seal("here", b"plain")?;
        assert_eq!(&**ours.open("here", &sealed)?, b"plain");
        assert!(matches!(ours.open("there", &sealed), Err(SealError::Forged)));
        Ok(())
    }

    #[test]
    fn a_former_secret_opens_what_it_sealed_while_it_is_accepted() -> Result<(), SealError> {
        let sealed = secrets("the former secret", &[]).seal("here", b"plain")?;
        assert!(secrets("the new secret", &["the former secret"]).open("here", &sealed).is_ok());
        assert!(matches!(secrets("the new secret", &[]).open("here", &sealed), Err(SealError::UnknownKey)));
        Ok(())
    }

    #[test]
    fn what_is_sealed_anew_no_longer_needs_the_former_secret() -> Result<(), SealError> {
        let sealed = secrets("the former secret", &[]).seal("here", b"plain")?;
        let both = secrets("the new secret", &["the former secret"]);
        assert!(matches!(both.seal_anew("there", &sealed), Err(SealError::Forged)));
        assert!(matches!(secrets("the new secret", &[]).seal_anew("here", &sealed), Err(SealError::UnknownKey)));
        let anew = both.seal_anew("here", &sealed)?.unwrap();
        assert_eq!(sealed_under(&anew), both.key_id());
        assert_eq!(&**secrets("the new secret", &[]).open("here", &anew)?, b"plain");
        assert_eq!(both.seal_anew("here", &anew)?, None);
        Ok(())
    }

    #[test]
    fn parts_of_a_mac_are_told_apart() {
        let key = Key::derive(b"material", "label");
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
    }
}
