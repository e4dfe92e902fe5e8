//! Who a partner's user is, by the token that the partner has signed.

use jiff::Timestamp;
use jsonwebtoken::DecodingKey;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::partner::{KeyMaterial, Partner, PartnerId, PartnerKey};
use crate::domain::partner_token::Unverified;
use crate::flow::{Trouble, takes_trouble};
use crate::reason::{Failure, Reason};
use crate::secret::SealError;
use crate::store::Store;
use crate::telemetry;

/// Why a partner's token was refused.
#[derive(Debug, thiserror::Error)]
pub enum PartnerError {
    /// Not a token of a partner's, or not of one whose tokens are taken.
    #[error("no valid token of a partner's")]
    Refused,
    /// Something else.
    #[error("could not check a partner's token")]
    Trouble(#[from] Trouble),
}

takes_trouble!(PartnerError);

impl Failure for PartnerError {
    fn reason(&self) -> Reason {
        match self {
            Self::Refused => Reason::Unauthenticated,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Refused => None,
            Self::Trouble(trouble) => trouble.retry_after(),
        }
    }
}

/// A user of a partner's, as the partner says on this very request.
#[derive(Debug, Clone)]
pub struct PartnerUser {
    /// The partner.
    pub partner: Partner,
    /// The user, as the partner names them.
    pub user: String,
    /// The address of their wallet.
    pub wallet_address: Option<String>,
}

/// Checks a partner's token: with its own algorithm and its own keys, and only while it is enabled.
///
/// # Errors
/// [`PartnerError`] says why not.
pub async fn authenticate(app: &App, by: &Caller, token: &str) -> Result<PartnerUser, PartnerError> {
    let unverified = Unverified::parse(token).ok_or(PartnerError::Refused)?;
    let partner = app.store.partner(&unverified.issuer).await?.filter(|partner| partner.enabled).ok_or(PartnerError::Refused)?;
    let now = app.clock.now();
    let keys = open_keys(app, &partner, now)?;
    let claims = unverified.verify(&partner, &keys, &by.base_url, now).ok_or(PartnerError::Refused)?;
    let wallet_address = claims.wallet_address.filter(|address| !address.is_empty());
    Ok(PartnerUser { partner, user: claims.sub, wallet_address })
}

/// The keys that are good. One that cannot be opened is done without, as long as another can.
fn open_keys(app: &App, partner: &Partner, now: Timestamp) -> Result<Vec<DecodingKey>, SealError> {
    let (mut opened, mut unopened) = (Vec::new(), None);
    for key in partner.keys(now) {
        match decoding_key(app, &partner.id, key) {
            Ok(key) => opened.push(key),
            Err(error) => {
                tracing::error!(event = "key_unreadable", partner = %partner.id, causes = telemetry::causes(&error));
                unopened = Some(error);
            }
        }
    }
    if opened.is_empty() { Err(unopened.unwrap_or(SealError::Malformed)) } else { Ok(opened) }
}

fn decoding_key(app: &App, partner: &PartnerId, key: &PartnerKey) -> Result<DecodingKey, SealError> {
    match &key.material {
        KeyMaterial::Sealed(sealed) => {
            let secret = app.secrets.open(&Store::partner_secret_place(partner, &key.id), sealed)?;
            Ok(DecodingKey::from_secret(&secret))
        }
        KeyMaterial::Public(public) => public.decoding_key().ok_or(SealError::Malformed),
    }
}
