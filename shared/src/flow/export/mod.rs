//! The copy of all that is held about a person: asked for, confirmed, made by a worker, and fetched.

mod document;
mod parts;
mod work;
mod writer;

use jiff::Timestamp;

use crate::app::App;
use crate::caller::Caller;
use crate::domain::challenge::Refusal;
use crate::domain::code::{OtpCode, Purpose};
use crate::domain::data_export::{DataExport, FileName, Stage};
use crate::domain::erasure::Deletion;
use crate::domain::limit::CallerLimit;
use crate::domain::user::User;
use crate::flow::codes::CodeError;
use crate::flow::session::SignedIn;
use crate::flow::{Trouble, audit, erase, limits, takes_trouble};
use crate::reason::{Failure, FieldProblem, Reason};
use crate::store::{Beside, Event, ExportConfirmation, ExportRequest};

pub use parts::BrokenPart;
pub use work::{Made, drain, make};

/// Files are given whole up to this size, deflated.
pub const MOST_DEFLATED: u64 = 4_000_000;
/// And so much of one as it is, in one answer.
pub const MOST_AT_ONCE: u64 = 3_000_000;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The code.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The account has no proved address that a code could go to.
    #[error("the account has no proved address")]
    NoAddress,
    /// There is no such file, or its time is over.
    #[error("there is no such file")]
    Absent,
    /// The file is too large for one answer.
    #[error("the file is given in parts only")]
    PartsOnly,
    /// The part that was asked for lies outside the file.
    #[error("the part lies outside the file")]
    Outside,
    /// A part of the file is none.
    #[error("the file is broken")]
    Broken(#[from] BrokenPart),
    /// Something else.
    #[error("could not get a copy of somebody's data")]
    Trouble(#[from] Trouble),
}

takes_trouble!(ExportError);

impl Failure for ExportError {
    fn reason(&self) -> Reason {
        match self {
            Self::Code(error) => error.reason(),
            Self::NoAddress => Reason::NoAddress,
            Self::Absent => Reason::NotFound,
            Self::PartsOnly => Reason::PartsOnly,
            Self::Outside => Reason::InvalidRequest,
            Self::Broken(_) => Reason::Internal,
            Self::Trouble(trouble) => trouble.reason(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Code(error) => error.retry_after(),
            Self::Trouble(trouble) => trouble.retry_after(),
            _ => None,
        }
    }

    fn details(&self) -> Vec<FieldProblem> {
        match self {
            Self::Code(error) => error.details(),
            Self::Outside => vec![FieldProblem::new("Range", "must lie within the file")],
            _ => Vec::new(),
        }
    }
}

/// Asks for a copy: sends the code that confirms it. While one is being made there is no other; one that waits for its code goes on
/// waiting, for the new one.
///
/// # Errors
/// [`ExportError`] says why not.
pub async fn request(app: &App, by: &Caller, user: &User) -> Result<DataExport, ExportError> {
    let (_, exports) = app.store.privacy(user.id).await?;
    let now = app.clock.now();
    let running = |export: &&DataExport| matches!(export.status, Stage::Queued | Stage::Processing);
    if let Some(running) = exports.iter().find(running) {
        let network = app.keyring.keys().await.map_err(Trouble::from)?.directory.origin(by).network;
        limits::take(app, CallerLimit::AskCode, by, &network, now).await.map_err(CodeError::from)?;
        return Ok(running.clone());
    }
    let asked = exports.iter().find(|export| export.status == Stage::PendingConfirmation);
    let number = asked.map_or(user.next_export, |export| export.number);
    let ask = erase::question(app, by, user, Purpose::Export).await?.ok_or(ExportError::NoAddress)?;
    ask.is_reachable()?;
    let recipient = ask.limited_look().await?;
    let code_until = now + app.config.limits.codes.life(by.surface);
    let request = ExportRequest { user, number, code_until };
    ask.send(recipient, |_| erase::draft(user, Beside::Export(&request))).await?;
    Ok(DataExport { number, status: Stage::PendingConfirmation, requested_at: now, code_until, confirmed_at: None, file: None })
}

/// Lets the copy be made that was asked for.
///
/// # Errors
/// [`ExportError`] says why not.
pub async fn confirm(app: &App, by: &Caller, caller: &SignedIn, code: &OtpCode) -> Result<DataExport, ExportError> {
    let SignedIn { user, session } = caller;
    let ask = erase::question(app, by, user, Purpose::Export).await?.ok_or(ExportError::NoAddress)?;
    let challenge = erase::answer(&ask, user, code).await?;
    let (_, exports) = app.store.privacy(user.id).await?;
    let asked = exports.into_iter().find(|export| export.status == Stage::PendingConfirmation);
    let asked = asked.ok_or(CodeError::from(Refusal::Mismatch))?;
    let audit = audit::of_user(app, user.id, Some(&session.id), Event::DataExportConfirmed, ask.now);
    let confirmation = ExportConfirmation {
        user,
        number: asked.number,
        address: &ask.tag,
        challenge: &challenge,
        base_url: &by.base_url,
        audit: &audit,
        now: ask.now,
    };
    if app.store.confirm_export(&confirmation).await? {
        Ok(DataExport { status: Stage::Queued, confirmed_at: Some(ask.now), ..asked })
    } else {
        Err(CodeError::from(Refusal::Mismatch).into())
    }
}

/// What the caller has asked for about their data: the deletion, and the copies, newest first.
///
/// # Errors
/// [`Trouble`].
pub async fn status(app: &App, user: &User) -> Result<(Option<Deletion>, Vec<DataExport>, Timestamp), Trouble> {
    let ((deletion, mut exports), now) = (app.store.privacy(user.id).await?, app.clock.now());
    exports.reverse();
    Ok((deletion.filter(|deletion| !deletion.has_lapsed(now)), exports, now))
}

/// What of a file is wanted (RFC 9110 section 14.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of it; deflated, if the caller takes that.
    All {
        /// Whether the caller takes gzip.
        gzip: bool,
    },
    /// From one byte on, up to another one if that is told.
    From(u64, Option<u64>),
    /// So many bytes from the end.
    Last(u64),
}

/// A file, or a part of it.
#[derive(Debug)]
pub struct Given {
    /// Its name.
    pub name: FileName,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What they are of the file.
    pub piece: Piece,
}

/// What bytes are of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// All of it.
    All,
    /// All of it, as gzip.
    Gzip,
    /// From one byte up to another, of so many.
    Range(u64, u64, u64),
}

