//! `latchkey keys reseal`: the end of a rotation of the root secret.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::domain::partner::{FormerKey, KeyMaterial};
use latchkey::domain::user::UserId;
use latchkey::flow::outbox;
use latchkey::secret::SealError;
use latchkey::store::{KeySlot, Reckoned, Sealed, Store};
use serde::Serialize;

use super::error::AdminError;
use super::options::Reseal;
use super::pace::Pace;
use super::terminal::Terminal;

/// Values that change each time they are looked at are looked at so often.
const ROUNDS: usize = 3;

/// What was done.
#[derive(Debug, Serialize)]
pub struct Resealed {
    /// Id of the present root secret, under which everything is sealed now.
    pub secret: String,
    /// What was sealed anew.
    pub resealed: Values,
    /// The sessions that live.
    pub sessions: Living,
    /// Until when a former secret must stay accepted at the latest; none: it is needed no longer.
    pub former_secrets_needed_until: Option<Timestamp>,
}

/// How many values.
#[derive(Debug, Default, Serialize)]
pub struct Values {
    /// Signing keys.
    pub signing_keys: u64,
    /// The directory's key: one or none.
    pub directory_keys: u64,
    /// Messages that wait.
    pub messages: u64,
    /// Secrets of partners.
    pub partner_secrets: u64,
}

/// The sessions that live.
#[derive(Debug, Default, Serialize)]
pub struct Living {
    /// All of them.
    pub living: u64,
    /// Those whose refresh token was made under a former secret.
    pub under_former_secrets: Vec<UnderFormer>,
}

/// The living sessions whose refresh token was made under one former secret.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct UnderFormer {
    /// Id of the secret.
    pub secret: String,
    /// How many sessions.
    pub sessions: u64,
    /// Until when they live at the latest, if they are not refreshed: refreshed, they leave it.
    pub until: Timestamp,
}

/// Seals anew, under the present secret, what former ones sealed; then counts the sessions that still need them.
///
/// # Errors
/// [`AdminError`].
pub async fn run(app: &App, options: &Reseal, terminal: &mut Terminal<'_>) -> Result<Resealed, AdminError> {
    let mut round = Round::default();
    for last in 1..=ROUNDS {
        round = Round { done: round.done, ..Round::default() };
        round.keys(app).await?;
        round.messages(app).await?;
        round.partners(app).await?;
        match (round.refused, last) {
            (false, _) => break,
            (true, ROUNDS) => return Err(AdminError::Contended),
            (true, _) => {}
        }
    }
    if !round.unopened.is_empty() {
        return Err(AdminError::Unopened(round.unopened));
    }
    terminal.tell(&format!(
        "Everything is sealed under {}. Counting the sessions, at most {} items a second.",
        app.secrets.key_id(),
        options.walk.rate
    ));
    let sessions = count(app, options, terminal).await?;
    let needed = sessions.under_former_secrets.iter().map(|under| under.until).max();
    let secret = app.secrets.key_id().to_owned();
    Ok(Resealed { secret, resealed: round.done, sessions, former_secrets_needed_until: needed })
}

/// One look at all sealed values.
#[derive(Default)]
struct Round {
    done: Values,
    unopened: Vec<String>,
    /// Whether somebody else changed a value between reading and writing.
    refused: bool,
}

impl Round {
    async fn keys(&mut self, app: &App) -> Result<(), AdminError> {
        let stored = app.store.keys().await?;
        if let Some(key) = stored.directory {
            let resealed = self.value(app, &Sealed::DirectoryKey, &Store::directory_key_place(), &key.sealed).await?;
            self.done.directory_keys += u64::from(resealed);
        }
        for key in stored.signing {
            let (sealed, place) = (Sealed::SigningKey(key.generation), Store::signing_key_place(key.generation));
            let resealed = self.value(app, &sealed, &place, &key.sealed).await?;
            self.done.signing_keys += u64::from(resealed);
        }
        Ok(())
    }

    async fn messages(&mut self, app: &App) -> Result<(), AdminError> {
        for key in app.store.administration().waiting_messages().await? {
            // A message that was delivered meanwhile is gone.
            let Some(envelope) = app.store.message_in(&key).await? else { continue };
            let resealed = self.value(app, &Sealed::Message(&key), &outbox::place(&key), &envelope.sealed).await?;
            self.done.messages += u64::from(resealed);
        }
        Ok(())
    }

