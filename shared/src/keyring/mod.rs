//! The keys that live in the table, sealed: those that sign access tokens, and the directory's own. They are made on first use
//! by a conditional write and kept in memory for a while.

mod directory;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use jiff::Timestamp;

use crate::clock::Clock;
use crate::config::Algorithm;
use crate::domain::signing::{self, KeyError, KeyMaterial, SigningKey};
use crate::reason::{Failure, Reason};
use crate::rng::Rng;
use crate::secret::{Key, SealError, Secrets};
use crate::store::{Store, StoreError, StoredDirectoryKey, StoredKeys, StoredSigningKey};
use crate::telemetry;

pub use directory::{DirectoryKeys, Entrance};

/// Keys are read again after this time: a new key is published for longer before it signs.
const FRESH: Duration = Duration::from_mins(5);
/// A token that names an unknown key makes an instance look again at most this often.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
const ATTEMPTS: usize = 3;

/// What goes wrong with the keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The table.
    #[error("could not read or write the keys")]
    Store(#[from] StoreError),
    /// Sealed under another secret, or changed.
    #[error("could not open a key")]
    Seal(#[from] SealError),
    /// Not a key.
    #[error("could not use a key")]
    Key(#[from] KeyError),
    /// Made, and yet not there.
    #[error("there are no keys, even after making some")]
    None,
}

impl Failure for KeyringError {
    fn reason(&self) -> Reason {
        match self {
            Self::Store(error) => error.reason(),
            Self::Seal(_) | Self::Key(_) | Self::None => Reason::Internal,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Store(error) => error.retry_after(),
            Self::Seal(_) | Self::Key(_) | Self::None => None,
        }
    }
}

/// All keys, as they were read at one time.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The directory's.
    pub directory: DirectoryKeys,
    /// Those that sign, oldest first.
    pub signing: Vec<SigningKey>,
    read_at: Timestamp,
}

impl Keys {
    /// The key that signs now.
    ///
    /// # Errors
    /// [`KeyringError::None`] if none is active, which reading the keys has ruled out.
    pub fn current(&self, now: Timestamp) -> Result<&SigningKey, KeyringError> {
        signing::current(&self.signing, now).ok_or(KeyringError::None)
    }

    fn named(&self, id: &str) -> Option<&SigningKey> {
        self.signing.iter().find(|key| key.id == id)
    }
}

/// Reads the keys, makes those that are missing, and keeps what was read last.
pub struct Keyring {
    store: Store,
    secrets: Arc<Secrets>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    algorithm: Algorithm,
    kept: Mutex<Option<Arc<Keys>>>,
    /// Held while the keys are read, so that what comes meanwhile waits for that read instead of making its own.
    reading: tokio::sync::Mutex<()>,
}

impl Keyring {
    /// A keyring that has read nothing yet; `algorithm` is how keys that it makes sign.
    #[must_use]
    pub fn new(store: Store, secrets: Arc<Secrets>, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>, algorithm: Algorithm) -> Self {
        Self { store, secrets, clock, rng, algorithm, kept: Mutex::new(None), reading: tokio::sync::Mutex::new(()) }
    }

    /// What is kept, if it was read after that time.
    fn kept_since(&self, oldest: Timestamp) -> Option<Arc<Keys>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(|keys| oldest < keys.read_at)
    }

    /// The keys, read from the table if what is kept is too old.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub async fn keys(&self) -> Result<Arc<Keys>, KeyringError> {
        self.at_most_as_old_as(FRESH).await
    }

    /// The signing key of that id. An unknown id makes an instance look again, but not each time.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub async fn signing_key(&self, id: &str) -> Result<Option<SigningKey>, KeyringError> {
        if let Some(key) = self.keys().await?.named(id) {
            return Ok(Some(key.clone()));
        }
        Ok(self.at_most_as_old_as(LOOK_AGAIN).await?.named(id).cloned())
    }

    async fn at_most_as_old_as(&self, age: Duration) -> Result<Arc<Keys>, KeyringError> {
        let oldest = self.clock.now() - age;
        if let Some(keys) = self.kept_since(oldest) {
            return Ok(keys);
        }
        let _reading = self.reading.lock().await;
        // In a box, so that what it takes to read and make keys is in a binary once.
        match self.kept_since(oldest) {
            Some(keys) => Ok(keys),
            None => self.read(self.clock.now()).boxed().await,
        }
    }

    /// Forgets what is kept.
    pub fn forget(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn read(&self, now: Timestamp) -> Result<Arc<Keys>, KeyringError> {
        for _ in 0..ATTEMPTS {
            let stored = self.store.keys().await?;
            if let Some(keys) = open(&stored, &self.secrets, now)? {
                let keys = Arc::new(keys);
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
                return Ok(keys);
            }
            self.make_missing(&stored, now).await?;
        }
        Err(KeyringError::None)
    }

    async fn make_missing(&self, stored: &StoredKeys, now: Timestamp) -> Result<(), KeyringError> {
        if stored.directory.is_none() {
            let sealed = self.secrets.seal(&Store::directory_key_place(), &self.rng.bytes::<32>())?;
            self.store.add_directory_key(&StoredDirectoryKey { sealed }).await?;
        }
        if stored.signing.is_empty() {
            self.make_signing_key(1, now).await?;
        }
        Ok(())
    }

    /// Makes the signing key of a generation, unless somebody else made it first.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub async fn make_signing_key(&self, generation: u32, active_at: Timestamp) -> Result<(), KeyringError> {
        let material = KeyMaterial::generate(self.algorithm)?;
        let sealed = self.secrets.seal(&Store::signing_key_place(generation), &material.private)?;
        let key = StoredSigningKey {
            generation,
            id: material.public.thumbprint(),
            algorithm: self.algorithm,
            public: material.public,
            sealed,
            active_at,
        };
        Ok(self.store.add_signing_key(&key).await?)
    }
}

