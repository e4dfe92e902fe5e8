//! Signing up. A registration waits in its challenge until a code is verified: proving the mailbox gives the account to the
//! mailbox, never to a password that somebody else typed.

use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::address::{Email, Phone};
use crate::domain::challenge::{Challenge, Refusal, Registration};
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::hash::Verdict;
use crate::domain::message::{Content, Message};
use crate::domain::name::Name;
use crate::domain::password::Password;
use crate::domain::user::{Primary, Profile, Role, Status, User, UserId};
use crate::flow::limits::{self, LimitError};
use crate::flow::session::{self, Granted, Realm};
use crate::flow::{Trouble, lane_of, outbox, takes_trouble};
use crate::keyring::Keys;
use crate::reason::{Failure, Reason};
use crate::store::{AddressTag, Counted, Event, Limit, NetworkTag, Recipient, Registered, Sending, Sent, Since};

/// How long a code of a registration lives.
const LIFE: Duration = Duration::from_mins(10);
/// The least time between two mails with codes to one address.
const COOLDOWN: Duration = Duration::from_secs(30);
const ATTEMPTS: usize = 4;

/// Why a sign-up or its verification was refused.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Too many requests from the caller's network.
    #[error("the caller is limited")]
    Limited(#[from] LimitError),
    /// Codes were sent to the address too recently or too often: so many seconds to wait.
    #[error("too many codes were asked for")]
    TooSoon(u64),
    /// Too many tries at the address's codes: so many seconds to wait.
    #[error("too many codes were tried")]
    TooManyTries(u64),
    /// The code was refused.
    #[error("the code was refused")]
    Code(#[from] Refusal),
    /// Something else.
    #[error("could not register")]
    Trouble(#[from] Trouble),
}

takes_trouble!(RegisterError);

impl Failure for RegisterError {
    fn reason(&self) -> Reason {
        match self {
            Self::Limited(error) => error.reason(),
            Self::TooSoon(_) => Reason::RateLimited,
            Self::TooManyTries(_) => Reason::TooManyAttempts,
            Self::Code(Refusal::Mismatch) => Reason::CodeMismatch,
            Self::Code(Refusal::Expired) => Reason::CodeExpired,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Limited(error) => error.retry_after(),
            Self::TooSoon(seconds) | Self::TooManyTries(seconds) => Some(*seconds),
            Self::Trouble(trouble) => trouble.retry_after(),
            Self::Code(_) => None,
        }
    }
}

/// A sign-up as somebody asks for it.
#[derive(Debug)]
pub struct SignUp {
    /// The address to be proved.
    pub email: Email,
    /// Name.
    pub name: Name,
    /// Phone number, which stays unverified.
    pub phone: Option<Phone>,
    /// Password.
    pub password: Password,
}

/// Begins a registration: keeps it, and sends a code. The answer is the same for an address that has an account; its owner is
/// told by mail instead.
///
/// # Errors
/// [`RegisterError`] says why not.
pub async fn sign_up(app: &App, by: &Caller, request: &SignUp) -> Result<(), RegisterError> {
    let asked = Asked::new(app, by, &request.email).await?;
    let mut recipient = asked.limited_look().await?;
    for _ in 0..ATTEMPTS {
        let draft = draft(app, request, &recipient, asked.now)?;
        match asked.send(&recipient, &draft).await? {
            Sent::Done => return Ok(()),
            Sent::Overtaken => {}
            Sent::TooSoon(seconds) => {
                // The code on its way serves this sign-up too; what it serves may have become contested.
                let on_its_way = recipient.challenge.as_ref().filter(|challenge| challenge.is_alive(asked.now) && challenge.code.is_some());
                let Some(challenge) = on_its_way else { return Err(RegisterError::TooSoon(seconds)) };
                if app.store.amend_registration(&asked.address, challenge.revision, &draft, asked.now).await? {
                    return Ok(());
                }
            }
        }
        recipient = asked.look().await?;
    }
    Err(Trouble::Contended.into())
}

/// Sends the code of a registration again, to whoever waits for one; to nobody else, with the same answer.
///
/// # Errors
/// [`RegisterError`] says why not.
pub async fn resend(app: &App, by: &Caller, email: &Email) -> Result<(), RegisterError> {
    let asked = Asked::new(app, by, email).await?;
    let mut recipient = asked.limited_look().await?;
    for _ in 0..ATTEMPTS {
        match asked.resend(&recipient).await? {
            Sent::Done => return Ok(()),
            Sent::TooSoon(seconds) => return Err(RegisterError::TooSoon(seconds)),
            Sent::Overtaken => recipient = asked.look().await?,
        }
    }
    Err(Trouble::Contended.into())
}

/// Sends the code again, within the budget, to somebody who signed in before verifying.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn remind(app: &App, by: &Caller, email: &Email, recipient: Recipient) -> Result<(), Trouble> {
    Asked::new(app, by, email).await?.resend(&recipient).await.map(drop)
}

/// An address that a code was asked for.
struct Asked<'a> {
    app: &'a App,
    by: &'a Caller,
    email: &'a Email,
    address: AddressTag,
    network: NetworkTag,
    now: Timestamp,
}

