//! Passwords: what is taken at sign-in, and what may become a new one.

use std::fmt;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::domain::address::Address;
use crate::rng::Rng;

/// The most bytes that are looked at: what is longer is refused before it costs anything.
pub const MOST_BYTES: usize = 1024;
const MOST_CHARACTERS: usize = 128;
/// Letters and digits that nobody mistakes for each other. Each is worth 4.9 bits.
const READABLE: &[u8; LETTERS as usize] = b"abcdefghjkmnpqrstvwxyz23456789";
const LETTERS: u32 = 30;
/// A drawn password has at least so many of them, which is 98 bits, in groups of four.
const DRAWN: usize = 20;
const GROUP: usize = 4;

static COMMON: LazyLock<Option<fst::Set<&'static [u8]>>> =
    LazyLock::new(|| fst::Set::new(&include_bytes!(concat!(env!("OUT_DIR"), "/common-passwords.fst"))[..]).ok());

/// Why a text is refused as a password, for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing was given.
    #[error("is required")]
    Missing,
    /// More bytes than are looked at.
    #[error("must have at most {MOST_BYTES} bytes")]
    TooLarge,
    /// Fewer characters than the policy asks for.
    #[error("must have at least {0} characters")]
    TooShort(usize),
    /// More than 128 characters.
    #[error("must have at most {MOST_CHARACTERS} characters")]
    TooLong,
    /// On the list of common passwords.
    #[error("is one of the most common passwords; choose another")]
    Common,
    /// The address, its local part or the name in disguise.
    #[error("is too close to the address or the name; choose another")]
    Personal,
}

/// A password as typed, in NFC. It is wiped when dropped and never printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

impl Password {
    /// Takes a password for comparison with a stored one. Policy is not asked: what was accepted once must go on working.
    ///
    /// # Errors
    /// [`PasswordError::Missing`] or [`PasswordError::TooLarge`].
    pub fn given(text: &str) -> Result<Self, PasswordError> {
        match text.len() {
            0 => Err(PasswordError::Missing),
            length if length > MOST_BYTES => Err(PasswordError::TooLarge),
            _ => Ok(Self(Zeroizing::new(text.nfc().collect()))),
        }
    }

    /// Takes a new password under the policy of `docs/decisions/passwords.md` (NIST SP 800-63B-4 section 3.1.1): length and
    /// what is easily guessed, no rules of composition. `own` are texts of the person's that it must not resemble.
    ///
    /// # Errors
    /// [`PasswordError`] says what is wrong.
    pub fn new(text: &str, least: usize, own: &[&str]) -> Result<Self, PasswordError> {
        let password = Self::given(text)?;
        let length = password.0.chars().count();
        if length < least {
            return Err(PasswordError::TooShort(least));
        }
        if length > MOST_CHARACTERS {
            return Err(PasswordError::TooLong);
        }
        let folded = Zeroizing::new(password.0.to_lowercase());
        let core = core_of(&folded);
        if is_common(&folded) {
            return Err(PasswordError::Common);
        }
        if own.iter().any(|text| !text.is_empty() && (*folded == text.to_lowercase() || core == core_of(&text.to_lowercase()))) {
            return Err(PasswordError::Personal);
        }
        Ok(password)
    }

    /// Draws a password of at least so many characters that can be read out, as `k7mz-3q9p-xw2t-hd5r-n6vb`.
    #[must_use]
    pub fn draw(least: usize, rng: &dyn Rng) -> Zeroizing<String> {
        let mut drawn = Zeroizing::new(String::with_capacity(2 * MOST_CHARACTERS));
        for index in 0..least.max(DRAWN) {
            if index > 0 && index % GROUP == 0 {
                drawn.push('-');
            }
            let letter = READABLE.get(rng.below(LETTERS) as usize).copied().unwrap_or(b'a');
            drawn.push(char::from(letter));
        }
        drawn
    }

    /// The texts of a person's that a new password must not resemble.
    #[must_use]
    pub fn own_texts<'a>(address: &'a Address, name: &'a str) -> [&'a str; 3] {
        match address {
            Address::Email(email) => [email.canonical(), email.local_part(), name],
            Address::Phone(phone) => [phone.e164(), phone.e164().trim_start_matches('+'), name],
        }
    }

    /// The bytes to hash.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Without digits and punctuation at both ends, where people put what they add to a word.
fn core_of(folded: &str) -> &str {
    let core = folded.trim_matches(|character: char| !character.is_alphabetic());
    if core.is_empty() { folded } else { core }
}

fn is_common(folded: &str) -> bool {
    COMMON.as_ref().is_some_and(|set| set.contains(folded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    fn refused(text: &str, own: &[&str]) -> Option<PasswordError> {
        Password::new(text, 8, own).err()
    }

    #[test]
    fn the_common_list_is_there_and_refuses() {
        assert!(COMMON.as_ref().is_some_and(|set| set.len() >= 10_000));
        for text in ["password1", "Password1", "qwertyuiop", "1234567890", "iloveyou1"] {
            assert_eq!(refused(text, &[]), Some(PasswordError::Common), "{text}");
        }
    }

    #[test]
    fn what_resembles_the_person_is_refused() {
        let own = ["ada.lovelace@example.com", "ada.lovelace", "Augusta Ada"];
        for text in ["ada.lovelace@example.com", "Ada.Lovelace1815!", "augusta ada 1815", "!!ada.lovelace!!"] {
            assert_eq!(refused(text, &own), Some(PasswordError::Personal), "{text}");
        }
        assert_eq!(refused("analytical engine", &own), None);
        assert_eq!(refused("24681357999", &["4711@example.com", "4711", ""]), None);
    }

    #[test]
    fn length_is_counted_in_characters_after_composition() {
        assert_eq!(refused("sieben7", &[]), Some(PasswordError::TooShort(8)));
        assert_eq!(refused(&"e\u{301}".repeat(7), &[]), Some(PasswordError::TooShort(8)));
        assert_eq!(refused(&"ü".repeat(128), &[]), None);
        assert_eq!(refused(&"u".repeat(129), &[]), Some(PasswordError::TooLong));
        assert_eq!(refused(&"u".repeat(1025), &[]), Some(PasswordError::TooLarge));
        assert_eq!(refused("", &[]), Some(PasswordError::Missing));
    }

    #[test]
    fn drawn_passwords_can_be_read_out_are_taken_and_differ() {
        let drawn = Password::draw(8, &SystemRng);
        assert_eq!(drawn.split('-').map(str::len).collect::<Vec<_>>(), [4; 5]);
        assert!(drawn.bytes().all(|byte| byte == b'-' || READABLE.contains(&byte)));
        assert_eq!(refused(&drawn, &[]), None);
        assert_ne!(drawn, Password::draw(8, &SystemRng));
        assert!(Password::draw(64, &SystemRng).chars().count() >= 64);
    }

    #[test]
    fn a_password_is_never_printed() {
        let password = Password::given("correct horse").unwrap();
        assert!(!format!("{password:?}").contains("horse"));
    }
}
