//! What the requests of one network are limited in.

/// What callers are limited in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerLimit {
    /// Asking for codes.
    AskCode,
    /// Trying codes.
    VerifyCode,
    /// Signing in.
    SignIn,
    /// Looking up whether a number is registered.
    LookUp,
}