impl<'a> Asked<'a> {
    async fn new(app: &'a App, by: &'a Caller, email: &'a Email) -> Result<Self, Trouble> {
        let keys = app.keyring.keys().await?;
        let address = keys.directory.tag(&email.clone().into());
        let network = keys.directory.network(&by.network);
        Ok(Self { app, by, email, address, network, now: app.clock.now() })
    }

    async fn look(&self) -> Result<Recipient, RegisterError> {
        Ok(self.app.store.recipient(&self.address, Purpose::Signup).await?)
    }

    async fn limited_look(&self) -> Result<Recipient, RegisterError> {
        let limited = async { Ok(limits::take(self.app, Limit::AskCode, self.by, &self.network, self.now).await?) };
        let ((), recipient) = tokio::try_join!(limited, self.look())?;
        Ok(recipient)
    }

    async fn resend(&self, recipient: &Recipient) -> Result<Sent, Trouble> {
        let alive = recipient.challenge.as_ref().filter(|challenge| challenge.is_alive(self.now));
        let mut registration = alive.and_then(|challenge| challenge.registration.clone());
        if recipient.claim.is_some() {
            registration = registration.map(|registration| Registration { decoy: true, ..registration });
        }
        let mail = match &registration {
            Some(registration) if !registration.decoy => Mail::Code,
            // A sign-up for an address with an account goes on looking like one for a free address, and so does a code that was used.
            _ if alive.is_some_and(|challenge| challenge.code.is_some()) => Mail::Decoy,
            _ => Mail::Nothing,
        };
        self.write(recipient, registration.as_ref(), mail, Since::AnySend).await
    }

    async fn send(&self, recipient: &Recipient, registration: &Registration) -> Result<Sent, Trouble> {
        let mail = if registration.decoy { Mail::AlreadyRegistered } else { Mail::Code };
        self.write(recipient, Some(registration), mail, Since::WaitingCode).await
    }

