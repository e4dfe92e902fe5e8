//! What a person says about themselves, changed field by field.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::locale::Locale;
use crate::domain::name::Name;
use crate::domain::profile::{DateOfBirth, Gender, LanguageTag, PhotoUrl, Place};
use crate::domain::user::{Status, User};
use crate::store::Store;
use crate::store::change::Change;
use crate::store::claims;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::{self, AddressTag};
use crate::store::write::Transaction;

/// Fields of a profile to be changed; `Some(None)` erases one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// Name.
    pub name: Option<Name>,
    /// Gender.
    pub gender: Option<Option<Gender>>,
    /// Date of birth.
    pub date_of_birth: Option<Option<DateOfBirth>>,
    /// Where they live.
    pub place: Option<Option<Place>>,
    /// Their language.
    pub locale: Option<Option<LanguageTag>>,
    /// Their picture.
    pub photo_url: Option<Option<PhotoUrl>>,
    /// Whether they are shown as present.
    pub is_online: Option<bool>,
}

impl Patch {
    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The account as this leaves it.
    fn apply(self, mut user: User, now: Timestamp) -> User {
        let profile = &mut user.profile;
        profile.name = self.name.or(profile.name.take());
        profile.gender = self.gender.unwrap_or(profile.gender);
        profile.date_of_birth = self.date_of_birth.unwrap_or(profile.date_of_birth);
        profile.place = self.place.unwrap_or(profile.place.take());
        profile.locale = self.locale.unwrap_or(profile.locale.take());
        profile.photo_url = self.photo_url.unwrap_or(profile.photo_url.take());
        user.is_online = self.is_online.unwrap_or(user.is_online);
        user.updated_at = now;
        user
    }

    fn change(&self, user: &User, now: Timestamp) -> Change {
        let change = Change::of(keys::user(user.id))
            .when("epoch = :epoch AND #status = :active")
            .name("#status", "status")
            .value(":epoch", item::value(user.epoch))
            .value(":active", item::value(Status::Active))
            .put("updated_at", now.as_millisecond());
        let change = set(change, "name", self.name.as_ref().map(Some));
        let change = set(change, "gender", self.gender);
        let change = set(change, "date_of_birth", self.date_of_birth);
        let change = set(change, "place", self.place.as_ref().map(Option::as_ref));
        let change = set(change, "locale", self.locale.as_ref().map(Option::as_ref));
        let change = set(change, "photo_url", self.photo_url.as_ref().map(Option::as_ref));
        match self.is_online {
            Some(online) => change.put("is_online", online),
            None => change,
        }
    }
}

/// Each field by itself, so that two changes at the same time keep both.
fn set<T: Serialize>(change: Change, field: &str, to: Option<Option<T>>) -> Change {
    let alias = format!("#profile_{field}");
    let path = format!("profile.{alias}");
    match to {
        None => change,
        Some(None) => change.name(&alias, field).remove(&path),
        Some(Some(to)) => {
            let placeholder = format!(":profile_{field}");
            change.name(&alias, field).set(format!("{path} = {placeholder}")).value(&placeholder, item::value(to))
        }
    }
}

impl Store {
    /// Changes a profile; the account as it stands then. `None`: the account changed meanwhile, so that its session is over. `claims`
    /// are the addresses that copy the language.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn change_profile(
        &self,
        user: User,
        patch: Patch,
        claims: &[AddressTag],
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let mut transaction = Transaction::new(self, "change a profile").change(&patch.change(&user, now))?;
        let former: Option<Locale> = user.locale();
        let user = patch.apply(user, now);
        if user.locale() != former {
            for claim in claims {
                transaction = transaction.change(&claims::copies(claim, user.id, &user.familiar, user.locale()))?;
            }
        }
        Ok(transaction.commit().await?.is_ok().then_some(user))
    }
}
