//! Push notices: to an account's devices, each by itself, so that one that is slow or gone is no matter of the others.

use jiff::Timestamp;

use crate::app::App;
use crate::delivery::{DeliveryError, push};
use crate::domain::message::{Destination, Device, Devices, Message};
use crate::domain::push::PushTag;
use crate::domain::session::SessionId;
use crate::flow::{Trouble, outbox};
use crate::store::ItemKey;

/// What became of a notice to all devices of an account.
pub(super) enum Divided {
    /// Each device has a notice of its own in its place.
    Each,
    /// Somebody else has divided it.
    NotOurs,
    /// There is no device, or no way to it.
    Nobody(DeliveryError),
}

/// Puts a notice for each of an account's devices in the place of the one that the item `key` carries.
///
/// # Errors
/// [`Trouble`].
pub(super) async fn divide(app: &App, key: &ItemKey, id: &str, to: Devices, message: &Message, now: Timestamp) -> Result<Divided, Trouble> {
    let Devices { user, epoch } = to;
    if app.push().is_none() {
        return Ok(Divided::Nobody(unconfigured()));
    }
    let (devices, sessions) = tokio::try_join!(app.store.push_addressees(user), app.store.sessions(user))?;
    let is_told = |id: &SessionId| sessions.iter().any(|session| session.id == *id && session.epoch >= epoch && !session.is_over(now));
    let tags: Vec<PushTag> = devices.into_iter().filter(|(_, session)| is_told(session)).map(|(tag, _)| tag).collect();
    if tags.is_empty() {
        return Ok(Divided::Nobody(DeliveryError::Gone("the account has no device that is signed in".to_owned())));
    }
    let each = tags.into_iter().map(|tag| {
        let message = Message { to: Destination::Device(Device { user, tag }), ..message.clone() };
        outbox::as_notice(app, &message)
    });
    let notices = each.collect::<Result<Vec<_>, _>>()?;
    let divided = app.store.divide_notice(key, id, &notices, now).await?;
    Ok(if divided { Divided::Each } else { Divided::NotOurs })
}

/// Sends a message to a device of an account, if it still is one: another account may have it by now. A device that nothing reaches
/// any more is forgotten.
///
/// # Errors
/// [`Trouble`] if the table could not be reached.
pub(super) async fn send(
    app: &App,
    device: Device,
    id: &str,
    message: &Message,
    now: Timestamp,
) -> Result<Result<(), DeliveryError>, Trouble> {
    let Some(fcm) = app.push() else { return Ok(Err(unconfigured())) };
    let Device { user, tag } = device;
    let Some(found) = app.store.push_device(user, tag).await? else {
        return Ok(Err(DeliveryError::Gone("the device is not the account's any more".to_owned())));
    };
    let sent = push::send(fcm, &found.token, id, message, now).await;
    if let Err(DeliveryError::Gone(reason)) = &sent
        && app.store.forget_push_device(user, tag, &found).await?
    {
        tracing::info!(event = "push_token_removed", message.id = id, reason);
    }
    Ok(sent)
}

fn unconfigured() -> DeliveryError {
    DeliveryError::Gone("no service account is configured".to_owned())
}
