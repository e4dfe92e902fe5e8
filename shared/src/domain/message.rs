//! Messages to people: what they say, to whom, and until when they make sense.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::address::{Address, Channel, Email, Phone};
use crate::domain::locale::Locale;
use crate::domain::partner::PartnerName;
use crate::domain::push::PushTag;
use crate::domain::user::UserId;

/// What the code in a message is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeFor {
    /// Completing a sign-up.
    Signup,
    /// Signing in.
    SignIn,
    /// Setting a new password.
    Reset,
    /// Adding the address to an account.
    Address,
    /// Showing that one has the number.
    StandAlone,
    /// Linking the account with one at this partner.
    Link(PartnerName),
    /// Deleting the account.
    Deletion,
    /// Taking a copy of all that is held about the person.
    Export,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub enum Content {
    /// A code.
    Code {
        /// What it is for.
        purpose: CodeFor,
        /// The digits.
        code: String,
        /// For how many minutes it is good.
        minutes: u64,
    },
    /// Somebody tried to sign up with the address of an account.
    AlreadyRegistered,
    /// Somebody tried to add the address of an account to another.
    AddressTaken,
    /// An account was created without a password, since two people had asked for it.
    PasswordWanted,
    /// The password was changed or reset.
    PasswordChanged,
    /// Somebody signed in from where nobody had signed in lately.
    NewDevice {
        /// The device.
        device: String,
    },
    /// A number went to another account, since this one was not used for a long time.
    NumberMoved,
    /// An address was added to the account.
    AddressAdded {
        /// Whether it is a mail address or a number.
        channel: Channel,
    },
    /// Another mail address became the primary one in the place of the one that this goes to.
    PrimaryChanged {
        /// What takes that back.
        token: String,
        /// The page that takes the token, if there is one.
        page: Option<String>,
        /// For how many hours it can be taken back.
        hours: u64,
    },
    /// The address that this goes to was removed from the account.
    AddressRemoved {
        /// Whether it is a mail address or a number.
        channel: Channel,
    },
    /// What became of something that the person asked for about their data.
    Privacy {
        /// What.
        news: Privacy,
    },
    /// The account was linked with one at a partner.
    Linked {
        /// The partner.
        partner: PartnerName,
    },
    /// The link with an account at a partner went to another account.
    LinkMoved {
        /// The partner.
        partner: PartnerName,
    },
    /// A session was ended because its refresh token was in two hands.
    RefreshReuse {
        /// The device that the session was on.
        device: String,
    },
}

/// What became of something that a person asked for about their data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// The account will be deleted.
    DeletionScheduled {
        /// When, as an ISO 8601 date.
        on: String,
    },
    /// The account will not be deleted after all.
    DeletionCancelled,
    /// The account was deleted.
    AccountDeleted,
    /// The copy of all that is held about the person can be fetched.
    ExportReady {
        /// Until when, as an ISO 8601 date.
        until: String,
    },
    /// That copy could not be made.
    ExportFailed,
}