    /// Writes the challenge anew with its message. Whoever gets no code gets the same write without one.
    async fn write(&self, recipient: &Recipient, registration: Option<&Registration>, mail: Mail, since: Since) -> Result<Sent, Trouble> {
        let Self { app, address, network, now, .. } = self;
        let keys = app.keyring.keys().await?;
        let (id, code) = (app.rng.token(), OtpCode::draw(&*app.rng));
        let seen = recipient.challenge.as_ref();
        // Who asked first stays known for as long as the counts matter: a stranger who asks later takes nobody's place.
        let asked_first = seen.filter(|challenge| *now < challenge.kept_until()).map(|challenge| challenge.networks.clone());
        let known = asked_first.unwrap_or_default();
        let challenge = Challenge {
            code: match mail {
                Mail::Code => Some(code.mac(keys.directory.code(), &id)),
                Mail::AlreadyRegistered | Mail::Decoy => Some(app.rng.token()),
                Mail::Nothing => None,
            },
            id,
            revision: seen.map_or(1, |challenge| challenge.revision + 1),
            registration: registration.cloned(),
            networks: match mail {
                _ if !known.is_empty() => known.clone(),
                Mail::Nothing => Vec::new(),
                Mail::Code | Mail::AlreadyRegistered | Mail::Decoy => vec![network.as_str().to_owned()],
            },
            sent_at: *now,
            expires_at: *now + LIFE,
        };
        let content = match mail {
            Mail::Code => Some(Content::SignupCode { code: code.digits().to_owned(), minutes: LIFE.as_secs() / 60 }),
            Mail::AlreadyRegistered => Some(Content::AlreadyRegistered),
            Mail::Decoy | Mail::Nothing => None,
        };
        let key = app.store.challenge_key(address, Purpose::Signup);
        let to = registration.map_or(self.email, |registration| &registration.email);
        let message = content.map(|content| Message {
            to: to.clone().into(),
            content,
            base_url: self.by.base_url.clone(),
            not_after: challenge.expires_at,
        });
        let envelope = message.map(|message| outbox::seal(app, &key, &message)).transpose()?;
        let sending = Sending {
            address,
            purpose: Purpose::Signup,
            lane: lane_of(&challenge.networks, network),
            seen: seen.map(|challenge| challenge.revision),
            challenge: &challenge,
            envelope: envelope.as_ref(),
            cooldown: COOLDOWN,
            since,
            now: *now,
        };
        Ok(app.store.send_code(&sending).await?)
    }
}

/// What goes out with a challenge.
#[derive(Clone, Copy)]
enum Mail {
    /// A code.
    Code,
    /// A warning to the owner of an account; the challenge gets a code that nobody knows.
    AlreadyRegistered,
    /// Nothing; the challenge gets a code that nobody knows.
    Decoy,
    /// Nothing; the challenge has no code.
    Nothing,
}

/// What the registration becomes with this request: a decoy, if the address has an account. One hash is computed in every case.
fn draft(app: &App, request: &SignUp, recipient: &Recipient, now: Timestamp) -> Result<Registration, Trouble> {
    let SignUp { email, name, phone, password } = request;
    let decoy = recipient.claim.is_some();
    // One whose time is over still contests, for as long as its counts matter: whoever asked for it may be about to type the code that
    // this sign-up sends.
    let seen = recipient.challenge.as_ref().filter(|challenge| now < challenge.kept_until());
    let waiting = seen.and_then(|challenge| challenge.registration.as_ref());
    // What was a decoy for an account that is gone by now must not become an account.
    let waiting = waiting.filter(|waiting| decoy || !waiting.decoy).map(|waiting| Registration { decoy, ..waiting.clone() });
    let fresh =
        |password| Registration { email: email.clone(), name: Some(name.clone()), phone: phone.clone(), password: Some(password), decoy };
    let Some(waiting) = waiting else { return Ok(fresh(app.hasher.hash(password, &*app.rng)?)) };
    let Some(stored) = &waiting.password else {
        app.hasher.pretend(password)?;
        return Ok(waiting);
    };
    Ok(match app.hasher.verify(password, stored)? {
        Verdict::Right | Verdict::RightButOutdated => fresh(stored.clone()),
        Verdict::Wrong => waiting.contest(),
    })
}

/// What a verified registration gives.
#[derive(Debug)]
pub struct Verified {
    /// The session that the account begins with.
    pub granted: Granted,
    /// The registration was contested: the account has no password yet.
    pub password_required: bool,
}

