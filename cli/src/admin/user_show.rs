//! `latchkey user show`: one account, as far as an administrator may see it. Never a password's hash, a token, a code or a key.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::domain::address::{Address, Email, Phone};
use latchkey::domain::code::Purpose;
use latchkey::domain::link::Link;
use latchkey::domain::session::Session;
use latchkey::domain::user::{Status, User, UserId};
use latchkey::store::{AddressTag, Happening, ListedAddress};
use serde::{Serialize, Serializer};

use super::error::AdminError;
use super::options::Show;

/// An account.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// Id.
    #[serde(serialize_with = "as_text")]
    pub id: UserId,
    /// Whether it can be used.
    pub status: Status,
    /// Whether its owner has asked for its deletion, and can still cancel.
    pub pending_deletion: bool,
    /// Sessions of another epoch are over.
    pub epoch: u64,
    /// What the person may do.
    pub roles: Vec<String>,
    /// Whether it has a password.
    pub has_password: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its profile last changed.
    pub updated_at: Timestamp,
    /// When it last signed in.
    pub last_login_at: Option<Timestamp>,
    /// How many networks it knows.
    pub networks: usize,
    /// How many devices it knows.
    pub devices: usize,
    /// Its addresses.
    pub addresses: Vec<ListedAddress>,
    /// The users of partners that it is linked with.
    pub links: Vec<ShownLink>,
    /// The sessions that live, the one refreshed last first.
    pub sessions: Vec<ShownSession>,
    /// How many sessions are over, and still in the table.
    pub sessions_over: usize,
    /// Wrong passwords by lane.
    pub lanes: Vec<ShownLane>,
    /// The last audit events, newest first.
    pub audit: Vec<Happening>,
}

/// A link with a partner's user.
#[derive(Debug, Serialize)]
pub struct ShownLink {
    /// The partner's id.
    pub partner: String,
    /// The partner's user, as the partner names them.
    pub user: String,
    /// The address of their wallet.
    pub wallet_address: Option<String>,
    /// When they were linked.
    pub linked_at: Timestamp,
    /// When that was last proved.
    pub verified_at: Timestamp,
}

impl From<Link> for ShownLink {
    fn from(link: Link) -> Self {
        let Link { partner, partner_user: user, wallet_address, created_at: linked_at, verified_at } = link;
        Self { partner: partner.to_string(), user, wallet_address, linked_at, verified_at }
    }
}

/// A session.
#[derive(Debug, Serialize)]
pub struct ShownSession {
    /// Id.
    pub id: String,
    /// Name of the device.
    pub device: String,
    /// What it was opened through.
    pub client: String,
    /// Id of the root secret that its refresh token was made under.
    pub secret: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was last refreshed.
    pub refreshed_at: Timestamp,
    /// When it ends unless it is refreshed.
    pub ends_at: Timestamp,
}

/// Wrong passwords of one lane.
#[derive(Debug, Serialize)]
pub struct ShownLane {
    /// Which callers.
    pub lane: &'static str,
    /// How many wrong passwords lie in the window.
    pub wrong_passwords: usize,
    /// How many there may be.
    pub most: usize,
    /// The window, in seconds.
    pub window_seconds: u64,
}

/// What there is of somebody who has no account here.
#[derive(Debug, Default, Serialize)]
pub struct Traces {
    /// An address claimed by an account that is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dangling_claim: Option<String>,
    /// Until when a registration waits for its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_until: Option<Timestamp>,
    /// The accounts that wait for the proof of this address, at most two.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending_at: Vec<String>,
}

impl fmt::Display for Traces {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no such account")?;
        if let Some(user) = &self.dangling_claim {
            write!(formatter, "; the address is claimed by {user}, which is not there")?;
        }
        if let Some(until) = self.registration_until {
            write!(formatter, "; a registration waits for its code until {until:.0}")?;
        }
        if !self.pending_at.is_empty() {
            write!(formatter, "; added, and not proved, by account {}", self.pending_at.join(" and "))?;
        }
        Ok(())
    }
}

fn as_text<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Whom to look for.
enum Subject {
    User(UserId),
    Address(Address),
}

