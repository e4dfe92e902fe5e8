//! Devices that take push notices.

use crate::app::App;
use crate::domain::name::Name;
use crate::domain::push::{Platform, PushToken};
use crate::domain::user::User;
use crate::flow::session::SignedIn;
use crate::flow::{Trouble, takes_trouble};
use crate::reason::{Failure, Reason};
use crate::store::PushDevice;

/// Why a device was not registered.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The session ended meanwhile.
    #[error("the session ended meanwhile")]
    Ended,
    /// Something else.
    #[error("could not change the devices")]
    Trouble(#[from] Trouble),
}

takes_trouble!(DeviceError);

impl Failure for DeviceError {
    fn reason(&self) -> Reason {
        match self {
            Self::Ended => Reason::Unauthenticated,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Ended => None,
            Self::Trouble(trouble) => trouble.retry_after(),
        }
    }
}

/// A device to be registered.
#[derive(Debug)]
pub struct Device {
    /// Its registration token.
    pub token: PushToken,
    /// What the app runs on.
    pub platform: Platform,
    /// What its owner calls it.
    pub name: Option<Name>,
}

/// Registers a device of an account, in the caller's session: it is told things as long as that lasts. Its token is nobody else's from
/// then on: an app has one user at a time.
///
/// # Errors
/// [`DeviceError`] says why not.
pub async fn register(app: &App, caller: SignedIn, device: Device) -> Result<(), DeviceError> {
    let (now, keys) = (app.clock.now(), app.keyring.keys().await?);
    let Device { token, platform, name } = device;
    let tag = keys.directory.push(&token);
    let device = PushDevice { token, platform, name, session: caller.session.id, created_at: now, updated_at: now };
    if app.store.register_push_device(caller.user, tag, &device).await? { Ok(()) } else { Err(DeviceError::Ended) }
}

/// Forgets a device of an account. One that is not registered for it is forgotten already.
///
/// # Errors
/// [`Trouble`].
pub async fn unregister(app: &App, user: &User, token: &PushToken) -> Result<(), Trouble> {
    let keys = app.keyring.keys().await?;
    Ok(app.store.unregister_push_device(user.id, keys.directory.push(token)).await?)
}
