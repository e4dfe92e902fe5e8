//! Deletions whose time has come.

use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::domain::link::LinkTag;
use crate::domain::user::UserId;
use crate::flow::Trouble;
use crate::store::{ItemKey, Pointed, Store, Tombstone, Walk};
use crate::telemetry;

/// So many accounts are deleted side by side.
const SIDE_BY_SIDE: usize = 4;
/// So many steps of its items are an account's turn.
const STEPS: usize = 2;
/// So many write units are used before a wait.
const UNITS: usize = 500;
/// So many due deletions are looked up in one go.
const LOOK_UP: i32 = 100;

/// How long, and how fast.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Nothing is begun after this, and what is under way stops at its next step.
    pub deadline: Timestamp,
    /// How many write units are used in a second, so that people who sign in find room for their writes; none: as many as can be.
    pub per_second: Option<u32>,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Accounts deleted.
    pub purged: usize,
    /// Accounts that were to be deleted and were not, for trouble or for time.
    pub left: usize,
}

/// What became of one account.
#[derive(Clone, Copy)]
enum Outcome {
    Purged,
    /// The deletion was cancelled or changed, or somebody else has done it.
    NotOurs,
    /// There was no time for it, or trouble.
    Left,
    /// Its turn is over, and more is left of it.
    Unfinished,
}

/// Deletes the accounts whose time has come, as far as there is time. What is left comes next time; it may run twice, and at the same
/// time. One account that makes trouble keeps no other, nor does one that has much: they take turns.
///
/// # Errors
/// [`Trouble`] if the table could not be asked for what is due.
pub async fn purge(app: &App, pace: Pace) -> Result<Report, Trouble> {
    let mut purged = 0;
    loop {
        let round = round(app, pace).await?;
        purged += round.purged;
        if round.unfinished == 0 || pace.is_over(app) {
            return Ok(Report { purged, left: round.left + round.unfinished });
        }
    }
}

/// What a round came to.
#[derive(Clone, Copy, Default)]
struct Round {
    purged: usize,
    left: usize,
    unfinished: usize,
}

/// Gives every account whose time has come a turn.
async fn round(app: &App, pace: Pace) -> Result<Round, Trouble> {
    let mut round = Round::default();
    let first = app.rng.below(u32::from(Store::PURGE_SHARDS));
    for shard in (0..Store::PURGE_SHARDS).map(|next| (u8::try_from(first).unwrap_or(0) + next) % Store::PURGE_SHARDS) {
        let mut from = None;
        loop {
            if pace.is_over(app) {
                return Ok(round);
            }
            let (users, next) = app.store.due_deletions(shard, app.clock.now(), from, LOOK_UP).await?;
            let deletions = futures_util::stream::iter(users.into_iter().map(|user| one(app, user, pace)));
            round = deletions.buffer_unordered(SIDE_BY_SIDE).fold(round, async |round, outcome| round.with(outcome)).await;
            from = next;
            if from.is_none() {
                break;
            }
        }
    }
    Ok(round)
}

impl Round {
    fn with(self, outcome: Outcome) -> Self {
        match outcome {
            Outcome::Purged => Self { purged: self.purged + 1, ..self },
            Outcome::NotOurs => self,
            Outcome::Left => Self { left: self.left + 1, ..self },
            Outcome::Unfinished => Self { unfinished: self.unfinished + 1, ..self },
        }
    }
}

impl Pace {
    fn is_over(self, app: &App) -> bool {
        self.deadline <= app.clock.now()
    }

    /// Waits as long as so many write units may take, of those that are used side by side.
    async fn after(self, units: usize) {
        if let Some(per_second) = self.per_second {
            let units = u32::try_from(units * SIDE_BY_SIDE).unwrap_or(u32::MAX);
            tokio::time::sleep(Duration::from_secs(1) * units / per_second.max(1)).await;
        }
    }
}