/// Verifies the code of a registration: creates the account and signs in.
///
/// # Errors
/// [`RegisterError`] says why not.
pub async fn verify(app: &App, by: &Caller, realm: Realm, email: &Email, code: &OtpCode) -> Result<Verified, RegisterError> {
    let now = app.clock.now();
    let keys = app.keyring.keys().await?;
    let address = keys.directory.tag(&email.clone().into());
    let network = keys.directory.network(&by.network);
    let limited = async { limits::take(app, Limit::VerifyCode, by, &network, now).await.map_err(RegisterError::from) };
    let counted = async { app.store.count_try(&address, Purpose::Signup, &network, now).await.map_err(RegisterError::from) };
    let mut challenge = match tokio::try_join!(limited, counted)?.1 {
        Counted::Counted(challenge) => challenge,
        Counted::Full(seconds) => return Err(RegisterError::TooManyTries(seconds)),
        Counted::Expired => return Err(Refusal::Expired.into()),
        Counted::Nothing => return Err(Refusal::Mismatch.into()),
    };
    let account = Account { app, by, realm, keys: &keys, address: &address, network: &network, now };
    for _ in 0..ATTEMPTS {
        challenge.judge(code, keys.directory.code(), now)?;
        let registration = challenge.registration.as_ref().filter(|registration| !registration.decoy).ok_or(Refusal::Mismatch)?;
        if let Some(verified) = account.create(&challenge, registration).await? {
            return Ok(verified);
        }
        // The code was used, or the registration became contested, in this very moment.
        let recipient = app.store.recipient(&address, Purpose::Signup).await?;
        *challenge = recipient.challenge.filter(|_| recipient.claim.is_none()).ok_or(Refusal::Mismatch)?;
    }
    Err(Trouble::Contended.into())
}

/// An account about to be created.
struct Account<'a> {
    app: &'a App,
    by: &'a Caller,
    realm: Realm,
    keys: &'a Keys,
    address: &'a AddressTag,
    network: &'a NetworkTag,
    now: Timestamp,
}

impl Account<'_> {
    /// Creates the account; `None` if the challenge has changed since it was read.
    async fn create(&self, challenge: &Challenge, registration: &Registration) -> Result<Option<Verified>, Trouble> {
        let Self { app, by, realm, keys, address, now, .. } = *self;
        let user = self.user(registration);
        let session = session::begin(app, by, realm, user.id, user.epoch, "otp", now);
        let audit = session::audit(app, user.id, &session.id, Event::Registered, now);
        let phone = registration.phone.clone().map(|phone| keys.directory.tag(&phone.into()));
        let contested = registration.is_contested();
        let notice =
            contested.then(|| outbox::notice(app, by, registration.email.clone().into(), Content::PasswordWanted, now)).transpose()?;
        let notice = notice.as_ref().map(|(key, envelope)| (key, envelope));
        let registered = Registered { address, challenge, user: &user, session: &session, phone: phone.as_ref(), audit: &audit, notice };
        if !app.store.create_account(&registered).await? {
            return Ok(None);
        }
        let granted = session::grant(app, keys, by, realm, &session, user, now)?;
        Ok(Some(Verified { granted, password_required: contested }))
    }

    fn user(&self, registration: &Registration) -> User {
        let now = self.now;
        let phone = registration.phone.clone().map(|address| Primary { id: 1, address, verified: false });
        User {
            id: UserId::new(now, &*self.app.rng),
            status: Status::Active,
            epoch: 1,
            profile: Profile { name: registration.name.clone(), ..Profile::default() },
            roles: vec![Role::user()],
            password: registration.password.clone(),
            email: Some(Primary { id: 1, address: registration.email.clone(), verified: true }),
            next_email: 2,
            next_phone: if phone.is_some() { 2 } else { 1 },
            phone,
            sessions: 1,
            is_online: true,
            networks: vec![self.network.as_str().to_owned()],
            created_at: now,
            updated_at: now,
            last_login_at: Some(now),
        }
    }
}
