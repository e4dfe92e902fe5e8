//! Password hashes: Argon2id (RFC 9106) as PHC strings is what is made here; what was made elsewhere is verified until its owner signs
//! in, and replaced then.
//!
//! - `argon`: Argon2, the present parameters and all others; `bcrypt`, `scrypt`, `pbkdf2`: what was imported
//! - [`firebase`]: scrypt as Firebase has it
//!
//! Each file says what a hash may cost that is verified there.

mod argon;
mod bcrypt;
pub mod firebase;
mod pbkdf2;
mod scrypt;

use std::time::Instant;

use argon2::password_hash::phc::PasswordHash;

use self::argon::{Argon, Workspace};
use self::bcrypt::Bcrypt;
use self::firebase::Firebase;
use self::pbkdf2::Pbkdf2;
use self::scrypt::Scrypt;
use crate::domain::password::Password;
use crate::rng::Rng;
use crate::telemetry::{self, Metric};

/// The longest text of a hash, in bytes: salt and output of the largest kind, and parameters.
const LONGEST: usize = 512;
/// Bytes of an output: fewer could be guessed, more were never written by anybody.
const OUTPUT: std::ops::RangeInclusive<usize> = 16..=64;
/// The longest salt, in bytes.
const LONGEST_SALT: usize = 64;

/// A password hash as text: a PHC string, or another form that was imported.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct StoredHash(String);

/// Why a stored hash cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Not of a form that is known here.
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
    /// The right one, but the hash is of another kind or of older parameters and should be replaced.
    RightButOutdated,
    /// Another one.
    Wrong,
}

/// A stored hash, read, and within its bounds.
enum Readable {
    Argon(Argon),
    Bcrypt(Bcrypt),
    Firebase(Firebase),
    Pbkdf2(Pbkdf2),
    Scrypt(Scrypt),
}

impl StoredHash {
    /// Takes a hash that was made elsewhere, if it can be verified here within bounds.
    ///
    /// # Errors
    /// [`HashError::Unreadable`] or [`HashError::TooCostly`].
    pub fn import(text: &str) -> Result<Self, HashError> {
        let hash = Self(text.to_owned());
        hash.read().map(|_| hash)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn read(&self) -> Result<Readable, HashError> {
        let text = self.0.as_str();
        if text.len() > LONGEST {
            return Err(HashError::Unreadable);
        }
        if text.starts_with("$2") {
            return Bcrypt::read(text).map(Readable::Bcrypt);
        }
        if text.starts_with("$pbkdf2") || text.starts_with("pbkdf2_") {
            return Pbkdf2::read(text).map(Readable::Pbkdf2);
        }
        let phc = PasswordHash::new(text).map_err(|_| HashError::Unreadable)?;
        match phc.algorithm.as_str() {
            "scrypt" => Scrypt::read(&phc).map(Readable::Scrypt),
            "firebase-scrypt" => Firebase::read(&phc).map(Readable::Firebase),
            _ => Argon::read(&phc).map(Readable::Argon),
        }
    }
}

/// Computes hashes. One block of memory is kept, so that an instance neither allocates nor faults pages in for each password;
/// it is wiped after each use. Computations at the same time take memory of their own.
#[derive(Default)]
pub struct Hasher {
    workspace: Workspace,
}

impl Hasher {
    /// Hashes a new password with a random salt.
    ///
    /// # Errors
    /// [`HashError::Refused`], which happens for no password within its bounds.
    pub fn hash(&self, password: &Password, rng: &dyn Rng) -> Result<StoredHash, HashError> {
        let _measured = Measured::begin();
        argon::make(&self.workspace, password.bytes(), &rng.bytes()).map(StoredHash)
    }

