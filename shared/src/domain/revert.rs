//! The link by which a former primary mail address takes its place back: the account and a code of 128 bits. The code is made of a nonce
//! in the table under a key that is not there: neither alone is enough.

use data_encoding::BASE64URL_NOPAD;

use crate::domain::address::Email;
use crate::domain::primary::Former;
use crate::domain::user::UserId;
use crate::secret::{self, Key};

const HALF: usize = 16;

/// The token of such a link.
#[derive(Clone, PartialEq, Eq)]
pub struct RevertToken {
    /// The account.
    pub user: UserId,
    code: [u8; HALF],
}

impl RevertToken {
    /// The token of an account's former primary mail address, if it has one.
    #[must_use]
    pub fn of(user: UserId, former: &Former<Email>, key: &Key) -> Option<Self> {
        let nonce = former.nonce.as_deref()?;
        let mac = key.mac(&[&user.bytes(), &former.id.to_be_bytes(), nonce.as_bytes()]);
        let mut code = [0; HALF];
        code.copy_from_slice(&mac[..HALF]);
        Some(Self { user, code })
    }

    /// Reads what was mailed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 2 * HALF] = BASE64URL_NOPAD.decode(text.trim().as_bytes()).ok()?.try_into().ok()?;
        let (user, code) = bytes.split_at(HALF);
        Some(Self { user: UserId::of_bytes(user.try_into().ok()?), code: code.try_into().ok()? })
    }

    /// What is mailed: 43 characters of base64url.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&[self.user.bytes(), self.code].concat())
    }

    /// Whether it is the token of that address.
    #[must_use]
    pub fn is_of(&self, former: &Former<Email>, key: &Key) -> bool {
        Self::of(self.user, former, key).is_some_and(|token| secret::equal(&self.code, &token.code))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::rng::SystemRng;

    fn former(id: u64, nonce: Option<&str>) -> Former<Email> {
        let address = Email::parse("ada@example.com").unwrap();
        Former { id, address, since: Timestamp::UNIX_EPOCH, until: Timestamp::MAX, young_until: None, nonce: nonce.map(str::to_owned) }
    }

    #[test]
    fn a_token_is_of_one_address_of_one_account_at_one_time() {
        let (key, user) = (Key::derive(b"material", "revert"), UserId::new(Timestamp::UNIX_EPOCH, &SystemRng));
        let first = former(1, Some("a"));
        let token = RevertToken::parse(&RevertToken::of(user, &first, &key).unwrap().text()).unwrap();
        assert!(token.user == user && token.is_of(&first, &key));
        assert!(!token.is_of(&former(2, Some("a")), &key) && !token.is_of(&former(1, Some("b")), &key));
        assert!(!token.is_of(&first, &Key::derive(b"other", "revert")));
        assert!(RevertToken::of(user, &former(1, None), &key).is_none() && !token.is_of(&former(1, None), &key));
    }

    #[test]
    fn what_is_no_token_is_none() {
        for text in ["", "short", &"A".repeat(44), &"*".repeat(43), &"A".repeat(5000)] {
            assert!(RevertToken::parse(text).is_none());
        }
    }
}
