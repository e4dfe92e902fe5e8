//! Which addresses may leave an account: never the last way in, and never the owner's for the sake of one that was added lately.

use jiff::Timestamp;

use crate::domain::address::Channel;
use crate::domain::primary::is_young;

/// What an address is to its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its kind.
    pub channel: Channel,
    /// Whether the account is known by it.
    pub primary: bool,
    /// Whether its owner has proved it.
    pub verified: bool,
    /// Until when it is young; none: it never was.
    pub young_until: Option<Timestamp>,
    /// Until when it is the former primary one, which still gets every notice.
    pub former_until: Option<Timestamp>,
}

/// Why an address stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stays {
    /// It is the primary one of its kind.
    #[error("the address is the primary one")]
    Primary,
    /// There would be no other that is proved.
    #[error("the address is the last one that is proved")]
    Last,
    /// All others that are proved are younger.
    #[error("the other addresses were added lately")]
    OthersYoung,
}

impl Standing {
    fn is_old(&self, now: Timestamp) -> bool {
        self.verified && !is_young(self.young_until, now)
    }

    /// Whether it may leave, given all the others of the account, of either kind. The last phone number may, though it is the primary one.
    ///
    /// # Errors
    /// [`Stays`] says why not.
    pub fn may_leave(&self, others: &[Self], now: Timestamp) -> Result<(), Stays> {
        let last_phone = self.channel == Channel::Phone && !others.iter().any(|other| other.channel == Channel::Phone);
        if self.primary && !last_phone {
            return Err(Stays::Primary);
        }
        if !self.verified {
            return Ok(());
        }
        if !others.iter().any(|other| other.verified) {
            return Err(Stays::Last);
        }
        let matters = self.former_until.is_some_and(|until| now < until);
        if matters || (self.is_old(now) && !others.iter().any(|other| other.is_old(now))) {
            return Err(Stays::OthersYoung);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn proved(channel: Channel) -> Standing {
        Standing { channel, primary: false, verified: true, young_until: None, former_until: None }
    }

    fn later() -> Option<Timestamp> {
        Timestamp::from_second(1).ok()
    }

    #[test]
    fn the_primary_address_stays_but_for_the_last_number() {
        let (mail, phone) = (Standing { primary: true, ..proved(Channel::Email) }, Standing { primary: true, ..proved(Channel::Phone) });
        assert_eq!(mail.may_leave(&[phone], NOW), Err(Stays::Primary));
        assert_eq!(phone.may_leave(&[mail], NOW), Ok(()));
        assert_eq!(phone.may_leave(&[mail, proved(Channel::Phone)], NOW), Err(Stays::Primary));
        let unproved = Standing { verified: false, ..phone };
        assert_eq!(unproved.may_leave(&[mail], NOW), Ok(()));
    }

    #[test]
    fn the_last_way_in_stays() {
        let phone = Standing { primary: true, ..proved(Channel::Phone) };
        let unproved = Standing { verified: false, ..proved(Channel::Email) };
        assert_eq!(phone.may_leave(&[], NOW), Err(Stays::Last));
        assert_eq!(phone.may_leave(&[unproved], NOW), Err(Stays::Last));
        assert_eq!(unproved.may_leave(&[phone], NOW), Ok(()));
    }

    #[test]
    fn a_young_address_lets_no_older_one_leave() {
        let (old, young) = (proved(Channel::Email), Standing { young_until: later(), ..proved(Channel::Email) });
        assert_eq!(old.may_leave(&[young], NOW), Err(Stays::OthersYoung));
        assert_eq!(old.may_leave(&[young, proved(Channel::Phone)], NOW), Ok(()));
        assert_eq!(young.may_leave(&[old], NOW), Ok(()));
        assert_eq!(young.may_leave(&[young], NOW), Ok(()), "where all are young, none is older");
        let grown = Standing { young_until: Some(NOW), ..young };
        assert_eq!(old.may_leave(&[grown], NOW), Ok(()));
    }

    #[test]
    fn the_former_primary_address_stays_as_long_as_it_matters() {
        let former = Standing { former_until: later(), ..proved(Channel::Email) };
        assert_eq!(former.may_leave(&[proved(Channel::Phone)], NOW), Err(Stays::OthersYoung));
        assert_eq!(Standing { former_until: Some(NOW), ..former }.may_leave(&[proved(Channel::Phone)], NOW), Ok(()));
    }
}
