//! Sessions in the table: opened, rotated and ended.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::familiar::{Familiar, Origin};
use crate::domain::hash::StoredHash;
use crate::domain::lane::{Allowance, Lane};
use crate::domain::session::{MOST_SESSIONS, Session, SessionId};
use crate::domain::user::{User, UserId};
use crate::store::Store;
use crate::store::audit::AuditEvent;
use crate::store::change::{Change, Changed};
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::lanes::{self, Counter};
use crate::store::outbox::Notice;
use crate::store::write::{Part, Transaction};
use crate::store::{addresses, claims, epoch, users};

const OPEN: &str = "open a session";
const ROTATE: &str = "rotate a refresh token";
const LIST: &str = "list an account's sessions";
const END: &str = "end a session";
const ATTEMPTS: usize = 4;

/// A session about to be opened for an account that exists.
#[derive(Debug)]
pub struct Opening<'a> {
    /// The account as it was read at the gate.
    pub user: User,
    /// The session.
    pub session: &'a Session,
    /// How its owner proved who they are.
    pub means: Means<'a>,
    /// Where from.
    pub origin: &'a Origin,
    /// The addresses whose claims do not know this place yet.
    pub claims: &'a [AddressTag],
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
}

/// What somebody signs in with.
#[derive(Debug, Clone, Copy)]
pub enum Means<'a> {
    /// A password.
    Password {
        /// The lane of the count to be taken back: only wrong passwords count.
        lane: Lane,
        /// How many wrong ones there may be.
        passwords: Allowance,
        /// The hash with present parameters, if the stored one was outdated.
        rehashed: Option<&'a StoredHash>,
    },
    /// A code sent to a number, whose proof this renews.
    Code {
        /// The number.
        address: &'a AddressTag,
        /// The challenge.
        challenge: &'a Challenge,
        /// The small number under which it is listed.
        number: u64,
    },
}

/// What opening a session came to.
#[derive(Debug)]
pub enum Opened {
    /// Open; the account as it stands.
    Done(Box<User>),
    /// The account is no longer what it was at the gate: ended, closed, or with all its sessions ended meanwhile. Or the code was used
    /// or replaced.
    Changed,
}

/// A rotation of a session's refresh token.
#[derive(Debug)]
pub struct Rotation<'a> {
    /// The account.
    pub user: UserId,
    /// The session.
    pub session: &'a SessionId,
    /// The counter of the token presented.
    pub counter: u64,
    /// The device that the next token is bound to.
    pub binding: Option<&'a str>,
    /// Id of the secret that the next token is made under.
    pub key_id: &'a str,
    /// When the session ends unless it is refreshed again.
    pub idle_end: Timestamp,
    /// The present.
    pub now: Timestamp,
}

/// What a rotation came to.
#[derive(Debug)]
pub enum Rotated {
    /// Done; the session as it stands.
    Done(Box<Session>),
    /// The token is not the present one; the session as it stands.
    Refused(Box<Session>),
    /// There is no such session.
    Gone,
}

/// What ending a session came to.
#[derive(Debug)]
pub enum EndedSession {
    /// Done.
    Done,
    /// There is no such session.
    Gone,
    /// A change that ended the others has taken it along meanwhile; the session as it stands.
    TakenAlong(Box<Session>),
}

/// A session about to be ended.
#[derive(Debug)]
pub struct Ending<'a> {
    /// The session, as it was read.
    pub session: &'a Session,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
    /// The present.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct SessionItem<'a> {
    #[serde(flatten)]
    session: &'a Session,
    ttl: i64,
}

pub(super) fn session_item(session: &Session) -> Result<Item, StoreError> {
    let content = SessionItem { session, ttl: session.ends_at().as_second() };
    item::write(OPEN, &keys::session(session.user, &session.id), &content)
}

