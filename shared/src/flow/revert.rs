//! A change of the primary mail address, taken back by whoever reads the mail of one before it.

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::{Channel, Email};
use crate::domain::challenge::Refusal;
use crate::domain::limit::CallerLimit;
use crate::domain::primary::{Former, Remembered};
use crate::domain::revert::RevertToken;
use crate::domain::user::User;
use crate::flow::codes::{ATTEMPTS, CodeError};
use crate::flow::{Trouble, audit, limits, outbox, primary, recover};
use crate::keyring::Keys;
use crate::store::{Contact, Event, Eviction, Reversal};
use crate::telemetry;

/// Gives a former primary mail address its place back, by the token that was mailed there: what joined the account after it and took its
/// place, or was added since it gave way or shortly before, is removed; all sessions end, no password is good any more, a deletion that
/// waits, and was confirmed since, is cancelled, and a code for a new password is sent. Works once.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn revert(app: &App, by: &Caller, token: &str) -> Result<(), CodeError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    let entrance = keys.directory.entrance(by, &*app.rng);
    limits::take(app, CallerLimit::VerifyCode, by, &entrance.origin.network, now).await?;
    let token = RevertToken::parse(token).ok_or(Refusal::Mismatch)?;
    for _ in 0..ATTEMPTS {
        let user = Box::pin(app.store.user(token.user)).await?.filter(|user| user.status.admits()).ok_or(Refusal::Mismatch)?;
        let is_meant = |former: &&Former<Email>| token.is_of(former, keys.directory.revert());
        let former = user.former_emails.iter().find(is_meant).ok_or(Refusal::Mismatch)?;
        if !former.is_remembered(now) {
            return Err(Refusal::Expired.into());
        }
        let Settled { evicted, kept, formers } = settle(app, &keys, &user, former, now).await?;
        let notices = formers.iter().filter_map(|former| Some((former, primary::way_back(app, &keys, &user, former)?)));
        let notices = notices.map(|(to, content)| outbox::notice(app, by, to.address.clone().into(), content, user.locale(), now));
        let reversal = Reversal {
            user: &user,
            former,
            evicted: &evicted,
            formers: &formers,
            successor: kept.iter().find_map(Contact::as_primary_number),
            origin: &entrance.origin,
            claims: &kept.iter().map(|kept| keys.directory.tag(&kept.address)).collect::<Vec<_>>(),
            audit: &audit::of_user(app, user.id, None, Event::PrimaryReverted, now),
            notices: &notices.collect::<Result<Vec<_>, _>>().map_err(Trouble::from)?,
            now,
        };
        if app.store.reverse(&reversal).await? {
            by.note_device(entrance.cookie);
            // The account stands as it should: a code that cannot be sent now can be asked for like any.
            if let Err(error) = Box::pin(recover::forgot(app, by, &former.address.clone().into())).await {
                tracing::warn!(event = "first_code_not_sent", causes = telemetry::causes(&error));
            }
            return Ok(());
        }
    }
    Err(Trouble::Contended.into())
}

/// What becomes of an account's proved addresses.
struct Settled {
    evicted: Vec<Eviction>,
    kept: Vec<Contact>,
    /// The mail addresses that are remembered from now on.
    formers: Vec<Former<Email>>,
}

async fn settle(app: &App, keys: &Keys, user: &User, former: &Former<Email>, now: Timestamp) -> Result<Settled, CodeError> {
    let proved = Box::pin(app.store.proved_addresses(user.id)).await?;
    let at = |number: Option<u64>| proved.iter().find(|contact| contact.address.channel().is_email() && Some(contact.number) == number);
    let back = at(Some(former.id)).ok_or(Refusal::Mismatch)?;
    let turn = primary::turn(app, back.young_until, now);
    let Remembered::Emails(formers) = user.succession(Channel::Email, former.id, &turn).remembered else {
        return Err(Refusal::Mismatch.into());
    };
    let after_it: Vec<u64> = user.former_emails.iter().skip_while(|other| other.id != former.id).skip(1).map(|other| other.id).collect();
    let goes = |contact: &Contact| {
        let took_its_place = contact.address.channel().is_email()
            && (user.primary_number(Channel::Email) == Some(contact.number) || after_it.contains(&contact.number));
        contact.joined_after(back) && (took_its_place || contact.was_young_after(former.since))
    };
    let formers = formers.into_iter().filter(|former| at(Some(former.id)).is_some_and(|contact| !goes(contact))).collect();
    let (evicted, kept): (Vec<Contact>, Vec<Contact>) = proved.iter().cloned().partition(goes);
    let lost = |contact: Contact| Eviction {
        tag: keys.directory.tag(&contact.address),
        channel: contact.address.channel(),
        number: contact.number,
    };
    Ok(Settled { evicted: evicted.into_iter().map(lost).collect(), kept, formers })
}
