//! Addresses that an account loses: with a reset of the password, and when its former primary mail address takes its place back.

use jiff::Timestamp;

use crate::domain::address::{Channel, Email, Phone};
use crate::domain::familiar::{Familiar, Origin};
use crate::domain::primary::{Former, Line, Primary, Remembered};
use crate::domain::user::{Status, User};
use crate::store::Store;
use crate::store::addresses::{given_way, key_of, remembering, takes_place};
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::claims;
use crate::store::deletions;
use crate::store::epoch;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag, ItemKey};
use crate::store::outbox::Notice;
use crate::store::users;
use crate::store::write::Transaction;

/// A proved address that an account loses.
#[derive(Debug)]
pub struct Eviction {
    /// Its tag.
    pub tag: AddressTag,
    /// Its kind.
    pub channel: Channel,
    /// The number under which the account lists it.
    pub number: u64,
}

/// A former primary mail address that takes its place back.
#[derive(Debug)]
pub struct Reversal<'a> {
    /// The account, as it was read before its addresses were.
    pub user: &'a User,
    /// The address.
    pub former: &'a Former<Email>,
    /// The proved addresses that the account loses.
    pub evicted: &'a [Eviction],
    /// The mail addresses that are remembered as former ones from now on.
    pub formers: &'a [Former<Email>],
    /// The number that becomes the primary one where that is lost, and none that was it lately stays.
    pub successor: Option<Primary<Phone>>,
    /// Where this was done: the account knows only this place from now on.
    pub origin: &'a Origin,
    /// The proved addresses that it keeps: their claims forget other places, too.
    pub claims: &'a [AddressTag],
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// Notices to the owner.
    pub notices: &'a [Notice],
    /// The present.
    pub now: Timestamp,
}

fn numbers(evicted: &[Eviction], channel: Channel) -> Vec<u64> {
    evicted.iter().filter(|lost| lost.channel == channel).map(|lost| lost.number).collect()
}

/// The account without the addresses that it loses, and the items of those that are its primary ones again.
pub(in crate::store) fn left_behind(account: Change, user: &User, evicted: &[Eviction]) -> (Change, Vec<ItemKey>) {
    if evicted.is_empty() {
        return (account, Vec::new());
    }
    let (emails, phones) = without(user, evicted);
    let back = |channel, now: Option<u64>| now.filter(|now| user.primary_number(channel) != Some(*now));
    let email = back(Channel::Email, emails.primary.as_ref().map(|email| email.id)).map(|number| keys::email(user.id, number));
    let phone = back(Channel::Phone, phones.primary.as_ref().map(|phone| phone.id)).map(|number| keys::phone(user.id, number));
    let account = account.put_or_remove("email", emails.primary).put_or_remove("phone", phones.primary);
    let account = remembering(account, Channel::Email, &Remembered::Emails(emails.formers));
    let account = remembering(account, Channel::Phone, &Remembered::Phones(phones.formers));
    (account, email.into_iter().chain(phone).collect())
}

/// The numbers of the primary addresses that an account is left with.
pub(in crate::store) fn primaries_left(user: &User, evicted: &[Eviction]) -> impl Fn(Channel) -> Option<u64> {
    let (emails, phones) = without(user, evicted);
    let (email, phone) = (emails.primary.map(|email| email.id), phones.primary.map(|phone| phone.id));
    move |channel| if channel.is_email() { email } else { phone }
}

fn without(user: &User, evicted: &[Eviction]) -> (Line<Email>, Line<Phone>) {
    user.without(&numbers(evicted, Channel::Email), &numbers(evicted, Channel::Phone))
}

impl Store {
    /// Gives a former primary mail address its place back: what is evicted is removed, all sessions end, and no password is good any
    /// more; a deletion that waits is cancelled. `false`: the account or its addresses changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn reverse(&self, reversal: &Reversal<'_>) -> Result<bool, StoreError> {
        let Reversal { user, former, evicted, formers, ref successor, origin, claims, audit, notices, now } = *reversal;
        let (familiar, at) = (Familiar::only(origin), now.as_millisecond());
        let (lost_emails, lost_phones) = (numbers(evicted, Channel::Email), numbers(evicted, Channel::Phone));
        let (_, phones) = user.without(&[], &lost_phones);
        // A number that is lost is not shown any longer; a former one comes back, or another one.
        let phone = phones.primary.filter(|phone| !lost_phones.contains(&phone.id)).or_else(|| successor.clone());
        let account = epoch::ends_all(users::if_admitted(user), now)
            .when("proofs = :seen")
            .value(":seen", item::value(user.proofs))
            .add("proofs :one")
            .value(":one", item::value(1))
            .put("networks", &familiar.networks)
            .put("devices", &familiar.devices)
            .put("updated_at", at)
            .set("emails = emails - :lost_emails")
            .value(":lost_emails", item::value(lost_emails.len()))
            .set("phones = phones - :lost_phones")
            .value(":lost_phones", item::value(lost_phones.len()))
            .put("email", Primary { id: former.id, address: former.address.clone(), verified: true, young_until: former.young_until })
            .put_or_remove("phone", phone.as_ref())
            .remove("awaited_email")
            .remove("awaited_phone")
            .remove("password")
            .remove("password_temporary");
        let account = remembering(account, Channel::Email, &Remembered::Emails(formers.to_vec()));
        let account = remembering(account, Channel::Phone, &Remembered::Phones(phones.formers));
        // It was confirmed since the address gave way: an account that waits for its deletion changes no address.
        let leaves = user.status == Status::PendingDeletion;
        let account = if leaves { account.put("status", Status::Active) } else { account };
        let mut transaction = Transaction::new(self, "give a former primary address its place back")
            .change(&account)?
            .change(&takes_place(user.id, Channel::Email, former.id, at))?
            .create(audit.item()?)?;
        if let Some(primary) = user.primary_number(Channel::Email).filter(|primary| !lost_emails.contains(primary)) {
            transaction = transaction.change(&given_way(user.id, Channel::Email, primary, at))?;
        }
        if let Some(phone) = phone.filter(|phone| user.primary_number(Channel::Phone) != Some(phone.id)) {
            transaction = transaction.change(&takes_place(user.id, Channel::Phone, phone.id, at))?;
        }
        if leaves {
            transaction = transaction.change(&deletions::cancelled(user.id))?;
        }
        for Eviction { tag, channel, number } in evicted {
            transaction = transaction.delete(&key_of(user.id, *channel, *number))?.discard_if(&claims::own(tag, user.id))?;
        }
        for claim in claims {
            transaction = transaction.change(&claims::copies(claim, user.id, &familiar))?;
        }
        Ok(transaction.notify(notices, now)?.commit().await?.is_ok())
    }
}