/// Opens what the table holds; `None` if a key is still to be made.
fn open(stored: &StoredKeys, secrets: &Secrets, now: Timestamp) -> Result<Option<Keys>, KeyringError> {
    let Some(directory) = &stored.directory else { return Ok(None) };
    let directory = secrets.open(&Store::directory_key_place(), &directory.sealed)?;
    let directory: [u8; 32] = directory.as_slice().try_into().map_err(|_| KeyError)?;
    let signing = signing::in_order(open_signing_keys(&stored.signing, secrets, now)?, now);
    let ready = signing::current(&signing, now).is_some();
    Ok(ready.then(|| Keys { directory: DirectoryKeys::new(&Key::new(directory)), signing, read_at: now }))
}

/// Opens the signing keys. An old one sealed under a secret that is no longer accepted is done without; the present one is not.
fn open_signing_keys(stored: &[StoredSigningKey], secrets: &Secrets, now: Timestamp) -> Result<Vec<SigningKey>, KeyringError> {
    let current = stored.iter().filter(|key| key.active_at <= now).map(|key| key.generation).max();
    let mut opened = Vec::new();
    for key in stored {
        match open_signing_key(key, secrets) {
            Ok(key) => opened.push(key),
            Err(error) if current.is_none_or(|current| key.generation >= current) => return Err(error),
            Err(error) => tracing::error!(event = "key_unreadable", generation = key.generation, causes = telemetry::causes(&error)),
        }
    }
    Ok(opened)
}

fn open_signing_key(stored: &StoredSigningKey, secrets: &Secrets) -> Result<SigningKey, KeyringError> {
    let private = secrets.open(&Store::signing_key_place(stored.generation), &stored.sealed)?;
    let StoredSigningKey { generation, id, algorithm, public, active_at, .. } = stored.clone();
    Ok(SigningKey::assemble(generation, id, algorithm, public, &private, active_at)?)
}
