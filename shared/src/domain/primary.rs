//! The primary address of a kind: how another one takes its place, and how those that gave way lately are remembered.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::address::{Email, Phone};

/// Whether an address that is young until a time is so now: it joined older ones so lately that the account cannot rely on it yet. None: it
/// joined none.
#[must_use]
pub fn is_young(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| now < until)
}

/// The address of a kind that an account is known by; other addresses have items of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Primary<A> {
    /// The small number under which the address is listed.
    pub id: u64,
    /// The address.
    pub address: A,
    /// Whether its owner has proved it.
    pub verified: bool,
    /// Until when it is young, if it joined older ones.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub young_until: Option<Timestamp>,
}

impl<A> Primary<A> {
    /// Whether it joined older ones lately.
    #[must_use]
    pub fn is_young(&self, now: Timestamp) -> bool {
        is_young(self.young_until, now)
    }
}

/// An address that was added and waits for its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited<A> {
    /// The small number under which the address is listed.
    pub id: u64,
    /// The address.
    pub address: A,
}

/// A primary address that gave way to another one lately: till `until` it is told things, too, stays in the account, and comes back with
/// a reset or by its link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former<A> {
    /// The small number under which the address is listed.
    pub id: u64,
    /// The address.
    pub address: A,
    /// When it gave way.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub since: Timestamp,
    /// Until when it is remembered: as long as it takes after the last change that came upon it.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
    /// Until when it is young, if it joined older ones.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional", skip_serializing_if = "Option::is_none")]
    pub young_until: Option<Timestamp>,
    /// What the token of its link is made with: the table alone does not tell it. None: it has no link, for what took its place had joined
    /// the account before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

impl<A: Clone> Former<A> {
    /// Whether it joined older ones lately.
    #[must_use]
    pub fn is_young(&self, now: Timestamp) -> bool {
        is_young(self.young_until, now)
    }

    /// Whether it is still remembered.
    #[must_use]
    pub fn is_remembered(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Until when the address of that number is remembered, if it is one of these.
    #[must_use]
    pub fn until(formers: &[Self], number: u64) -> Option<Timestamp> {
        formers.iter().find(|former| former.id == number).map(|former| former.until)
    }

    /// The addresses to remember when number `new` becomes the primary one, in the order in which they gave way: those that are remembered
    /// already go on being so, however many changes come after each other, and the one that gives way now joins them, if it was proved. A
    /// newcomer does not, where there is one before it or an older one takes its place: it is nothing to come back to.
    pub(super) fn after(formers: &[Self], primary: Option<&Primary<A>>, new: u64, turn: &Turn) -> Vec<Self> {
        let others = formers.iter().filter(|former| former.id != new && former.is_remembered(turn.now));
        let mut remembered: Vec<Self> = others.map(|former| Self { until: turn.until, ..former.clone() }).collect();
        let Some(primary) = primary.filter(|primary| primary.verified) else { return remembered };
        // Only what joined no later than the one that takes its place can take it back: else whoever has added an address could have the
        // older one put out by it.
        let is_older = primary.young_until <= turn.young_until;
        if !primary.is_young(turn.now) || (remembered.is_empty() && is_older) {
            let nonce = is_older.then(|| turn.nonce.clone());
            let Primary { id, ref address, young_until, .. } = *primary;
            remembered.push(Self { id, address: address.clone(), since: turn.now, until: turn.until, young_until, nonce });
        }
        remembered
    }
}

/// One change of a primary address: when it is, and what is random about it.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The present.
    pub now: Timestamp,
    /// Until when the one that gives way is remembered.
    pub until: Timestamp,
    /// The nonce of its link.
    pub nonce: String,
    /// Until when the one that takes its place is young, if it joined older ones.
    pub young_until: Option<Timestamp>,
}

/// The addresses to remember, of either kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Remembered {
    /// Mail addresses.
    Emails(Vec<Former<Email>>),
    /// Phone numbers.
    Phones(Vec<Former<Phone>>),
}

impl Remembered {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Emails(formers) => formers.is_empty(),
            Self::Phones(formers) => formers.is_empty(),
        }
    }

    /// The same without some numbers.
    #[must_use]
    pub fn without(mut self, numbers: &[u64]) -> Self {
        match &mut self {
            Self::Emails(formers) => formers.retain(|former| !numbers.contains(&former.id)),
            Self::Phones(formers) => formers.retain(|former| !numbers.contains(&former.id)),
        }
        self
    }

    /// The mail addresses.
    #[must_use]
    pub fn emails(&self) -> &[Former<Email>] {
        match self {
            Self::Emails(formers) => formers,
            Self::Phones(_) => &[],
        }
    }
}

/// What happens to the primary address of a kind when another one takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The number of the one that gives way, if there is one.
    pub gives_way: Option<u64>,
    /// Until when the one that takes its place is young, if it joined older ones.
    pub young_until: Option<Timestamp>,
    /// Those to remember.
    pub remembered: Remembered,
}

/// What proving an address makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It was shown as primary without being proved, and stays it.
    AlreadyPrimary,
    /// It becomes the primary one.
    BecomesPrimary(Succession),
    /// One more.
    Another,
}

