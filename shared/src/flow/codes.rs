//! One-time codes: asking for one and trying one, the same for every purpose.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::config::MicroDollars;
use crate::delivery::sms_segments;
use crate::domain::address::{Address, AddressError, Channel, Phone};
use crate::domain::challenge::{Challenge, Refusal, Registration};
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::familiar::{Familiar, Origin};
use crate::domain::lane::Lane;
use crate::domain::limit::CallerLimit;
use crate::domain::locale::Locale;
use crate::domain::message::{CodeFor, Content, Message};
use crate::domain::partner::PartnerName;
use crate::domain::user::UserId;
use crate::flow::limits::{self, LimitError};
use crate::flow::{Trouble, audit, outbox, takes_trouble};
use crate::keyring::Keys;
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{
    About, AddressTag, Beside, Claim, Counted, CountedLinkTry, Detail, Event, Fare, LinkTry, Purse, Recipient, Sending, Sent, Share,
    Sharing, Since, Trying,
};
use crate::telemetry::{self, Metric};

/// The most networks that a challenge of an account's own address knows.
const MOST_KNOWN: usize = 5;
/// How often a record is looked at again that others change at the same moment.
pub(crate) const ATTEMPTS: usize = 4;

/// Why a code was not sent or not taken.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Too many requests.
    #[error("the caller is limited")]
    Limited(#[from] LimitError),
    /// Codes were sent to the address too recently or too often: so many seconds to wait.
    #[error("too many codes were asked for")]
    TooSoon(u64),
    /// Too many SMS to numbers like this one: so many seconds to wait.
    #[error("too many SMS to one block of numbers")]
    BlockFull(u64),
    /// The day's money is spent: so many seconds to wait.
    #[error("the day's budget for SMS is spent")]
    Spent(u64),
    /// No SMS goes to the number in this field, whoever has it.
    #[error("no SMS goes to the number")]
    Unreachable(&'static str),
    /// The account has as many addresses as it may have.
    #[error("the account has as many addresses as it may have")]
    TooManyAddresses(&'static str),
    /// The primary address was changed too often: so many seconds to wait.
    #[error("too many changes of the primary address")]
    TooManyChanges(u64),
    /// Too many tries at the address's codes: so many seconds to wait.
    #[error("too many codes were tried")]
    TooManyTries(u64),
    /// The code was refused.
    #[error("the code was refused")]
    Refused(#[from] Refusal),
    /// Something else.
    #[error("could not send or take a code")]
    Trouble(#[from] Trouble),
}

takes_trouble!(CodeError);

impl Failure for CodeError {
    fn reason(&self) -> Reason {
        match self {
            Self::Limited(error) => error.reason(),
            Self::TooSoon(_) => Reason::CodesLimited,
            Self::BlockFull(_) => Reason::NumbersLimited,
            Self::Spent(_) => Reason::SmsSpent,
            Self::Unreachable(_) | Self::TooManyAddresses(_) => Reason::InvalidRequest,
            Self::TooManyChanges(_) => Reason::ChangesLimited,
            Self::TooManyTries(_) => Reason::TooManyAttempts,
            Self::Refused(Refusal::Mismatch) => Reason::CodeMismatch,
            Self::Refused(Refusal::Expired) => Reason::CodeExpired,
            Self::Refused(Refusal::Used) => Reason::CodeUsed,
            Self::Refused(Refusal::Exhausted) => Reason::CodeExhausted,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Limited(error) => error.retry_after(),
            Self::TooSoon(seconds)
            | Self::BlockFull(seconds)
            | Self::Spent(seconds)
            | Self::TooManyChanges(seconds)
            | Self::TooManyTries(seconds) => Some(*seconds),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Unreachable(_) | Self::TooManyAddresses(_) | Self::Refused(_) => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        let problem = |field: &'static str, message: String| vec![FieldProblem::new(field, message)];
        match self {
            Self::Unreachable(field) => problem(field, AddressError::NotReachable.to_string()),
            Self::TooManyAddresses(field) => problem(field, "is one more than an account may have".to_owned()),
            _ => Vec::new(),
        }
    }
}

/// Names a send, for whoever asked for it. It proves nothing.
#[derive(Debug, Clone)]
pub struct Reference(String);

impl Reference {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the send of a code that was right.
    pub(crate) fn of(challenge: &Challenge) -> Self {
        Self(challenge.id.clone())
    }
}

/// What goes out with a challenge.
#[derive(Debug)]
pub(crate) enum Post {
    /// The code.
    Code,
    /// Something else; the challenge gets a code that nobody knows.
    Instead(Content),
    /// Nothing; the challenge gets a code that nobody knows.
    Decoy,
    /// Nothing; the challenge has no code.
    Nothing,
}

/// Which callers a challenge knows.
#[derive(Debug)]
pub(crate) enum Knows {
    /// The network that asks first: there is no account yet.
    WhoAsksFirst,
    /// The owner, who asks with a session, and where they ask from.
    TheOwner,
    /// Nobody but who is known already: anybody may ask.
    NobodyNew,
    /// Those of the account; nobody, where there is none and that shall not show.
    TheAccounts(Familiar),
}

/// A challenge as it shall be.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    /// The account that it is about.
    pub(crate) user: Option<UserId>,
    /// Whom it knows.
    pub(crate) knows: Knows,
    /// The registration that waits for it.
    pub(crate) registration: Option<Registration>,
    /// What goes out with it.
    pub(crate) post: Post,
    /// Where it goes, if there is a better spelling of the address than the one that was asked with.
    pub(crate) to: Option<Address>,
    /// The language of what goes out, if the recipient has chosen one.
    pub(crate) locale: Option<Locale>,
    /// Since which sends the cooldown runs.
    pub(crate) since: Since,
    /// What is written beside it.
    pub(crate) beside: Option<Beside<'a>>,
    /// Whose money an SMS is.
    pub(crate) purse: Purse,
    /// The partner that the message names.
    pub(crate) partner: Option<&'a PartnerName>,
    /// What the request is known by, if its code has a companion.
    pub(crate) request: Option<String>,
}

impl Draft<'_> {
    /// Whether nobody gets a message.
    fn is_phantom(&self) -> bool {
        !matches!(self.post, Post::Code | Post::Instead(_))
    }
}

impl Draft<'_> {
    /// A draft of what goes out to `knows`, about nobody yet.
    pub(crate) fn new(knows: Knows, post: Post) -> Self {
        let (user, registration, to, locale, beside, partner, request) = (None, None, None, None, None, None, None);
        Self { user, knows, registration, post, to, locale, since: Since::AnySend, beside, purse: Purse::Others, partner, request }
    }

    /// A draft of a code for the owner of an address; of the same without one, where there is none.
    pub(crate) fn to_owner(claim: Option<&Claim>) -> Self {
        let knows = Knows::TheAccounts(claim.map(|claim| claim.familiar.clone()).unwrap_or_default());
        let post = if claim.is_some() { Post::Code } else { Post::Decoy };
        let (to, locale) = (claim.map(|claim| claim.address.clone()), claim.and_then(|claim| claim.locale));
        Self { user: claim.map(|claim| claim.user), to, locale, ..Self::new(knows, post) }
    }
}

/// An address, a purpose, and who asks.
pub(crate) struct Ask<'a> {
    pub(crate) app: &'a App,
    pub(crate) by: &'a Caller,
    pub(crate) keys: Arc<Keys>,
    pub(crate) purpose: Purpose,
    pub(crate) address: Address,
    pub(crate) tag: AddressTag,
    pub(crate) origin: Origin,
    /// It is the owner who asks: with a session, about an address of their own.
    pub(crate) by_owner: bool,
    pub(crate) now: Timestamp,
}

impl<'a> Ask<'a> {
    pub(crate) async fn new(app: &'a App, by: &'a Caller, purpose: Purpose, address: Address) -> Result<Self, Trouble> {
        let keys = app.keyring.keys().await?;
        let (tag, origin) = (keys.directory.tag(&address), keys.directory.origin(by));
        Ok(Self { app, by, keys, purpose, address, tag, origin, by_owner: false, now: app.clock.now() })
    }

    /// The same for another purpose.
    pub(crate) fn for_purpose(&self, purpose: Purpose) -> Self {
        let Self { app, by, by_owner, now, .. } = *self;
        let (keys, address, tag, origin) = (Arc::clone(&self.keys), self.address.clone(), self.tag.clone(), self.origin.clone());
        Self { app, by, keys, purpose, address, tag, origin, by_owner, now }
    }

    /// The same by an account about an address of its own.
    pub(crate) fn of_owner(&self, owner: UserId) -> Self {
        Self { by_owner: true, ..self.for_purpose(Purpose::Verify(owner)) }
    }

    /// The same by the owner of the address, with a session.
    pub(crate) fn owned(self) -> Self {
        Self { by_owner: true, ..self }
    }

    /// Counts the caller's request.
    pub(crate) async fn limit(&self) -> Result<(), CodeError> {
        // The SDK's futures are large: on the heap they do not grow those that wait for them.
        Ok(Box::pin(limits::take(self.app, CallerLimit::AskCode, self.by, &self.origin.network, self.now)).await?)
    }

    pub(crate) async fn look(&self) -> Result<Recipient, CodeError> {
        Ok(Box::pin(self.app.store.recipient(&self.tag, self.purpose)).await?)
    }

    pub(crate) async fn limited_look(&self) -> Result<Recipient, CodeError> {
        let ((), recipient) = tokio::try_join!(self.limit(), self.look())?;
        Ok(recipient)
    }

    /// Refuses numbers that no SMS goes to, before anything is known about them.
    pub(crate) fn is_reachable(&self) -> Result<(), CodeError> {
        match &self.address {
            Address::Phone(phone) => reachable(self.app, self.by, phone),
            Address::Email(_) => Ok(()),
        }
    }

    /// Writes what `draft` makes of the recipient; where somebody else was faster, of what they left.
    pub(crate) async fn send<'d>(&self, mut recipient: Recipient, draft: impl Fn(&Recipient) -> Draft<'d>) -> Result<Reference, CodeError> {
        for _ in 0..ATTEMPTS {
            if let Some(reference) = self.send_once(&recipient, draft(&recipient)).await? {
                return Ok(reference);
            }
            recipient = self.look().await?;
        }
        Err(Trouble::Contended.into())
    }

    /// Writes the challenge anew with its message; `None` if somebody else was faster. Whoever gets no code gets the same write
    /// without one.
    pub(crate) async fn send_once(&self, recipient: &Recipient, draft: Draft<'_>) -> Result<Option<Reference>, CodeError> {
        let Self { app, tag, purpose, now, .. } = self;
        let limits = &app.config.limits.codes;
        let (id, code) = (app.rng.token(), OtpCode::draw(&*app.rng));
        let seen = recipient.challenge();
        let (known, asker, lane) = self.callers(seen, &draft);
        let life = limits.life(self.by.surface);
        let expires_at = *now + life;
        let challenge = Challenge {
            code: match draft.post {
                Post::Code => Some(code.mac(self.keys.directory.code(), &id)),
                Post::Instead(_) | Post::Decoy => Some(app.rng.token()),
                Post::Nothing => None,
            },
            used: None,
            request: draft.request.clone(),
            most_tries: limits.tries_at_one(self.by.surface),
            id,
            revision: seen.map_or(1, |challenge| challenge.revision + 1),
            registration: draft.registration.clone(),
            user: draft.user,
            known,
            asker,
            sent_at: *now,
            expires_at,
            kept_until: expires_at + limits.tries.window,
        };
        let with_code =
            Content::Code { purpose: code_for(*purpose, draft.partner), code: code.digits().to_owned(), minutes: life.as_secs() / 60 };
        let locale = draft.locale.or(self.by.locale).unwrap_or_default();
        let fare = self.fare(&with_code, locale, &draft);
        let share = self.share(lane, draft.is_phantom());
        let content = match &draft.post {
            Post::Code => Some(with_code),
            Post::Instead(content) => Some(content.clone()),
            Post::Decoy | Post::Nothing => None,
        };
        let key = app.store.challenge_key(tag, *purpose);
        let (to, base_url) = (draft.to.as_ref().unwrap_or(&self.address).clone(), self.by.base_url.clone());
        let message = content.map(|content| Message { to: to.into(), content, locale, base_url, not_after: expires_at });
        let envelope = message.map(|message| outbox::seal(app, &key, &message)).transpose()?;
        let sends = limits.sends(lane, *purpose);
        let audit = recipient.is_last_send(lane, sends, *now).then(|| {
            let about = draft.user.map_or(About::Item(key), About::User);
            audit::of(app, about, None, Event::CodesAsked, self.detail(lane, sends.most), *now)
        });
        let sending = Sending {
            address: tag,
            purpose: *purpose,
            lane,
            sends,
            seen: seen.map(|challenge| challenge.revision),
            challenge: &challenge,
            envelope: envelope.as_ref(),
            cooldown: limits.cooldown(self.address.channel(), *purpose),
            since: draft.since,
            fare: fare.as_ref(),
            share: share.as_ref(),
            beside: draft.beside,
            audit: audit.as_ref(),
            now: *now,
        };
        match Box::pin(app.store.send_code(&sending)).await? {
            Sent::Done => {}
            Sent::Overtaken => return Ok(None),
            Sent::TooSoon(seconds) => return Err(CodeError::TooSoon(seconds)),
            Sent::BlockFull(seconds) => return Err(CodeError::BlockFull(seconds)),
            Sent::Spent(seconds) => return Err(CodeError::Spent(seconds)),
            Sent::TooManyAddresses => return Err(CodeError::TooManyAddresses(self.by.surface.field_of(self.address.channel()))),
        }
        if matches!(draft.post, Post::Code) {
            telemetry::count(Metric::CodesSent, &self.dimensions());
        }
        Ok(Some(Reference(challenge.id)))
    }

    /// Counts a try, compares the code, and gives the challenge if it fits.
    pub(crate) async fn attempt(&self, code: &OtpCode) -> Result<Box<Challenge>, CodeError> {
        self.attempt_if(code, |_| true).await
    }

    /// As [`Ask::attempt`]; `fits` is asked as well, for what comes with the code.
    pub(crate) async fn attempt_if(&self, code: &OtpCode, fits: impl Fn(&Challenge) -> bool) -> Result<Box<Challenge>, CodeError> {
        let Self { app, tag, purpose, origin, now, .. } = self;
        let tries = app.config.limits.codes.tries;
        let trying = Trying { address: tag, purpose: *purpose, origin, by_owner: self.by_owner, tries, now: *now };
        let limited = async { Ok(Box::pin(limits::take(app, CallerLimit::VerifyCode, self.by, &origin.network, *now)).await?) };
        let counted = async { Ok::<_, CodeError>(Box::pin(app.store.count_try(&trying)).await?) };
        let ((), tried) = tokio::try_join!(limited, counted)?;
        let mut about = match purpose {
            Purpose::Verify(owner) if *owner != UserId::nobody() => About::User(*owner),
            _ => About::Item(app.store.challenge_key(tag, *purpose)),
        };
        let mut last_at_number = None;
        let refusal = match tried.outcome {
            Counted::Full(seconds) => return Err(CodeError::TooManyTries(seconds)),
            Counted::Expired => Refusal::Expired.into(),
            Counted::Exhausted => Refusal::Exhausted.into(),
            Counted::Nothing => Refusal::Mismatch.into(),
            Counted::Counted(challenge) => {
                about = challenge.user.map_or(about, About::User);
                let at_number = self.count_at_number(tried.lane).await?;
                last_at_number = at_number.ok().flatten();
                let (judged, fits) = (challenge.judge(code, self.keys.directory.code(), *now), fits(&challenge));
                match (at_number, judged) {
                    (Ok(_), Ok(())) if fits => {
                        telemetry::count(Metric::CodesVerified, &self.dimensions());
                        return Ok(challenge);
                    }
                    (Err(seconds), _) => CodeError::TooManyTries(seconds),
                    (Ok(_), judged) => judged.err().unwrap_or(Refusal::Mismatch).into(),
                }
            }
        };
        let event = |lane, count| audit::of(app, about.clone(), None, Event::CodesRefused, self.detail(lane, count), *now);
        if tried.is_last {
            Box::pin(app.store.tell_refused_codes(&trying, tried.lane, &event(tried.lane, tries.most))).await?;
        }
        if let Some(trying) = last_at_number {
            Box::pin(app.store.tell_refused_links(&trying, &event(trying.lane, trying.tries.most))).await?;
        }
        Err(refusal)
    }

    /// Counts a try for its number, too, where several challenges are about it: each user of each partner has one of their own, and
    /// whoever can make users could try as often as it likes. The try, if it was the last in its lane; with none left, the seconds until
    /// there is one.
    async fn count_at_number(&self, lane: Lane) -> Result<Result<Option<LinkTry<'_>>, u64>, Trouble> {
        let Purpose::Partner(_) = self.purpose else { return Ok(Ok(None)) };
        let tries = self.app.config.limits.codes.tries_to_link();
        let trying = LinkTry { address: &self.tag, lane: shared_lane(lane), tries, now: self.now };
        Ok(match Box::pin(self.app.store.count_link_try(&trying)).await? {
            CountedLinkTry::Counted { is_last } => Ok(is_last.then_some(trying)),
            CountedLinkTry::Full(seconds) => Err(seconds),
        })
    }

    /// Whom the challenge knows, who asked first of those whom it does not, and the lane that this send is counted in.
    fn callers(&self, seen: Option<&Challenge>, draft: &Draft<'_>) -> (Vec<String>, Option<String>, Lane) {
        let network = self.origin.network.as_str();
        // Who asked first stays it for as long as the counts matter: a stranger who asks later takes nobody's place.
        let before = seen.filter(|challenge| self.now < challenge.kept_until);
        match &draft.knows {
            Knows::WhoAsksFirst => {
                let known = before.map(|challenge| challenge.known.clone()).filter(|known| !known.is_empty());
                let first = || if matches!(draft.post, Post::Nothing) { Vec::new() } else { vec![network.to_owned()] };
                let known = known.unwrap_or_else(first);
                let lane = if known.iter().any(|known| known == network) { Lane::Known } else { Lane::Stranger };
                (known, None, lane)
            }
            Knows::TheOwner => {
                let known = before.map(|challenge| challenge.known.clone()).unwrap_or_default();
                let others = known.into_iter().filter(|known| known != network).take(MOST_KNOWN - 1);
                (std::iter::once(network.to_owned()).chain(others).collect(), None, Lane::Known)
            }
            Knows::NobodyNew => {
                let known = before.map(|challenge| challenge.known.clone()).unwrap_or_default();
                let lane = if known.iter().any(|known| known == network) { Lane::Known } else { Lane::Stranger };
                (known, None, lane)
            }
            Knows::TheAccounts(familiar) => {
                let lane = familiar.lane(&self.origin);
                let first = before.and_then(|challenge| challenge.asker.clone());
                let asker = first.or_else(|| (lane == Lane::Stranger).then(|| network.to_owned()));
                // Codes of a partner's user are asked for by that user alone: whoever began to is no stranger.
                let began = matches!(self.purpose, Purpose::Partner(_)) && asker.as_deref() == Some(network);
                (familiar.tags(), asker, if began && lane == Lane::Stranger { Lane::Asker } else { lane })
            }
        }
    }

    /// What the send is counted in besides its challenge, if several challenges are about one address.
    fn share(&self, lane: Lane, phantom: bool) -> Option<Share> {
        let limits = &self.app.config.limits.codes;
        match self.purpose {
            // Accounts know nothing of each other's places.
            Purpose::Verify(_) => Some(Share { sharing: Sharing::Verify, lane: Lane::Stranger, sends: limits.to_one_address(), phantom }),
            Purpose::Partner(_) => {
                Some(Share { sharing: Sharing::Link, lane: shared_lane(lane), sends: limits.sends(Lane::Known, self.purpose), phantom })
            }
            Purpose::Signup | Purpose::SignIn | Purpose::Reset | Purpose::StandAlone | Purpose::Delete | Purpose::Export => None,
        }
    }

    /// What the send costs, if it goes by SMS. Who gets none is asked for the same money, and it is not taken.
    fn fare(&self, content: &Content, locale: Locale, draft: &Draft<'_>) -> Option<Fare> {
        let Address::Phone(phone) = &self.address else { return None };
        let fare = fare(self.app, &self.keys, (phone, draft.purse), content, locale, self.now);
        Some(Fare { phantom: draft.is_phantom(), ..fare })
    }

    fn detail(&self, lane: Lane, count: usize) -> Detail {
        let (channel, purpose) = (self.address.channel().name(), self.purpose.name());
        Detail { channel: Some(channel), purpose: Some(purpose), lane: Some(lane.name()), count: Some(count), ..Detail::default() }
    }

    fn dimensions(&self) -> [(&'static str, &str); 3] {
        let prefix = match &self.address {
            Address::Phone(phone) => phone.tellable_prefix(),
            Address::Email(_) => "",
        };
        [("channel", self.address.channel().name()), ("purpose", self.purpose.name()), ("prefix", prefix)]
    }
}

