//! Signing keys: what is published of them, and their rotation.

use jiff::Timestamp;

use crate::app::App;
use crate::domain::signing::{LEAD, SigningKey};
use crate::keyring::KeyringError;

/// The keys to publish.
///
/// # Errors
/// [`KeyringError`].
pub async fn published(app: &App) -> Result<Vec<SigningKey>, KeyringError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    Ok(keys.signing.iter().filter(|key| key.is_published(now)).cloned().collect())
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct RotationReport {
    /// Whether a new key was made.
    pub made: bool,
    /// How many old keys were removed.
    pub removed: usize,
}

/// Makes the next key when the present one has signed long enough, and removes those that recognise nothing any more. The new key
/// is published for a day before it signs. Safe to run twice, and at the same time.
///
/// # Errors
/// [`KeyringError`].
pub async fn rotate(app: &App) -> Result<RotationReport, KeyringError> {
    rotate_when(app, is_due).await
}

/// As [`rotate`], but a key that signs gets its successor whether or not it is due. One that waits already is the successor: there
/// is never more than one.
///
/// # Errors
/// [`KeyringError`].
pub async fn rotate_now(app: &App) -> Result<RotationReport, KeyringError> {
    rotate_when(app, |_, newest, now| newest.active_at <= now).await
}

async fn rotate_when(app: &App, due: fn(&App, &SigningKey, Timestamp) -> bool) -> Result<RotationReport, KeyringError> {
    app.keyring.forget();
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    let due = keys.signing.last().filter(|newest| due(app, newest, now));
    if let Some(newest) = due {
        app.keyring.make_signing_key(newest.generation + 1, now + LEAD).await?;
        app.keyring.forget();
    }
    let old: Vec<u32> = keys.signing.iter().filter(|key| !key.is_recognised(now)).map(|key| key.generation).collect();
    for generation in &old {
        app.store.remove_signing_key(*generation).await?;
    }
    Ok(RotationReport { made: due.is_some(), removed: old.len() })
}

/// Whether the newest key is due to get a successor: it has signed for its life but for the lead, or signs in another way than
/// is wanted now.
fn is_due(app: &App, newest: &SigningKey, now: Timestamp) -> bool {
    let signs = newest.active_at <= now;
    signs && (newest.algorithm != app.config.signing_algorithm || now >= newest.active_at + app.config.signing_key_life - LEAD)
}
