//! `latchkey partner rotate|disable|enable`.

use std::time::Duration;

use latchkey::app::App;
use latchkey::domain::partner::Partner;

use super::create::Keyed;
use super::options::{Rotate, Which};
use super::{Shown, key, read};
use crate::admin::error::AdminError;

/// Gives a partner another key.
pub(super) async fn rotate(app: &App, options: &Rotate) -> Result<Keyed, AdminError> {
    let now = app.clock.now();
    let partner = read(app, &options.id).await?;
    let key::NewKey { key, algorithm, secret } = key::new(app, &partner.id, &options.key, now).await?;
    if algorithm != partner.algorithm {
        return Err(AdminError::OtherAlgorithm { registered: partner.algorithm.name(), brought: algorithm.name() });
    }
    let partner = partner.rotated(key, now + Duration::from_hours(options.overlap.into()));
    write(app, &partner).await?;
    Ok(Keyed { partner: Shown::of(&partner, now), secret: secret.map(|secret| secret.to_string()) })
}

/// Refuses a partner's tokens, or takes them again.
pub(super) async fn switch(app: &App, which: &Which, enabled: bool) -> Result<Shown, AdminError> {
    let now = app.clock.now();
    let partner = read(app, &which.id).await?;
    if partner.enabled == enabled {
        return Ok(Shown::of(&partner, now));
    }
    let partner = partner.switched(enabled, now);
    write(app, &partner).await?;
    Ok(Shown::of(&partner, now))
}

async fn write(app: &App, partner: &Partner) -> Result<(), AdminError> {
    if app.store.administration().change_partner(partner).await? { Ok(()) } else { Err(AdminError::Contended) }
}