/// What SMS may cost in a day from that purse.
pub(crate) fn budget(app: &App, purse: Purse) -> MicroDollars {
    match purse {
        Purse::Proven => app.config.sms.budget_of_proven,
        Purse::Others => app.config.sms.budget - app.config.sms.budget_of_proven,
    }
}

/// What a message to a number is counted and paid from.
pub(crate) fn fare(app: &App, keys: &Keys, (phone, purse): (&Phone, Purse), content: &Content, locale: Locale, now: Timestamp) -> Fare {
    let sms_per_block = app.config.limits.sms_per_prefix;
    Fare {
        block: keys.directory.block(phone),
        sms_per_block,
        window: sms_per_block.window_at(now),
        purse,
        budget: budget(app, purse),
        price: price(app, phone, content, locale),
        day: limits::day_at(now),
        phantom: false,
    }
}

/// What a message to a number costs: each part of it is paid for.
pub(crate) fn price(app: &App, phone: &Phone, content: &Content, locale: Locale) -> MicroDollars {
    let of_a_part = phone.sms_country().map_or(0, |country| app.config.sms.price(&country));
    of_a_part * sms_segments(content, locale) as MicroDollars
}

/// What a code for that purpose is called in its message.
fn code_for(purpose: Purpose, partner: Option<&PartnerName>) -> CodeFor {
    match (purpose, partner) {
        (_, Some(partner)) => CodeFor::Link(partner.clone()),
        (Purpose::Signup, None) => CodeFor::Signup,
        (Purpose::SignIn, None) => CodeFor::SignIn,
        (Purpose::Reset, None) => CodeFor::Reset,
        (Purpose::Verify(_), None) => CodeFor::Address,
        (Purpose::Delete, None) => CodeFor::Deletion,
        (Purpose::Export, None) => CodeFor::Export,
        (Purpose::StandAlone | Purpose::Partner(_), None) => CodeFor::StandAlone,
    }
}

/// Where several challenges are about one number, callers whom its account knows are counted apart from all others.
fn shared_lane(lane: Lane) -> Lane {
    match lane {
        Lane::Known => Lane::Known,
        Lane::Asker | Lane::Stranger => Lane::Stranger,
    }
}

/// What is left of a send that another answer does not depend on: a code that was not sent now may be on its way already.
pub(crate) fn only_trouble<T>(outcome: Result<T, CodeError>) -> Result<(), Trouble> {
    match outcome {
        Err(CodeError::Trouble(trouble)) => Err(trouble),
        _ => Ok(()),
    }
}

/// Refuses numbers that no SMS goes to.
pub(crate) fn reachable(app: &App, by: &Caller, phone: &Phone) -> Result<(), CodeError> {
    let country = phone.sms_country().filter(|country| app.config.sms.may_go_to(country));
    country.map(drop).ok_or(CodeError::Unreachable(by.surface.field_of(Channel::Phone)))
}