impl Subject {
    fn parse(app: &App, who: &str) -> Result<Self, AdminError> {
        let who = who.trim();
        let id = who.to_ascii_lowercase();
        if let Some(user) = UserId::parse(&id).or_else(|| UserId::parse_simple(&id)) {
            return Ok(Self::User(user));
        }
        if who.contains('@') {
            let email =
                Email::parse(who).map_err(|_| AdminError::NoSubject("what has an @ must be a mail address such as name@example.com"))?;
            return Ok(Self::Address(email.into()));
        }
        let phone = Phone::parse(who, app.config.default_region.as_ref());
        let phone =
            phone.map_err(|_| AdminError::NoSubject("must be an account id, a mail address, or a phone number such as +4915112345678"))?;
        Ok(Self::Address(phone.into()))
    }
}

/// Shows an account.
///
/// # Errors
/// [`AdminError`]; [`AdminError::NotFound`] with what traces there are.
pub async fn run(app: &App, options: &Show) -> Result<Shown, AdminError> {
    let (user, traces) = find(app, &options.who).await?;
    show(app, user, options, app.clock.now()).await?.ok_or(AdminError::NotFound(traces))
}

/// The account that somebody means, and what there is of it if it should not be there.
///
/// # Errors
/// [`AdminError`]; [`AdminError::NotFound`] with what traces there are.
pub(super) async fn find(app: &App, who: &str) -> Result<(UserId, Traces), AdminError> {
    let address = match Subject::parse(app, who)? {
        Subject::User(user) => return Ok((user, Traces::default())),
        Subject::Address(address) => address,
    };
    // Where no key was made yet, there is no account, and looking for one shall not make the key.
    if app.store.keys().await?.directory.is_none() {
        return Err(AdminError::NotFound(Traces::default()));
    }
    let tag = app.keyring.keys().await?.directory.tag(&address);
    let Some(claim) = app.store.claim(&tag).await? else {
        return Err(AdminError::NotFound(traces(app, &tag, app.clock.now()).await?));
    };
    Ok((claim.user, Traces { dangling_claim: Some(claim.user.to_string()), ..Traces::default() }))
}

async fn traces(app: &App, tag: &AddressTag, now: Timestamp) -> Result<Traces, AdminError> {
    let recipient = app.store.recipient(tag, Purpose::Signup).await?;
    let registration = recipient.challenge().filter(|challenge| challenge.pending(now).is_some());
    let pending = app.store.pending(tag, now).await?;
    Ok(Traces {
        dangling_claim: None,
        registration_until: registration.map(|challenge| challenge.expires_at),
        pending_at: pending.iter().filter_map(|pending| pending.user).map(|user| user.to_string()).collect(),
    })
}

async fn show(app: &App, id: UserId, options: &Show, now: Timestamp) -> Result<Option<Shown>, AdminError> {
    let (table, passwords) = (app.store.administration(), app.config.limits.passwords);
    let Some((user, counted)) = table.account(id, passwords, now).await? else { return Ok(None) };
    let (most, window_seconds) = (passwords.most, passwords.window.as_secs());
    let lanes = counted.map(|(lane, wrong_passwords)| ShownLane { lane: lane.name(), wrong_passwords, most, window_seconds });
    let (sessions, sessions_over) = living(app, &user, now).await?;
    let (audit, _) = app.store.happenings(id, options.audit, None).await?;
    let User { status, epoch, roles, password, familiar, created_at, updated_at, last_login_at, .. } = user;
    Ok(Some(Shown {
        id,
        status,
        pending_deletion: status == Status::PendingDeletion,
        epoch,
        roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
        has_password: password.is_some(),
        created_at,
        updated_at,
        last_login_at,
        networks: familiar.networks.len(),
        devices: familiar.devices.len(),
        addresses: table.addresses(id).await?,
        links: app.store.links(id).await?.into_iter().map(ShownLink::from).collect(),
        sessions,
        sessions_over,
        lanes: lanes.into(),
        audit,
    }))
}

/// An account's sessions that live, the one refreshed last first, and how many are over.
///
/// # Errors
/// [`AdminError`].
pub(super) async fn living(app: &App, user: &User, now: Timestamp) -> Result<(Vec<ShownSession>, usize), AdminError> {
    let (mut living, over): (Vec<Session>, Vec<Session>) =
        app.store.sessions(user.id).await?.into_iter().partition(|session| session.is_living(user.epoch, now));
    living.sort_by_key(|session| std::cmp::Reverse(session.rotated_at));
    Ok((living.into_iter().map(shown).collect(), over.len()))
}

fn shown(session: Session) -> ShownSession {
    let ends_at = session.ends_at();
    let Session { id, device, client, key_id, created_at, rotated_at, .. } = session;
    ShownSession { id: id.as_str().to_owned(), device, client, secret: key_id, opened_at: created_at, refreshed_at: rotated_at, ends_at }
}

