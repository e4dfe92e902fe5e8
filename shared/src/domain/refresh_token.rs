//! Refresh tokens: `lk1.<key id>.<user>.<session>.<counter>.<inner>.<mac>`.
//!
//! The mac, under a key derived from the root secret, lets a forged token die before any request to the table. The inner code,
//! under random bytes that stand only in the session, makes the root secret alone useless: it takes both to make a token.
//! All of it follows from the session and its counter, so that every instance computes the same successor, byte for byte.

use data_encoding::BASE64URL_NOPAD;

use crate::domain::session::{Session, SessionId};
use crate::domain::user::UserId;
use crate::secret::{self, Secrets};

const VERSION: &str = "lk1";
const LONGEST: usize = 256;

/// A refresh token whose mac was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whose session it continues.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// How many rotations came before it.
    pub counter: u64,
    inner: [u8; 32],
}

impl RefreshToken {
    /// The refresh token that continues `session` as it stands; `None` if the session's key is no longer accepted.
    #[must_use]
    pub fn of(session: &Session, secrets: &Secrets) -> Option<String> {
        let inner = BASE64URL_NOPAD.encode(&inner_code(session, session.counter));
        let Session { key_id, user, id, counter, .. } = session;
        let head = format!("{VERSION}.{key_id}.{}.{}.{counter}.{inner}", user.simple(), id.as_str());
        let mac = secrets.refresh_key(key_id)?.mac(&[head.as_bytes()]);
        Some(format!("{head}.{}", BASE64URL_NOPAD.encode(&mac)))
    }

    /// Reads a token. Anything but a token of ours, whole and unchanged, is `None`.
    #[must_use]
    pub fn parse(text: &str, secrets: &Secrets) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (head, mac) = text.rsplit_once('.')?;
        let mut parts = head.split('.');
        let (version, key_id) = (parts.next()?, parts.next()?);
        let expected = secrets.refresh_key(key_id)?.mac(&[head.as_bytes()]);
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).ok()?;
        if version != VERSION || !secret::equal(&mac, &expected) {
            return None;
        }
        let user = UserId::parse_simple(parts.next()?)?;
        let session = SessionId::parse(parts.next()?)?;
        let counter = parts.next()?.parse().ok()?;
        let inner = BASE64URL_NOPAD.decode(parts.next()?.as_bytes()).ok()?.try_into().ok()?;
        parts.next().is_none().then_some(Self { user, session, counter, inner })
    }

    /// Whether whoever made the token knew the session's own random bytes.
    #[must_use]
    pub fn was_made_for(&self, session: &Session) -> bool {
        secret::equal(&self.inner, &inner_code(session, self.counter))
    }
}

fn inner_code(session: &Session, counter: u64) -> [u8; 32] {
    secret::mac(session.inner_key.as_bytes(), &[session.id.as_str().as_bytes(), &counter.to_be_bytes()])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::rng::{Rng, SystemRng};

    fn session(secrets: &Secrets) -> Session {
        let rng: &dyn Rng = &SystemRng;
        let now = Timestamp::UNIX_EPOCH;
        Session {
            id: SessionId::draw(rng),
            user: UserId::new(now, rng),
            counter: 7,
            inner_key: rng.token(),
            device: String::new(),
            client: String::new(),
            audience: String::new(),
            amr: Vec::new(),
            epoch: 1,
            binding: None,
            key_id: secrets.key_id().to_owned(),
            created_at: now,
            rotated_at: now,
            idle_end: now,
            absolute_end: now,
        }
    }

    #[test]
    fn a_token_is_the_same_however_often_it_is_made_and_reads_back() {
        let secrets = Secrets::new("a root secret of some length or other", &[]);
        let session = session(&secrets);
        let text = RefreshToken::of(&session, &secrets).unwrap();
        assert_eq!(RefreshToken::of(&session, &secrets), Some(text.clone()));
        let token = RefreshToken::parse(&text, &secrets).unwrap();
        assert_eq!((token.user, &token.session, token.counter), (session.user, &session.id, 7));
        assert!(token.was_made_for(&session));
        let elsewhere = Session { inner_key: "other".to_owned(), ..session };
        assert!(!token.was_made_for(&elsewhere));
    }

    #[test]
    fn a_token_changed_in_any_one_bit_is_none() {
        let secrets = Secrets::new("a root secret of some length or other", &[]);
        let text = RefreshToken::of(&session(&secrets), &secrets).unwrap();
        for position in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[position] ^= 1 << bit;
                if let Ok(changed) = String::from_utf8(bytes) {
                    assert_eq!(RefreshToken::parse(&changed, &secrets), None, "{changed}");
                }
            }
        }
    }

    #[test]
    fn a_token_outlives_the_secret_only_while_that_is_accepted() {
        let former = "the former root secret of some length";
        let old = Secrets::new(former, &[]);
        let text = RefreshToken::of(&session(&old), &old).unwrap();
        let rotated = Secrets::new("the new root secret of some length", &[former.to_owned()]);
        assert!(RefreshToken::parse(&text, &rotated).is_some());
        assert!(RefreshToken::parse(&text, &Secrets::new("the new root secret of some length", &[])).is_none());
    }
}
