//! What two people do with addresses and accounts, and what of it they do at the same moment.

use std::ops::Range;

use proptest::prelude::*;

pub(super) const ADDRESSES: [&str; 6] =
    ["ada@example.com", "ben@example.com", "one@example.com", "two@example.com", "+4915112345678", "+4915112345679"];
/// Where the numbers begin.
pub(super) const MAILS: usize = 4;
/// What somebody does.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Add {
        who: usize,
        address: usize,
    },
    /// An address that shall be the primary one.
    Want {
        who: usize,
        address: usize,
    },
    /// An address that was added a minute ago, and maybe proved.
    Have {
        who: usize,
        address: usize,
        proved: bool,
    },
    Verify {
        near: Spot,
        right: bool,
    },
    Prefer {
        near: Spot,
    },
    Remove {
        near: Spot,
    },
    Revert {
        newest: usize,
    },
    SignIn {
        address: usize,
    },
    Forgot {
        address: usize,
    },
    Reset {
        near: Spot,
        right: bool,
    },
    Leave {
        who: usize,
    },
    Confirm {
        who: usize,
        right: bool,
    },
    Stay {
        who: usize,
    },
    LeaveAtOnce {
        who: usize,
    },
    /// Somebody's time to stay is over.
    ComeDue {
        who: usize,
    },
    Purge,
    Deliver,
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let (who, address, near) = (0..2_usize, 0..ADDRESSES.len(), spot(0..ADDRESSES.len()));
    let right = prop::bool::weighted(0.9);
    prop_oneof![
        7 => (who.clone(), address.clone()).prop_map(|(who, address)| Act::Add { who, address }),
        4 => (who.clone(), address.clone()).prop_map(|(who, address)| Act::Want { who, address }),
        10 => (near.clone(), right).prop_map(|(near, right)| Act::Verify { near, right }),
        7 => near.clone().prop_map(|near| Act::Prefer { near }),
        5 => near.clone().prop_map(|near| Act::Remove { near }),
        3 => (0..2_usize).prop_map(|newest| Act::Revert { newest }),
        2 => address.clone().prop_map(|address| Act::SignIn { address }),
        1 => (0..MAILS).prop_map(|address| Act::Forgot { address }),
        4 => (near, right).prop_map(|(near, right)| Act::Reset { near, right }),
        1 => who.clone().prop_map(|who| Act::Leave { who }),
        4 => (who.clone(), right).prop_map(|(who, right)| Act::Confirm { who, right }),
        5 => who.clone().prop_map(|who| Act::Stay { who }),
        1 => who.prop_map(|who| Act::LeaveAtOnce { who }),
        4 => Just(Act::Purge),
        2 => Just(Act::Deliver),
    ]
}

/// A person and an address that an act is about, or the next ones that it is good for.
pub(super) type Spot = (usize, usize);

fn spot(addresses: Range<usize>) -> impl Strategy<Value = Spot> + Clone {
    (0..2_usize, addresses)
}

/// Acts on addresses of one kind, of which some were just added.
fn on_addresses(kind: Range<usize>) -> impl Strategy<Value = Vec<Act>> {
    // Mostly of one person.
    let near = (prop_oneof![4 => Just(0_usize), 1 => Just(1)], kind);
    let have = (near.clone(), any::<bool>()).prop_map(|((who, address), proved)| Act::Have { who, address, proved });
    let act = prop_oneof![
        3 => near.clone().prop_map(|near| Act::Verify { near, right: true }),
        2 => near.clone().prop_map(|near| Act::Prefer { near }),
        2 => near.clone().prop_map(|near| Act::Remove { near }),
        2 => near.clone().prop_map(|(who, address)| Act::Want { who, address }),
        1 => (0..2_usize).prop_map(|newest| Act::Revert { newest }),
        3 => near.prop_map(|near| Act::Reset { near, right: true }),
    ];
    (prop::collection::vec(have, 0..=3), prop::collection::vec(act, 2..=3)).prop_map(|(have, acts)| [have, acts].concat())
}

/// An address that is proved while something else happens to its account, or to somebody who wants it, too.
fn newcomer(kind: Range<usize>) -> impl Strategy<Value = Vec<Act>> {
    let who = 0..2_usize;
    (who, kind.clone(), kind, 0..6_usize).prop_map(|(who, address, other, what)| {
        let (proving, rival) = (|who| Act::Verify { near: (who, address), right: true }, 1 - who);
        let near = (who, other);
        let (first, beside) = match what {
            0 => (Some(rival), proving(rival)),
            1 => (None, Act::Prefer { near }),
            2 => (None, Act::Reset { near, right: true }),
            3 => (None, Act::Confirm { who, right: true }),
            _ => (None, Act::Remove { near }),
        };
        let have = [Some(who), first].into_iter().flatten().map(|who| Act::Have { who, address, proved: false });
        have.chain([proving(who), beside]).collect()
    })
}

/// Somebody who stays while their account is deleted.
fn at_the_due() -> impl Strategy<Value = Vec<Act>> {
    (0..2_usize, 1..=2_usize, prop::option::of(act())).prop_map(|(who, purges, other)| {
        let purges = std::iter::repeat_n(Act::Purge, purges);
        [Act::ComeDue { who }].into_iter().chain(purges).chain([Act::Stay { who }]).chain(other).collect()
    })
}

/// Acts that may get into each other's way.
pub(super) fn meeting() -> impl Strategy<Value = Vec<Act>> {
    let (mails, phones) = (0..MAILS, MAILS..ADDRESSES.len());
    prop_oneof![
        3 => newcomer(mails.clone()),
        3 => newcomer(phones.clone()),
        3 => on_addresses(mails),
        2 => on_addresses(phones),
        1 => prop::collection::vec(act(), 2..=3),
        2 => at_the_due(),
    ]
}
