//! Setting a new password with a code, for whoever has forgotten the old one.

use crate::app::App;
use crate::caller::Caller;
use crate::config::Disclosure;
use crate::domain::address::Address;
use crate::domain::challenge::{Challenge, Refusal};
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::familiar::Origin;
use crate::domain::hash::{StoredHash, Verdict};
use crate::domain::message::Content;
use crate::domain::password::{Password, PasswordError};
use crate::domain::user::User;
use crate::flow::codes::{self, ATTEMPTS, Ask, CodeError, Draft, Reference};
use crate::flow::{Trouble, again, audit, gate, outbox, password, register, takes_trouble};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{AddressTag, Claim, Contact, Event, Eviction, PasswordReset, Purse, Recipient, Redeemed};

/// Why a password was not reset.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// The code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The code is right, and the account closed.
    #[error("the account is closed")]
    Inactive,
    /// The new password is no good.
    #[error("the new password is refused")]
    Weak(#[from] PasswordError),
    /// The new password is the old one.
    #[error("the new password is the old one")]
    Same,
    /// Something else.
    #[error("could not reset a password")]
    Trouble(#[from] Trouble),
}

takes_trouble!(ResetError);

impl Failure for ResetError {
    fn reason(&self) -> Reason {
        match self {
            Self::Code(error) => error.reason(),
            Self::Inactive => Reason::AccountInactive,
            Self::Weak(_) => Reason::WeakPassword,
            Self::Same => Reason::SamePassword,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Code(error) => error.retry_after(),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Inactive | Self::Weak(_) | Self::Same => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Weak(error) => vec![password::weakness(*error)],
            _ => Vec::new(),
        }
    }
}

/// What became of a forgotten password.
#[derive(Debug)]
pub struct Forgotten {
    /// Names the send, whether or not somebody got a code.
    pub reference: Reference,
    /// The caller waits for the code of a registration, and may be told so.
    pub registers: bool,
}

/// Sends a code for a new password to the owner of an address; to nobody, with the same answer and the same work, where there is no
/// account. Whoever waits for the code of a registration gets that one again.
///
/// # Errors
/// [`CodeError`] says why not.
pub async fn forgot(app: &App, by: &Caller, address: &Address) -> Result<Forgotten, CodeError> {
    let ask = Ask::new(app, by, Purpose::Reset, address.clone()).await?;
    ask.is_reachable()?;
    let looked = async { Ok::<_, CodeError>(Box::pin(app.store.recipients(&ask.tag, [Purpose::Reset, Purpose::Signup])).await?) };
    let ((), [recipient, registration]) = tokio::try_join!(ask.limit(), looked)?;
    let pending = registration.challenge().filter(|challenge| challenge.pending(ask.now).is_some());
    // Told only to whoever asked for the registration: a decoy, which stands for an account, is told in the same way.
    let waits = pending.is_some_and(|challenge| challenge.known.iter().any(|known| known == ask.origin.network.as_str()));
    let reference = if pending.is_some() {
        let signup = ask.for_purpose(Purpose::Signup);
        // What the answer says is decided by the reset alone.
        let again = async { Ok(codes::only_trouble(register::resend(&signup, registration.clone()).await)?) };
        tokio::try_join!(send(&ask, recipient), again)?.0
    } else {
        send(&ask, recipient).await?
    };
    Ok(Forgotten { reference, registers: waits && app.config.disclosure == Disclosure::Published })
}

async fn send(ask: &Ask<'_>, recipient: Recipient) -> Result<Reference, CodeError> {
    let may_reset = |claim: &&Claim| claim.may_reset(ask.now);
    // Whether a number has an account decides about the message, not about whose money is asked for it.
    let purse = Purse::Proven;
    ask.send(recipient, |recipient| Draft { purse, ..Draft::to_owner(recipient.claim.as_ref().filter(may_reset)) }).await
}

/// Sets a new password with a code: all sessions end, the owner is told, the caller's network is the only one that the account knows
/// from now on, and addresses that were added lately are no longer the account's. The code is used up by this alone: a password that is
/// refused leaves it good.
///
/// # Errors
/// [`ResetError`] says why not.
pub async fn reset(app: &App, by: &Caller, address: &Address, code: &OtpCode, new: &str) -> Result<Reference, ResetError> {
    // What can be said about the password without the account is said before a try is counted.
    Password::new(new, app.config.password_min, &Password::own_texts(address, ""))?;
    let ask = Ask::new(app, by, Purpose::Reset, address.clone()).await?;
    let challenge: Box<Challenge> = ask.attempt(code).await?;
    let mismatch = || ResetError::Code(Refusal::Mismatch.into());
    let owner = challenge.user.ok_or_else(mismatch)?;
    let user = Box::pin(app.store.user(owner)).await?.ok_or_else(mismatch)?;
    if !user.takes_codes_of(challenge.sent_at) {
        return Err(mismatch());
    }
    if !user.status.admits() {
        return Err(ResetError::Inactive);
    }
    let new = password::acceptable(app, &user, new)?;
    if user.password.is_some() && gate::compare(app, &new, Some(&user))? != Verdict::Wrong {
        return Err(ResetError::Same);
    }
    let hash = app.hasher.hash(&new, &*app.rng)?;
    let entrance = ask.keys.directory.entrance(by, &*app.rng);
    let mut user = user;
    for _ in 0..ATTEMPTS {
        match set(&ask, &challenge, &user, &hash, &entrance.origin).await? {
            Redeemed::Done => {
                by.note_device(entrance.cookie);
                return Ok(Reference::of(&challenge));
            }
            Redeemed::Refused => return Err(mismatch()),
            // Its addresses changed: by whoever else has a session, too, who must not keep the owner from this.
            Redeemed::Overtaken => user = again(app, &user).await?.ok_or_else(mismatch)?,
        }
    }
    Err(Trouble::Contended.into())
}

/// Sets the password of the account, as it was read.
async fn set(ask: &Ask<'_>, challenge: &Challenge, user: &User, hash: &StoredHash, origin: &Origin) -> Result<Redeemed, Trouble> {
    let Ask { app, by, ref keys, ref tag, now, .. } = *ask;
    // Read after the account, whose count of proofs the write looks at: one that is proved in between must not be missed.
    let proved = Box::pin(app.store.proved_addresses(user.id)).await?;
    let tagged = proved.iter().map(|proved| (keys.directory.tag(&proved.address), proved));
    // What was added lately may have been added by whoever makes the owner reset the password.
    let (young, kept): (Vec<_>, Vec<_>) = tagged.partition(|(own, proved)| own != tag && proved.is_young(now));
    let claims: Vec<AddressTag> = kept.into_iter().map(|(tag, _)| tag).collect();
    if !claims.contains(tag) {
        return Ok(Redeemed::Refused);
    }
    let lost = |(tag, proved): (AddressTag, &Contact)| Eviction { tag, channel: proved.address.channel(), number: proved.number };
    let reset = PasswordReset {
        user,
        address: tag,
        challenge,
        hash,
        passwords: app.config.limits.passwords,
        origin,
        claims: &claims,
        evicted: &young.into_iter().map(lost).collect::<Vec<_>>(),
        audit: &audit::of_user(app, user.id, None, Event::PasswordReset, now),
        notices: &outbox::notices_to_owner(app, by, user, &Content::PasswordChanged, now)?,
        now,
    };
    Ok(app.store.reset_password(&reset).await?)
}
