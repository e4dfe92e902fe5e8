//! Lanes in items: one attribute for each of the last counts, newest first, so that one conditional write forgets what left the
//! window, refuses when the lane is full, and counts otherwise.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::domain::lane::{Allowance, Lane};
use crate::store::change::Change;
use crate::store::item::{self, Item};

/// What is counted in an item.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counter {
    /// Wrong passwords.
    Passwords,
    /// Tries at codes.
    Tries,
    /// Codes sent.
    Sends,
}

fn attribute(counter: Counter, lane: Lane, index: usize) -> String {
    let counter = match counter {
        Counter::Passwords => "password",
        Counter::Tries => "try",
        Counter::Sends => "send",
    };
    let lane = match lane {
        Lane::Known => "known",
        Lane::Stranger => "stranger",
    };
    format!("{counter}_{lane}_{index}")
}

/// Counts once, if the lane is not full.
pub(super) fn count(change: Change, counter: Counter, lane: Lane, allowance: Allowance, now: Timestamp) -> Change {
    let name = |index| attribute(counter, lane, index);
    let oldest = name(allowance.most - 1);
    let shifted = (1..allowance.most)
        .fold(change, |change, index| change.set(format!("{} = if_not_exists({}, :never)", name(index), name(index - 1))));
    shifted
        .set(format!("{} = :counted_at", name(0)))
        .when(format!("attribute_not_exists({oldest}) OR {oldest} <= :window_start"))
        .value(":never", AttributeValue::N("0".to_owned()))
        .value(":counted_at", item::millis(now))
        .value(":window_start", item::millis(now - allowance.window))
}

/// Takes the newest count back.
pub(super) fn take_back(change: Change, counter: Counter, lane: Lane, allowance: Allowance) -> Change {
    let name = |index| attribute(counter, lane, index);
    let shifted = (1..allowance.most)
        .fold(change, |change, index| change.set(format!("{} = if_not_exists({}, :never)", name(index - 1), name(index))));
    shifted.set(format!("{} = :never", name(allowance.most - 1))).value(":never", AttributeValue::N("0".to_owned()))
}

/// Whole seconds until the lane takes another count; `None` if it does now.
pub(super) fn wait(item: &Item, counter: Counter, lane: Lane, allowance: Allowance, now: Timestamp) -> Option<u64> {
    let oldest = item::time(item, &attribute(counter, lane, allowance.most - 1))?;
    (oldest > now - allowance.window).then(|| allowance.wait(oldest, now))
}

/// The attributes of a lane, out of an item that has it.
pub(super) fn of(item: Item, counter: Counter, lane: Lane, allowance: Allowance) -> Item {
    let names: Vec<String> = (0..allowance.most).map(|index| attribute(counter, lane, index)).collect();
    item.into_iter().filter(|(name, _)| names.contains(name)).collect()
}