impl Place {
    /// What gives way to it.
    #[must_use]
    pub fn succession(&self) -> Option<&Succession> {
        match self {
            Self::BecomesPrimary(succession) => Some(succession),
            Self::AlreadyPrimary | Self::Another => None,
        }
    }
}

/// The primary address of a kind and those that were it until lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<A> {
    /// The primary one.
    pub primary: Option<Primary<A>>,
    /// Those before it, in the order in which they gave way.
    pub formers: Vec<Former<A>>,
}

impl<A: Clone> Line<A> {
    /// A line.
    #[must_use]
    pub fn new(primary: Option<&Primary<A>>, formers: &[Former<A>]) -> Self {
        Self { primary: primary.cloned(), formers: formers.to_vec() }
    }

    /// What is left without some numbers: where the primary one leaves, the one that gave way last comes back; where there is none, it
    /// stays, unproved.
    #[must_use]
    pub fn without(mut self, numbers: &[u64]) -> Self {
        self.formers.retain(|former| !numbers.contains(&former.id));
        if let Some(primary) = self.primary.as_mut().filter(|primary| numbers.contains(&primary.id)) {
            if let Some(Former { id, address, young_until, .. }) = self.formers.pop() {
                *primary = Primary { id, address, verified: true, young_until };
            } else {
                (primary.verified, primary.young_until) = (false, None);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn primary(id: u64) -> Primary<&'static str> {
        Primary { id, address: "an address", verified: true, young_until: None }
    }

    /// One that joined in that hour.
    fn newcomer(id: u64, hour: i64) -> Primary<&'static str> {
        Primary { young_until: Some(at(hour + 72)), ..primary(id) }
    }

    /// A change in that hour, to one that joined in it.
    fn turn(hour: i64) -> Turn {
        Turn { now: at(hour), until: at(hour + 72), nonce: hour.to_string(), young_until: Some(at(hour + 72)) }
    }

    /// A change in that hour, to one that was always there.
    fn back(hour: i64) -> Turn {
        Turn { young_until: None, ..turn(hour) }
    }

    /// Number, nonce and until when, of those that are remembered.
    fn shown<'a>(formers: &'a [Former<&'static str>]) -> Vec<(u64, Option<&'a str>, Timestamp)> {
        formers.iter().map(|former| (former.id, former.nonce.as_deref(), former.until)).collect()
    }

    #[test]
    fn the_one_that_gives_way_is_remembered_for_a_time() {
        let first = Former::after(&[], Some(&primary(1)), 2, &turn(0));
        assert_eq!(shown(&first), [(1, Some("0"), at(72))]);
        assert!(first[0].is_remembered(at(71)) && !first[0].is_remembered(at(72)));
        assert_eq!(shown(&Former::after(&first, Some(&newcomer(2, 0)), 3, &turn(72))), [(2, Some("72"), at(144))]);
        assert!(Former::<&str>::after(&[], None, 1, &turn(0)).is_empty());
        let unproved = Primary { verified: false, ..primary(1) };
        assert!(Former::after(&[], Some(&unproved), 2, &turn(0)).is_empty());
    }

    #[test]
    fn those_before_it_go_on_being_remembered_and_a_newcomer_does_not_join_them() {
        let first = Former::after(&[], Some(&primary(1)), 2, &turn(0));
        let second = Former::after(&first, Some(&newcomer(2, 0)), 3, &turn(10));
        assert_eq!(shown(&second), [(1, Some("0"), at(82))]);
        let grown = Former::after(&second, Some(&newcomer(3, 0)), 4, &turn(80));
        assert_eq!(shown(&grown), [(1, Some("0"), at(152)), (3, Some("80"), at(152))]);
    }

    #[test]
    fn what_an_older_one_takes_the_place_of_has_no_link() {
        let there = Former::after(&[], Some(&primary(1)), 2, &turn(0));
        let again = Former::after(&there, Some(&newcomer(2, -72)), 1, &back(1));
        assert_eq!(shown(&again), [(2, None, at(73))]);
        let away = Former::after(&again, Some(&primary(1)), 3, &turn(2));
        assert_eq!(shown(&away), [(2, None, at(74)), (1, Some("2"), at(74))]);
        assert!(Former::after(&there, Some(&newcomer(2, 0)), 1, &back(1)).is_empty());
    }

    #[test]
    fn the_last_one_of_those_that_stay_comes_back() {
        let formers = Former::after(&[], Some(&primary(1)), 2, &turn(0));
        let formers = Former::after(&formers, Some(&primary(2)), 3, &turn(1));
        let line = Line::new(Some(&primary(3)), &formers);
        assert_eq!(line.clone().without(&[9]), line);
        let one_back = line.clone().without(&[3]);
        assert_eq!((one_back.primary, shown(&one_back.formers)), (Some(primary(2)), vec![(1, Some("0"), at(73))]));
        let two_back = line.clone().without(&[2, 3]);
        assert_eq!((two_back.primary, two_back.formers), (Some(primary(1)), vec![]));
        let none = line.without(&[1, 2, 3]);
        assert_eq!((none.primary, none.formers), (Some(Primary { verified: false, ..primary(3) }), vec![]));
    }
}
