//! Password hashes: Argon2id (RFC 9106) as PHC strings, computed in memory that is reused and wiped.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use argon2::password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroize;

use crate::domain::password::Password;
use crate::rng::Rng;
use crate::secret;
use crate::telemetry::{self, Metric};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const LENGTH: usize = 32;

/// Bounds on the parameters of a stored hash: what costs more is refused instead of computed.
const MOST_MEMORY_KIB: u32 = 65_536;
const MOST_PASSES: u32 = 10;

/// A password hash as a PHC string.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct StoredHash(String);

/// Why a stored hash cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Not a PHC string of an algorithm that is known here.
    #[error("a stored password hash cannot be read")]
    Unreadable,
    /// Its parameters would cost more than is allowed.
    #[error("a stored password hash asks for more memory or time than is allowed")]
    TooCostly,
    /// The hash function refused its input.
    #[error("a password could not be hashed: {0}")]
    Refused(argon2::Error),
}

/// What comparing a password with a stored hash gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The right one.
    Right,
    /// The right one, but the hash is of older parameters and should be replaced.
    RightButOutdated,
    /// Another one.
    Wrong,
}

/// Computes hashes. One block of memory is kept, so that an instance neither allocates nor faults pages in for each password;
/// it is wiped after each use. Computations at the same time take memory of their own.
#[derive(Default)]
pub struct Hasher {
    spare: Mutex<Option<Vec<Block>>>,
}

impl Hasher {
    /// Hashes a new password with a random salt.
    ///
    /// # Errors
    /// [`HashError::Refused`], which happens for no password within its bounds.
    pub fn hash(&self, password: &Password, rng: &dyn Rng) -> Result<StoredHash, HashError> {
        let salt = rng.bytes::<16>();
        let params = present_params()?;
        let digest = self.compute(&params, password, &salt)?;
        let hash = PasswordHash {
            algorithm: Ident::try_from("argon2id").map_err(|_| HashError::Unreadable)?,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(|_| HashError::Unreadable)?,
            salt: Some(Salt::new(&salt).map_err(|_| HashError::Unreadable)?),
            hash: Some(Output::new(&digest).map_err(|_| HashError::Unreadable)?),
        };
        Ok(StoredHash(hash.to_string()))
    }

    /// Compares a password with a stored hash, in constant time once computed.
    ///
    /// # Errors
    /// [`HashError`] if the stored hash cannot be read or costs too much.
    pub fn verify(&self, password: &Password, stored: &StoredHash) -> Result<Verdict, HashError> {
        let parsed = PasswordHash::new(&stored.0).map_err(|_| HashError::Unreadable)?;
        let (Some(salt), Some(expected)) = (parsed.salt.as_ref(), parsed.hash.as_ref()) else { return Err(HashError::Unreadable) };
        if parsed.algorithm.as_str() != "argon2id" || expected.len() != LENGTH {
            return Err(HashError::Unreadable);
        }
        let params = Params::try_from(&parsed).map_err(|_| HashError::Unreadable)?;
        if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_PASSES || params.p_cost() > 4 {
            return Err(HashError::TooCostly);
        }
        let digest = self.compute(&params, password, salt)?;
        if !secret::equal(&digest, expected.as_bytes()) {
            return Ok(Verdict::Wrong);
        }
        let present = (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
        Ok(if present { Verdict::Right } else { Verdict::RightButOutdated })
    }

    /// Does the work of one comparison where there is nothing to compare with, so that both cost the same.
    ///
    /// # Errors
    /// As [`Hasher::hash`].
    pub fn pretend(&self, password: &Password) -> Result<Verdict, HashError> {
        self.compute(&present_params()?, password, &[0; 16]).map(|_| Verdict::Wrong)
    }

    fn compute(&self, params: &Params, password: &Password, salt: &[u8]) -> Result<[u8; LENGTH], HashError> {
        let mut memory = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        memory.resize(params.block_count().max(memory.len()), Block::default());
        let mut digest = [0; LENGTH];
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let started = Instant::now();
        let outcome = argon.hash_password_into_with_memory(password.bytes(), salt, &mut digest, &mut memory[..params.block_count()]);
        telemetry::measure(Metric::HashTime, started.elapsed().as_secs_f64() * 1000.0, &[]);
        // Block by block: a vector that is wiped as a whole is emptied, wiped again to its capacity, and has to be filled anew.
        memory.iter_mut().zeroize();
        *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(memory);
        outcome.map(|()| digest).map_err(HashError::Refused)
    }
}

fn present_params() -> Result<Params, HashError> {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(LENGTH)).map_err(HashError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    fn password(text: &str) -> Password {
        Password::given(text).unwrap()
    }

    #[test]
    fn a_hash_verifies_its_password_and_no_other() {
        let hasher = Hasher::default();
        let stored = hasher.hash(&password("correct horse"), &SystemRng).unwrap();
        assert!(stored.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored:?}");
        assert_eq!(hasher.verify(&password("correct horse"), &stored).unwrap(), Verdict::Right);
        assert_eq!(hasher.verify(&password("correct horsE"), &stored).unwrap(), Verdict::Wrong);
        assert_eq!(hasher.pretend(&password("correct horse")).unwrap(), Verdict::Wrong);
    }

    #[test]
    fn passwords_that_agree_in_their_first_72_bytes_differ() {
        let hasher = Hasher::default();
        let (one, other) = (format!("{}a", "x".repeat(72)), format!("{}b", "x".repeat(72)));
        let stored = hasher.hash(&password(&one), &SystemRng).unwrap();
        assert_eq!(hasher.verify(&password(&other), &stored).unwrap(), Verdict::Wrong);
    }

    #[test]
    fn hashes_of_other_makers_with_other_parameters_verify_and_are_outdated() {
        // The example of the PHC string format's reference implementation for argon2id.
        let params = Params::new(4096, 3, 1, Some(LENGTH)).unwrap();
        let mut digest = [0; LENGTH];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(b"password", b"somesalt", &mut digest).unwrap();
        let text = format!("$argon2id$v=19$m=4096,t=3,p=1$c29tZXNhbHQ${}", data_encoding::BASE64_NOPAD.encode(&digest));
        assert_eq!(Hasher::default().verify(&password("password"), &StoredHash(text)).unwrap(), Verdict::RightButOutdated);
    }

    #[test]
    fn a_hash_that_would_cost_too_much_is_refused() {
        let text = "$argon2id$v=19$m=1048576,t=1000,p=1$c29tZXNhbHQ$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
        let outcome = Hasher::default().verify(&password("password"), &StoredHash(text.to_owned()));
        assert!(matches!(outcome, Err(HashError::TooCostly)), "{outcome:?}");
    }
}
