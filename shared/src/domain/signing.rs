//! Keys that sign access tokens, and when each of them signs, is published, and is still recognised.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, KeyPair, ParsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::secret;

/// The longest life that any access token has.
pub const LONGEST_TOKEN: Duration = Duration::from_hours(24);
/// A key is published for so long before it signs, so that whoever caches the JWKS has seen it.
pub const LEAD: Duration = Duration::from_hours(24);
/// For so long a retired key recognises an expired token at sign-out: the absolute life that sessions have by default.
pub const RECOGNISED: Duration = Duration::from_hours(2160);

/// How access tokens are signed (RFC 7518 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
}

/// The public half as a JSON Web Key (RFC 7517, RFC 7518 section 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub enum PublicKey {
    /// A point on P-256.
    #[serde(rename = "EC")]
    Ec {
        /// Always `P-256`.
        crv: String,
        /// First coordinate, base64url.
        x: String,
        /// Second coordinate, base64url.
        y: String,
    },
    /// A point on Curve25519 (RFC 8037).
    #[serde(rename = "OKP")]
    Okp {
        /// Always `Ed25519`.
        crv: String,
        /// The point, base64url.
        x: String,
    },
    /// An RSA key.
    #[serde(rename = "RSA")]
    Rsa {
        /// Modulus, base64url.
        n: String,
        /// Exponent, base64url.
        e: String,
    },
}

impl PublicKey {
    /// Its thumbprint (RFC 7638), which is the key's id.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let canonical = match self {
            Self::Ec { crv, x, y } => format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Self::Okp { crv, x } => format!(r#"{{"crv":"{crv}","kty":"OKP","x":"{x}"}}"#),
            Self::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        };
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, canonical.as_bytes());
        BASE64URL_NOPAD.encode(digest.as_ref())
    }

    /// Whether it is of the form of its kind, and its point, on P-256, lies on the curve. RSA keys are only ever made here.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let decode = |text: &String| BASE64URL_NOPAD.decode(text.as_bytes()).ok().filter(|bytes| bytes.len() == 32);
        match self {
            Self::Ec { crv, x, y } => {
                let point = decode(x).zip(decode(y)).map(|(x, y)| [&[4], &*x, &*y].concat());
                crv == "P-256" && point.is_some_and(|point| ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).is_ok())
            }
            Self::Okp { crv, x } => crv == "Ed25519" && decode(x).is_some_and(|point| ParsedPublicKey::new(&ED25519, point).is_ok()),
            Self::Rsa { .. } => true,
        }
    }

    /// What verifies the signatures of the private half; `None` for what is no key.
    #[must_use]
    pub fn decoding_key(&self) -> Option<DecodingKey> {
        match self {
            Self::Ec { x, y, .. } => DecodingKey::from_ec_components(x, y).ok(),
            Self::Okp { x, .. } => DecodingKey::from_ed_components(x).ok(),
            Self::Rsa { n, e } => DecodingKey::from_rsa_components(n, e).ok(),
        }
    }
}

/// A freshly made pair, the private half as PKCS#8.
pub struct KeyMaterial {
    /// The public half.
    pub public: PublicKey,
    /// The private half.
    pub private: Zeroizing<Vec<u8>>,
}

/// A key could not be made or read.
#[derive(Debug, thiserror::Error)]
#[error("a signing key could not be made or read")]
pub struct KeyError;

impl KeyMaterial {
    /// Makes a pair with the system's randomness.
    ///
    /// # Errors
    /// [`KeyError`] if the library cannot.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        match algorithm {
            Algorithm::ES256 => Self::generate_ec(),
            Algorithm::RS256 => Self::generate_rsa(),
        }
    }

    fn generate_ec() -> Result<Self, KeyError> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &aws_lc_rs::rand::SystemRandom::new()).map_err(|_| KeyError)?;
        let private = Zeroizing::new(document.as_ref().to_vec());
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &private).map_err(|_| KeyError)?;
        // An uncompressed point: 0x04, then both coordinates.
        let point = pair.public_key().as_ref();
        let (x, y) = point.get(1..).filter(|rest| rest.len() == 64).map(|rest| rest.split_at(32)).ok_or(KeyError)?;
        let encode = |bytes| BASE64URL_NOPAD.encode(bytes);
        Ok(Self { public: PublicKey::Ec { crv: "P-256".to_owned(), x: encode(x), y: encode(y) }, private })
    }

    fn generate_rsa() -> Result<Self, KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError)?;
        let document = pair.as_der().map_err(|_| KeyError)?;
        let private = Zeroizing::new(document.as_ref().to_vec());
        let (modulus, exponent) = (pair.public_key().modulus(), pair.public_key().exponent());
        let encode = |bytes| BASE64URL_NOPAD.encode(bytes);
        let public =
            PublicKey::Rsa { n: encode(modulus.big_endian_without_leading_zero()), e: encode(exponent.big_endian_without_leading_zero()) };
        Ok(Self { public, private })
    }
}

