//! PBKDF2 (RFC 8018) in three forms: `$pbkdf2-sha256$i=600000$…$…` (PHC), `$pbkdf2-sha256$29000$…$…` (passlib) and
//! `pbkdf2_sha256$600000$…$…` (Django).

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use data_encoding::BASE64_NOPAD;

use super::{HashError, LONGEST_SALT, OUTPUT};

/// What a stored hash may cost, in iterations of SHA-256: at so many it takes half a second.
const MOST_WORK: u64 = 1_300_000;

/// A PBKDF2 hash.
pub(super) struct Pbkdf2 {
    function: Function,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    expected: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Function {
    Sha1,
    Sha256,
    Sha512,
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        match name {
            "pbkdf2" | "pbkdf2-sha1" | "pbkdf2_sha1" => Some(Self::Sha1),
            "pbkdf2-sha256" | "pbkdf2_sha256" => Some(Self::Sha256),
            "pbkdf2-sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    fn output(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// What an iteration costs, in iterations of SHA-256: no processor has instructions for SHA-512 that have them for SHA-256.
    fn weight(self) -> u64 {
        match self {
            Self::Sha1 | Self::Sha256 => 1,
            Self::Sha512 => 3,
        }
    }
}

impl Pbkdf2 {
    pub(super) fn read(text: &str) -> Result<Self, HashError> {
        let django = !text.starts_with('$');
        let mut fields = text.split('$').skip(usize::from(!django));
        let (Some(name), Some(params), Some(salt), Some(hash), None) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(HashError::Unreadable);
        };
        let function = Function::named(name).ok_or(HashError::Unreadable)?;
        let expected = base64(hash)?;
        // Django takes the salt's text as it is.
        let salt = if django { salt.as_bytes().to_vec() } else { base64(salt)? };
        let iterations = iterations(params, expected.len())?;
        if salt.is_empty() || salt.len() > LONGEST_SALT || !OUTPUT.contains(&expected.len()) {
            return Err(HashError::Unreadable);
        }
        // A longer output than the function's is computed piece by piece, each as costly as the first.
        let pieces = expected.len().div_ceil(function.output()) as u64;
        if u64::from(iterations.get()) * pieces * function.weight() > MOST_WORK {
            return Err(HashError::TooCostly);
        }
        Ok(Self { function, iterations, salt, expected })
    }

    pub(super) fn fits(&self, password: &[u8]) -> bool {
        pbkdf2::verify(self.function.algorithm(), self.iterations, &self.salt, password, &self.expected).is_ok()
    }
}

/// `29000`, or `i=29000`, or `i=29000,l=32`.
fn iterations(params: &str, length: usize) -> Result<NonZeroU32, HashError> {
    let (count, rest) = params.split_once(',').map_or((params, None), |(count, rest)| (count, Some(rest)));
    let told = rest.map(|rest| rest.strip_prefix("l=").and_then(|length| length.parse::<usize>().ok()));
    let count = count.strip_prefix("i=").unwrap_or(count);
    if told.is_some_and(|told| told != Some(length)) {
        return Err(HashError::Unreadable);
    }
    count.parse().map_err(|_| HashError::Unreadable)
}

/// passlib writes a `.` for a `+`, and only Django pads.
fn base64(text: &str) -> Result<Vec<u8>, HashError> {
    BASE64_NOPAD.decode(text.trim_end_matches('=').replace('.', "+").as_bytes()).map_err(|_| HashError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes of RFC 6070 and of the documentation of passlib.
    #[test]
    fn published_hashes_verify() {
        for (password, text) in [
            ("password", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE"),
            ("password", "$pbkdf2-sha1$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE"),
            ("password", "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44"),
        ] {
            let hash = Pbkdf2::read(text).unwrap();
            assert!(hash.fits(password.as_bytes()) && !hash.fits(b"Password"), "{text}");
        }
    }
}
