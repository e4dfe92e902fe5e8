//! `latchkey partner create`.

use std::fmt;

use latchkey::app::App;
use latchkey::domain::partner::{Partner, PartnerId};
use serde::Serialize;

use super::options::Create;
use super::{Shown, key};
use crate::admin::error::AdminError;

/// A partner, and the secret that was made for it.
#[derive(Serialize)]
pub(super) struct Keyed {
    #[serde(flatten)]
    pub(super) partner: Shown,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
}

impl fmt::Display for Keyed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.partner)?;
        match &self.secret {
            Some(secret) => writeln!(formatter, "Its secret, which is shown this once: {secret}"),
            None => Ok(()),
        }
    }
}

/// Registers a partner.
pub(super) async fn run(app: &App, options: &Create) -> Result<Keyed, AdminError> {
    let now = app.clock.now();
    let id = options.id.clone().unwrap_or_else(|| PartnerId::new(now, &*app.rng));
    let key::NewKey { key, algorithm, secret } = key::new(app, &id, &options.key, now).await?;
    let name = options.name.clone();
    let partner =
        Partner { id, name, algorithm, enabled: true, present: key, formers: Vec::new(), created_at: now, updated_at: now, revision: 1 };
    if !app.store.administration().register_partner(&partner).await? {
        return Err(AdminError::PartnerExists(partner.id.to_string()));
    }
    Ok(Keyed { partner: Shown::of(&partner, now), secret: secret.map(|secret| secret.to_string()) })
}
