//! What a code by SMS is for, as this surface says it.

/// What a code is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Signing in.
    Login,
    /// Proving a number.
    Verification,
}

/// A word that is neither.
#[derive(Debug, thiserror::Error)]
#[error("must be login or verification")]
pub(crate) struct NeitherOne;

/// Parses one of the two words.
pub(crate) fn parse(text: &str) -> Result<Purpose, NeitherOne> {
    match text.trim() {
        "login" => Ok(Purpose::Login),
        "verification" => Ok(Purpose::Verification),
        _ => Err(NeitherOne),
    }
}
