//! Messages into and out of the outbox: sealed, and bound to the item that carries them.

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::Phone;
use crate::domain::locale::Locale;
use crate::domain::message::{Content, Destination, Devices, Message};
use crate::domain::user::User;
use crate::flow::codes;
use crate::keyring::Keys;
use crate::secret::SealError;
use crate::store::{Envelope, ItemKey, Notice, Purse, Told, Toll, keys};

/// How long a notice is worth delivering.
const NOTICE_LIFE: std::time::Duration = std::time::Duration::from_hours(48);

/// Where the message of the item `key` is sealed to.
#[must_use]
pub fn place(key: &ItemKey) -> String {
    keys::seal_place(key, "outbox")
}

/// Seals a message for the item `key`.
///
/// # Errors
/// [`SealError`].
pub fn seal(app: &App, key: &ItemKey, message: &Message) -> Result<Envelope, SealError> {
    let plain = serde_json::to_vec(message).map_err(|_| SealError::Malformed)?;
    let sealed = app.secrets.seal(&place(key), &plain)?;
    Ok(Envelope { id: app.rng.token(), sealed, tries: 0, not_after: message.not_after })
}

/// Opens the message that the item `key` carries.
///
/// # Errors
/// [`SealError`].
pub fn open(app: &App, key: &ItemKey, envelope: &Envelope) -> Result<Message, SealError> {
    let plain = app.secrets.open(&place(key), &envelope.sealed)?;
    serde_json::from_slice(&plain).map_err(|_| SealError::Malformed)
}

/// A message as a notice: an item of its own.
///
/// # Errors
/// [`SealError`].
pub(crate) fn as_notice(app: &App, message: &Message) -> Result<Notice, SealError> {
    let key = app.store.notice_key();
    let envelope = seal(app, &key, message)?;
    Ok(Notice { key, envelope })
}

/// A notice to `to` in the language that its reader has chosen, or that the caller wants, with the item that it will be.
///
/// # Errors
/// [`SealError`].
pub fn notice(
    app: &App,
    by: &Caller,
    to: Destination,
    content: Content,
    locale: Option<Locale>,
    now: Timestamp,
) -> Result<Notice, SealError> {
    let locale = locale.or(by.locale).unwrap_or_default();
    as_notice(app, &Message { to, content, locale, base_url: by.base_url.clone(), not_after: now + NOTICE_LIFE })
}

/// Notices to the owner of an account, at the proved mail addresses that they are told things at, and on their devices.
///
/// # Errors
/// [`SealError`].
pub(crate) fn notices_to_owner(app: &App, by: &Caller, user: &User, content: &Content, now: Timestamp) -> Result<Vec<Notice>, SealError> {
    let addresses = user.told_at(now).into_iter().map(|email| Destination::from(email.clone()));
    let devices =
        (content.is_pushed() && user.push_devices > 0).then_some(Destination::Devices(Devices { user: user.id, epoch: user.epoch }));
    addresses.chain(devices).map(|to| notice(app, by, to, content.clone(), user.locale(), now)).collect()
}

/// What the owner of an account is told: by mail and on their devices, and by SMS where no mail address gets it that they have had for some
/// time.
///
/// # Errors
/// [`SealError`].
pub(crate) fn tell_owner(app: &App, keys: &Keys, by: &Caller, user: &User, content: &Content, now: Timestamp) -> Result<Told, SealError> {
    also_by_sms_if_needed(app, keys, by, user, notices_to_owner(app, by, user, content, now)?, content, now)
}

/// The same by SMS, where no mail address gets it that the owner has had for some time.
///
/// # Errors
/// [`SealError`].
pub(crate) fn also_by_sms_if_needed(
    app: &App,
    keys: &Keys,
    by: &Caller,
    user: &User,
    notices: Vec<Notice>,
    content: &Content,
    now: Timestamp,
) -> Result<Told, SealError> {
    let told = Told { notices, toll: None };
    match user.told_by_sms(now) {
        Some(phone) => also_by_sms(app, keys, (by, user), told, (phone, Purse::Proven), content, now),
        None => Ok(told),
    }
}

/// The same, and by SMS to a number that is reached by SMS, paid from that purse.
///
/// # Errors
/// [`SealError`].
pub(crate) fn also_by_sms(
    app: &App,
    keys: &Keys,
    (by, user): (&Caller, &User),
    told: Told,
    (phone, purse): (&Phone, Purse),
    content: &Content,
    now: Timestamp,
) -> Result<Told, SealError> {
    if codes::reachable(app, by, phone).is_err() {
        return Ok(told);
    }
    let locale = user.locale();
    let fare = codes::fare(app, keys, (phone, purse), content, locale.or(by.locale).unwrap_or_default(), now);
    let mut notices = told.notices;
    notices.push(notice(app, by, phone.clone().into(), content.clone(), locale, now)?);
    Ok(Told { notices, toll: Some(Toll { fare, is_condition: false }) })
}
