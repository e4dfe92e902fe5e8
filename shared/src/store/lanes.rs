//! Lanes in items: one attribute for each of the last counts, newest first, so that one conditional write forgets what left the
//! window, refuses when the lane is full, and counts otherwise.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::domain::lane::{Allowance, Lane};
use crate::store::change::Change;
use crate::store::item::{self, Item};

/// Where an item names the request that counted a try or a password last.
pub(super) const LAST_TRY: &str = "last_try";

/// What is counted in an item.
#[derive(Debug, Clone, Copy)]
pub(super) enum Counter {
    /// Wrong passwords.
    Passwords,
    /// Tries at codes.
    Tries,
    /// Codes sent.
    Sends,
    /// Changes of a primary address.
    Primaries,
}

fn attribute(counter: Counter, lane: Lane, index: usize) -> String {
    format!("{}_{}_{index}", counter.name(), lane.name())
}

impl Counter {
    fn name(self) -> &'static str {
        match self {
            Self::Passwords => "password",
            Self::Tries => "try",
            Self::Sends => "send",
            Self::Primaries => "primary",
        }
    }
}

/// Counts once, if the lane is not full.
pub(super) fn count(change: Change, counter: Counter, lane: Lane, allowance: Allowance, now: Timestamp) -> Change {
    let name = |index| attribute(counter, lane, index);
    let shifted = (1..allowance.most)
        .fold(change, |change, index| change.set(format!("{} = if_not_exists({}, :never)", name(index), name(index - 1))));
    let counted = never(shifted, allowance).set(format!("{} = :counted_at", name(0))).value(":counted_at", item::millis(now));
    permit(counted, counter, lane, allowance, now)
}

/// Only if the lane is not full; nothing is counted.
pub(super) fn permit(change: Change, counter: Counter, lane: Lane, allowance: Allowance, now: Timestamp) -> Change {
    let oldest = attribute(counter, lane, allowance.most - 1);
    change
        .when(format!("attribute_not_exists({oldest}) OR {oldest} <= :window_start"))
        .value(":window_start", item::millis(now - allowance.window))
}

/// The time of a count that never was, where the expression speaks of one: DynamoDB takes no value that is not used.
fn never(change: Change, allowance: Allowance) -> Change {
    if allowance.most > 1 { change.value(":never", AttributeValue::N("0".to_owned())) } else { change }
}

/// Takes the newest count back.
pub(super) fn take_back(change: Change, counter: Counter, lane: Lane, allowance: Allowance) -> Change {
    let name = |index| attribute(counter, lane, index);
    let shifted = (1..allowance.most)
        .fold(change, |change, index| change.set(format!("{} = if_not_exists({}, :never)", name(index - 1), name(index))));
    shifted.set(format!("{} = :never", name(allowance.most - 1))).value(":never", AttributeValue::N("0".to_owned()))
}

/// Forgets all counts.
pub(super) fn clear(change: Change, counter: Counter, lanes: &[Lane], allowance: Allowance) -> Change {
    let names = lanes.iter().flat_map(|lane| (0..allowance.most).map(|index| attribute(counter, *lane, index)));
    names.fold(change, |change, name| change.remove(&name))
}

/// Notes that the audit was told that the lane is full, unless it was within this window.
pub(super) fn tell(change: Change, counter: Counter, lane: Lane, allowance: Allowance, now: Timestamp) -> Change {
    let told = told(counter, lane);
    change
        .when(format!("attribute_not_exists({told}) OR {told} <= :window_start"))
        .set(format!("{told} = :told_at"))
        .value(":told_at", item::millis(now))
        .value(":window_start", item::millis(now - allowance.window))
}

fn told(counter: Counter, lane: Lane) -> String {
    format!("{}_{}_told", counter.name(), lane.name())
}

/// Whether one more count fills the lane, and the audit was not told so within this window.
pub(super) fn is_to_tell(item: &Item, counter: Counter, lane: Lane, allowance: Allowance, now: Timestamp) -> bool {
    let window_start = now - allowance.window;
    let within = |name: &str| item::time(item, name).is_some_and(|time| time > window_start);
    let fills = allowance.most < 2 || within(&attribute(counter, lane, allowance.most - 2));
    fills && !within(&told(counter, lane))
}

/// Whether the lane is full with this count, and the audit was not told so within this window.
pub(super) fn is_full_and_untold(item: &Item, counter: Counter, lane: Lane, allowance: Allowance, now: Timestamp) -> bool {
    let told_lately = item::time(item, &told(counter, lane)).is_some_and(|time| time > now - allowance.window);
    !told_lately && wait(item, counter, lane, allowance, now).is_some()
}

/// How many counts of a lane lie within its window.
pub(super) fn counted(item: &Item, counter: Counter, lane: Lane, allowance: Allowance, now: Timestamp) -> usize {
    let times = (0..allowance.most).filter_map(|index| item::time(item, &attribute(counter, lane, index)));
    times.filter(|time| *time > now - allowance.window).count()
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
