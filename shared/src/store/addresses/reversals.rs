//! Addresses that an account loses: with a reset of the password, and when its former primary mail address takes its place back.

use jiff::Timestamp;

use crate::domain::address::{Channel, Email, Phone};
use crate::domain::familiar::Familiar;
use crate::domain::user::{Former, Primary, User};
use crate::store::Store;
use crate::store::addresses::key_of;
use crate::store::audit::AuditEvent;
use crate::store::change::Change;
use crate::store::claims;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag, ItemKey};
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
    /// The proved addresses that the account loses, the present primary one among them.
    pub evicted: &'a [Eviction],
    /// Those that it keeps: their claims forget the places that it knew.
    pub claims: &'a [AddressTag],
    /// What the audit says.
    pub audit: &'a AuditEvent,
    /// The present.
    pub now: Timestamp,
}

/// The account without the addresses that it loses, and the items of those that are its primary ones again.
pub(in crate::store) fn left_behind(account: Change, user: &User, evicted: &[Eviction]) -> (Change, Vec<ItemKey>) {
    if evicted.is_empty() {
        return (account, Vec::new());
    }
    let (email, phone) = without(user, evicted);
    let back = |former: Option<u64>, now: Option<u64>| now.filter(|now| former != Some(*now));
    let emails = back(user.email.as_ref().map(|email| email.id), email.as_ref().map(|email| email.id));
    let phones = back(user.phone.as_ref().map(|phone| phone.id), phone.as_ref().map(|phone| phone.id));
    let brought_back = emails.map(|number| keys::email(user.id, number)).into_iter();
    let brought_back = brought_back.chain(phones.map(|number| keys::phone(user.id, number))).collect();
    let account = account.put_or_remove("email", email).put_or_remove("phone", phone).remove("former_email").remove("former_phone");
    (account, brought_back)
}

/// The primary addresses of an account without those that it loses.
fn without(user: &User, evicted: &[Eviction]) -> (Option<Primary<Email>>, Option<Primary<Phone>>) {
    let numbers = |channel| evicted.iter().filter(|lost| lost.channel == channel).map(|lost| lost.number).collect::<Vec<_>>();
    user.without(&numbers(Channel::Email), &numbers(Channel::Phone))
}

/// The numbers of these.
pub(in crate::store) fn primaries_left(user: &User, evicted: &[Eviction]) -> impl Fn(Channel) -> Option<u64> {
    let (email, phone) = without(user, evicted);
    let (email, phone) = (email.map(|email| email.id), phone.map(|phone| phone.id));
    move |channel| if channel.is_email() { email } else { phone }
}

impl Store {
    /// Gives a former primary mail address its place back: what was added since is removed, all sessions end, no password is good any
    /// more, and no place is known. `false`: the account or its addresses changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn reverse(&self, reversal: &Reversal<'_>) -> Result<bool, StoreError> {
        let Reversal { user, former, evicted, claims, audit, now } = *reversal;
        let nowhere = Familiar::default();
        let lost: Vec<u64> = evicted.iter().filter(|lost| lost.channel == Channel::Phone).map(|lost| lost.number).collect();
        // A number that is lost is not shown any longer; a former one comes back.
        let (_, phone) = user.without(&[], &lost);
        let phone = phone.filter(|phone| !lost.contains(&phone.id));
        let count = |channel| item::value(evicted.iter().filter(|lost| lost.channel == channel).count());
        let account = users::if_admitted(user)
            .when("proofs = :seen")
            .value(":seen", item::value(user.proofs))
            .add("proofs :one")
            .value(":one", item::value(1))
            .set("epoch = :next")
            .value(":next", item::value(user.epoch + 1))
            .put("epoch_at", now.as_millisecond())
            .put("sessions", 0)
            .put("is_online", false)
            .put("networks", &nowhere.networks)
            .put("devices", &nowhere.devices)
            .put("updated_at", now.as_millisecond())
            .set("emails = emails - :lost_emails")
            .value(":lost_emails", count(Channel::Email))
            .set("phones = phones - :lost_phones")
            .value(":lost_phones", count(Channel::Phone))
            .put("email", Primary { id: former.id, address: former.address.clone(), verified: true })
            .put_or_remove("phone", phone.as_ref())
            .remove("former_email")
            .remove("former_phone")
            .remove("awaited_email")
            .remove("awaited_phone")
            .remove("password")
            .remove("password_temporary");
        let at = now.as_millisecond();
        let back = |key: ItemKey| Change::of(key).when("attribute_exists(pk)").put("primary", true).put("updated_at", at);
        let mut transaction = Transaction::new(self, "give a former primary address its place back")
            .change(&account)?
            .change(&back(keys::email(user.id, former.id)))?
            .create(audit.item()?)?;
        if let Some(phone) = phone.filter(|phone| user.primary_number(Channel::Phone) != Some(phone.id)) {
            transaction = transaction.change(&back(keys::phone(user.id, phone.id)))?;
        }
        for Eviction { tag, channel, number } in evicted {
            transaction = transaction.delete(&key_of(user.id, *channel, *number))?.discard_if(&claims::own(tag, user.id))?;
        }
        for claim in claims {
            transaction = transaction.change(&claims::copies(claim, user.id, &nowhere))?;
        }
        Ok(transaction.commit().await?.is_ok())
    }
}
