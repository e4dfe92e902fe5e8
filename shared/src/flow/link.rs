//! Linking a partner's user to the person who has a number: that is proved by a code sent there, and by what its request was answered.

use std::sync::Arc;

use crate::app::App;
use crate::caller::Caller;
use crate::config::Disclosure;
use crate::domain::address::Phone;
use crate::domain::challenge::{Challenge, Refusal};
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::link::{AuthCode, Link, LinkTag, MOST_LINKS};
use crate::domain::message::Content;
use crate::domain::user::{Status, User, UserId};
use crate::flow::codes::{ATTEMPTS, Ask, CodeError, Draft, Post};
use crate::flow::newcomer::{self, Creation, Newcomer};
use crate::flow::partner::PartnerUser;
use crate::flow::{Trouble, audit, otp, outbox, takes_trouble};
use crate::keyring::Keys;
use crate::reason::{Failure, FieldProblem, Reason};
use crate::secret;
use crate::store::{About, AuditEvent, Before, Claim, Detail, Event, Leaver, Linked, Linking, Notice, Parting, Purse, Recipient, Told};

/// Why nobody was linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The code is right, and the account of the number closed, or about to be deleted.
    #[error("the account is not in use")]
    Inactive,
    /// The number's person is as many of partners' users as one may be.
    #[error("the account has as many links as it may have")]
    TooMany,
    /// Something else.
    #[error("could not link a partner's user")]
    Trouble(#[from] Trouble),
}

takes_trouble!(LinkError);

impl Failure for LinkError {
    fn reason(&self) -> Reason {
        match self {
            Self::Code(error) => error.reason(),
            Self::Inactive => Reason::AccountInactive,
            Self::TooMany => Reason::InvalidRequest,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Code(error) => error.retry_after(),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Inactive | Self::TooMany => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Code(error) => error.details(),
            Self::TooMany => vec![FieldProblem::new("phone_number", "belongs to somebody who is linked with as many users as one may be")],
            Self::Inactive | Self::Trouble(_) => Vec::new(),
        }
    }
}

/// What asking for a code is answered.
#[derive(Debug)]
pub struct Asked {
    /// Binds the code to this request.
    pub auth_code: AuthCode,
    /// Whether the number's person is new; always, where disclosure is uniform.
    pub is_new: bool,
}

/// Sends a code to a number that a partner's user wants to be linked by, whoever has it.
///
/// # Errors
/// [`LinkError`] says why not.
pub async fn ask(app: &App, by: &Caller, who: &PartnerUser, phone: &Phone) -> Result<Asked, LinkError> {
    send(app, by, who, phone, |_| None).await
}

/// As [`ask`]; while a code waits, it is replaced and what its request was answered stays.
///
/// # Errors
/// [`LinkError`] says why not.
pub async fn ask_again(app: &App, by: &Caller, who: &PartnerUser, phone: &Phone) -> Result<Asked, LinkError> {
    let now = app.clock.now();
    send(app, by, who, phone, |challenge| challenge.request.clone().filter(|_| challenge.is_waiting(now))).await
}

async fn send(
    app: &App,
    by: &Caller,
    who: &PartnerUser,
    phone: &Phone,
    waiting: impl Fn(&Challenge) -> Option<String>,
) -> Result<Asked, LinkError> {
    let (ask, _) = about(app, by, who, phone).await?;
    ask.is_reachable()?;
    let mut recipient = ask.limited_look().await?;
    let is_new = is_new(&ask, &recipient).await?;
    for _ in 0..ATTEMPTS {
        let request = recipient.challenge().and_then(&waiting).unwrap_or_else(|| app.rng.token());
        let draft = Draft {
            post: Post::Code,
            purse: otp::purse(app, recipient.claim.as_ref()),
            partner: Some(&who.partner.name),
            request: Some(request.clone()),
            ..Draft::to_owner(recipient.claim.as_ref())
        };
        if ask.send_once(&recipient, draft).await?.is_some() {
            return Ok(Asked { auth_code: AuthCode::of(&request, ask.keys.directory.code()), is_new });
        }
        recipient = ask.look().await?;
    }
    Err(Trouble::Contended.into())
}