    /// Compares a password with a stored hash, in constant time once computed.
    ///
    /// # Errors
    /// [`HashError`] if the stored hash cannot be read or costs too much.
    pub fn verify(&self, password: &Password, stored: &StoredHash) -> Result<Verdict, HashError> {
        let readable = stored.read()?;
        let _measured = Measured::begin();
        let (password, present) = (password.bytes(), matches!(&readable, Readable::Argon(argon) if argon.is_present()));
        let right = match readable {
            Readable::Argon(argon) => argon.fits(&self.workspace, password)?,
            Readable::Bcrypt(bcrypt) => bcrypt.fits(password),
            Readable::Firebase(firebase) => firebase.fits(password)?,
            Readable::Pbkdf2(pbkdf2) => pbkdf2.fits(password),
            Readable::Scrypt(scrypt) => scrypt.fits(password)?,
        };
        Ok(match (right, present) {
            (true, true) => Verdict::Right,
            (true, false) => Verdict::RightButOutdated,
            (false, _) => Verdict::Wrong,
        })
    }

    /// Does the work of one comparison where there is nothing to compare with, so that both cost the same.
    ///
    /// # Errors
    /// As [`Hasher::hash`].
    pub fn pretend(&self, password: &Password) -> Result<Verdict, HashError> {
        let _measured = Measured::begin();
        argon::pretend(&self.workspace, password.bytes()).map(|()| Verdict::Wrong)
    }
}

/// Measures how long a hash takes.
struct Measured(Instant);

impl Measured {
    fn begin() -> Self {
        Self(Instant::now())
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        telemetry::measure(Metric::HashTime, self.0.elapsed().as_secs_f64() * 1000.0, &[]);
    }
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Argon2, Params, Version};

    use super::*;
    use crate::rng::SystemRng;

    fn verify(text: &str, password: &str) -> Result<Verdict, HashError> {
        Hasher::default().verify(&Password::given(password).unwrap(), &StoredHash(text.to_owned()))
    }

    fn password(text: &str) -> Password {
        Password::given(text).unwrap()
    }

    /// Hashes of `correct horse` by Python's hashlib and crypt, in the forms of the PHC, passlib and Django.
    const IMPORTED: &[&str] = &[
        "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2",
        "$scrypt$ln=12,r=8,p=2$MDEyMzQ1Njc4OWFiY2RlZg$KLlIkDxCmRzr06X94K1F9+8vrKuIYUc3RJ6ozADVXTM",
        "$pbkdf2-sha1$i=1000,l=20$MDEyMzQ1Njc4OWFiY2RlZg$aUfE2vx5Q7zgbb0jx49AaNpXUQQ",
        "$pbkdf2$1000$MDEyMzQ1Njc4OWFiY2RlZg$aUfE2vx5Q7zgbb0jx49AaNpXUQQ",
        "$pbkdf2-sha256$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M",
        "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$OM0FAoIqCVK1sWtxDiffVlBejtLa.ks4TP71JiecwuSZCG8iLbnlIEPOMoVX.i2B2wkSxjQ8CRGR9OkNGuIPMQ",
        "pbkdf2_sha256$1000$0123456789abcdef$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M=",
    ];

