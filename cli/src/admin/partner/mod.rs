//! `latchkey partner`: services whose users link themselves through the Partner API.

mod change;
mod create;
mod key;
mod list;
pub mod options;
mod token;

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::domain::partner::{self, PartnerId};
use serde::Serialize;

use self::options::Partner;
use super::Report;
use super::error::AdminError;

/// Carries out a command about partners.
pub(super) async fn run(app: &App, command: &Partner) -> Result<Box<dyn Report>, AdminError> {
    Ok(match command {
        Partner::Create(options) => Box::new(create::run(app, options).await?),
        Partner::List => Box::new(list::run(app).await?),
        Partner::Rotate(options) => Box::new(change::rotate(app, options).await?),
        Partner::Disable(which) => Box::new(change::switch(app, which, false).await?),
        Partner::Enable(which) => Box::new(change::switch(app, which, true).await?),
        Partner::Token(options) => Box::new(token::run(app, options).await?),
    })
}

async fn read(app: &App, id: &PartnerId) -> Result<partner::Partner, AdminError> {
    app.store.partner(id).await?.ok_or_else(|| AdminError::NoPartner(id.to_string()))
}

/// A partner as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    name: String,
    algorithm: &'static str,
    enabled: bool,
    keys: Vec<ShownKey>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A key as it is shown.
#[derive(Debug, Serialize)]
struct ShownKey {
    id: String,
    added_at: Timestamp,
    /// Until when it is good; none: until the next rotation.
    until: Option<Timestamp>,
    /// The root secret that it is sealed under; none for a public key.
    sealed_under: Option<String>,
}

impl Shown {
    fn of(partner: &partner::Partner, now: Timestamp) -> Self {
        let partner::Partner { id, name, algorithm, enabled, formers, created_at, updated_at, .. } = partner;
        let until = |key: &partner::PartnerKey| formers.iter().find(|former| former.key.id == key.id).map(|former| former.until);
        let shown = |key: &partner::PartnerKey| ShownKey {
            id: key.id.clone(),
            added_at: key.added_at,
            until: until(key),
            sealed_under: match &key.material {
                partner::KeyMaterial::Sealed(sealed) => Some(latchkey::secret::sealed_under(sealed).to_owned()),
                partner::KeyMaterial::Public(_) => None,
            },
        };
        Self {
            id: id.to_string(),
            name: name.as_str().to_owned(),
            algorithm: algorithm.name(),
            enabled: *enabled,
            keys: partner.keys(now).map(shown).collect(),
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, name, algorithm, enabled, keys, created_at, .. } = self;
        let state = if *enabled { "enabled" } else { "disabled" };
        writeln!(formatter, "{id}  {name}  {algorithm}  {state}, since {created_at:.0}")?;
        for ShownKey { id, added_at, until, sealed_under } in keys {
            write!(formatter, "  key {id}, since {added_at:.0}")?;
            if let Some(until) = until {
                write!(formatter, ", good until {until:.0}")?;
            }
            if let Some(secret) = sealed_under {
                write!(formatter, ", sealed under {secret}")?;
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}
