//! `latchkey partner token`.

use std::fmt;

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::domain::partner::KeyMaterial;
use latchkey::domain::partner_token::Claims;
use latchkey::store::Store;
use serde::Serialize;

use super::options::Token;
use super::read;
use crate::admin::error::AdminError;

/// A token.
#[derive(Serialize)]
pub(super) struct Signed {
    id: String,
    user: String,
    token: String,
    expires_at: Timestamp,
}

impl fmt::Display for Signed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.token)
    }
}

/// Makes a token.
pub(super) async fn run(app: &App, options: &Token) -> Result<Signed, AdminError> {
    let partner = read(app, &options.id).await?;
    if !partner.enabled {
        return Err(AdminError::PartnerDisabled(partner.id.to_string()));
    }
    let KeyMaterial::Sealed(sealed) = &partner.present.material else { return Err(AdminError::NoSecretOfPartner) };
    let secret = app.secrets.open(&Store::partner_secret_place(&partner.id, &partner.present.id), sealed)?;
    let (now, life) = (app.clock.now(), i64::from(options.minutes.get()) * 60);
    let claims = Claims::new(&partner.id, &options.user, options.wallet_address.clone(), now, life);
    let token = claims.sign(&secret).map_err(|_| AdminError::NoSecretOfPartner)?;
    let expires_at = Timestamp::from_second(claims.exp).unwrap_or(Timestamp::MAX);
    Ok(Signed { id: partner.id.to_string(), user: claims.sub, token, expires_at })
}
