//! Access tokens: JWTs of type `at+jwt` (RFC 9068), read more strictly than the format allows.

use jiff::Timestamp;
use jsonwebtoken::{Header, Validation};
use serde::{Deserialize, Serialize};

use crate::domain::session::{Session, SessionId};
use crate::domain::signing::{Algorithm, KeyError, SigningKey};
use crate::domain::user::{Role, UserId};

const TYPE: &str = "at+jwt";
const LONGEST: usize = 4096;
/// Instances' clocks differ: a token that another one has just issued may seem to come from so many seconds ahead.
const SKEW: i64 = 5;

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer: the base URL.
    pub iss: String,
    /// Audience: which surfaces take it.
    pub aud: String,
    /// The account.
    pub sub: String,
    /// The session.
    pub sid: String,
    /// The token's own id.
    pub jti: String,
    /// Issued at, in seconds since the epoch.
    pub iat: i64,
    /// Not before, in seconds since the epoch.
    pub nbf: i64,
    /// Expires at, in seconds since the epoch.
    pub exp: i64,
    /// Roles at the time of issue.
    pub roles: Vec<String>,
}

impl Claims {
    /// The claims of a token for `session`, issued `now` for `life` seconds.
    #[must_use]
    pub fn new(issuer: &str, audience: &str, session: &Session, roles: &[Role], id: String, now: Timestamp, life: u64) -> Self {
        let issued = now.as_second();
        Self {
            iss: issuer.to_owned(),
            aud: audience.to_owned(),
            sub: session.user.to_string(),
            sid: session.id.as_str().to_owned(),
            jti: id,
            iat: issued,
            nbf: issued,
            exp: issued + i64::try_from(life).unwrap_or_default(),
            roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
        }
    }

    /// Signs them.
    ///
    /// # Errors
    /// [`KeyError`] if the key does not sign.
    pub fn sign(&self, key: &SigningKey) -> Result<String, KeyError> {
        let header = Header { typ: Some(TYPE.to_owned()), kid: Some(key.id.clone()), ..Header::new(algorithm(key.algorithm)) };
        jsonwebtoken::encode(&header, self, &key.encoding).map_err(|_| KeyError)
    }
}

fn algorithm(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::ES256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::RS256 => jsonwebtoken::Algorithm::RS256,
    }
}

/// The header of our tokens: these three members and no other, so that `jku`, `jwk`, `x5u`, `crit` and whatever comes after
/// them is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    typ: String,
    alg: Algorithm,
    kid: String,
}

/// An access token before its signature is checked: all that is known is which key it names.
#[derive(Debug)]
pub struct Unverified<'a> {
    text: &'a str,
    /// The key it names.
    pub key_id: String,
    algorithm: Algorithm,
}

/// Whether a key's id can be one of ours (RFC 7638): others are not even looked up.
fn is_thumbprint(id: &str) -> bool {
    data_encoding::BASE64URL_NOPAD.decode(id.as_bytes()).is_ok_and(|digest| digest.len() == 32)
}

/// Whose session a genuine token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The account.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// Whether the token's time is over.
    pub expired: bool,
}

impl<'a> Unverified<'a> {
    /// Reads a token's header; `None` for what is not of our form.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let header = data_encoding::BASE64URL_NOPAD.decode(text.split('.').next()?.as_bytes()).ok()?;
        let header: StrictHeader = serde_json::from_slice(&header).ok()?;
        (header.typ == TYPE && is_thumbprint(&header.kid)).then_some(Self { text, key_id: header.kid, algorithm: header.alg })
    }

    /// Checks the signature and every claim; `None` for a token that is not genuine, not for this audience, or not yet valid.
    #[must_use]
    pub fn verify(&self, key: &SigningKey, issuer: &str, audience: &str, now: Timestamp) -> Option<Bearer> {
        if self.algorithm != key.algorithm || self.key_id != key.id {
            return None;
        }
        let mut validation = Validation::new(algorithm(key.algorithm));
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[issuer]);
        // The times are compared below, with the clock that everything else goes by.
        (validation.validate_exp, validation.validate_nbf) = (false, false);
        let claims = jsonwebtoken::decode::<Claims>(self.text, &key.decoding, &validation).ok()?.claims;
        let seconds = now.as_second();
        let latest = seconds + SKEW;
        let sane = claims.nbf <= latest && claims.iat <= latest && claims.iat < claims.exp;
        let (user, session) = (UserId::parse(&claims.sub)?, SessionId::parse(&claims.sid)?);
        sane.then_some(Bearer { user, session, expired: claims.exp <= seconds })
    }
}
