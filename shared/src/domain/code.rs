//! One-time codes: six digits, and what a code is good for.

use std::fmt;

use zeroize::Zeroizing;

use crate::domain::link::LinkTag;
use crate::domain::user::UserId;
use crate::rng::Rng;
use crate::secret::Key;

const CODES: u32 = 1_000_000;

/// What a code was sent for; it serves nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To prove the address of a registration.
    Signup,
    /// To sign in.
    SignIn,
    /// To set a new password.
    Reset,
    /// To prove an address that this account has added: one person's code never replaces another's.
    Verify(UserId),
    /// To prove that somebody has the number, whoever they are.
    StandAlone,
    /// To have one's account deleted.
    Delete,
    /// To get a copy of all that is held about oneself.
    Export,
    /// To link this user of a partner's to the person who has the number: one user's code never replaces another's.
    Partner(LinkTag),
}

impl Purpose {
    /// Its name in keys and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Signup => "signup",
            Self::SignIn => "sign-in",
            Self::Reset => "reset",
            Self::Verify(_) => "verify",
            Self::StandAlone => "stand-alone",
            Self::Delete => "delete",
            Self::Export => "export",
            Self::Partner(_) => "partner",
        }
    }
}

/// A text that is no code, for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the 6 digits of the code")]
pub struct NotACode;

/// A one-time code. It is wiped when dropped and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct OtpCode(Zeroizing<String>);

impl fmt::Debug for OtpCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OtpCode(…)")
    }
}

impl OtpCode {
    /// How many digits it has.
    pub const DIGITS: usize = 6;

    /// Draws a code.
    #[must_use]
    pub fn draw(rng: &dyn Rng) -> Self {
        Self(Zeroizing::new(format!("{:0width$}", rng.below(CODES), width = Self::DIGITS)))
    }

    /// Parses what a person typed: six ASCII digits, spaces at both ends dropped.
    ///
    /// # Errors
    /// [`NotACode`].
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let text = text.trim();
        let digits = text.len() == Self::DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(Zeroizing::new(text.to_owned()))).ok_or(NotACode)
    }

    /// Parses what a surface takes that lets codes have four to eight digits: with another number of them than six it is wrong, and
    /// counted like any wrong one.
    ///
    /// # Errors
    /// [`NotACode`].
    pub fn parse_of_any_length(text: &str) -> Result<Self, NotACode> {
        let text = text.trim();
        let digits = (4..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(Zeroizing::new(text.to_owned()))).ok_or(NotACode)
    }

    /// The digits, for the message that carries them.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// What is stored instead of the code: bound to one challenge, so that it proves nothing elsewhere.
    #[must_use]
    pub fn mac(&self, key: &Key, challenge: &str) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&key.mac(&[challenge.as_bytes(), self.0.as_bytes()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn a_code_has_six_digits() {
        for _ in 0..1000 {
            let code = OtpCode::draw(&SystemRng);
            assert_eq!(OtpCode::parse(code.digits()), Ok(code.clone()));
        }
        for text in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "+12345"] {
            assert_eq!(OtpCode::parse(text), Err(NotACode), "{text}");
        }
    }
}
