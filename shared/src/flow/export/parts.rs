//! A file in parts: each part holds as many bytes of it, deflated so that it can be inflated by itself, and all of them one after the other
//! are one stream (RFC 1951). With a header and a trailer around them they are one gzip file (RFC 1952).

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

/// How many bytes of the file a part holds; the last one may hold fewer. What cannot be deflated takes a little more.
pub(super) const BYTES: usize = 250_000;
/// Room for what a flush adds.
const SLACK: usize = 1024;
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// A last block with nothing in it.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// What goes wrong with parts: a part is none of ours.
#[derive(Debug, thiserror::Error)]
#[error("a part of a file cannot be inflated")]
pub struct BrokenPart;

/// Cuts a file into parts as it is written.
pub(super) struct Cutter {
    deflate: Compress,
    crc: Crc,
    waiting: Vec<u8>,
    deflated: u64,
}

/// What is told of a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) size: u64,
    pub(super) deflated: u64,
    pub(super) crc: u32,
}

impl Cutter {
    pub(super) fn new() -> Self {
        Self { deflate: Compress::new(Compression::default(), false), crc: Crc::new(), waiting: Vec::with_capacity(2 * BYTES), deflated: 0 }
    }

    /// Takes more of the file; gives a part whenever there is enough for one.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next whole part, if there is enough for one.
    pub(super) fn part(&mut self) -> Option<Vec<u8>> {
        (self.waiting.len() >= BYTES).then(|| self.cut(BYTES))
    }

    /// The last part, and what is told of the whole.
    pub(super) fn finish(mut self) -> (Option<Vec<u8>>, Whole) {
        let last = (!self.waiting.is_empty()).then(|| self.cut(self.waiting.len()));
        let whole = Whole { size: self.deflate.total_in(), deflated: self.deflated, crc: self.crc.sum() };
        (last, whole)
    }

    fn cut(&mut self, length: usize) -> Vec<u8> {
        let rest = self.waiting.split_off(length);
        let bytes = std::mem::replace(&mut self.waiting, rest);
        self.crc.update(&bytes);
        let mut part = Vec::with_capacity(bytes.len() + SLACK);
        let before = self.deflate.total_in();
        loop {
            let done = usize::try_from(self.deflate.total_in() - before).unwrap_or(length);
            let room = part.capacity() - part.len();
            // It refuses nothing but a stream that was ended, and this one never is.
            let status = self.deflate.compress_vec(&bytes[done..], &mut part, FlushCompress::Full);
            let finished = self.deflate.total_in() - before == bytes.len() as u64 && part.len() < part.capacity();
            if finished || status.is_err() {
                break;
            }
            part.reserve(room.max(SLACK));
        }
        self.deflated += part.len() as u64;
        part
    }
}

/// The bytes of the file that a part holds.
///
/// # Errors
/// [`BrokenPart`].
pub(super) fn inflate(part: &[u8]) -> Result<Vec<u8>, BrokenPart> {
    let mut bytes = Vec::with_capacity(BYTES + 1);
    let status = Decompress::new(false).decompress_vec(part, &mut bytes, FlushDecompress::Sync).map_err(|_| BrokenPart)?;
    if status == Status::Ok { Ok(bytes) } else { Err(BrokenPart) }
}

/// A whole file as gzip.
pub(super) fn gzip(parts: &[Vec<u8>], whole: Whole) -> Vec<u8> {
    let length: usize = parts.iter().map(Vec::len).sum();
    let mut file = Vec::with_capacity(length + GZIP_HEADER.len() + LAST_BLOCK.len() + 8);
    file.extend_from_slice(&GZIP_HEADER);
    for part in parts {
        file.extend_from_slice(part);
    }
    file.extend_from_slice(&LAST_BLOCK);
    file.extend_from_slice(&whole.crc.to_le_bytes());
    let [a, b, c, d, ..] = whole.size.to_le_bytes();
    file.extend_from_slice(&[a, b, c, d]);
    file
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::rng::{Rng, SystemRng};

    fn cut(file: &[u8], step: usize) -> (Vec<Vec<u8>>, Whole) {
        let mut cutter = Cutter::new();
        let mut parts = Vec::new();
        for bytes in file.chunks(step) {
            cutter.add(bytes);
            while let Some(part) = cutter.part() {
                parts.push(part);
            }
        }
        let (last, whole) = cutter.finish();
        parts.extend(last);
        (parts, whole)
    }

    fn samples() -> Vec<Vec<u8>> {
        let mut noise = vec![0; 3 * BYTES + 17];
        SystemRng.fill(&mut noise);
        let text: Vec<u8> = (0..200_000).flat_map(|number: u32| number.to_string().into_bytes()).collect();
        vec![b"{}".to_vec(), vec![b'a'; BYTES], vec![b'a'; BYTES + 1], noise, text, Vec::new()]
    }

    #[test]
    fn each_part_inflates_by_itself_to_its_bytes_of_the_file() {
        for file in samples() {
            for step in [100, 70_000, 1_000_000] {
                let (parts, whole) = cut(&file, step);
                assert_eq!(whole.size, file.len() as u64);
                for (number, part) in parts.iter().enumerate() {
                    let end = file.len().min((number + 1) * BYTES);
                    assert_eq!(inflate(part).unwrap(), file[number * BYTES..end]);
                    assert!(part.len() <= 256_000, "{}", part.len());
                }
                assert_eq!(parts.len(), file.len().div_ceil(BYTES));
            }
        }
    }

    #[test]
    fn all_parts_together_are_one_gzip_file() {
        for file in samples() {
            let (parts, whole) = cut(&file, 40_000);
            let zipped = gzip(&parts, whole);
            assert_eq!(zipped.len() as u64, whole.deflated + 20);
            let mut unzipped = Vec::new();
            flate2::read::GzDecoder::new(&zipped[..]).read_to_end(&mut unzipped).unwrap();
            assert!(unzipped == file);
        }
    }

    #[test]
    fn what_is_no_part_is_refused() {
        assert!(inflate(b"\xff\xff\xff").is_err());
    }
}
