//! The primary address of a kind: another one takes its place, and the ones that give way are told how to take it back.

use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::{Channel, Email};
use crate::domain::lane::Allowance;
use crate::domain::message::Content;
use crate::domain::primary::{Former, Succession, Turn};
use crate::domain::revert::RevertToken;
use crate::domain::user::User;
use crate::flow::codes::CodeError;
use crate::flow::{Trouble, audit, outbox};
use crate::keyring::Keys;
use crate::secret::SealError;
use crate::store::{About, Contact, Detail, Event, PrimaryChange, PrimaryChanged, Told, Toll, Unpaid};

/// How often an account's primary addresses may change.
const CHANGES: Allowance = Allowance::new(10, Duration::from_hours(1));

/// A change of the primary address now, to one that is young until then, if it joined older ones.
pub(crate) fn turn(app: &App, young_until: Option<Timestamp>, now: Timestamp) -> Turn {
    Turn { now, until: now + app.config.young_address, nonce: app.rng.token(), young_until }
}

/// What the owner is told: that an address was added or became the primary one. The mail addresses that are remembered get what takes that
/// back.
///
/// # Errors
/// [`SealError`].
pub(crate) fn tell(
    app: &App,
    keys: &Keys,
    by: &Caller,
    user: &User,
    channel: Channel,
    succession: Option<&Succession>,
    now: Timestamp,
) -> Result<Told, SealError> {
    let remembered = succession.map(|succession| succession.remembered.emails()).unwrap_or_default();
    let added = Content::AddressAdded { channel };
    let notices = user.told_at(now).into_iter().map(|to| {
        let former = remembered.iter().find(|former| former.address == *to);
        let content = former.and_then(|former| way_back(app, keys, user, former)).unwrap_or_else(|| added.clone());
        outbox::notice(app, by, to.clone().into(), content, user.locale(), now)
    });
    outbox::also_by_sms_if_needed(app, keys, by, user, notices.collect::<Result<_, _>>()?, &added, now)
}

/// What tells a former primary mail address how to take its place back, if it can.
pub(crate) fn way_back(app: &App, keys: &Keys, user: &User, former: &Former<Email>) -> Option<Content> {
    let token = RevertToken::of(user.id, former, keys.directory.revert())?.text();
    Some(Content::PrimaryChanged { token, page: app.config.revert_page.clone(), hours: app.config.young_address.as_secs() / 3600 })
}

/// Makes an address of the account the primary one of its kind. `false`: it is not proved, or the account or its addresses changed
/// meanwhile.
///
/// # Errors
/// [`CodeError::TooManyChanges`] if it was changed too often, so that the notices of one change cannot be buried under those of others.
pub(crate) async fn take(app: &App, keys: &Keys, by: &Caller, user: &User, contact: &Contact, now: Timestamp) -> Result<bool, CodeError> {
    let Contact { number, ref address, young_until, .. } = *contact;
    let channel = address.channel();
    let succession = user.succession(channel, number, &turn(app, young_until, now));
    let detail = Detail { channel: Some(channel.name()), ..Detail::default() };
    let audit = audit::of(app, About::User(user.id), None, Event::PrimaryChanged, detail, now);
    let told = tell(app, keys, by, user, channel, Some(&succession), now).map_err(Trouble::from)?;
    // Nothing was typed or paid for it: a change costs somebody's money, if it is told by SMS.
    let told = Told { toll: told.toll.map(|toll| Toll { is_condition: true, ..toll }), ..told };
    let change = PrimaryChange { user, number, address, succession: &succession, audit: &audit, changes: CHANGES, told: &told, now };
    match app.store.make_primary(&change).await? {
        PrimaryChanged::Done => Ok(true),
        PrimaryChanged::Overtaken => Ok(false),
        PrimaryChanged::TooSoon(seconds) => Err(CodeError::TooManyChanges(seconds)),
        PrimaryChanged::Unpaid(Unpaid::BlockFull(seconds)) => Err(CodeError::BlockFull(seconds)),
        PrimaryChanged::Unpaid(Unpaid::Spent(seconds)) => Err(CodeError::Spent(seconds)),
    }
}