async fn one(app: &App, user: UserId, pace: Pace) -> Outcome {
    if pace.is_over(app) {
        return Outcome::Left;
    }
    Box::pin(purge_one(app, user, pace)).await.unwrap_or_else(|error| {
        tracing::error!(event = "purge_failed", account.id = %user, causes = telemetry::causes(&error));
        Outcome::Left
    })
}

/// What points at the person goes first, then what is theirs, then the account: from then on nothing can be written about them. What came
/// before goes as well, and the deletion itself last.
async fn purge_one(app: &App, user: UserId, pace: Pace) -> Result<Outcome, Trouble> {
    let Some(deletion) = app.store.begin_purge(user, app.clock.now()).await? else { return Ok(Outcome::NotOurs) };
    let keys = app.keyring.keys().await?;
    let pointed = app.store.pointed(user).await?;
    let links: Vec<LinkTag> = pointed.iter().filter_map(Pointed::link).collect();
    for pointed in &pointed {
        match pointed {
            Pointed::Address { address, verified } => {
                app.store.forget_address(user, &keys.directory.tag(address), *verified, &links).await?;
            }
            Pointed::Link(link) => app.store.forget_link(user, *link).await?,
            Pointed::Push(push) => app.store.forget_push(user, *push).await?,
        }
    }
    let Some(last) = erase_all(app, user, pace).await? else { return Ok(Outcome::Unfinished) };
    let now = app.clock.now();
    let tombstone = Tombstone {
        requested_at: deletion.requested_at,
        confirmed_at: deletion.confirmed_at,
        scheduled_at: deletion.scheduled_at,
        purged_at: now,
        ttl: (now + app.config.audit_kept).as_second(),
    };
    app.store.erase_account(user, last.imported.as_deref(), &tombstone).await?;
    if erase_all(app, user, pace).await?.is_none() {
        return Ok(Outcome::Unfinished);
    }
    let finished = app.store.finish_purge(user, &keys.directory.pseudonym(user), &tombstone).await?;
    Ok(if finished { Outcome::Purged } else { Outcome::NotOurs })
}

/// Deletes all items of a person's but the account and its deletion; the last that were looked at. `None`: time is over, or its turn.
async fn erase_all(app: &App, user: UserId, pace: Pace) -> Result<Option<Walk>, Trouble> {
    for _ in 0..STEPS {
        if pace.is_over(app) {
            return Ok(None);
        }
        let walk = app.store.walk(user).await?;
        let mut rest = walk.items.as_slice();
        while !rest.is_empty() {
            let (some, later) = rest.split_at(in_one_go(rest));
            app.store.erase(some).await?;
            pace.after(units(some)).await;
            rest = later;
            if !rest.is_empty() && pace.is_over(app) {
                return Ok(None);
            }
        }
        if !walk.has_more {
            return Ok(Some(walk));
        }
    }
    Ok(None)
}

fn units(items: &[ItemKey]) -> usize {
    items.iter().map(ItemKey::units).sum()
}

/// How many of the items are deleted before the next wait.
fn in_one_go(items: &[ItemKey]) -> usize {
    let sums = items.iter().scan(0, |sum, item| {
        *sum += item.units();
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= UNITS).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(prefix: &str, count: usize) -> Vec<ItemKey> {
        (0..count).map(|number| ItemKey::from_table("USER#ada", &format!("{prefix}{number}"))).collect()
    }

    #[test]
    fn what_is_deleted_in_one_go_is_counted_by_what_it_costs() {
        let (small, large) = (items("FAVOURITE#", 600), items("FILE#1#run#", 3));
        assert_eq!((in_one_go(&small), units(&small)), (500, 600));
        assert_eq!((in_one_go(&large), units(&large)), (2, 750));
        assert_eq!(in_one_go(&[&small[..251], &large[..]].concat()), 251);
        assert_eq!(in_one_go(&[&small[..250], &large[..]].concat()), 251);
        assert_eq!(in_one_go(&large[..1]), 1);
    }
}
