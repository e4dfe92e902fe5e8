//! scrypt as Firebase Authentication has it: the hash is the project's signer key, encrypted under a key that scrypt makes of the password.
//!
//! AES in counter mode encrypts by XOR with a stream that follows from its key alone. What a hash leaves once the signer key is taken off
//! is this stream: it is all that is stored, so that no key of the project is kept in the table.

use argon2::password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use data_encoding::BASE64_NOPAD;
use scrypt::Params;
use zeroize::Zeroizing;

use super::scrypt::{bounded, numbers};
use super::{HashError, OUTPUT, StoredHash};
use crate::secret;

const ALGORITHM: &str = "firebase-scrypt";
const KEY: usize = 32;
const IV: usize = 16;

/// What all hashes of a Firebase project have in common.
pub struct Project {
    signer_key: Zeroizing<Vec<u8>>,
    salt_separator: Vec<u8>,
    rounds: u32,
    memory_cost: u32,
}

/// A text that is not what Firebase writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be base64 as Firebase shows it")]
pub struct NotBase64;

impl Project {
    /// A project's parameters, as the Firebase console shows them.
    ///
    /// # Errors
    /// [`NotBase64`], for signer key or salt separator.
    pub fn new(signer_key: &str, salt_separator: &str, rounds: u32, memory_cost: u32) -> Result<Self, NotBase64> {
        let signer_key = Zeroizing::new(base64(signer_key).filter(|key| !key.is_empty()).ok_or(NotBase64)?);
        Ok(Self { signer_key, salt_separator: base64(salt_separator).ok_or(NotBase64)?, rounds, memory_cost })
    }

    /// Takes an account's hash, if it can be verified here within bounds.
    ///
    /// # Errors
    /// [`HashError::Unreadable`] or [`HashError::TooCostly`].
    pub fn import(&self, hash: &str, salt: &str) -> Result<StoredHash, HashError> {
        let (hash, salt) = base64(hash).zip(base64(salt)).ok_or(HashError::Unreadable)?;
        if hash.len() != self.signer_key.len() {
            return Err(HashError::Unreadable);
        }
        let stream: Vec<u8> = hash.iter().zip(&*self.signer_key).map(|(hash, key)| hash ^ key).collect();
        let mut params = ParamsString::new();
        params.add_decimal("ln", self.memory_cost).map_err(|_| HashError::Unreadable)?;
        params.add_decimal("r", self.rounds).map_err(|_| HashError::Unreadable)?;
        let phc = PasswordHash {
            algorithm: Ident::try_from(ALGORITHM).map_err(|_| HashError::Unreadable)?,
            version: None,
            params,
            salt: Some(Salt::new(&[salt, self.salt_separator.clone()].concat()).map_err(|_| HashError::Unreadable)?),
            hash: Some(Output::new(&stream).map_err(|_| HashError::Unreadable)?),
        };
        StoredHash::import(&phc.to_string())
    }
}

/// A hash without the signer key.
pub(super) struct Firebase {
    params: Params,
    salt: Salt,
    expected: Output,
}

impl Firebase {
    pub(super) fn read(phc: &PasswordHash) -> Result<Self, HashError> {
        let [memory_cost, rounds] = numbers(&phc.params, ["ln", "r"])?;
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return Err(HashError::Unreadable) };
        if !OUTPUT.contains(&expected.len()) {
            return Err(HashError::Unreadable);
        }
        Ok(Self { params: bounded(memory_cost, rounds, 1)?, salt, expected })
    }

    pub(super) fn fits(&self, password: &[u8]) -> Result<bool, HashError> {
        let mut key = Zeroizing::new([0; KEY]);
        scrypt::scrypt(password, &self.salt, &self.params, &mut *key).map_err(|_| HashError::Unreadable)?;
        let key = UnboundCipherKey::new(&AES_256, &*key).and_then(DecryptingKey::ctr).map_err(|_| HashError::Unreadable)?;
        // Encrypted zeros are the stream itself.
        let mut stream = Zeroizing::new(vec![0; self.expected.len()]);
        key.decrypt(&mut stream, DecryptionContext::Iv128([0; IV].into())).map_err(|_| HashError::Unreadable)?;
        Ok(secret::equal(&stream, self.expected.as_bytes()))
    }
}

/// Firebase's tools write either alphabet.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_end_matches('=').replace('-', "+").replace('_', "/");
    BASE64_NOPAD.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hash::{Hasher, Verdict};
    use crate::domain::password::Password;

    const SIGNER_KEY: &str = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==";
    const SALT: &str = "42xEC+ixf3L2lw==";
    const HASH: &str = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

    /// The example of Firebase's own scrypt tool.
    #[test]
    fn the_published_hash_verifies_without_the_signer_key() {
        let project = Project::new(SIGNER_KEY, "Bw==", 8, 14).unwrap();
        let stored = project.import(HASH, SALT).unwrap();
        assert!(stored.as_str().starts_with("$firebase-scrypt$ln=14,r=8$"), "{stored:?}");
        for secret in [SIGNER_KEY, HASH].map(|text| text.trim_end_matches('=')) {
            assert!(!stored.as_str().contains(secret));
        }
        let hasher = Hasher::default();
        let verify = |password: &str| hasher.verify(&Password::given(password).unwrap(), &stored).unwrap();
        assert_eq!(verify("user1password"), Verdict::RightButOutdated);
        assert_eq!(verify("user2password"), Verdict::Wrong);
    }

    #[test]
    fn what_does_not_belong_to_the_project_is_refused() {
        assert!(Project::new("?", "Bw==", 8, 14).is_err() && Project::new("", "Bw==", 8, 14).is_err());
        assert!(Project::new(SIGNER_KEY, "?", 8, 14).is_err());
        let project = Project::new(SIGNER_KEY, "Bw==", 8, 14).unwrap();
        for (hash, salt) in [("AAAA", SALT), ("?", SALT), (HASH, "?"), (HASH, "")] {
            assert!(matches!(project.import(hash, salt), Err(HashError::Unreadable)), "{hash} {salt}");
        }
        let costly = Project::new(SIGNER_KEY, "Bw==", 8, 30).unwrap();
        assert!(matches!(costly.import(HASH, SALT), Err(HashError::TooCostly)));
    }
}
