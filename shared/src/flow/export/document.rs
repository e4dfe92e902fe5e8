//! What a copy says: everything that is held about a person, in words that they understand; no secret, and nothing of anybody else's.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::domain::address::Channel;
use crate::domain::favourite::Favourite;
use crate::domain::link::Link;
use crate::domain::session::Session;
use crate::domain::user::User;
use crate::flow::Trouble;
use crate::flow::export::writer::Writer;
use crate::store::{Contact, Happening, PushDevice};

/// The sections, and what is in them. The kinds of items that an account's partition has, and that no section is made of, hold nothing
/// about the person that is not in another one.
const SECTIONS: [(&str, &str); 10] = [
    ("account", "Your profile and what we keep to let you in."),
    ("email_addresses", "Your e-mail addresses."),
    ("phone_numbers", "Your phone numbers."),
    ("sessions", "Where you are signed in."),
    ("devices_for_push_notices", "Your devices that take push notices."),
    ("linked_accounts", "Accounts elsewhere that are linked with yours."),
    ("favourites", "The products that you have marked."),
    ("activity", "What happened to your account, and when."),
    ("deletion", "Your wish to have your account deleted, if you had one."),
    ("data_copies", "The copies of your data that you have asked for."),
];

/// Writes the document of an account. `false`: it broke off, since there is no more use in it.
pub(super) async fn write(app: &App, user: &User, number: u64, to: &mut Writer<'_>) -> Result<bool, Trouble> {
    let mut written = Written { to, first: true, useful: true };
    written.raw(b"{\n").await?;
    written.section("manifest", &manifest(user, number, app.clock.now())).await?;
    written.section("account", &account(user)).await?;
    for (name, channel) in [("email_addresses", Channel::Email), ("phone_numbers", Channel::Phone)] {
        let contacts = app.store.contacts(user.id, channel).await?;
        written.list(name, contacts.iter().map(|contact| address(user, contact))).await?;
    }
    let sessions = app.store.sessions(user.id).await?;
    let living = sessions.iter().filter(|session| session.is_living(user.epoch, app.clock.now()));
    written.list("sessions", living.map(session)).await?;
    written.list("devices_for_push_notices", app.store.push_devices(user.id).await?.iter().map(push_device)).await?;
    written.list("linked_accounts", app.store.links(user.id).await?.iter().map(link)).await?;

    written.open("favourites").await?;
    let mut from = None;
    loop {
        let (favourites, next) = app.store.favourites_from(user.id, from).await?;
        written.entries(favourites.iter().map(favourite)).await?;
        from = next;
        if from.is_none() || !written.useful {
            break;
        }
    }
    written.close().await?;
    written.open("activity").await?;
    let mut from = None;
    loop {
        let (happenings, next) = app.store.happenings_from(user.id, from).await?;
        written.entries(happenings.iter().map(happening)).await?;
        from = next;
        if from.is_none() || !written.useful {
            break;
        }
    }
    written.close().await?;

    let (deletion, copies) = app.store.privacy(user.id).await?;
    let deletion = deletion.map(|deletion| {
        json!({
            "status": deletion.status.as_str(),
            "reason": deletion.reason.as_ref().map(crate::domain::erasure::Reason::as_str),
            "asked_for_at": deletion.requested_at,
            "confirmed_at": deletion.confirmed_at,
            "due_at": deletion.scheduled_at,
        })
    });
    written.section("deletion", &deletion).await?;
    let copies =
        copies.iter().map(|copy| json!({ "number": copy.number, "asked_for_at": copy.requested_at, "confirmed_at": copy.confirmed_at }));
    written.list("data_copies", copies).await?;
    written.raw(b"\n}\n").await?;
    Ok(written.useful)
}

fn manifest(user: &User, number: u64, now: Timestamp) -> Value {
    let sections: serde_json::Map<String, Value> = SECTIONS.iter().map(|(name, about)| ((*name).to_owned(), json!(about))).collect();
    json!({
        "about": "A copy of everything that is held about you. Times are in UTC.",
        "format_version": 1,
        "account_id": user.id.to_string(),
        "copy_number": number,
        "made_at": now,
        "sections": sections,
    })
}