/// Fetches a file of the caller's, or a part of it: no more in one answer than can be given.
///
/// # Errors
/// [`ExportError`]; [`ExportError::Absent`] also for another account's, and for one whose time is over.
pub async fn fetch(app: &App, user: &User, name: &str, wanted: Wanted) -> Result<Given, ExportError> {
    let now = app.clock.now();
    let number = FileName::number_in(name).ok_or(ExportError::Absent)?;
    let export = app.store.data_export(user.id, number).await?.ok_or(ExportError::Absent)?;
    let file = export.file(now).filter(|file| file.name.as_str() == name).ok_or(ExportError::Absent)?.clone();
    let (first, last) = match wanted {
        Wanted::All { gzip: true } if file.deflated <= MOST_DEFLATED => {
            let parts = app.store.parts(user.id, &export, 0, count(file.size)).await?.ok_or(ExportError::Absent)?;
            let whole = parts::Whole { size: file.size, deflated: file.deflated, crc: file.crc };
            return Ok(Given { name: file.name, bytes: parts::gzip(&parts, whole), piece: Piece::Gzip });
        }
        Wanted::All { .. } if file.size > MOST_AT_ONCE => return Err(ExportError::PartsOnly),
        Wanted::All { .. } => (0, file.size),
        Wanted::From(first, last) => (first, last.map_or(file.size, |last| file.size.min(last.saturating_add(1)))),
        Wanted::Last(length) => (file.size - length.min(file.size), file.size),
    };
    if first >= last {
        return Err(ExportError::Outside);
    }
    let last = last.min(first + MOST_AT_ONCE);
    let bytes = bytes(app, user, &export, first, last).await?;
    let piece = if matches!(wanted, Wanted::All { .. }) { Piece::All } else { Piece::Range(first, last - 1, file.size) };
    Ok(Given { name: file.name, bytes, piece })
}

/// In how many parts so many bytes are.
fn count(size: u64) -> u64 {
    size.div_ceil(parts::BYTES as u64)
}

/// The bytes of a file from one up to before another.
async fn bytes(app: &App, user: &User, export: &DataExport, first: u64, end: u64) -> Result<Vec<u8>, ExportError> {
    let from = first / parts::BYTES as u64;
    let parts = app.store.parts(user.id, export, from, count(end) - from).await?.ok_or(ExportError::Absent)?;
    let mut bytes = Vec::new();
    for part in &parts {
        bytes.extend(parts::inflate(part)?);
    }
    let place = |at: u64| usize::try_from(at - from * parts::BYTES as u64).unwrap_or(usize::MAX);
    let piece = bytes.get(place(first)..place(end)).ok_or(BrokenPart)?;
    Ok(piece.to_vec())
}
