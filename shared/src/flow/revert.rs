//! A change of the primary mail address, taken back by whoever reads the mail of the one before it.

use crate::app::App;
use crate::caller::Caller;
use crate::domain::challenge::Refusal;
use crate::domain::limit::CallerLimit;
use crate::domain::revert::RevertToken;
use crate::flow::codes::{self, ATTEMPTS, CodeError};
use crate::flow::{Trouble, audit, limits, recover};
use crate::store::{AddressTag, Event, Eviction, Reversal};

/// Gives a former primary mail address its place back, by the token that was mailed there: the one that took it is removed, and with it
/// what was added lately; all sessions end, no password is good any more, and a code for a new one is sent. Works once.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn revert(app: &App, by: &Caller, token: &str) -> Result<(), CodeError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    limits::take(app, CallerLimit::VerifyCode, by, &keys.directory.origin(by).network, now).await?;
    let token = RevertToken::parse(token).ok_or(Refusal::Mismatch)?;
    for _ in 0..ATTEMPTS {
        let user = Box::pin(app.store.user(token.user)).await?.filter(|user| user.status.admits()).ok_or(Refusal::Mismatch)?;
        let former = user.former_email.clone().filter(|former| token.is_of(former, keys.directory.revert())).ok_or(Refusal::Mismatch)?;
        if former.until <= now {
            return Err(Refusal::Expired.into());
        }
        let proved = Box::pin(app.store.proved_addresses(user.id)).await?;
        let (mut evicted, mut kept): (Vec<Eviction>, Vec<AddressTag>) = (Vec::new(), Vec::new());
        for contact in proved {
            let (tag, channel, number) = (keys.directory.tag(&contact.address), contact.address.channel(), contact.number);
            let is_former = channel.is_email() && number == former.id;
            let took_its_place = channel.is_email() && user.primary_number(channel) == Some(number);
            if !is_former && (took_its_place || contact.is_young(now)) {
                evicted.push(Eviction { tag, channel, number });
            } else {
                kept.push(tag);
            }
        }
        let audit = audit::of_user(app, user.id, None, Event::PrimaryReverted, now);
        let reversal = Reversal { user: &user, former: &former, evicted: &evicted, claims: &kept, audit: &audit, now };
        if app.store.reverse(&reversal).await? {
            // The account stands as it should: a code that cannot be sent now can be asked for like any.
            return Ok(codes::only_trouble(Box::pin(recover::forgot(app, by, &former.address.into())).await)?);
        }
    }
    Err(Trouble::Contended.into())
}
