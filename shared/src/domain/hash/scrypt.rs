//! scrypt (RFC 7914) as a PHC string: `$scrypt$ln=15,r=8,p=1$…$…`.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use scrypt::Params;
use zeroize::Zeroizing;

use super::{HashError, OUTPUT};
use crate::secret;

/// What a stored hash may cost: 64 MiB, of which an instance has enough, gone through twice, which takes half a second.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;
const MOST_WORK: u64 = 2 * MOST_MEMORY;
/// N may not be larger than a number that its product with the others is reckoned in.
const MOST_LOG_N: u32 = 30;

/// An scrypt hash.
pub(super) struct Scrypt {
    params: Params,
    salt: Salt,
    expected: Output,
}

impl Scrypt {
    pub(super) fn read(phc: &PasswordHash) -> Result<Self, HashError> {
        let [log_n, r, p] = numbers(&phc.params, ["ln", "r", "p"])?;
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return Err(HashError::Unreadable) };
        if !OUTPUT.contains(&expected.len()) {
            return Err(HashError::Unreadable);
        }
        Ok(Self { params: bounded(log_n, r, p)?, salt, expected })
    }

    pub(super) fn fits(&self, password: &[u8]) -> Result<bool, HashError> {
        let mut digest = Zeroizing::new(vec![0; self.expected.len()]);
        scrypt::scrypt(password, &self.salt, &self.params, &mut digest).map_err(|_| HashError::Unreadable)?;
        Ok(secret::equal(&digest, self.expected.as_bytes()))
    }
}

/// The numbers of a PHC string, which has these parameters and no others.
pub(super) fn numbers<const N: usize>(params: &ParamsString, names: [&str; N]) -> Result<[u32; N], HashError> {
    let found = names.map(|name| params.get_decimal(name).filter(|number| *number > 0));
    if params.iter().count() != N || found.contains(&None) {
        return Err(HashError::Unreadable);
    }
    Ok(found.map(Option::unwrap_or_default))
}

/// Parameters within bounds.
pub(super) fn bounded(log_n: u32, r: u32, p: u32) -> Result<Params, HashError> {
    let n = 1_u64 << log_n.min(MOST_LOG_N);
    let memory = n.saturating_mul(128).saturating_mul(r.into());
    if log_n > MOST_LOG_N || memory > MOST_MEMORY || memory.saturating_mul(p.into()) > MOST_WORK {
        return Err(HashError::TooCostly);
    }
    let log_n = u8::try_from(log_n).map_err(|_| HashError::TooCostly)?;
    Params::new(log_n, r, p).map_err(|_| HashError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7914, section 12.
    #[test]
    fn a_published_hash_verifies() {
        let phc = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw";
        let hash = Scrypt::read(&PasswordHash::new(phc).unwrap()).unwrap();
        assert!(hash.fits(b"pleaseletmein").unwrap());
        assert!(!hash.fits(b"pleaseletmeout").unwrap());
    }
}