async fn about<'a>(app: &'a App, by: &'a Caller, who: &PartnerUser, phone: &Phone) -> Result<(Ask<'a>, LinkTag), Trouble> {
    let keys: Arc<Keys> = app.keyring.keys().await?;
    let tag = keys.directory.link(&who.partner.id, &who.user);
    Ok((Ask::new(app, by, Purpose::Partner(tag), phone.clone().into()).await?, tag))
}

/// Whether the number's person is new: nobody has proved it, or an account that was not used for a long time.
async fn is_new(ask: &Ask<'_>, recipient: &Recipient) -> Result<bool, Trouble> {
    if ask.app.config.disclosure == Disclosure::Uniform {
        return Ok(true);
    }
    let owner = newcomer::owner(ask, recipient).await?;
    Ok(owner.is_none_or(|owner| otp::is_stale(ask.app, &owner, ask.now)))
}

/// Links a partner's user to the person who has the code of a number; whoever is new gets an account. A user who was linked to another
/// person is moved, and both are told.
///
/// # Errors
/// [`LinkError`] says why not.
pub async fn verify(
    app: &App,
    by: &Caller,
    who: &PartnerUser,
    phone: &Phone,
    code: &OtpCode,
    auth_code: &AuthCode,
) -> Result<(), LinkError> {
    let (ask, tag) = about(app, by, who, phone).await?;
    let key = ask.keys.directory.code();
    let answered = |request: &String| secret::equal(AuthCode::of(request, key).digits().as_bytes(), auth_code.digits().as_bytes());
    let challenge = ask.attempt_if(code, |challenge| challenge.request.as_ref().is_some_and(answered)).await?;
    for _ in 0..ATTEMPTS {
        let (linked, claim) = app.store.link_and_claim(tag, &ask.tag).await?;
        let purse = otp::purse(app, claim.as_ref());
        if (Match { ask: &ask, who, tag, phone, challenge: &challenge, linked, purse }).make(claim).await? {
            return Ok(());
        }
        // Somebody else has used the code, or one of the accounts, the number or the link has changed in this very moment.
        let seen = ask.look().await?;
        if seen.challenge().map(|seen| seen.revision) != Some(challenge.revision) {
            return Err(CodeError::from(Refusal::Used).into());
        }
    }
    Err(Trouble::Contended.into())
}

/// A partner's user and a number that they have proved.
struct Match<'a> {
    ask: &'a Ask<'a>,
    who: &'a PartnerUser,
    tag: LinkTag,
    phone: &'a Phone,
    challenge: &'a Challenge,
    /// Whom they are linked to so far.
    linked: Option<UserId>,
    /// What the code was paid from.
    purse: Purse,
}