    /// From the tests of the reference implementation; the one without a version is of the first.
    const REFERENCE: &[&str] = &[
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
        "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ];

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
    fn hashes_of_other_makers_verify_and_are_outdated() {
        let of = |right, text| (right, text);
        for (right, text) in
            IMPORTED.iter().map(|text| of("correct horse", *text)).chain(REFERENCE.iter().map(|text| of("password", *text)))
        {
            assert_eq!(verify(text, right).unwrap(), Verdict::RightButOutdated, "{text}");
            assert_eq!(verify(text, "correct horsE").unwrap(), Verdict::Wrong, "{text}");
            assert_eq!(StoredHash::import(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn argon2_of_every_kind_and_length_verifies_and_leaves_the_workspace_as_it_was() {
        let hasher = Hasher::default();
        let stored = hasher.hash(&password("password"), &SystemRng).unwrap();
        for (algorithm, length) in [(Algorithm::Argon2d, 16), (Algorithm::Argon2i, 48), (Algorithm::Argon2id, 64)] {
            let params = Params::new(20_000, 3, 4, None).unwrap();
            let mut digest = vec![0; length];
            Argon2::new(algorithm, Version::V0x13, params).hash_password_into(b"password", b"somesalt", &mut digest).unwrap();
            let text = format!("${algorithm}$v=19$m=20000,t=3,p=4$c29tZXNhbHQ${}", data_encoding::BASE64_NOPAD.encode(&digest));
            assert_eq!(hasher.verify(&password("password"), &StoredHash(text)).unwrap(), Verdict::RightButOutdated);
            assert_eq!(hasher.verify(&password("password"), &stored).unwrap(), Verdict::Right);
        }
    }

    #[test]
    fn a_hash_that_would_cost_too_much_is_refused_at_import_and_at_verify() {
        let hash = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
        let argon = |params: &str| format!("$argon2id$v=19${params}$c29tZXNhbHQ${hash}");
        for text in [
            argon("m=1048576,t=1000,p=1"),
            argon("m=65537,t=1,p=1"),
            argon("m=65536,t=11,p=1"),
            argon("m=65536,t=1,p=5"),
            format!("$2b$31${}", "a".repeat(53)),
            format!("$2b$14${}", "a".repeat(53)),
            format!("$scrypt$ln=30,r=8,p=1$c29tZXNhbHQ${hash}"),
            format!("$scrypt$ln=17,r=8,p=1$c29tZXNhbHQ${hash}"),
            format!("$scrypt$ln=16,r=8,p=3$c29tZXNhbHQ${hash}"),
            format!("$scrypt$ln=1,r=4294967295,p=4294967295$c29tZXNhbHQ${hash}"),
            format!("$firebase-scrypt$ln=30,r=8$c29tZXNhbHQ${hash}"),
            format!("$pbkdf2-sha256$i=1300001$c29tZXNhbHQ${hash}"),
            format!("$pbkdf2-sha512$i=4000000000$c29tZXNhbHQ${hash}"),
            format!("$pbkdf2-sha1$i=1300000,l=32$c29tZXNhbHQ${hash}"),
            format!("pbkdf2_sha256$99999999$salt${hash}="),
        ] {
            assert!(matches!(verify(&text, "password"), Err(HashError::TooCostly)), "{text}");
            assert!(matches!(StoredHash::import(&text), Err(HashError::TooCostly)), "{text}");
        }
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        let hash = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
        for text in [
            String::new(),
            "no hash".to_owned(),
            "5f4dcc3b5aa765d61d8327deb882cf99".to_owned(),
            format!("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ${}", "a".repeat(2000)),
            format!("$argon2id$v=19$m=19456,t=2,p=1,data=AAAA$c29tZXNhbHQ${hash}"),
            format!("$argon2id$v=18$m=19456,t=2,p=1$c29tZXNhbHQ${hash}"),
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$YWFhYWFhYWFhYWE".to_owned(),
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ".to_owned(),
            format!("$2x$10${}", "a".repeat(53)),
            format!("$2b$03${}", "a".repeat(53)),
            format!("$2b$10${}", "a".repeat(52)),
            format!("$2b$10${}", "a".repeat(54)),
            format!("$2b$+9${}", "a".repeat(53)),
            format!("$scrypt$ln=0,r=8,p=1$c29tZXNhbHQ${hash}"),
            format!("$scrypt$ln=10,r=0,p=1$c29tZXNhbHQ${hash}"),
            format!("$scrypt$ln=10,r=8$c29tZXNhbHQ${hash}"),
            format!("$scrypt$ln=10,r=8,p=1,x=1$c29tZXNhbHQ${hash}"),
            format!("$pbkdf2-sha256$i=0$c29tZXNhbHQ${hash}"),
            format!("$pbkdf2-sha256$i=1000,l=31$c29tZXNhbHQ${hash}"),
            format!("$pbkdf2-sha256$i=1000,x=31$c29tZXNhbHQ${hash}"),
            format!("$pbkdf2-md5$i=1000$c29tZXNhbHQ${hash}"),
            format!("$pbkdf2-sha256$1000$$ {hash}"),
            format!("$pbkdf2-sha256$1000$c29tZXNhbHQ${hash}$more"),
            format!("pbkdf2_sha256$1000${}${hash}=", "s".repeat(65)),
        ] {
            assert!(matches!(verify(&text, "password"), Err(HashError::Unreadable)), "{text}");
        }
    }
}