    async fn partners(&mut self, app: &App) -> Result<(), AdminError> {
        let now = app.clock.now();
        for partner in app.store.administration().partners().await? {
            let living =
                |(place, former): (usize, &'_ FormerKey)| (now < former.until).then(|| (KeySlot::Former(place), former.key.clone()));
            let formers = partner.formers.iter().enumerate().filter_map(living);
            for (slot, key) in std::iter::once((KeySlot::Present, partner.present.clone())).chain(formers) {
                let KeyMaterial::Sealed(read) = &key.material else { continue };
                let (sealed, place) = (Sealed::PartnerSecret(&partner.id, slot), Store::partner_secret_place(&partner.id, &key.id));
                let resealed = self.value(app, &sealed, &place, read).await?;
                self.done.partner_secrets += u64::from(resealed);
            }
        }
        Ok(())
    }

    async fn value(&mut self, app: &App, sealed: &Sealed<'_>, place: &str, read: &str) -> Result<bool, AdminError> {
        let new = match app.secrets.seal_anew(place, read) {
            Ok(Some(new)) => new,
            Ok(None) => return Ok(false),
            Err(error) => {
                self.unopened.push(unopened(sealed, read, &error));
                return Ok(false);
            }
        };
        let replaced = app.store.administration().replace(sealed, read, &new).await?;
        self.refused |= !replaced;
        Ok(replaced)
    }
}

fn unopened(sealed: &Sealed<'_>, read: &str, error: &SealError) -> String {
    let what = match sealed {
        Sealed::SigningKey(generation) => format!("signing key {generation}"),
        Sealed::DirectoryKey => "the directory's key".to_owned(),
        Sealed::Message(_) => "a message".to_owned(),
        Sealed::PartnerSecret(partner, KeySlot::Present) => format!("the secret of partner {partner}"),
        Sealed::PartnerSecret(partner, KeySlot::Former(_)) => format!("a former secret of partner {partner}"),
    };
    match error {
        SealError::UnknownKey => format!("{what} (sealed under {})", latchkey::secret::sealed_under(read)),
        SealError::Malformed | SealError::Forged => format!("{what} ({error})"),
    }
}

async fn count(app: &App, options: &Reseal, terminal: &mut Terminal<'_>) -> Result<Living, AdminError> {
    let mut pace = Pace::new(options.walk.rate);
    let mut tally = Tally::new(app.secrets.key_id(), app.clock.now());
    let mut cursor = None;
    terminal.stop.watch();
    loop {
        if terminal.stop.is_asked() {
            return Err(AdminError::Uncounted);
        }
        let page = app.store.administration().reckon(cursor.as_ref(), pace.page()).await?;
        for met in page.found {
            // The account comes after its sessions. Should it not, it is read by itself.
            if let Some(user) = tally.meet(met) {
                let epoch = app.store.user(user).await?.map(|user| user.epoch);
                tally.settle(epoch);
            }
        }
        pace.keep(page.read).await;
        if pace.is_to_tell() {
            terminal.tell(&format!("{} items read, {} living sessions so far", pace.read(), tally.living));
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if let Some(user) = tally.owner {
        let epoch = app.store.user(user).await?.map(|user| user.epoch);
        tally.settle(epoch);
    }
    Ok(tally.living())
}

/// Counts sessions as they are met, account by account.
struct Tally<'a> {
    present: &'a str,
    now: Timestamp,
    owner: Option<UserId>,
    held: Vec<(u64, String, Timestamp)>,
    met: Option<Reckoned>,
    living: u64,
    former: BTreeMap<String, (u64, Timestamp)>,
}

impl<'a> Tally<'a> {
    fn new(present: &'a str, now: Timestamp) -> Self {
        Self { present, now, owner: None, held: Vec::new(), met: None, living: 0, former: BTreeMap::new() }
    }

    /// Meets a session or an account. Returns an account whose sessions came without it, and that is to be settled first.
    fn meet(&mut self, met: Reckoned) -> Option<UserId> {
        let (Reckoned::Account { user, .. } | Reckoned::Session { user, .. }) = &met;
        let left = self.owner.filter(|owner| owner != user);
        match left {
            Some(_) => self.met = Some(met),
            None => self.take(met),
        }
        left
    }

    /// Settles the sessions that are held: those of another epoch are over, and all of them where there is no account.
    fn settle(&mut self, epoch: Option<u64>) {
        for (opened, key_id, end) in std::mem::take(&mut self.held) {
            if Some(opened) != epoch {
                continue;
            }
            self.living += 1;
            if key_id != self.present {
                let (sessions, until) = self.former.entry(key_id).or_insert((0, end));
                *sessions += 1;
                *until = end.max(*until);
            }
        }
        self.owner = None;
        if let Some(met) = self.met.take() {
            self.take(met);
        }
    }

    fn take(&mut self, met: Reckoned) {
        match met {
            Reckoned::Account { epoch, .. } => self.settle(Some(epoch)),
            Reckoned::Session { user, epoch, key_id, end } if end > self.now => {
                self.owner = Some(user);
                self.held.push((epoch, key_id, end));
            }
            Reckoned::Session { .. } => {}
        }
    }

    fn living(self) -> Living {
        let under = self.former.into_iter().map(|(secret, (sessions, until))| UnderFormer { secret, sessions, until });
        Living { living: self.living, under_former_secrets: under.collect() }
    }
}

impl fmt::Display for Resealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Values { signing_keys, directory_keys, messages, partner_secrets } = self.resealed;
        let total = signing_keys + directory_keys + messages + partner_secrets;
        writeln!(formatter, "Everything is sealed under {}.", self.secret)?;
        writeln!(
            formatter,
            "Sealed anew: {total} (signing keys {signing_keys}, directory's key {directory_keys}, messages {messages}, \
             partners' secrets {partner_secrets})."
        )?;
        writeln!(formatter, "Living sessions: {}.", self.sessions.living)?;
        for UnderFormer { secret, sessions, until } in &self.sessions.under_former_secrets {
            writeln!(formatter, "  refresh tokens made under {secret}: {sessions}, the last one good until {until:.0} at the latest")?;
        }
        match self.former_secrets_needed_until {
            None => writeln!(formatter, "No former secret is needed any more: LATCHKEY_SECRETS_ACCEPTED can be emptied."),
            Some(until) => writeln!(
                formatter,
                "Keep the former secret in LATCHKEY_SECRETS_ACCEPTED until then, or until this says 0: a session that is refreshed \
                 leaves it. Emptied before, those sessions end; it is safe for all of them after {until:.0}."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use latchkey::rng::SystemRng;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn session(user: UserId, epoch: u64, key_id: &str, end: i64) -> Reckoned {
        Reckoned::Session { user, epoch, key_id: key_id.to_owned(), end: at(end) }
    }

    fn tally(met: Vec<Reckoned>, read: Option<u64>) -> Living {
        let mut tally = Tally::new("present", at(100));
        for met in met {
            if tally.meet(met).is_some() {
                tally.settle(read);
            }
        }
        tally.settle(read);
        tally.living()
    }

    #[test]
    fn only_sessions_that_live_are_counted_and_told_apart_by_secret() {
        let [ada, ben] = [0, 1].map(|second| UserId::new(at(second), &SystemRng));
        let living = tally(
            vec![
                session(ada, 2, "present", 200),
                session(ada, 2, "former", 300),
                session(ada, 1, "former", 900),
                session(ada, 2, "former", 100),
                Reckoned::Account { user: ada, epoch: 2 },
                session(ben, 1, "former", 400),
                session(ben, 1, "older", 150),
                Reckoned::Account { user: ben, epoch: 1 },
            ],
            None,
        );
        let under = |secret: &str, sessions, until| UnderFormer { secret: secret.to_owned(), sessions, until: at(until) };
        assert_eq!(living.living, 4);
        assert_eq!(living.under_former_secrets, [under("former", 2, 400), under("older", 1, 150)]);
    }

    #[test]
    fn sessions_that_come_without_their_account_are_settled_by_reading_it() {
        let [ada, ben] = [0, 1].map(|second| UserId::new(at(second), &SystemRng));
        let met = || vec![session(ada, 1, "former", 200), session(ben, 1, "former", 200)];
        assert_eq!(tally(met(), Some(1)).living, 2);
        assert_eq!(tally(met(), None).living, 0);
    }
}
