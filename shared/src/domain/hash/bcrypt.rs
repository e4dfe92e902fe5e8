//! bcrypt, as `$2b$12$…` (modular crypt format).

use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use zeroize::Zeroizing;

use super::HashError;
use crate::secret;

/// The old system cut passwords at so many bytes, and so does whoever verifies its hashes.
const LONGEST_KEY: usize = 72;
const SALT: usize = 16;
/// bcrypt computes one byte more and writes these.
const OUTPUT: usize = 23;
const SALT_TEXT: usize = 22;

/// What a stored hash may cost: each step doubles it, and at 13 it takes half a second.
const MOST_COST: u32 = 13;
const LEAST_COST: u32 = 4;

/// Some makers leave rubbish in the bits that do not count.
static BASE64: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    specification.check_trailing_bits = false;
    specification.encoding().ok()
});

/// A bcrypt hash.
pub(super) struct Bcrypt {
    cost: u32,
    salt: [u8; SALT],
    expected: [u8; OUTPUT],
}

impl Bcrypt {
    /// Reads `$2a$`, `$2b$` and `$2y$`, which are one; `$2x$` marks hashes of an implementation that was broken.
    pub(super) fn read(text: &str) -> Result<Self, HashError> {
        let mut fields = text.split('$').skip(1);
        let (Some("2a" | "2b" | "2y"), Some(cost), Some(body), None) = (fields.next(), fields.next(), fields.next(), fields.next()) else {
            return Err(HashError::Unreadable);
        };
        let digits = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
        let cost: u32 = cost.parse().ok().filter(|cost| digits && *cost >= LEAST_COST).ok_or(HashError::Unreadable)?;
        let (salt, expected) = body.split_at_checked(SALT_TEXT).ok_or(HashError::Unreadable)?;
        let hash = Self { cost, salt: decode(salt)?, expected: decode(expected)? };
        if cost > MOST_COST { Err(HashError::TooCostly) } else { Ok(hash) }
    }

    pub(super) fn fits(&self, password: &[u8]) -> bool {
        // To the old system a password ended at its first NUL: one that has a NUL was never taken, and would pass for a shorter one.
        let taken = !password.contains(&0);
        let mut key = Zeroizing::new(password.to_vec());
        key.push(0);
        key.truncate(LONGEST_KEY);
        let digest = Zeroizing::new(bcrypt::bcrypt(self.cost, self.salt, &key));
        secret::equal(&digest[..OUTPUT], &self.expected) && taken
    }
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], HashError> {
    let bytes = BASE64.as_ref().and_then(|encoding| encoding.decode(text.as_bytes()).ok());
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(HashError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hashes of jBCrypt's tests.
    #[test]
    fn published_hashes_verify() {
        for (password, text) in [
            ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
            ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
            ("abcdefghijklmnopqrstuvwxyz", "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz."),
        ] {
            for version in ["$2a$", "$2b$", "$2y$"] {
                let text = text.replace("$2a$", version);
                assert!(Bcrypt::read(&text).unwrap().fits(password.as_bytes()), "{text}");
            }
        }
    }

    #[test]
    fn passwords_are_cut_at_72_bytes_as_the_old_system_did_and_a_nul_is_wrong() {
        let salt = [7; SALT];
        let made = |key: &[u8]| {
            let digest = bcrypt::bcrypt(4, salt, key);
            Bcrypt { cost: 4, salt, expected: digest[..OUTPUT].try_into().unwrap() }
        };
        let long = "x".repeat(72);
        assert!(made(long.as_bytes()).fits(format!("{long} and more").as_bytes()));
        assert!(!made(long.as_bytes()).fits("x".repeat(71).as_bytes()));
        assert!(made(b"short\0").fits(b"short"));
        assert!(!made(b"short\0").fits(b"short\0"));
        assert!(!made(b"short\0long\0").fits(b"short\0long"));
    }
}