impl Store {
    /// Opens a session: only if the account admits its owner and none of its sessions were ended since it was read. At the cap, the
    /// session idle for longest gives way.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn open_session(&self, mut opening: Opening<'_>) -> Result<Opened, StoreError> {
        let now = opening.session.created_at;
        for _ in 0..ATTEMPTS {
            let leaving = if opening.user.sessions < MOST_SESSIONS { None } else { Some(self.make_room(&opening.user, now).await?) };
            let transaction = opening.transaction(self, leaving.as_ref(), now)?;
            let Err(mut refused) = transaction.commit().await? else { return Ok(Opened::Done(Box::new(opening.opened(now)))) };
            // The account is the first part, and a code the second. Where both held, a claim or a session that should give way was gone.
            let user: User = match refused.part(0) {
                Part::Held if matches!(opening.means, Means::Code { .. }) && refused.failed(1) => return Ok(Opened::Changed),
                Part::Held => match self.user(opening.user.id).await? {
                    Some(user) => user,
                    None => return Ok(Opened::Changed),
                },
                Part::Missing => return Ok(Opened::Changed),
                Part::Contradicted(item) => match users::read(OPEN, item)? {
                    Some(user) => user,
                    None => return Ok(Opened::Changed),
                },
            };
            if user.epoch != opening.user.epoch || !user.status.admits() {
                return Ok(Opened::Changed);
            }
            opening.user = user;
        }
        Err(StoreError::of(OPEN, "the account's sessions changed each time"))
    }

    /// The sessions that give way so that one more may open, and how many are left.
    async fn make_room(&self, user: &User, now: Timestamp) -> Result<Leaving, StoreError> {
        let (mut alive, mut leaving): (Vec<Session>, Vec<Session>) =
            self.sessions(user.id).await?.into_iter().partition(|session| session.is_living(user.epoch, now));
        alive.sort_by_key(|session| session.rotated_at);
        let most = usize::try_from(MOST_SESSIONS).unwrap_or(usize::MAX) - 1;
        let surplus = alive.len().saturating_sub(most);
        leaving.extend(alive.drain(..surplus));
        // A transaction takes a hundred parts, some of which are notices; what is over is left to its expiry.
        leaving.reverse();
        leaving.truncate(70);
        Ok(Leaving { left: alive.len() as u64, keys: leaving.iter().map(|session| keys::session(user.id, &session.id)).collect() })
    }

    /// All sessions of an account that are still in the table.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let items = self.listed(LIST, user, keys::SESSION_PREFIX).await?;
        items.into_iter().map(|item| item::read(LIST, item)).collect()
    }

    /// A session of an account that is still in the table.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn session(&self, user: UserId, session: &SessionId) -> Result<Option<Session>, StoreError> {
        self.one(LIST, &keys::session(user, session)).await
    }

    /// Rotates a session's refresh token, if the one presented is the present one and the session is not over.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn rotate(&self, rotation: &Rotation<'_>) -> Result<Rotated, StoreError> {
        let Rotation { user, session, counter, binding, key_id, idle_end, now } = *rotation;
        let change = Change::of(keys::session(user, session))
            .put("counter", counter + 1)
            .put("rotated_at", now.as_millisecond())
            .put("idle_end", idle_end.as_millisecond())
            .put("ttl", idle_end.as_second())
            .put("key_id", key_id)
            .put_or_remove("binding", binding)
            .when("#counter = :presented")
            .when("idle_end > :now AND absolute_end > :now")
            .value(":presented", item::value(counter))
            .value(":now", item::millis(now));
        Ok(match self.change(ROTATE, &change).await? {
            Changed::Done(item) => Rotated::Done(item::read(ROTATE, item)?),
            Changed::Refused(Some(item)) => Rotated::Refused(item::read(ROTATE, item)?),
            Changed::Refused(None) => Rotated::Gone,
        })
    }

    /// Ends a session as it was read: one that was taken along since has outlived whoever may have wanted this.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn end_session(&self, ending: &Ending<'_>) -> Result<EndedSession, StoreError> {
        let Err(mut refused) = ending.transaction(self, true)?.commit().await? else { return Ok(EndedSession::Done) };
        // One that a new password had ended already is counted no more.
        if !refused.failed(0) && refused.failed(1) {
            match ending.transaction(self, false)?.commit().await? {
                Ok(()) => return Ok(EndedSession::Done),
                Err(again) => refused = again,
            }
        }
        match refused.part(0) {
            Part::Contradicted(item) => Ok(EndedSession::TakenAlong(item::read(END, item)?)),
            Part::Held | Part::Missing => Ok(EndedSession::Gone),
        }
    }

    /// Ends all sessions of an account in use but one. `false`: the account or that session changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn end_other_sessions(&self, user: &User, session: &SessionId, audit: &AuditEvent) -> Result<bool, StoreError> {
        let ended = Transaction::new(self, "end other sessions")
            .change(&epoch::ends_others(users::if_active(user), audit.at))?
            .change(&epoch::takes_along(user, session))?
            .create(audit.item()?)?;
        Ok(ended.commit().await?.is_ok())
    }
}

