//! Accounts as they are created: for whoever has proved an address, by a code that was sent there.

use jiff::Timestamp;

use crate::domain::address::{Address, Channel, Email, Phone};
use crate::domain::challenge::{Challenge, Registration};
use crate::domain::familiar::{Familiar, Origin};
use crate::domain::hash::StoredHash;
use crate::domain::message::Content;
use crate::domain::name::Name;
use crate::domain::primary::Primary;
use crate::domain::profile::Profile;
use crate::domain::session::Session;
use crate::domain::user::{Role, Status, User, UserId};
use crate::flow::codes::Ask;
use crate::flow::session::{self, Granted};
use crate::flow::{Trouble, audit, outbox};
use crate::store::{Claim, Event, Leaver, Linking, Notice, Recipient, Registered};

/// Who an account is created for. One of its addresses was proved.
#[derive(Debug)]
pub(crate) struct Newcomer {
    /// Mail address.
    pub(crate) email: Option<Primary<Email>>,
    /// Phone number.
    pub(crate) phone: Option<Primary<Phone>>,
    /// Name.
    pub(crate) name: Option<Name>,
    /// The password's hash.
    pub(crate) password: Option<StoredHash>,
    /// When they consented.
    pub(crate) consent_at: Option<Timestamp>,
}

impl Newcomer {
    /// Somebody whose registration was verified.
    pub(crate) fn of(registration: &Registration) -> Self {
        let Registration { email, name, phone, password, .. } = registration.clone();
        Self {
            email: Some(Primary { id: 1, address: email, verified: true, young_until: None }),
            phone: phone.map(|address| Primary { id: 1, address, verified: false, young_until: None }),
            name,
            password,
            consent_at: None,
        }
    }

    /// Somebody of whom no more is known than that they have a number.
    pub(crate) fn with_phone(phone: Phone) -> Self {
        let phone = Some(Primary { id: 1, address: phone, verified: true, young_until: None });
        Self { email: None, phone, name: None, password: None, consent_at: None }
    }

    /// The address that was proved, and the other one.
    fn addresses(&self) -> (Option<Address>, Option<Address>) {
        let email = self.email.as_ref().map(|email| (email.verified, Address::from(email.address.clone())));
        let phone = self.phone.as_ref().map(|phone| (phone.verified, Address::from(phone.address.clone())));
        let (proved, others): (Vec<_>, Vec<_>) = email.into_iter().chain(phone).partition(|(verified, _)| *verified);
        let first = |addresses: Vec<(bool, Address)>| addresses.into_iter().map(|(_, address)| address).next();
        (first(proved), first(others))
    }

    /// Their account; `at` is where they sign in from, if they do.
    fn account(self, id: UserId, now: Timestamp, at: Option<&Origin>) -> User {
        let next = |is_there: bool| if is_there { 2 } else { 1 };
        User {
            id,
            status: Status::Active,
            epoch: 1,
            profile: Profile { name: self.name, ..Profile::default() },
            roles: vec![Role::user()],
            password: self.password,
            password_temporary: false,
            consent_at: self.consent_at,
            next_email: next(self.email.is_some()),
            next_phone: next(self.phone.is_some()),
            emails: u64::from(self.email.is_some()),
            phones: u64::from(self.phone.is_some()),
            email: self.email,
            phone: self.phone,
            awaited_email: None,
            awaited_phone: None,
            former_emails: Vec::new(),
            former_phones: Vec::new(),
            proofs: 0,
            sessions: u64::from(at.is_some()),
            links: 0,
            favourites: 0,
            next_favourite: 1,
            next_export: 1,
            push_devices: 0,
            is_online: at.is_some(),
            familiar: at.map(Familiar::only).unwrap_or_default(),
            created_at: now,
            updated_at: now,
            last_login_at: at.map(|_| now),
            used_at: None,
            epoch_at: None,
        }
    }
}

/// An account about to be created.
pub(crate) struct Creation<'a> {
    /// Who asked, about which address.
    pub(crate) ask: &'a Ask<'a>,
    /// The challenge that was passed.
    pub(crate) challenge: &'a Challenge,
    /// The account that gives the address up.
    pub(crate) leaver: Option<&'a Leaver>,
    /// Notices to the owner.
    pub(crate) notices: &'a [Notice],
}