impl Content {
    /// The template's name, for logs, tags and routes.
    #[must_use]
    pub fn template(&self) -> &'static str {
        match self {
            Self::Code { purpose: CodeFor::Signup, .. } => "signup_code",
            Self::Code { purpose: CodeFor::SignIn, .. } => "sign_in_code",
            Self::Code { purpose: CodeFor::Reset, .. } => "reset_code",
            Self::Code { purpose: CodeFor::Address, .. } => "address_code",
            Self::Code { purpose: CodeFor::StandAlone, .. } => "stand_alone_code",
            Self::Code { purpose: CodeFor::Link(_), .. } => "link_code",
            Self::Code { purpose: CodeFor::Deletion, .. } => "deletion_code",
            Self::Code { purpose: CodeFor::Export, .. } => "export_code",
            Self::AlreadyRegistered => "already_registered",
            Self::AddressTaken => "address_taken",
            Self::PasswordWanted => "password_wanted",
            Self::PasswordChanged => "password_changed",
            Self::NewDevice { .. } => "new_device",
            Self::AddressAdded { .. } => "address_added",
            Self::NumberMoved => "number_moved",
            Self::PrimaryChanged { .. } => "primary_changed",
            Self::AddressRemoved { .. } => "address_removed",
            Self::Privacy { news: Privacy::DeletionScheduled { .. } } => "deletion_scheduled",
            Self::Privacy { news: Privacy::DeletionCancelled } => "deletion_cancelled",
            Self::Privacy { news: Privacy::AccountDeleted } => "account_deleted",
            Self::Privacy { news: Privacy::ExportReady { .. } } => "export_ready",
            Self::Privacy { news: Privacy::ExportFailed } => "export_failed",
            Self::Linked { .. } => "linked",
            Self::LinkMoved { .. } => "link_moved",
            Self::RefreshReuse { .. } => "refresh_reuse",
        }
    }

    /// Whether an account's devices are told, too. A push notice stands on a locked screen: never a code, and nothing that names
    /// anybody.
    #[must_use]
    pub fn is_pushed(&self) -> bool {
        match self {
            Self::PasswordChanged | Self::NewDevice { .. } | Self::Privacy { news: Privacy::DeletionScheduled { .. } } => true,
            Self::Code { .. }
            | Self::AlreadyRegistered
            | Self::AddressTaken
            | Self::PasswordWanted
            | Self::AddressAdded { .. }
            | Self::NumberMoved
            | Self::PrimaryChanged { .. }
            | Self::AddressRemoved { .. }
            | Self::Privacy { .. }
            | Self::Linked { .. }
            | Self::LinkMoved { .. }
            | Self::RefreshReuse { .. } => false,
        }
    }
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel", content = "to", rename_all = "lowercase")]
pub enum Destination {
    /// A mail address.
    Email(Email),
    /// A phone number.
    Phone(Phone),
    /// All devices of an account that take push notices, whichever these are when it is sent.
    Devices(Devices),
    /// One of them.
    Device(Device),
}

/// The devices of an account: those of sessions that stood when this was written, or were opened since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Devices {
    /// The account.
    pub user: UserId,
    /// Its epoch at that time. What ends sessions is told to their devices once more; what happens after it is not.
    pub epoch: u64,
}

/// A device of an account that takes push notices. Its registration token is not here: it may be another account's by the time that
/// the message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The account.
    pub user: UserId,
    /// The device.
    pub tag: PushTag,
}

impl Destination {
    /// How it is reached, for logs.
    #[must_use]
    pub fn channel(&self) -> &'static str {
        match self {
            Self::Email(_) => Channel::Email.name(),
            Self::Phone(_) => Channel::Phone.name(),
            Self::Devices(_) | Self::Device(_) => "push",
        }
    }
}

impl From<Address> for Destination {
    fn from(address: Address) -> Self {
        match address {
            Address::Email(email) => Self::Email(email),
            Address::Phone(phone) => Self::Phone(phone),
        }
    }
}

impl From<Email> for Destination {
    fn from(email: Email) -> Self {
        Self::Email(email)
    }
}

impl From<Phone> for Destination {
    fn from(phone: Phone) -> Self {
        Self::Phone(phone)
    }
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Where it goes.
    pub to: Destination,
    /// What it says.
    pub content: Content,
    /// In which language.
    #[serde(default)]
    pub locale: Locale,
    /// The origin that its links lead to.
    pub base_url: String,
    /// Until when it makes sense.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub not_after: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What waits in a table was written by the version before this one, and some of it by the one after.
    #[test]
    fn where_a_message_goes_is_written_as_its_channel_and_address() {
        let email = Address::from(Email::parse("ada@example.com").unwrap());
        let phone = Address::from(Phone::parse("+4915112345678", None).unwrap());
        for address in [email, phone] {
            let written = serde_json::to_value(&address).unwrap();
            let destination = Destination::from(address);
            assert_eq!(serde_json::to_value(&destination).unwrap(), written);
            assert_eq!(serde_json::from_value::<Destination>(written).unwrap(), destination);
        }
        let user = UserId::nobody();
        let devices = [Destination::Devices(Devices { user, epoch: 1 }), Destination::Device(Device { user, tag: PushTag::new(&[7; 32]) })];
        for destination in devices {
            let written = serde_json::to_string(&destination).unwrap();
            assert_eq!(serde_json::from_str::<Destination>(&written).unwrap(), destination);
        }
    }
}
