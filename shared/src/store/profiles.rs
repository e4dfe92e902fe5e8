//! What a person says about themselves, changed field by field.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::locale::Locale;
use crate::domain::name::Name;
use crate::domain::profile::{DateOfBirth, Gender, LanguageTag, PhotoUrl, Place};
use crate::domain::user::User;
use crate::store::Store;
use crate::store::change::Change;
use crate::store::claims;
use crate::store::error::StoreError;
use crate::store::item;
use crate::store::keys::AddressTag;
use crate::store::users;
use crate::store::write::Transaction;

/// What becomes of a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is erased.
    Erase,
    /// It gets this value.
    Set(T),
}

impl<T> Edit<T> {
    fn apply(self, to: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Erase => *to = None,
            Self::Set(value) => *to = Some(value),
        }
    }

    fn as_ref(&self) -> Edit<&T> {
        match self {
            Self::Keep => Edit::Keep,
            Self::Erase => Edit::Erase,
            Self::Set(value) => Edit::Set(value),
        }
    }
}

/// Fields of a profile to be changed. A name is never erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// Name.
    pub name: Edit<Name>,
    /// Gender.
    pub gender: Edit<Gender>,
    /// Date of birth.
    pub date_of_birth: Edit<DateOfBirth>,
    /// Where they live.
    pub place: Edit<Place>,
    /// Their language.
    pub locale: Edit<LanguageTag>,
    /// Their picture.
    pub photo_url: Edit<PhotoUrl>,
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
        self.name.apply(&mut profile.name);
        self.gender.apply(&mut profile.gender);
        self.date_of_birth.apply(&mut profile.date_of_birth);
        self.place.apply(&mut profile.place);
        self.locale.apply(&mut profile.locale);
        self.photo_url.apply(&mut profile.photo_url);
        user.is_online = self.is_online.unwrap_or(user.is_online);
        user.updated_at = now;
        user
    }

    fn change(&self, user: &User, now: Timestamp) -> Change {
        let change = users::if_active(user).put("updated_at", now.as_millisecond());
        let change = set(change, "name", self.name.as_ref());
        let change = set(change, "gender", self.gender);
        let change = set(change, "date_of_birth", self.date_of_birth);
        let change = set(change, "place", self.place.as_ref());
        let change = set(change, "locale", self.locale.as_ref());
        let change = set(change, "photo_url", self.photo_url.as_ref());
        match self.is_online {
            Some(online) => change.put("is_online", online),
            None => change,
        }
    }
}

/// Each field by itself, so that two changes at the same time keep both.
fn set<T: Serialize>(change: Change, field: &str, to: Edit<T>) -> Change {
    let alias = format!("#profile_{field}");
    let path = format!("profile.{alias}");
    match to {
        Edit::Keep => change,
        Edit::Erase => change.name(&alias, field).remove(&path),
        Edit::Set(to) => {
            let placeholder = format!(":profile_{field}");
            change.name(&alias, field).set(format!("{path} = {placeholder}")).value(&placeholder, item::value(to))
        }
    }
}

impl Store {
    /// Changes a profile; the account as it stands then. `None`: the account or its addresses changed meanwhile. `claims` are the addresses
    /// that copy the language.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn change_profile(
        &self,
        user: &User,
        patch: &Patch,
        claims: &[AddressTag],
        now: Timestamp,
    ) -> Result<Option<User>, StoreError> {
        let mut transaction = Transaction::new(self, "change a profile").change(&patch.change(user, now))?;
        let former: Option<Locale> = user.locale();
        let user = patch.clone().apply(user.clone(), now);
        if user.locale() != former {
            for claim in claims {
                transaction = transaction.change(&claims::speaks(claim, user.id, user.locale()))?;
            }
        }
        Ok(transaction.commit().await?.is_ok().then_some(user))
    }
}