fn account(user: &User) -> Value {
    let profile = &user.profile;
    json!({
        "id": user.id.to_string(),
        "name": profile.name.as_ref().map(crate::domain::name::Name::as_str),
        "gender": profile.gender.map(crate::domain::profile::Gender::as_str),
        "date_of_birth": profile.date_of_birth.map(|date| date.to_string()),
        "place": profile.place.as_ref().map(crate::domain::profile::Place::as_str),
        "language": profile.locale.as_ref().map(crate::domain::profile::LanguageTag::as_str),
        "picture": profile.photo_url.as_ref().map(crate::domain::profile::PhotoUrl::as_str),
        "status": user.status,
        "roles": user.roles,
        "is_shown_as_online": user.is_online,
        "has_password": user.password.is_some(),
        "password_was_set_by_an_administrator": user.password_temporary,
        "created_at": user.created_at,
        "profile_changed_at": user.updated_at,
        "last_signed_in_at": user.last_login_at,
        "last_used_at": user.used_at,
        "consented_at": user.consent_at,
        "all_sessions_ended_at": user.epoch_at,
        "places_signed_in_from": {
            "about": "Networks and devices that you signed in from lately. They are kept only in a form from which nobody can tell them.",
            "networks": user.familiar.networks.len(),
            "devices": user.familiar.devices.len(),
        },
    })
}

fn address(user: &User, contact: &Contact) -> Value {
    let channel = contact.address.channel();
    json!({
        "address": contact.address.as_given(),
        "is_verified": contact.verified,
        "is_primary": user.primary_number(channel) == Some(contact.number),
        "added_at": contact.created_at,
        "verified_at": contact.verified_at,
    })
}

fn session(session: &Session) -> Value {
    json!({
        "device": session.device,
        "signed_in_through": session.client,
        "signed_in_by": session.amr,
        "signed_in_at": session.created_at,
        "last_used_at": session.rotated_at,
        "ends_at": session.ends_at(),
    })
}

fn push_device(device: &PushDevice) -> Value {
    json!({
        "name": device.name.as_ref().map(crate::domain::name::Name::as_str),
        "platform": device.platform,
        "registered_at": device.created_at,
        "last_registered_at": device.updated_at,
    })
}

fn link(link: &Link) -> Value {
    json!({
        "partner": link.partner.as_str(),
        "account_there": link.partner_user,
        "wallet_address": link.wallet_address,
        "linked_at": link.created_at,
        "last_proved_at": link.verified_at,
    })
}

fn favourite(favourite: &Favourite) -> Value {
    json!({ "product": favourite.product.number(), "added_at": favourite.created_at })
}

/// Which administrator did something is about them.
fn happening(happening: &Happening) -> Value {
    let mut shown = json!({ "event": happening.event, "at": happening.at });
    let more = [
        ("channel", &happening.channel),
        ("codes_were_for", &happening.purpose),
        ("by_callers", &happening.lane),
        ("partner", &happening.partner),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            shown[name] = json!(value);
        }
    }
    if let Some(count) = happening.count {
        shown["count"] = json!(count);
    }
    shown
}

/// What was written so far, and whether that was of use.
struct Written<'a, 'w> {
    to: &'a mut Writer<'w>,
    first: bool,
    useful: bool,
}

impl Written<'_, '_> {
    async fn raw(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        if self.useful {
            self.useful = self.to.write(bytes).await?;
        }
        Ok(())
    }

    /// The name of the next section.
    async fn name(&mut self, name: &str) -> Result<(), Trouble> {
        let before = if std::mem::take(&mut self.first) { "" } else { ",\n" };
        self.raw(format!("{before}  \"{name}\": ").as_bytes()).await
    }

    async fn section(&mut self, name: &str, content: &impl Serialize) -> Result<(), Trouble> {
        self.name(name).await?;
        let text = serde_json::to_string_pretty(content).unwrap_or_default().replace('\n', "\n  ");
        self.raw(text.as_bytes()).await
    }

    async fn list(&mut self, name: &str, entries: impl Iterator<Item = Value>) -> Result<(), Trouble> {
        self.open(name).await?;
        self.entries(entries).await?;
        self.close().await
    }

    async fn open(&mut self, name: &str) -> Result<(), Trouble> {
        self.name(name).await?;
        self.first = true;
        self.raw(b"[").await
    }

    /// Each on a line of its own.
    async fn entries(&mut self, entries: impl Iterator<Item = Value>) -> Result<(), Trouble> {
        let mut lines = String::new();
        for entry in entries {
            lines.push_str(if std::mem::take(&mut self.first) { "\n    " } else { ",\n    " });
            lines.push_str(&entry.to_string());
        }
        self.raw(lines.as_bytes()).await
    }

    async fn close(&mut self) -> Result<(), Trouble> {
        let end: &[u8] = if std::mem::take(&mut self.first) { b"]" } else { b"\n  ]" };
        self.raw(end).await
    }
}
