//! The primary address of a kind: another one takes its place, and the one that gives way is told how to take it back.

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::Channel;
use crate::domain::message::Content;
use crate::domain::revert::RevertToken;
use crate::domain::user::{Remembered, Span, Succession, User};
use crate::flow::{Trouble, audit, outbox};
use crate::keyring::Keys;
use crate::secret::SealError;
use crate::store::{About, Contact, Detail, Event, Notice, PrimaryChange};

/// For how long a primary address that gives way is remembered from now on.
pub(crate) fn span(app: &App, primary_is_young: bool, now: Timestamp) -> Span {
    Span { now, until: now + app.config.young_address, nonce: app.rng.token(), primary_is_young }
}

/// Notices to the owner that an address was added or became the primary one. The mail address that is remembered gets what takes that
/// back.
///
/// # Errors
/// [`SealError`].
pub(crate) fn notices(
    app: &App,
    keys: &Keys,
    by: &Caller,
    user: &User,
    channel: Channel,
    succession: Option<&Succession>,
    now: Timestamp,
) -> Result<Vec<Notice>, SealError> {
    let remembered = succession.and_then(|succession| succession.remembered.as_ref());
    let told = user.told_at(now).into_iter().map(|to| {
        let content = match remembered {
            Some(Remembered::Email(former)) if former.address == *to && now < former.until => Content::PrimaryChanged {
                token: RevertToken::of(user.id, former, keys.directory.revert()).text(),
                page: app.config.revert_page.clone(),
                hours: app.config.young_address.as_secs() / 3600,
            },
            _ => Content::AddressAdded { channel },
        };
        outbox::notice(app, by, to.clone().into(), content, user.locale(), now)
    });
    told.collect()
}

/// Makes an address the primary one of its kind, which is one of `contacts`, all of that kind. `false`: it is not proved, or the account
/// or its addresses changed meanwhile.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn take(
    app: &App,
    keys: &Keys,
    by: &Caller,
    user: &User,
    contact: &Contact,
    contacts: &[Contact],
    now: Timestamp,
) -> Result<bool, Trouble> {
    let Contact { number, ref address, .. } = *contact;
    let channel = address.channel();
    let primary = contacts.iter().find(|contact| user.primary_number(channel) == Some(contact.number));
    let succession = user.succession(channel, number, &span(app, primary.is_some_and(|primary| primary.is_young(now)), now));
    let detail = Detail { channel: Some(channel.name()), ..Detail::default() };
    let audit = audit::of(app, About::User(user.id), None, Event::PrimaryChanged, detail, now);
    let notices = notices(app, keys, by, user, channel, Some(&succession), now)?;
    let change = PrimaryChange { user, number, address, succession: &succession, audit: &audit, notices: &notices, now };
    Ok(app.store.make_primary(&change).await?)
}
