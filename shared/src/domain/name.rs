//! People's names.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

const LONGEST: usize = 100;

/// Why a text is no name, for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("is required")]
    Missing,
    /// More than 100 characters.
    #[error("must have at most {LONGEST} characters")]
    TooLong,
    /// A control character, or one that turns the direction of the text around it.
    #[error("must not contain control characters")]
    Control,
}

/// A person's name: NFC, 1 to 100 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Parses a name; spaces at both ends are dropped.
    ///
    /// # Errors
    /// [`NameError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        // Cut before normalising: a long text of combining marks must not cost more than a name.
        if text.chars().nth(4 * LONGEST).is_some() {
            return Err(NameError::TooLong);
        }
        let name: String = text.trim().nfc().collect();
        match name.chars().count() {
            0 => Err(NameError::Missing),
            count if count > LONGEST => Err(NameError::TooLong),
            _ if name.chars().any(is_control) => Err(NameError::Control),
            _ => Ok(Self(name)),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_composed_and_bounded() {
        assert_eq!(Name::parse(" Zoe\u{308} ").map(|name| name.as_str().to_owned()), Ok("Zoë".to_owned()));
        assert!(Name::parse(&"é".repeat(100)).is_ok());
        assert_eq!(Name::parse(&"é".repeat(101)), Err(NameError::TooLong));
        assert_eq!(Name::parse(&"e\u{301}".repeat(100_000)), Err(NameError::TooLong));
        assert_eq!(Name::parse("  "), Err(NameError::Missing));
        for text in ["a\u{0}b", "a\nb", "a\u{202e}b"] {
            assert_eq!(Name::parse(text), Err(NameError::Control));
        }
    }
}