/// A key that signs access tokens.
#[derive(Clone)]
pub struct SigningKey {
    /// Counts the keys from 1.
    pub generation: u32,
    /// The `kid`: the thumbprint of the public half.
    pub id: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The public half.
    pub public: PublicKey,
    /// From when it signs.
    pub active_at: Timestamp,
    /// When the next one took over.
    pub retired_at: Option<Timestamp>,
    /// Signs.
    pub encoding: EncodingKey,
    /// Verifies.
    pub decoding: DecodingKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("generation", &self.generation).field("id", &self.id).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Puts a key together from what the table holds.
    ///
    /// # Errors
    /// [`KeyError`] if its parts are no key or do not belong together.
    pub fn assemble(
        generation: u32,
        id: String,
        algorithm: Algorithm,
        public: PublicKey,
        private: &[u8],
        active_at: Timestamp,
    ) -> Result<Self, KeyError> {
        let thumbprint = public.thumbprint();
        if !secret::equal(thumbprint.as_bytes(), id.as_bytes()) {
            return Err(KeyError);
        }
        let (encoding, decoding) = match algorithm {
            Algorithm::ES256 => (EncodingKey::from_ec_der(private), public.decoding_key()),
            Algorithm::RS256 => (rsa_encoding_key(private)?, public.decoding_key()),
        };
        Ok(Self { generation, id, algorithm, public, active_at, retired_at: None, encoding, decoding: decoding.ok_or(KeyError)? })
    }

    /// Whether it is in the JWKS: from its making until the last token it signed is over.
    #[must_use]
    pub fn is_published(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|retired| now < retired + LONGEST_TOKEN)
    }

    /// Whether it still recognises an expired token at sign-out.
    #[must_use]
    pub fn is_recognised(&self, now: Timestamp) -> bool {
        self.retired_at.is_none_or(|retired| now < retired + RECOGNISED)
    }
}

/// What signs with the RSA key of a PKCS#8 document.
///
/// # Errors
/// [`KeyError`] if there is no RSA key in it.
pub fn rsa_encoding_key(pkcs8: &[u8]) -> Result<EncodingKey, KeyError> {
    pkcs1_of(pkcs8).map(EncodingKey::from_rsa_der)
}

/// The PKCS#1 key inside the PKCS#8 document of an RSA key with 2048 bits, whose frame has a fixed length (RFC 5208 section 5).
fn pkcs1_of(pkcs8: &[u8]) -> Result<&[u8], KeyError> {
    const FRAME: usize = 26;
    const SEQUENCE: [u8; 2] = [0x30, 0x82];
    pkcs8.get(FRAME..).filter(|key| key.starts_with(&SEQUENCE)).ok_or(KeyError)
}

/// Orders keys by generation and marks when each was retired: when its successor became active.
#[must_use]
pub fn in_order(mut keys: Vec<SigningKey>, now: Timestamp) -> Vec<SigningKey> {
    keys.sort_by_key(|key| key.generation);
    for index in 1..keys.len() {
        let successor = keys[index].active_at;
        keys[index - 1].retired_at = (successor <= now).then_some(successor);
    }
    keys
}

/// The key that signs now: the newest that is active. The very first one signs at once, whatever the clock of its maker said.
#[must_use]
pub fn current(keys: &[SigningKey], now: Timestamp) -> Option<&SigningKey> {
    keys.iter().rev().find(|key| key.active_at <= now).or(keys.first())
}
