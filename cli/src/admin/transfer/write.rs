//! From an account to its line.

use latchkey::domain::address::Channel;
use latchkey::domain::profile::Profile;
use latchkey::domain::user::{Status, User};
use latchkey::store::{Exported, ListedAddress};
use serde_json::Value;

use super::line::{AddressLine, Line};

/// The line of an account, with its password's hash only if that is wanted.
#[must_use]
pub fn line(exported: Exported, with_hashes: bool) -> Line {
    let Exported { user, addresses } = exported;
    let (emails, phones): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.channel == Channel::Email);
    let User { id, status, roles, password, password_temporary, consent_at, created_at, updated_at, last_login_at, used_at, .. } = user;
    let Profile { name, gender, date_of_birth, place, locale, photo_url } = user.profile;
    let hash = password.filter(|_| with_hashes);
    Line {
        id: Some(id.to_string()),
        emails: emails.into_iter().map(address).collect(),
        phones: phones.into_iter().map(address).collect(),
        name: name.map(|name| name.as_str().to_owned()),
        gender: gender.map(|gender| gender.as_str().to_owned()),
        date_of_birth: date_of_birth.map(|date| date.to_string()),
        place: place.map(|place| place.as_str().to_owned()),
        locale: locale.map(|tag| tag.as_str().to_owned()),
        photo_url: photo_url.map(|url| url.as_str().to_owned()),
        roles: Some(roles.iter().map(|role| role.as_str().to_owned()).collect()),
        status: Some(name_of(status).to_owned()),
        created_at: Some(created_at),
        updated_at: Some(updated_at),
        consent_at,
        last_login_at,
        used_at,
        password_temporary: password_temporary && hash.is_some(),
        password_hash: hash.map(|hash| Value::String(hash.as_str().to_owned())),
        password: None,
    }
}

fn address(listed: ListedAddress) -> AddressLine {
    let ListedAddress { address, verified, primary, created_at: added_at, verified_at, young_until, .. } = listed;
    AddressLine { address, verified, primary, added_at, verified_at, young_until }
}

fn name_of(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Disabled => "disabled",
        Status::PendingDeletion | Status::Purging => "pending_deletion",
    }
}
