//! Argon2: what is made here, and what others made with other parameters.

use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Ident, Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize, Zeroizing};

use super::{HashError, OUTPUT};
use crate::secret;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const LENGTH: usize = 32;

/// What a stored hash may cost: one that is over every bound at once would take a second and 64 MiB, of which an instance has enough.
const MOST_MEMORY_KIB: u32 = 65_536;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 4;

fn present() -> Result<Params, HashError> {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(LENGTH)).map_err(HashError::Refused)
}

/// The hash of a new password, as a PHC string.
pub(super) fn make(workspace: &Workspace, password: &[u8], salt: &[u8; 16]) -> Result<String, HashError> {
    let params = present()?;
    let mut digest = Zeroizing::new([0; LENGTH]);
    workspace.compute(Algorithm::Argon2id, Version::V0x13, &params, password, salt, &mut *digest)?;
    let hash = PasswordHash {
        algorithm: Ident::try_from("argon2id").map_err(|_| HashError::Unreadable)?,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).map_err(|_| HashError::Unreadable)?,
        salt: Some(Salt::new(salt).map_err(|_| HashError::Unreadable)?),
        hash: Some(Output::new(&*digest).map_err(|_| HashError::Unreadable)?),
    };
    Ok(hash.to_string())
}

/// The work of one comparison, with nothing to compare with.
pub(super) fn pretend(workspace: &Workspace, password: &[u8]) -> Result<(), HashError> {
    let mut digest = Zeroizing::new([0; LENGTH]);
    workspace.compute(Algorithm::Argon2id, Version::V0x13, &present()?, password, &[0; 16], &mut *digest)
}

/// An Argon2 hash.
pub(super) struct Argon {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Salt,
    expected: Output,
}

impl Argon {
    pub(super) fn read(phc: &PasswordHash) -> Result<Self, HashError> {
        let algorithm = phc.algorithm.as_str().parse().map_err(|_| HashError::Unreadable)?;
        // The reference implementation leaves the version out of a hash of its first one.
        let version = phc.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(|_| HashError::Unreadable)?;
        let params = Params::try_from(phc).map_err(|_| HashError::Unreadable)?;
        let (Some(salt), Some(expected)) = (phc.salt, phc.hash) else { return Err(HashError::Unreadable) };
        if !OUTPUT.contains(&expected.len()) || !params.keyid().is_empty() || !params.data().is_empty() {
            return Err(HashError::Unreadable);
        }
        if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_PASSES || params.p_cost() > MOST_LANES {
            return Err(HashError::TooCostly);
        }
        Ok(Self { algorithm, version, params, salt, expected })
    }

    /// Whether it is as it would be made now.
    pub(super) fn is_present(&self) -> bool {
        let Self { algorithm, version, params, expected, .. } = self;
        let costs = (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES);
        costs && (*algorithm, *version) == (Algorithm::Argon2id, Version::V0x13) && expected.len() == LENGTH
    }

    pub(super) fn fits(&self, workspace: &Workspace, password: &[u8]) -> Result<bool, HashError> {
        let mut digest = Zeroizing::new(vec![0; self.expected.len()]);
        workspace.compute(self.algorithm, self.version, &self.params, password, &self.salt, &mut digest)?;
        Ok(secret::equal(&digest, self.expected.as_bytes()))
    }
}

/// The memory of one computation, kept for the next. More than the present parameters ask for is not kept.
#[derive(Default)]
pub(super) struct Workspace(Mutex<Option<Vec<Block>>>);

impl Workspace {
    fn compute(
        &self,
        algorithm: Algorithm,
        version: Version,
        params: &Params,
        password: &[u8],
        salt: &[u8],
        digest: &mut [u8],
    ) -> Result<(), HashError> {
        let (blocks, most) = (params.block_count(), present()?.block_count());
        let spare = if blocks <= most { self.0.lock().unwrap_or_else(PoisonError::into_inner).take() } else { None };
        let mut memory = spare.unwrap_or_default();
        memory.resize(blocks.max(memory.len()), Block::default());
        let used = &mut memory[..blocks];
        let outcome = Argon2::new(algorithm, version, params.clone()).hash_password_into_with_memory(password, salt, digest, &mut *used);
        // Block by block: a vector that is wiped as a whole is emptied, wiped again to its capacity, and has to be filled anew.
        used.iter_mut().zeroize();
        if blocks <= most {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(memory);
        }
        outcome.map_err(HashError::Refused)
    }
}
