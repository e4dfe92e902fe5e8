//! Every way in which a request can fail, as the one list that all surfaces answer from.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

/// Why a request was refused. Each surface maps every reason to its own status and text (`docs/errors.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The request cannot be read: malformed JSON, a wrong type, an invalid field.
    InvalidRequest,
    /// A new password is too short, too long, too common or too near to the person's own data.
    WeakPassword,
    /// The one-time code is wrong, was used, or was never sent.
    CodeMismatch,
    /// The one-time code was right once, but its time is over.
    CodeExpired,
    /// The one-time code was right once, and was used.
    CodeUsed,
    /// The one-time code was tried too often: only a new one helps.
    CodeExhausted,
    /// No valid proof of identity came with the request.
    Unauthenticated,
    /// The access token was genuine, but its time is over.
    TokenExpired,
    /// Address and password do not belong together, for whatever reason.
    InvalidCredentials,
    /// The refresh token is not, or no longer, good.
    InvalidRefreshToken,
    /// The password is right, but the address is still to be verified.
    EmailNotVerified,
    /// The password is right, but the account is not active.
    AccountInactive,
    /// The account waits for its deletion: it must be kept before anything else.
    AccountLeaving,
    /// The code is right, but the account has not been used for so long that the number may have another owner by now.
    PasswordRequired,
    /// The present password, asked for once more, is another one.
    WrongPassword,
    /// The new password is the old one.
    SamePassword,
    /// The password was set by an administrator, and is good for choosing another one only.
    PasswordChangeRequired,
    /// Nobody is registered without consent.
    ConsentRequired,
    /// The number has an account already, where that may be told.
    NumberTaken,
    /// The account has not the role for this.
    RoleRequired,
    /// The request did not come the way that all must come.
    Forbidden,
    /// No account has this number, where that may be told.
    UnknownNumber,
    /// The caller waits for no proof of this address.
    NotPending,
    /// The caller has this already.
    AlreadyExists,
    /// The primary address of its kind cannot be removed.
    PrimaryAddress,
    /// What is left of the account's addresses would be none that its owner has proved.
    LastAddress,
    /// What is left of the account's addresses was added too lately.
    YoungAddresses,
    /// Only an address that is proved can be the primary one.
    AddressNotVerified,
    /// The account has no address that it could be sent a code at.
    NoAddress,
    /// No deletion of the caller's account waits.
    NoDeletion,
    /// A file of this size is given in parts only.
    PartsOnly,
    /// There is nothing here.
    NotFound,
    /// The body is larger than is read.
    PayloadTooLarge,
    /// The body is of a type that is not read.
    UnsupportedMediaType,
    /// Too many tries at one account or address.
    TooManyAttempts,
    /// Too many requests from one caller.
    RateLimited,
    /// A code was asked for too soon after the one before, or too often.
    CodesLimited,
    /// A primary address was changed too often.
    ChangesLimited,
    /// Too many SMS to numbers of one block.
    NumbersLimited,
    /// Too many look-ups of numbers of one block.
    LookUpsLimited,
    /// The day's money for SMS is spent.
    SmsSpent,
    /// A defect of ours.
    Internal,
    /// Something that this depends on did not answer in time; the request may be repeated.
    Unavailable,
}

/// What kind of wrong a field is, for surfaces that tell it by a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Its value.
    Value,
    /// It was not given.
    Missing,
    /// It is no text.
    NotText,
    /// It is neither true nor false.
    NotBoolean,
    /// It has fewer characters than so many.
    TooShort(usize),
    /// It has more characters than so many.
    TooLong(usize),
    /// The body is JSON only up to this byte.
    NotJson(usize),
    /// The body is no JSON object.
    NotAnObject,
}

/// What one field did wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name as the request spells it.
    pub field: Cow<'static, str>,
    /// What it should have been, for a person to read.
    pub message: Cow<'static, str>,
    /// What kind of wrong it is.
    pub flaw: Flaw,
}

impl FieldProblem {
    /// A field whose value is wrong, and what it should have been.
    #[must_use]
    pub fn new(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), message: message.into(), flaw: Flaw::Value }
    }

    /// A field with a flaw that speaks for itself.
    #[must_use]
    pub fn flawed(field: &'static str, flaw: Flaw) -> Self {
        Self { flaw, ..Self::new(field, "is not valid") }
    }
}

/// A refusal on its way to the caller: the reason, what helps the caller, and for the log what led to it.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Why.
    pub reason: Reason,
    /// The fields to blame.
    pub details: Vec<FieldProblem>,
    /// After how many seconds a repetition makes sense.
    pub retry_after: Option<u64>,
    /// The chain of causes, for the log only.
    pub source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A refusal without details.
    #[must_use]
    pub fn new(reason: Reason) -> Self {
        Self { reason, details: Vec::new(), retry_after: None, source: None }
    }

    /// A refusal that names one field.
    #[must_use]
    pub fn field(reason: Reason, field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { details: vec![FieldProblem::new(field, message)], ..Self::new(reason) }
    }
}

/// An error of a flow: it knows its reason, so that handlers need not.
pub trait Failure: Error + Send + Sync + Sized + 'static {
    /// The reason that surfaces answer with.
    fn reason(&self) -> Reason;

    /// After how many seconds a repetition makes sense, where that is known.
    fn retry_after(&self) -> Option<u64> {
        None
    }

    /// The fields to blame.
    fn details(&self) -> Vec<FieldProblem> {
        Vec::new()
    }
}

impl<F: Failure> From<F> for Problem {
    fn from(failure: F) -> Self {
        Self { reason: failure.reason(), details: failure.details(), retry_after: failure.retry_after(), source: Some(Arc::new(failure)) }
    }
}
