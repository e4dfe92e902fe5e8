//! Making a copy: page by page, so that however much is held of a person, little of it is in memory.

use std::time::Duration;

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::data_export::{File, FileName};
use crate::domain::message::{Content, Privacy};
use crate::domain::surface::Surface;
use crate::domain::user::{User, UserId};
use crate::flow::erase::date;
use crate::flow::export::document;
use crate::flow::export::writer::Writer;
use crate::flow::{Trouble, outbox};
use crate::network::Network;
use crate::store::{Job, Store, Told};
use crate::telemetry;

/// Whoever takes a copy has so long to make it; it is due again afterwards. The function has less time.
const LEASE: Duration = Duration::from_mins(6);
/// It is tried so often.
const MOST_TRIES: u32 = 5;
/// How many copies of a shard are looked up in one go.
const LOOK_UP: i32 = 10;

/// What became of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It can be fetched.
    Completed,
    /// It was tried too often, and is given up.
    GivenUp,
    /// Somebody else has it, or it is gone.
    NotOurs,
}

/// Makes the copies that are due: what the stream did not bring, and what somebody has left who vanished. Returns how many were looked at.
///
/// # Errors
/// [`Trouble`] if the table could not be asked for what is due.
pub async fn drain(app: &App, deadline: Timestamp) -> Result<usize, Trouble> {
    let mut looked_at = 0;
    for shard in 0..Store::EXPORT_SHARDS {
        for (user, number) in app.store.due_exports(shard, app.clock.now(), LOOK_UP).await? {
            if deadline <= app.clock.now() {
                return Ok(looked_at);
            }
            looked_at += 1;
            // One that makes trouble must not keep the others.
            if let Err(error) = make(app, user, number).await {
                tracing::error!(event = "export_failed", account.id = %user, causes = telemetry::causes(&error));
            }
        }
    }
    Ok(looked_at)
}

/// Makes a copy that waits: takes it, writes its parts, completes it and tells the owner. One that breaks off is made anew from the
/// start, and what the run before has left is removed.
///
/// # Errors
/// [`Trouble`] if it broke off; it is due again when its lease ends.
pub async fn make(app: &App, user: UserId, number: u64) -> Result<Made, Trouble> {
    let now = app.clock.now();
    let Some(job) = app.store.take_export(user, number, now, now + LEASE).await? else { return Ok(Made::NotOurs) };
    // An account that is being deleted takes its copies along.
    let Some(account) = app.store.user(user).await? else { return Ok(Made::NotOurs) };
    if job.tries > MOST_TRIES {
        let told = tell(app, &account, &job, Privacy::ExportFailed, now).await?;
        app.store.drop_parts(&job).await?;
        let failed = app.store.fail_export(&job, &told, now).await?;
        tracing::error!(event = "export_given_up", account.id = %user, "a copy could not be made");
        return Ok(if failed { Made::GivenUp } else { Made::NotOurs });
    }
    app.store.drop_parts(&job).await?;
    let expires_at = now + app.config.export_kept;
    let mut writer = Writer::new(app, &job, expires_at);
    if !document::write(app, &account, number, &mut writer).await? {
        return Ok(Made::NotOurs);
    }
    let Some(whole) = writer.finish().await? else { return Ok(Made::NotOurs) };
    let file = File {
        name: FileName::draw(number, &*app.rng),
        run: job.run.clone(),
        size: whole.size,
        deflated: whole.deflated,
        crc: whole.crc,
        completed_at: app.clock.now(),
        expires_at,
    };
    let told = tell(app, &account, &job, Privacy::ExportReady { until: date(expires_at) }, now).await?;
    let completed = app.store.complete_export(&job, &file, &told).await?;
    Ok(if completed { Made::Completed } else { Made::NotOurs })
}

/// What the owner of a copy is told, as if they had just asked where they did.
async fn tell(app: &App, user: &User, job: &Job, news: Privacy, now: Timestamp) -> Result<Told, Trouble> {
    let owner = Caller::new(Network::parse(""), job.base_url.clone(), Surface::Account);
    Ok(outbox::tell_owner(app, &*app.keyring.keys().await?, &owner, user, &Content::Privacy { news }, now)?)
}