impl Match<'_> {
    /// Links them to the account of the number, or to a new one. `false`: something has changed meanwhile.
    async fn make(&self, claim: Option<Claim>) -> Result<bool, LinkError> {
        let Ask { app, now, .. } = *self.ask;
        let owner = match &claim {
            Some(claim) => Box::pin(app.store.user(claim.user)).await?,
            None => None,
        };
        match owner.zip(claim) {
            Some((user, claim)) if !otp::is_stale(app, &user, now) => self.join(&user, &claim).await,
            former => self.create(former).await,
        }
    }

    async fn join(&self, user: &User, claim: &Claim) -> Result<bool, LinkError> {
        let Self { ask, challenge, .. } = *self;
        if !user.takes_codes_of(challenge.sent_at) {
            return Err(CodeError::from(Refusal::Mismatch).into());
        }
        if user.status != Status::Active {
            return Err(LinkError::Inactive);
        }
        let is_same = self.linked == Some(user.id);
        if user.links >= MOST_LINKS && !is_same {
            return Err(LinkError::TooMany);
        }
        let parting = self.parting(user.id).await?;
        let told = if is_same { Vec::new() } else { self.notices(user, &self.linked_content())? };
        let (link, audit) = (self.link(), self.told(user.id, Event::Linked));
        let linking = self.linking(&link, user.id, parting.as_ref(), &audit, &told);
        let linked =
            Linked { address: &ask.tag, purpose: ask.purpose, challenge, user, number: claim.number, linking: &linking, now: ask.now };
        Ok(Box::pin(ask.app.store.link(&linked)).await?)
    }

    async fn create(&self, former: Option<(User, Claim)>) -> Result<bool, LinkError> {
        let Self { ask, challenge, .. } = *self;
        let id = UserId::new(ask.now, &*ask.app.rng);
        let leaver = newcomer::leaver(ask, former).await?;
        // Number and link may leave one account.
        let loses_link = leaver.as_ref().is_some_and(|leaver| self.linked == Some(leaver.user.id));
        let leaver = leaver.map(|leaver| Leaver { loses_link, ..leaver });
        let parting = self.parting(id).await?.map(|parting| Parting { counted: loses_link, ..parting });
        let (link, audit) = (self.link(), self.told(id, Event::Linked));
        let linking = self.linking(&link, id, parting.as_ref(), &audit, &[]);
        let creation = Creation { ask, challenge, leaver: leaver.as_ref(), notices: &[] };
        Ok(Box::pin(creation.link(Newcomer::with_phone(self.phone.clone()), id, &linking)).await?)
    }

    fn link(&self) -> Link {
        let PartnerUser { partner, user, wallet_address } = self.who;
        let (at, wallet_address) = (self.ask.now, wallet_address.clone());
        Link { partner: partner.id.clone(), partner_user: user.clone(), wallet_address, created_at: at, verified_at: at }
    }

    fn linking<'a>(
        &self,
        link: &'a Link,
        user: UserId,
        parting: Option<&'a Parting>,
        audit: &'a AuditEvent,
        notices: &'a [Notice],
    ) -> Linking<'a> {
        let before = match parting {
            Some(parting) => Before::Another(parting),
            None if self.linked == Some(user) => Before::Same,
            None => Before::Nobody,
        };
        Linking { tag: self.tag, link, before, audit, notices }
    }

    /// The account that the link leaves, if it is another one than `user`.
    async fn parting(&self, user: UserId) -> Result<Option<Parting>, Trouble> {
        let Some(former) = self.linked.filter(|former| *former != user) else { return Ok(None) };
        let content = Content::LinkMoved { partner: self.who.partner.name.clone() };
        let account = Box::pin(self.ask.app.store.user(former)).await?;
        let audit = account.is_some().then(|| self.told(former, Event::LinkMoved));
        let told = account.map(|account| self.tell(&account, &content)).transpose()?.unwrap_or_default();
        Ok(Some(Parting { user: former, audit, counted: false, told }))
    }

    /// Notices by mail, and where there is no mail address, by SMS: each is worth a code that was paid for and typed. None goes to a
    /// number that may have another owner by now, or is the very one that was proved.
    fn tell(&self, user: &User, content: &Content) -> Result<Told, Trouble> {
        let Ask { app, by, now, .. } = *self.ask;
        let told = Told { notices: self.notices(user, content)?, toll: None };
        let is_told = !told.notices.is_empty() || otp::is_stale(app, user, now);
        match user.verified_phone().filter(|phone| !is_told && *phone != self.phone) {
            // From the money that the code was paid from: whoever moves links between new numbers leaves that of proved ones alone.
            Some(phone) => Ok(outbox::also_by_sms(app, &self.ask.keys, (by, user), told, (phone, self.purse), content, now)?),
            None => Ok(told),
        }
    }

    fn notices(&self, user: &User, content: &Content) -> Result<Vec<Notice>, Trouble> {
        let Ask { app, by, now, .. } = *self.ask;
        Ok(outbox::notices_to_owner(app, by, user, content, now)?)
    }

    fn linked_content(&self) -> Content {
        Content::Linked { partner: self.who.partner.name.clone() }
    }

    fn told(&self, user: UserId, event: Event) -> AuditEvent {
        let detail = Detail { partner: Some(self.who.partner.id.clone()), ..Detail::default() };
        audit::of(self.ask.app, About::User(user), None, event, detail, self.ask.now)
    }
}