/// What others have typed, without what would move a terminal's cursor.
fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '?' } else { character }).collect()
}

fn time(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| format!("{time:.0}"))
}

fn minutes(seconds: u64) -> u64 {
    Duration::from_secs(seconds).as_secs().div_ceil(60)
}

impl fmt::Display for ShownSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, device, client, secret, opened_at, refreshed_at, ends_at } = self;
        let (device, client) = (plain(device), plain(client));
        let [opened, refreshed, ends] = [opened_at, refreshed_at, ends_at].map(|at| time(Some(*at)));
        write!(formatter, "{id}  {device} ({client}), opened {opened}, refreshed {refreshed}, ends {ends}, secret {secret}")
    }
}

/// An event of the audit in one line.
pub(super) fn told(happening: &Happening) -> String {
    let Happening { event, at, session, channel, purpose, lane, count, by, partner } = happening;
    let count = count.map(|count| count.to_string());
    let texts = [
        ("session", session),
        ("channel", channel),
        ("purpose", purpose),
        ("lane", lane),
        ("count", &count),
        ("by", by),
        ("partner", partner),
    ];
    let details = texts.iter().filter_map(|(name, text)| text.as_ref().map(|text| format!("  {name} {}", plain(text))));
    format!("{}  {}{}", time(Some(*at)), plain(event), details.collect::<String>())
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.status {
            Status::Active => "active",
            Status::Disabled => "disabled",
            Status::PendingDeletion => "pending deletion",
            Status::Purging => "being deleted",
        };
        writeln!(formatter, "Account {}", self.id)?;
        writeln!(formatter, "  status         {status}")?;
        writeln!(formatter, "  epoch          {}", self.epoch)?;
        writeln!(formatter, "  roles          {}", plain(&self.roles.join(", ")))?;
        writeln!(formatter, "  password       {}", if self.has_password { "set" } else { "none" })?;
        writeln!(formatter, "  created        {}", time(Some(self.created_at)))?;
        writeln!(formatter, "  changed        {}", time(Some(self.updated_at)))?;
        writeln!(formatter, "  last sign-in   {}", time(self.last_login_at))?;
        writeln!(formatter, "  known from     {} networks, {} devices", self.networks, self.devices)?;
        for ShownLane { lane, wrong_passwords, most, window_seconds } in &self.lanes {
            let window = minutes(*window_seconds);
            writeln!(formatter, "  wrong passwords of {lane} callers in {window} minutes: {wrong_passwords} of {most}")?;
        }
        writeln!(formatter, "\nAddresses")?;
        for address in &self.addresses {
            let ListedAddress { channel, number, address, verified, primary, created_at, verified_at, .. } = address;
            let proof = if *verified { format!("proved {}", time(*verified_at)) } else { "not proved".to_owned() };
            let primary = if *primary { ", primary" } else { "" };
            let (channel, address) = (channel.name(), plain(address));
            writeln!(formatter, "  {channel} {number}  {address}  added {}, {proof}{primary}", time(*created_at))?;
        }
        if !self.links.is_empty() {
            writeln!(formatter, "\nLinks")?;
        }
        for ShownLink { partner, user, linked_at, verified_at, .. } in &self.links {
            let [linked, proved] = [linked_at, verified_at].map(|at| time(Some(*at)));
            writeln!(formatter, "  {partner}  {}  linked {linked}, proved {proved}", plain(user))?;
        }
        writeln!(formatter, "\nSessions ({} living, {} over)", self.sessions.len(), self.sessions_over)?;
        for session in &self.sessions {
            writeln!(formatter, "  {session}")?;
        }
        writeln!(formatter, "\nAudit (the last {})", self.audit.len())?;
        for event in &self.audit {
            writeln!(formatter, "  {}", told(event))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_typed_moves_no_cursor() {
        assert_eq!(plain("Fire\u{1b}[2Jfox\r\n"), "Fire?[2Jfox??");
    }

    #[test]
    fn traces_are_told_in_one_line() {
        assert_eq!(Traces::default().to_string(), "no such account");
        let traces = Traces {
            dangling_claim: None,
            registration_until: Some(Timestamp::UNIX_EPOCH),
            pending_at: vec!["a".to_owned(), "b".to_owned()],
        };
        let line =
            "no such account; a registration waits for its code until 1970-01-01T00:00:00Z; added, and not proved, by account a and b";
        assert_eq!(traces.to_string(), line);
    }
}
