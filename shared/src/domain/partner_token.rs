//! Tokens by which a partner says who its user is: JWTs (RFC 7519), read more strictly than the format allows (RFC 8725).

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, EncodingKey, Validation};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::domain::partner::{Partner, PartnerAlgorithm, PartnerId};
use crate::domain::signing::KeyError;

const LONGEST: usize = 4096;
const LONGEST_USER: usize = 256;
/// Clocks differ: a token that a partner has just issued may seem to come from so many seconds ahead.
const SKEW: i64 = 5;

/// What a partner's token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer: the partner.
    pub iss: String,
    /// The partner's user.
    pub sub: String,
    /// The partner again.
    pub client_id: String,
    /// The partner's user again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The partner again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub third_party_client_id: Option<String>,
    /// Both again, as `<partner>___<user>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespaced_third_party_user_id: Option<String>,
    /// The address of the user's wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet_address: Option<String>,
    /// Whom it is for, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// Issued at, in seconds since the epoch.
    pub iat: i64,
    /// Not before, in seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Expires at, in seconds since the epoch.
    pub exp: i64,
}

/// Whom a token is for (RFC 7519 section 4.1.3).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Each of these.
    Many(Vec<String>),
}

impl Audience {
    fn has(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

impl Claims {
    /// What a partner says of a user of its own, for so many seconds from `now`.
    #[must_use]
    pub fn new(partner: &PartnerId, user: &str, wallet_address: Option<String>, now: Timestamp, life: i64) -> Self {
        let (id, user, issued) = (partner.as_str().to_owned(), user.to_owned(), now.as_second());
        Self {
            namespaced_third_party_user_id: Some(format!("{id}___{user}")),
            third_party_client_id: Some(id.clone()),
            client_id: id.clone(),
            iss: id,
            user_id: Some(user.clone()),
            sub: user,
            wallet_address,
            aud: None,
            iat: issued,
            nbf: None,
            exp: issued + life,
        }
    }

    /// Signs them with a shared secret.
    ///
    /// # Errors
    /// [`KeyError`] if the secret does not sign.
    pub fn sign(&self, secret: &[u8]) -> Result<String, KeyError> {
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), self, &EncodingKey::from_secret(secret)).map_err(|_| KeyError)
    }

    /// Whether names and times agree with each other, and with the present.
    fn agree(&self, partner: &Partner, audience: &str, now: Timestamp) -> bool {
        let (id, user, seconds) = (partner.id.as_str(), self.sub.as_str(), now.as_second());
        let same = |repeated: &Option<String>, first: &str| repeated.as_ref().is_none_or(|repeated| repeated == first);
        let names = self.iss == id
            && self.client_id == id
            && same(&self.third_party_client_id, id)
            && same(&self.user_id, user)
            && same(&self.namespaced_third_party_user_id, &format!("{id}___{user}"));
        let times = (0..=seconds + SKEW).contains(&self.iat)
            && self.nbf.is_none_or(|nbf| (0..=seconds + SKEW).contains(&nbf))
            && self.iat < self.exp
            && seconds < self.exp;
        let for_us = self.aud.as_ref().is_none_or(|aud| aud.has(audience));
        // Partners write an empty one for users who have none.
        let wallet = self.wallet_address.as_deref().is_none_or(|address| address.is_empty() || is_plain(address));
        names && times && for_us && is_plain(user) && wallet
    }
}

/// Whether a text is one that we keep: not too long, and nothing in it that moves a cursor.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    (1..=LONGEST_USER).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The header of a partner's token. Whatever else it may have, keys or where to fetch them, makes it none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: PartnerAlgorithm,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default, rename = "kid")]
    _kid: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Issuer {
    iss: PartnerId,
}

/// A partner's token before its signature is checked: all that is known is which partner it names.
pub struct Unverified<'a> {
    text: &'a str,
    /// The partner it names.
    pub issuer: PartnerId,
    algorithm: PartnerAlgorithm,
}

impl<'a> Unverified<'a> {
    /// Reads whom a token names; `None` for what is not of a partner's form.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let mut parts = text.split('.').map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok());
        let header: StrictHeader = serde_json::from_slice(&parts.next()??).ok()?;
        let Issuer { iss } = serde_json::from_slice(&parts.next()??).ok()?;
        let is_jwt = header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
        is_jwt.then_some(Self { text, issuer: iss, algorithm: header.alg })
    }

    /// Checks the signature against a partner's keys, and every claim; `None` for a token that is not genuine, not of this partner, for
    /// somebody else, or not valid at this time. `audience` is what a token may name that names one.
    #[must_use]
    pub fn verify(&self, partner: &Partner, keys: &[DecodingKey], audience: &str, now: Timestamp) -> Option<Claims> {
        if self.algorithm != partner.algorithm || self.issuer != partner.id {
            return None;
        }
        let mut validation = Validation::new(partner.algorithm.into());
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.set_issuer(&[partner.id.as_str()]);
        // The times are compared with the clock that everything else goes by, and the library passes over an audience of another type.
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        let claims = keys.iter().find_map(|key| jsonwebtoken::decode::<Claims>(self.text, key, &validation).ok())?.claims;
        claims.agree(partner, audience, now).then_some(claims)
    }
}
