//! `latchkey keys list`: the keys in the table, and what each of them does.

use std::fmt;

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::config::Algorithm;
use latchkey::domain::signing::{LONGEST_TOKEN, RECOGNISED};
use latchkey::secret::{Secrets, sealed_under};
use latchkey::store::StoredSigningKey;
use serde::Serialize;

use super::error::AdminError;

/// The keys in the table.
#[derive(Debug, Serialize)]
pub struct KeyList {
    /// The table's name.
    pub table: String,
    /// Id of the present root secret.
    pub secret: String,
    /// Ids of the former ones that are still accepted.
    pub accepted: Vec<String>,
    /// What the directory's key is sealed under; none: it is not made yet.
    pub directory_key: Option<Seal>,
    /// The signing keys, oldest first.
    pub signing_keys: Vec<ListedKey>,
}

/// What a value is sealed under.
#[derive(Debug, Clone, Serialize)]
pub struct Seal {
    /// Id of the secret.
    pub sealed_under: String,
    /// What that secret is here.
    pub secret: Standing,
}

/// What a secret is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The present one.
    Present,
    /// A former one, still accepted.
    Former,
    /// Neither.
    Unknown,
}

/// A signing key.
#[derive(Debug, Serialize)]
pub struct ListedKey {
    /// Counts the keys from 1.
    pub generation: u32,
    /// The `kid`.
    pub kid: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// What it does.
    #[serde(flatten)]
    pub phase: Phase,
    /// What its private half is sealed under.
    #[serde(flatten)]
    pub seal: Seal,
}

/// What a signing key does at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// What it does.
    pub state: State,
    /// Since when; none: since it was made.
    pub since: Option<Timestamp>,
    /// Until when; none: until it has a successor.
    pub until: Option<Timestamp>,
}

/// What a signing key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is published before it signs.
    Waiting,
    /// It signs.
    Signing,
    /// It no longer signs, but tokens that it signed are still good.
    Published,
    /// It recognises expired tokens at sign-out, and is no longer published.
    Recognising,
    /// It does nothing any more, and is removed at the next rotation.
    Over,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Signing => "signing",
            Self::Published => "published",
            Self::Recognising => "recognising",
            Self::Over => "over",
        }
    }
}

/// Lists the keys. Nothing is opened and nothing is made.
///
/// # Errors
/// [`AdminError`].
pub async fn run(app: &App) -> Result<KeyList, AdminError> {
    let stored = app.store.keys().await?;
    let mut signing = stored.signing;
    signing.sort_by_key(|key| key.generation);
    let phases = phases(&signing, app.clock.now());
    let listed = signing.into_iter().zip(phases).map(|(key, phase)| ListedKey {
        generation: key.generation,
        kid: key.id,
        algorithm: key.algorithm,
        phase,
        seal: seal(&app.secrets, &key.sealed),
    });
    Ok(KeyList {
        table: app.config.table.clone(),
        secret: app.secrets.key_id().to_owned(),
        accepted: app.secrets.former_ids().map(str::to_owned).collect(),
        directory_key: stored.directory.map(|key| seal(&app.secrets, &key.sealed)),
        signing_keys: listed.collect(),
    })
}

fn seal(secrets: &Secrets, sealed: &str) -> Seal {
    let id = sealed_under(sealed);
    let secret = match id {
        id if id == secrets.key_id() => Standing::Present,
        id if secrets.former_ids().any(|former| former == id) => Standing::Former,
        _ => Standing::Unknown,
    };
    Seal { sealed_under: id.to_owned(), secret }
}

/// What keys do at `now`, in order of their generations. Each signs until its successor does.
fn phases(keys: &[StoredSigningKey], now: Timestamp) -> Vec<Phase> {
    let starts: Vec<Timestamp> = keys.iter().map(|key| key.active_at).collect();
    (0..starts.len()).map(|index| phase(index, &starts, now)).collect()
}

