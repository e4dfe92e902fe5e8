//! The transaction that makes an account of an address that was proved.

use jiff::Timestamp;

use crate::domain::address::Channel;
use crate::domain::challenge::Challenge;
use crate::domain::code::Purpose;
use crate::domain::lane::Allowance;
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::store::Store;
use crate::store::addresses::{self, Contact};
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::claims::{self, Claim};
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag};
use crate::store::links::Linking;
use crate::store::outbox::Notice;
use crate::store::sessions::session_item;
use crate::store::write::Transaction;

const OPERATION: &str = "create an account";

/// An account about to be created, with all that belongs to it.
#[derive(Debug)]
pub struct Registered<'a> {
    /// The address that was proved.
    pub address: &'a AddressTag,
    /// What its code was sent for.
    pub purpose: Purpose,
    /// The challenge that proved it.
    pub challenge: &'a Challenge,
    /// The account.
    pub user: &'a User,
    /// The claim on the address that was proved.
    pub claim: &'a Claim,
    /// The session that it begins with, if its owner signs in.
    pub session: Option<&'a Session>,
    /// The partner's user that it is linked to.
    pub linking: Option<&'a Linking<'a>>,
    /// The tag of another address that was given; it stays unproved.
    pub unproved: Option<&'a AddressTag>,
    /// The account that gives the address up.
    pub leaver: Option<&'a Leaver>,
    /// How many wrong passwords there may be.
    pub passwords: Allowance,
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
}

/// An account that gives its number up to a new one, since it was not used for a long time.
#[derive(Debug)]
pub struct Leaver {
    /// The account, as it was read before its addresses were.
    pub user: User,
    /// The number under which it lists what it gives up.
    pub number: u64,
    /// What takes its place, if it is the primary one.
    pub successor: Option<Contact>,
    /// Whether a link that it had goes to the new account, too.
    pub loses_link: bool,
    /// It must not have been used since.
    pub unused_since: Timestamp,
    /// What the audit says.
    pub audit: AuditEvent,
    /// Notices to the owner.
    pub notices: Vec<Notice>,
}

impl Leaver {
    fn leave<'s>(&self, transaction: Transaction<'s>, now: Timestamp) -> Result<Transaction<'s>, StoreError> {
        let Self { user, number, successor, loses_link, unused_since, audit, notices } = self;
        let account = Change::of(keys::user(user.id))
            .when("epoch = :epoch")
            .value(":epoch", item::value(user.epoch))
            .when("attribute_not_exists(last_login_at) OR last_login_at <= :unused_since")
            .when("attribute_not_exists(used_at) OR used_at <= :unused_since")
            .value(":unused_since", item::millis(*unused_since))
            .when("proofs = :seen")
            .value(":seen", item::value(user.proofs))
            .add("phones :less, proofs :one")
            .value(":less", item::value(-1))
            .value(":one", item::value(1));
        let account = if *loses_link { account.add("links :less") } else { account };
        let account = addresses::without_number(account, user, *number, successor.as_ref());
        let mut transaction = transaction.change(&account)?.delete(&keys::phone(user.id, *number))?;
        if let Some(successor) = successor {
            transaction = transaction.change(&addresses::takes_place(user.id, Channel::Phone, successor.number, now.as_millisecond()))?;
        }
        transaction.create(audit.item()?)?.notify(notices, now)
    }
}

impl Store {
    /// Creates an account: its code is used up, its address claimed, its items, first session and link written, all or nothing.
    /// `false`: the code was used or replaced meanwhile, or the address has an owner by now.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn create_account(&self, registered: &Registered<'_>) -> Result<bool, StoreError> {
        let Registered { address, purpose, challenge, claim, user, session, linking, unproved, leaver, passwords, audit, notices } =
            registered;
        let now = user.created_at;
        let mut user_item = item::write(OPERATION, &keys::user(user.id), user)?;
        user_item.extend(self.gate_lanes(address, *passwords).await?);
        let mut transaction = Transaction::new(self, OPERATION)
            .change(&self.redemption(address, *purpose, challenge))?
            .create(user_item)?
            .create(audit.item()?)?;
        if let Some(session) = session {
            transaction = transaction.create(session_item(session)?)?;
        }
        if let Some(linking) = linking {
            transaction = linking.add_to(transaction, user.id, now)?;
        }
        let claimed = item::write(OPERATION, &keys::claim(address), claim)?;
        transaction = match leaver {
            None => transaction.create(claimed)?,
            Some(leaver) => leaver.leave(transaction.replace(&claims::own(address, leaver.user.id), claimed)?, now)?,
        };
        for item in addresses::first_addresses(user, *unproved, now)? {
            transaction = transaction.create(item)?;
        }
        Ok(transaction.notify(notices, now)?.commit().await?.is_ok())
    }
}
