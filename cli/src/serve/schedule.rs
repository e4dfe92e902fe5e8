//! What happens by the clock: the schedules of the template, at the pace of a developer's machine, and the engine's own upkeep.

use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use latchkey::clock::Clock;
use serde_json::{Value, json};
use tokio::time::{Interval, MissedTickBehavior};

use super::engine::{Engine, EngineError};
use super::function::Function;
use super::shutdown::Shutdown;

/// Deployed it is a minute: here somebody waits for the message.
const DRAIN: Duration = Duration::from_secs(2);
/// Deployed it is five minutes.
const PURGE: Duration = Duration::from_secs(10);
const ROTATE: Duration = Duration::from_hours(1);
const UPKEEP: Duration = Duration::from_mins(1);

/// The functions that schedules call, and the engine that is kept in order.
pub struct Schedule {
    /// Called to send what the stream did not bring.
    pub deliver: Function,
    /// Called to delete the accounts whose time has come.
    pub purge: Function,
    /// Called to make and remove signing keys.
    pub rotate_keys: Function,
    /// Whose expired items and old stream records are removed.
    pub engine: Engine,
    /// Says what is old.
    pub clock: Arc<dyn Clock>,
}

impl Schedule {
    /// Does what is due, until the shutdown. Keys are rotated at once, so that the first request finds one.
    pub async fn run(self, shutdown: Shutdown) {
        let (mut drain, mut purge, mut rotate, mut upkeep) = (every(DRAIN), every(PURGE), every(ROTATE), every(UPKEEP));
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                _ = rotate.tick() => call(&self.rotate_keys, json!({ "schedule": "rotate-keys" })).await,
                _ = drain.tick() => call(&self.deliver, json!({ "schedule": "drain" })).await,
                _ = purge.tick() => call(&self.purge, json!({ "schedule": "purge" })).await,
                _ = upkeep.tick() => self.keep_in_order().await,
            }
        }
    }

    async fn keep_in_order(&self) {
        if let Err(error) = self.remove_what_ended().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the table cannot be kept in order");
        }
    }

    async fn remove_what_ended(&self) -> Result<(), EngineError> {
        self.engine.run(Database::sweep_ttl).await?;
        self.engine.trim_streams(self.clock.now()).await?;
        Ok(())
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

async fn call(function: &Function, event: Value) {
    if let Err(error) = function.invoke(event).await {
        tracing::error!(error = error.as_ref() as &dyn std::error::Error, "a scheduled function failed");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::serve::shutdown;
    use crate::serve::testing;

    #[tokio::test]
    async fn all_functions_are_called_at_the_start() {
        let called = Arc::new(Mutex::new(Vec::new()));
        let noting = |called: &Arc<Mutex<Vec<Value>>>| {
            let called = Arc::clone(called);
            Function::new(move |event| {
                called.lock().unwrap().push(event);
                async { Ok(Value::Null) }
            })
        };
        let (trigger, waiting) = shutdown::pair();
        let (deliver, purge, rotate_keys) = (noting(&called), noting(&called), noting(&called));
        let schedule = Schedule { deliver, purge, rotate_keys, engine: testing::engine("accounts"), clock: testing::clock() };
        let running = tokio::spawn(schedule.run(waiting));
        while called.lock().unwrap().len() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        trigger.pull();
        running.await.unwrap();
        let called = called.lock().unwrap();
        for schedule in ["drain", "purge", "rotate-keys"] {
            assert!(called.contains(&json!({ "schedule": schedule })), "{schedule}");
        }
    }
}