fn phase(index: usize, starts: &[Timestamp], now: Timestamp) -> Phase {
    let (start, successor) = (starts[index], starts.get(index + 1).copied());
    let of = |state, since, until| Phase { state, since, until };
    match successor.filter(|successor| *successor <= now) {
        // The very first key signs at once.
        None if start <= now || index == 0 => of(State::Signing, Some(start), successor),
        None => of(State::Waiting, None, Some(start)),
        Some(retired) if now < retired + LONGEST_TOKEN => of(State::Published, Some(retired), Some(retired + LONGEST_TOKEN)),
        Some(retired) if now < retired + RECOGNISED => of(State::Recognising, Some(retired + LONGEST_TOKEN), Some(retired + RECOGNISED)),
        Some(retired) => of(State::Over, Some(retired + RECOGNISED), None),
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let standing = match self.secret {
            Standing::Present => "present",
            Standing::Former => "former, run `latchkey keys reseal`",
            Standing::Unknown => "not known here",
        };
        write!(formatter, "{} ({standing})", self.sealed_under)
    }
}

impl fmt::Display for KeyList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accepted = if self.accepted.is_empty() { "none".to_owned() } else { self.accepted.join(", ") };
        let directory = self.directory_key.as_ref().map_or_else(|| "not made yet".to_owned(), ToString::to_string);
        writeln!(formatter, "Table            {}", self.table)?;
        writeln!(formatter, "Root secret      {}, former ones accepted: {accepted}", self.secret)?;
        writeln!(formatter, "Directory's key  sealed under {directory}\n")?;
        writeln!(formatter, "{:>3}  {:43}  {:5}  {:11}  {:20}  {:20}  sealed under", "gen", "kid", "alg", "state", "since", "until")?;
        for ListedKey { generation, kid, algorithm, phase, seal } in &self.signing_keys {
            let time = |time: Option<Timestamp>| time.map_or_else(|| "-".to_owned(), |time| format!("{time:.0}"));
            let (since, until) = (time(phase.since), time(phase.until));
            let (algorithm, state) = (format!("{algorithm:?}"), phase.state.name());
            writeln!(formatter, "{generation:>3}  {kid:43}  {algorithm:5}  {state:11}  {since:20}  {until:20}  {seal}")?;
        }
        if self.signing_keys.is_empty() { writeln!(formatter, "  no signing keys: they are made at the first request") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::State::{Over, Published, Recognising, Signing, Waiting};
    use super::*;

    const DAY: i64 = 24 * 60 * 60;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(day * DAY).unwrap()
    }

    #[test]
    fn a_key_goes_through_its_states() {
        let starts = [at(0), at(30)];
        let states = |index: usize| [0, 29, 30, 31, 119, 120].map(|day| phase(index, &starts, at(day)).state);
        assert_eq!(states(0), [Signing, Signing, Published, Recognising, Recognising, Over]);
        assert_eq!(states(1), [Waiting, Waiting, Signing, Signing, Signing, Signing]);
        assert_eq!(phase(0, &starts, at(29)), Phase { state: Signing, since: Some(at(0)), until: Some(at(30)) });
        assert_eq!(phase(1, &starts, at(29)), Phase { state: Waiting, since: None, until: Some(at(30)) });
        assert_eq!(phase(0, &starts, at(30)), Phase { state: Published, since: Some(at(30)), until: Some(at(31)) });
        assert_eq!(phase(0, &starts, at(31)), Phase { state: Recognising, since: Some(at(31)), until: Some(at(120)) });
    }

    #[test]
    fn the_first_key_signs_though_its_time_lies_ahead() {
        assert_eq!(phase(0, &[at(1)], at(0)).state, State::Signing);
    }

    #[test]
    fn what_is_sealed_under_a_former_or_unknown_secret_is_told_apart() {
        let (now, before, other) = ("the present secret", "the former secret", "another secret");
        let secrets = Secrets::new(now, &[before.to_owned()]);
        let standing = |under: &str| seal(&secrets, &Secrets::new(under, &[]).seal("here", b"key").unwrap()).secret;
        assert_eq!([now, before, other].map(standing), [Standing::Present, Standing::Former, Standing::Unknown]);
    }
}
