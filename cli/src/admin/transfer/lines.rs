//! A file, line by line, read beside what is done with the lines.

use std::io::{self, BufRead, BufReader, Read};
use std::thread;

use tokio::sync::mpsc;

/// The most bytes of a line: an account with twenty addresses has a tenth of it.
pub const LONGEST: usize = 64 * 1024;
/// How many lines are read ahead; at most four megabytes.
const AHEAD: usize = 64;

/// A line.
#[derive(Debug)]
pub struct Numbered {
    /// Its number, counted from 1.
    pub number: u64,
    /// How many bytes lie before its end.
    pub end: u64,
    /// Its text; `None`: it is too long to be read.
    pub text: Option<Vec<u8>>,
}

/// Reads lines from the one with the number `first` on; blank ones are left out. A thread of its own reads, so that whoever waits for
/// input holds up nothing else.
pub fn read(input: impl Read + Send + 'static, first: u64) -> mpsc::Receiver<io::Result<Numbered>> {
    let (send, receive) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        let mut lines = Lines { input: BufReader::new(input), number: 0, end: 0 };
        while let Some(line) = lines.next().transpose() {
            let is_wanted = line.as_ref().map_or(true, |line| line.number >= first && !line.is_blank());
            let is_broken = line.is_err();
            if (is_wanted && send.blocking_send(line).is_err()) || is_broken {
                break;
            }
        }
    });
    receive
}

impl Numbered {
    fn is_blank(&self) -> bool {
        self.text.as_ref().is_some_and(|text| text.trim_ascii().is_empty())
    }
}

struct Lines<R> {
    input: R,
    number: u64,
    end: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> io::Result<Option<Numbered>> {
        let mut text = Vec::new();
        let read = (&mut self.input).take(LONGEST as u64 + 1).read_until(b'\n', &mut text)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.end += read as u64;
        let is_whole = text.pop_if(|last| *last == b'\n').is_some() || text.len() <= LONGEST;
        if !is_whole {
            self.end += self.input.skip_until(b'\n')? as u64;
        }
        Ok(Some(Numbered { number: self.number, end: self.end, text: is_whole.then_some(text) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], first: u64) -> Vec<(u64, u64, Option<usize>)> {
        let mut lines = read(io::Cursor::new(text.to_vec()), first);
        let mut found = Vec::new();
        while let Some(line) = lines.blocking_recv() {
            let Numbered { number, end, text } = line.unwrap();
            found.push((number, end, text.map(|text| text.len())));
        }
        found
    }

    #[test]
    fn lines_are_numbered_and_blank_ones_left_out() {
        assert_eq!(all(b"one\n\n  \r\nfour\nfive", 1), [(1, 4, Some(3)), (4, 14, Some(4)), (5, 18, Some(4))]);
        assert_eq!(all(b"one\n\n  \r\nfour\nfive", 5), [(5, 18, Some(4))]);
        assert_eq!(all(b"", 1), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_without_being_kept() {
        let text = [vec![b'x'; LONGEST], b"\n".to_vec(), vec![b'x'; 3 * LONGEST], b"\nlast\n".to_vec()].concat();
        let end = text.len() as u64;
        assert_eq!(all(&text, 1), [(1, LONGEST as u64 + 1, Some(LONGEST)), (2, end - 5, None), (3, end, Some(4))]);
        assert_eq!(all(&vec![b'x'; LONGEST + 1], 1), [(1, LONGEST as u64 + 1, None)]);
    }
}
