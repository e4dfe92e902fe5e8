//! How large the functions are when they are uploaded.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::Effort;
use crate::processes::{binary, functions};
use crate::table::Row;

const MOST_MB: f64 = 4.0;
/// What a zip archive with one file called `bootstrap` has besides the file (APPNOTE.TXT sections 4.3.7, 4.3.12, 4.3.16).
const FRAME: usize = 30 + 46 + 22 + 2 * "bootstrap".len();

#[expect(clippy::cast_precision_loss, reason = "bytes are few")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1_000_000.0
}

pub(crate) fn measure(_: Effort) -> Vec<Row> {
    let row = |name: String| {
        let content = std::fs::read(binary(&name)).unwrap();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&content).unwrap();
        let zipped = megabytes(encoder.finish().unwrap().len() + FRAME);
        let how = format!("release build for {}, {:.1} MB before", std::env::consts::ARCH, megabytes(content.len()));
        Row::new(format!("zipped, {name}"), format!("{zipped:.2} MB"), how).aim(format!("≤ {MOST_MB} MB"), zipped <= MOST_MB)
    };
    functions().into_iter().map(row).collect()
}
