//! Files with people's data in them: their owner's alone.

use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::path::Path;

use crate::admin::error::AdminError;

/// A file that nobody else can read. One that is there is written over only if that is wanted.
///
/// # Errors
/// [`AdminError::File`].
pub fn file(path: &Path, over: bool) -> Result<BufWriter<File>, AdminError> {
    let unusable = |problem| AdminError::File { path: path.display().to_string(), problem };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // One that is there may be open to others: it makes room for a new one.
    if over && path.is_file() {
        std::fs::remove_file(path).map_err(unusable)?;
    }
    options.open(path).map(BufWriter::new).map_err(unusable)
}
