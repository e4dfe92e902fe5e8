//! Delivering what waits in the outbox.

use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::delivery::{DeliveryError, mail, sms};
use crate::domain::message::Destination;
use crate::flow::{Trouble, outbox, push};
use crate::store::{Envelope, ItemKey};
use crate::telemetry;

/// Whoever takes a message has so long to deliver it; it is due again afterwards.
const LEASE: Duration = Duration::from_mins(1);
const FIRST_PAUSE: Duration = Duration::from_mins(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// How many messages are looked at in one go, of each shard of the index.
const BATCH: i32 = 25;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A service took it.
    Delivered,
    /// Somebody else has it, or it is gone.
    NotOurs,
    /// It became one message for each of the account's devices.
    Divided,
    /// No service takes it, ever.
    Refused,
    /// Nobody is there who could take it.
    Moot,
    /// Its time was over.
    TooLate,
    /// It will be tried again.
    Postponed,
}

/// Delivers the message `id` that the item `key` carries: takes it, sends it, erases it.
///
/// # Errors
/// [`Trouble`] if the table could not be reached; the message is then due again when its lease ends.
pub async fn deliver(app: &App, key: &ItemKey, id: &str) -> Result<Outcome, Trouble> {
    let now = app.clock.now();
    let Some(envelope) = app.store.take_message(key, id, now, now + LEASE).await? else { return Ok(Outcome::NotOurs) };
    if envelope.not_after <= now {
        tracing::warn!(event = "delivery_expired", message.id = id, "a message was not delivered in time");
        app.store.erase_message(key, id).await?;
        return Ok(Outcome::TooLate);
    }
    let message = outbox::open(app, key, &envelope)?;
    let (template, channel) = (message.content.template(), message.to.channel());
    let sent = match &message.to {
        Destination::Email(email) => mail::send(app.mail(), &app.config, email, &message).await,
        Destination::Phone(phone) => sms::send(app.sms(), &app.config, phone, &message).await,
        Destination::Device(device) => push::send(app, *device, id, &message, now).await?,
        Destination::Devices(to) => match push::divide(app, key, id, *to, &message, now).await? {
            push::Divided::Each => return Ok(Outcome::Divided),
            push::Divided::NotOurs => return Ok(Outcome::NotOurs),
            push::Divided::Nobody(gone) => Err(gone),
        },
    };
    match sent {
        Ok(()) => {
            app.store.erase_message(key, id).await?;
            tracing::info!(event = "delivered", message.id = id, template, channel);
            Ok(Outcome::Delivered)
        }
        Err(DeliveryError::Gone(reason)) => {
            app.store.erase_message(key, id).await?;
            tracing::info!(event = "delivery_moot", message.id = id, template, channel, reason);
            Ok(Outcome::Moot)
        }
        Err(DeliveryError::Permanent(reason)) => {
            // Which tokens there are is up to whoever registers them: they are nothing to wake an operator for.
            if matches!(message.to, Destination::Device(_)) {
                tracing::warn!(event = "push_refused", message.id = id, template, reason);
            } else {
                tracing::warn!(event = "delivery_refused", message.id = id, template, channel, reason);
            }
            app.store.erase_message(key, id).await?;
            Ok(Outcome::Refused)
        }
        Err(DeliveryError::Transient(reason)) => {
            tracing::warn!(event = "delivery_postponed", message.id = id, template, channel, reason);
            app.store.postpone_message(key, id, next_try(&envelope, now)).await?;
            Ok(Outcome::Postponed)
        }
    }
}

/// Delivers what is due on the index: what the stream did not bring, what could not be delivered before, and what was left by
/// somebody who vanished. Returns how many messages were looked at.
///
/// # Errors
/// [`Trouble`] if the table could not be reached.
pub async fn drain(app: &App) -> Result<usize, Trouble> {
    let due = app.store.due_messages(app.clock.now(), BATCH).await?;
    for message in &due {
        // One message that cannot be read or opened must not keep the others.
        if let Err(error) = deliver_due(app, &message.key).await {
            tracing::error!(event = "delivery_failed", causes = telemetry::causes(&error));
        }
    }
    Ok(due.len())
}

async fn deliver_due(app: &App, key: &ItemKey) -> Result<(), Trouble> {
    if let Some(envelope) = app.store.message_in(key).await? {
        deliver(app, key, &envelope.id).await?;
    }
    Ok(())
}

/// Twice as long each time, and never past the time when the message makes no sense any more.
fn next_try(envelope: &Envelope, now: Timestamp) -> Timestamp {
    let pause = FIRST_PAUSE * 2_u32.saturating_pow(envelope.tries.saturating_sub(1).min(8));
    (now + pause.min(LONGEST_PAUSE)).min(envelope.not_after)
}