impl Ending<'_> {
    fn transaction<'s>(&self, store: &'s Store, counted: bool) -> Result<Transaction<'s>, StoreError> {
        let Session { user, id, epoch, .. } = self.session;
        let as_read = |change: Change| change.when("epoch = :epoch").value(":epoch", item::value(epoch));
        let account = Change::of(keys::user(*user));
        let transaction = Transaction::new(store, END).discard_if(&as_read(Change::of(keys::session(*user, id))))?;
        let transaction = if counted {
            let account = as_read(account).when("#sessions >= :one").put("is_online", false);
            let account = account.set("#sessions = #sessions - :one").name("#sessions", "sessions").value(":one", item::value(1));
            transaction.change(&account)?
        } else {
            transaction.check(&account.when("attribute_exists(pk)"))?
        };
        let transaction = transaction.create(self.audit.item()?)?;
        transaction.notify(self.notices, self.now)
    }
}

/// Sessions that give way.
struct Leaving {
    left: u64,
    keys: Vec<ItemKey>,
}

impl Opening<'_> {
    fn transaction<'s>(&self, store: &'s Store, leaving: Option<&Leaving>, now: Timestamp) -> Result<Transaction<'s>, StoreError> {
        let user = self.user.id;
        let mut transaction = Transaction::new(store, OPEN).change(&self.user_change(leaving, now))?;
        if let Means::Code { address, challenge, number } = self.means {
            transaction = transaction
                .change(&store.redemption(address, Purpose::SignIn, challenge))?
                .change(&addresses::renewal(user, number, now))?;
        }
        transaction = transaction.create(session_item(self.session)?)?.create(self.audit.item()?)?;
        for address in self.claims {
            transaction = transaction.change(&claims::copies(address, user, &self.familiar()))?;
        }
        for key in leaving.iter().flat_map(|leaving| &leaving.keys) {
            transaction = transaction.delete(key)?;
        }
        transaction.notify(self.notices, now)
    }

    fn user_change(&self, leaving: Option<&Leaving>, now: Timestamp) -> Change {
        let familiar = self.familiar();
        let change = users::if_admitted(&self.user)
            .put("networks", &familiar.networks)
            .put("devices", &familiar.devices)
            .put("last_login_at", now.as_millisecond())
            .put("is_online", true);
        let change = match leaving {
            None => change
                .when("#sessions < :most")
                .name("#sessions", "sessions")
                .set("#sessions = #sessions + :one")
                .value(":most", item::value(MOST_SESSIONS))
                .value(":one", item::value(1)),
            // The count starts anew from what is really there: sessions that ran out left without being counted.
            Some(leaving) => {
                change.when("#sessions = :counted").value(":counted", item::value(self.user.sessions)).put("sessions", leaving.left + 1)
            }
        };
        match self.means {
            Means::Password { lane, passwords, rehashed } => {
                let change = match rehashed {
                    Some(hash) => change.put("password", hash),
                    None => change,
                };
                lanes::take_back(change, Counter::Passwords, lane, passwords)
            }
            Means::Code { .. } => change,
        }
    }

    fn familiar(&self) -> Familiar {
        self.user.familiar.with(self.origin)
    }

    /// The account as the transaction leaves it.
    fn opened(self, now: Timestamp) -> User {
        User { last_login_at: Some(now), is_online: true, familiar: self.familiar(), ..self.user }
    }
}
