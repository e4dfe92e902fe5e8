//! The published APIs: one directory, several ways of speaking with it.

use crate::domain::address::Channel;

/// A published API that somebody comes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Surface {
    /// The Account API.
    Account,
    /// The Phone API.
    Phone,
    /// The Partner API.
    Partner,
    /// The Client API.
    Client,
}

/// Where each surface's operations are. Paths that belong to none are the Account API's.
const BASES: [(&str, Surface); 5] = [
    ("/api/v1/auth", Surface::Phone),
    ("/fe/users/auth/otp", Surface::Partner),
    ("/auth", Surface::Client),
    ("/logout", Surface::Client),
    ("/keycloak/logout", Surface::Client),
];

impl Surface {
    /// The surface that a path belongs to.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        let within = |base: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        BASES.into_iter().find(|(base, _)| within(base)).map_or(Self::Account, |(_, surface)| surface)
    }

    /// Its name, in sessions and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Phone => "phone",
            Self::Partner => "partner",
            Self::Client => "client",
        }
    }

    /// The field that its requests have an address in.
    #[must_use]
    pub fn field_of(self, channel: Channel) -> &'static str {
        match (self, channel) {
            (Self::Phone | Self::Partner, Channel::Phone) => "phone_number",
            (_, channel) => channel.name(),
        }
    }

    /// The audience of its access tokens: the Account API and the Phone API take each other's.
    #[must_use]
    pub fn audience(self) -> &'static str {
        match self {
            Self::Account | Self::Phone => "latchkey",
            Self::Partner => "partner",
            Self::Client => "client",
        }
    }
}
