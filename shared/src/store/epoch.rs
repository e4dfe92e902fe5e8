//! The epoch of an account: a session is good as long as it has its account's, so that raising it ends all of them in one write.

use jiff::Timestamp;

use crate::domain::session::SessionId;
use crate::domain::user::User;
use crate::store::change::Change;
use crate::store::{item, keys};

/// The account with all its sessions ended. Codes that were sent before are good no longer.
pub(super) fn ends_all(account: Change, now: Timestamp) -> Change {
    raised(account, now).put("sessions", 0).put("is_online", false)
}

/// The account, on which an epoch as it was read is a condition, with all its sessions ended but one: see [`takes_along`].
pub(super) fn ends_others(account: Change, now: Timestamp) -> Change {
    raised(account, now).put("sessions", 1)
}

/// The session that stays, if it is one of the account as it was read.
pub(super) fn takes_along(user: &User, session: &SessionId) -> Change {
    stands(user, session).set("epoch = :next").value(":next", item::value(user.epoch + 1))
}

/// A session, if it is one of the account as it was read.
pub(super) fn stands(user: &User, session: &SessionId) -> Change {
    Change::of(keys::session(user.id, session)).when("epoch = :epoch").value(":epoch", item::value(user.epoch))
}

fn raised(account: Change, now: Timestamp) -> Change {
    account.set("epoch = epoch + :raise").value(":raise", item::value(1)).put("epoch_at", now.as_millisecond())
}