impl Creation<'_> {
    /// Creates the account and signs in; `None` if the challenge has changed since it was read, or the address has an owner by now.
    pub(crate) async fn sign_in(&self, newcomer: Newcomer) -> Result<Option<Granted>, Trouble> {
        let Ask { app, by, ref keys, now, .. } = *self.ask;
        let entrance = keys.directory.entrance(by, &*app.rng);
        let (proved, unproved) = newcomer.addresses();
        let user = newcomer.account(UserId::new(now, &*app.rng), now, Some(&entrance.origin));
        let amr = if self.ask.address.channel() == Channel::Phone { "sms" } else { "otp" };
        let session = session::begin(app, by, user.id, user.epoch, amr, now);
        if !self.write(&user, proved, unproved, Some(&session), None).await? {
            return Ok(None);
        }
        by.note_device(entrance.cookie);
        Ok(Some(session::grant(app, keys, by, &session, user, now)?))
    }

    /// Creates the account of that id with a link, and signs nobody in; `false` as [`Creation::sign_in`] gives `None`.
    pub(crate) async fn link(&self, newcomer: Newcomer, id: UserId, linking: &Linking<'_>) -> Result<bool, Trouble> {
        let (proved, unproved) = newcomer.addresses();
        let user = User { links: 1, ..newcomer.account(id, self.ask.now, None) };
        self.write(&user, proved, unproved, None, Some(linking)).await
    }

    async fn write(
        &self,
        user: &User,
        proved: Option<Address>,
        unproved: Option<Address>,
        session: Option<&Session>,
        linking: Option<&Linking<'_>>,
    ) -> Result<bool, Trouble> {
        let Ask { app, ref keys, ref tag, purpose, now, .. } = *self.ask;
        let audit = audit::of_user(app, user.id, session.map(|session| &session.id), Event::Registered, now);
        let unproved = unproved.map(|address| keys.directory.tag(&address));
        let claim = Claim {
            user: user.id,
            number: 1,
            address: proved.unwrap_or_else(|| self.ask.address.clone()),
            familiar: user.familiar.clone(),
            locale: user.locale(),
            resets_from: None,
        };
        let registered = Registered {
            address: tag,
            purpose,
            challenge: self.challenge,
            claim: &claim,
            user,
            session,
            linking,
            unproved: unproved.as_ref(),
            leaver: self.leaver,
            passwords: app.config.limits.passwords,
            audit: &audit,
            notices: self.notices,
        };
        Ok(app.store.create_account(&registered).await?)
    }
}

/// The account that has proved the address. The same read, where there is none.
pub(crate) async fn owner(ask: &Ask<'_>, recipient: &Recipient) -> Result<Option<User>, Trouble> {
    let claimed = recipient.claim.as_ref().map_or(UserId::nobody(), |claim| claim.user);
    Ok(Box::pin(ask.app.store.user(claimed)).await?)
}

/// What becomes of the account that gives a number up, if one does, since it was not used for a long time: it keeps its other ways in, and
/// is told. Where the number was its primary one, the first of the others that are proved takes its place.
pub(crate) async fn leaver(ask: &Ask<'_>, former: Option<(User, Claim)>) -> Result<Option<Leaver>, Trouble> {
    let Some((user, claim)) = former else { return Ok(None) };
    let Ask { app, by, now, .. } = *ask;
    let others = Box::pin(app.store.contacts(user.id, Channel::Phone)).await?.into_iter();
    let mut others = others.filter(|other| other.verified && other.number != claim.number);
    Ok(Some(Leaver {
        number: claim.number,
        successor: others.next().filter(|_| user.primary_number(Channel::Phone) == Some(claim.number)),
        loses_link: false,
        unused_since: now - app.config.phone_stale,
        audit: audit::of_user(app, user.id, None, Event::NumberMoved, now),
        notices: outbox::notices_to_owner(app, by, &user, &Content::NumberMoved, now)?,
        user,
    }))
}
