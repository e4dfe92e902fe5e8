//! What a person can do, one file each. All surfaces meet here.

pub mod addresses;
pub mod audit;
pub mod codes;
pub mod contacts;
pub mod deliver;
pub mod enrol;
pub mod erase;
pub mod export;
pub mod favourites;
pub(crate) mod gate;
pub mod import;
pub mod keys;
pub mod limits;
pub mod link;
pub mod look_up;
mod newcomer;
pub mod otp;
pub mod outbox;
pub mod own_sessions;
pub mod partner;
pub mod password;
pub(crate) mod primary;
pub mod profile;
pub mod purge;
mod push;
pub mod push_devices;
pub mod recover;
pub mod refresh;
pub mod register;
pub mod revert;
pub mod session;
pub mod sign_in;
pub mod sign_out;
pub mod temporary;

use crate::app::App;
use crate::domain::hash::HashError;
use crate::domain::signing::KeyError;
use crate::domain::user::User;
use crate::keyring::KeyringError;
use crate::reason::{Failure, Reason};
use crate::secret::SealError;
use crate::store::StoreError;

/// What can go wrong in every flow, and is nobody's doing.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The table.
    #[error("could not reach the directory")]
    Store(#[from] StoreError),
    /// The keys.
    #[error("could not get the keys")]
    Keyring(#[from] KeyringError),
    /// Sealing.
    #[error("could not seal or open a value")]
    Seal(#[from] SealError),
    /// Hashing.
    #[error("could not hash a password")]
    Hash(#[from] HashError),
    /// Signing.
    #[error("could not sign")]
    Key(#[from] KeyError),
    /// Others were faster, time and again.
    #[error("the record changed each time it was looked at")]
    Contended,
}

impl Failure for Trouble {
    fn reason(&self) -> Reason {
        match self {
            Self::Store(error) => error.reason(),
            Self::Keyring(error) => error.reason(),
            Self::Seal(_) | Self::Hash(_) | Self::Key(_) => Reason::Internal,
            Self::Contended => Reason::Unavailable,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Store(error) => error.retry_after(),
            Self::Keyring(error) => error.retry_after(),
            Self::Seal(_) | Self::Hash(_) | Self::Key(_) => None,
            Self::Contended => Some(1),
        }
    }
}

/// The account as it stands, unless its sessions were ended or it was closed since it was read.
pub(crate) async fn again(app: &App, user: &User) -> Result<Option<User>, Trouble> {
    let fresh = Box::pin(app.store.user(user.id)).await?;
    Ok(fresh.filter(|fresh| fresh.epoch == user.epoch && fresh.status == user.status))
}

/// Lets `?` turn every trouble into the error of a flow, which has a variant `Trouble`.
macro_rules! takes_trouble {
    ($error:ident) => {
        $crate::flow::takes_trouble!($error:
            $crate::store::StoreError, $crate::keyring::KeyringError, $crate::secret::SealError,
            $crate::domain::hash::HashError, $crate::domain::signing::KeyError);
    };
    ($error:ident: $($source:ty),+) => {
        $(impl From<$source> for $error {
            fn from(source: $source) -> Self {
                Self::Trouble(source.into())
            }
        })+
    };
}
pub(crate) use takes_trouble;
