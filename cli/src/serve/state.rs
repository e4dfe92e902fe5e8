//! The folder in which the state is kept, and the root secret in it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use latchkey::rng::Rng;
use latchkey::secret::SHORTEST_SECRET;

const SECRET: &str = "secret";

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It, or something in it, cannot be read or written.
    #[error("{path} cannot be used: {problem}")]
    Unusable {
        /// What cannot.
        path: PathBuf,
        /// Why.
        problem: io::Error,
    },
    /// Another local stack uses it.
    #[error("{0} is in use by another `latchkey serve`; choose another folder with --data, or keep nothing with --memory")]
    InUse(PathBuf),
    /// The secret in it was cut off.
    #[error("{0} must hold a secret of at least {SHORTEST_SECRET} bytes")]
    SecretTooShort(PathBuf),
}

/// The folder, ours as long as this exists.
#[derive(Debug)]
pub struct State {
    folder: PathBuf,
    _lock: File,
}

impl State {
    /// Opens the folder, or makes it, for nobody else.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        let unusable = |path: &Path, problem| StateError::Unusable { path: path.to_owned(), problem };
        private_folder().create(folder).map_err(|problem| unusable(folder, problem))?;
        let path = folder.join("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let lock = lock.map_err(|problem| unusable(&path, problem))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StateError::InUse(folder.to_owned())),
            Err(TryLockError::Error(problem)) => Err(unusable(&path, problem)),
        }
    }

    /// The file of the table.
    #[must_use]
    pub fn table(&self) -> PathBuf {
        self.folder.join("table.db")
    }

    /// The file of the messages that were sent.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        self.folder.join("outbox.jsonl")
    }

    /// The file that says how far the table's stream was read for a function.
    #[must_use]
    pub fn stream_position(&self, function: &str) -> PathBuf {
        self.folder.join(format!("stream-position-{function}"))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The root secret that is kept here, made at the first time.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn secret(&self, rng: &dyn Rng) -> Result<String, StateError> {
        if let Some(secret) = secret_in(&self.folder)? {
            return Ok(secret);
        }
        let path = self.folder.join(SECRET);
        let secret = new_secret(rng);
        self.write_secret(&path, &secret).map_err(|problem| StateError::Unusable { path, problem })?;
        Ok(secret)
    }

    /// Written beside, on the disk, and moved: what the table holds is worth nothing without it.
    fn write_secret(&self, path: &Path, secret: &str) -> io::Result<()> {
        let beside = self.folder.join("secret.new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(secret.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    }
}

/// The root secret that is kept in a folder, if one is, whoever uses the folder.
///
/// # Errors
/// [`StateError`].
pub fn secret_in(folder: &Path) -> Result<Option<String>, StateError> {
    let path = folder.join(SECRET);
    match std::fs::read_to_string(&path) {
        Ok(secret) if secret.trim().len() >= SHORTEST_SECRET => Ok(Some(secret.trim().to_owned())),
        Ok(_) => Err(StateError::SecretTooShort(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(StateError::Unusable { path, problem }),
    }
}

/// A new root secret: 256 random bits.
#[must_use]
pub fn new_secret(rng: &dyn Rng) -> String {
    BASE64URL_NOPAD.encode(&rng.bytes::<32>())
}

fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::testing;

    #[test]
    fn a_folder_belongs_to_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new/folder");
        let first = State::open(&folder).unwrap();
        assert!(matches!(State::open(&folder), Err(StateError::InUse(_))));
        drop(first);
        assert!(State::open(&folder).is_ok());
    }

    #[test]
    fn the_secret_is_made_once_and_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        let secret = state.secret(&*testing::rng()).unwrap();
        assert!(secret.len() >= SHORTEST_SECRET);
        assert_eq!(state.secret(&*testing::rng()).unwrap(), secret);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(folder.path().join("secret")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(folder.path().join("secret"), "short").unwrap();
        assert!(matches!(state.secret(&*testing::rng()), Err(StateError::SecretTooShort(_))));
    }

    #[test]
    fn what_is_no_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let message = State::open(&file).unwrap_err().to_string();
        assert!(message.contains("file cannot be used"), "{message}");
    }
}
