//! Messages to people: what they say, to whom, and until when they make sense.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::address::{Address, Channel};
use crate::domain::locale::Locale;
use crate::domain::partner::PartnerName;

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
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who gets it.
    pub to: Address,
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
