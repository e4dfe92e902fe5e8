//! The keys that partners are given, or bring.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::domain::partner::{KeyMaterial, LONGEST_SECRET, PartnerAlgorithm, PartnerId, PartnerKey, SHORTEST_SECRET};
use latchkey::domain::signing::PublicKey;
use latchkey::store::Store;
use serde_json::Value;
use spki::ObjectIdentifier;
use spki::der::DecodePem;
use zeroize::Zeroizing;

use super::options::KeyFile;
use crate::admin::error::AdminError;

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

const SECRET_LENGTH: &str = "must hold a secret of 32 to 512 bytes";
const NO_KEY: &str = "must be a public key on P-256 or Ed25519, as PEM (SPKI) or JWK";
const PRIVATE_KEY: &str = "is a private key; it stays with the partner, and its public half belongs here";

/// A key about to be registered.
pub(super) struct NewKey {
    pub(super) key: PartnerKey,
    pub(super) algorithm: PartnerAlgorithm,
    /// The secret that was made, to be shown once.
    pub(super) secret: Option<Zeroizing<String>>,
}

/// The key in a file, or a secret that is made.
pub(super) async fn new(app: &App, partner: &PartnerId, file: &KeyFile, now: Timestamp) -> Result<NewKey, AdminError> {
    let id = app.rng.token();
    let key = |material| PartnerKey { id: id.clone(), material, added_at: now };
    if let Some(file) = &file.public_key {
        let public = public_key(file)?;
        let algorithm = PartnerAlgorithm::of_key(&public).ok_or_else(|| refused(file, NO_KEY))?;
        return Ok(NewKey { key: key(KeyMaterial::Public(public)), algorithm, secret: None });
    }
    // A secret that is no longer the deployment's would seal what no function opens.
    app.keyring.keys().await?;
    let brought = file.secret_file.as_deref().map(secret_in).transpose()?;
    let made = if brought.is_some() { None } else { Some(Zeroizing::new(data_encoding::BASE64URL_NOPAD.encode(&app.rng.bytes::<32>()))) };
    let secret = brought.as_ref().or(made.as_ref()).map(|secret| secret.as_bytes()).unwrap_or_default();
    let sealed = app.secrets.seal(&Store::partner_secret_place(partner, &id), secret)?;
    Ok(NewKey { key: key(KeyMaterial::Sealed(sealed)), algorithm: PartnerAlgorithm::HS256, secret: made })
}

fn secret_in(file: &Path) -> Result<Zeroizing<String>, AdminError> {
    let text = Zeroizing::new(read(file)?);
    let secret = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if !(SHORTEST_SECRET..=LONGEST_SECRET).contains(&secret.len()) {
        return Err(refused(file, SECRET_LENGTH));
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

fn public_key(file: &Path) -> Result<PublicKey, AdminError> {
    let text = Zeroizing::new(read(file)?);
    let parsed = if text.trim_start().starts_with('{') { of_jwk(file, &text)? } else { of_pem(file, &text)? };
    let sound = parsed.filter(PublicKey::is_sound);
    sound.ok_or_else(|| refused(file, NO_KEY))
}

fn of_jwk(file: &Path, text: &str) -> Result<Option<PublicKey>, AdminError> {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Ok(None) };
    if value.get("d").is_some() {
        return Err(refused(file, PRIVATE_KEY));
    }
    Ok(serde_json::from_value(value).ok())
}

fn of_pem(file: &Path, text: &str) -> Result<Option<PublicKey>, AdminError> {
    if text.contains("PRIVATE KEY") {
        return Err(refused(file, PRIVATE_KEY));
    }
    let Ok(info) = spki::SubjectPublicKeyInfoOwned::from_pem(text.trim()) else { return Ok(None) };
    let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let bytes = info.subject_public_key.raw_bytes();
    let curve = info.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
    Ok(match (info.algorithm.oid, curve, bytes.split_first()) {
        // An uncompressed point: 0x04, then both coordinates.
        (EC, Some(P256), Some((4, point))) if point.len() == 64 => {
            let (x, y) = point.split_at(32);
            Some(PublicKey::Ec { crv: "P-256".to_owned(), x: encode(x), y: encode(y) })
        }
        (ED25519, None, _) => Some(PublicKey::Okp { crv: "Ed25519".to_owned(), x: encode(bytes) }),
        _ => None,
    })
}

fn read(file: &Path) -> Result<String, AdminError> {
    fs::read_to_string(file).map_err(|problem| AdminError::File { path: file.display().to_string(), problem })
}

fn refused(file: &Path, why: &'static str) -> AdminError {
    AdminError::WrongFile { file: file.display().to_string(), why }
}
