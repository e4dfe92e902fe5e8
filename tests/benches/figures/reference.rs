//! The reference implementation of Argon2 in C, built for a processor of choice.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use data_encoding::HEXLOWER;

use crate::processes::root;

/// A process that computes one hash again and again; it ends when this is dropped.
pub(crate) struct Reference {
    process: Child,
    wanted: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Reference {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}

impl Reference {
    /// The C code built for that processor, as `-march` names it, in a folder of its own: one build would replace the other.
    pub(crate) fn built_for(processor: &str, arguments: &[String]) -> Self {
        let folder = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join(format!("reference-{processor}"));
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(root()).env("CFLAGS", format!("-O3 -march={processor}")).arg("--quiet");
        build.args(["build", "--release", "--offline", "-p", "reference-argon2", "--target-dir"]).arg(&folder);
        assert!(build.status().unwrap().success(), "the reference does not build");
        let mut command = Command::new(folder.join("release/reference-argon2"));
        let mut process = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (wanted, answers) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, wanted, answers }
    }

    /// Computes the hash, and how long that took.
    pub(crate) fn hash(&mut self) -> (Duration, Vec<u8>) {
        self.wanted.write_all(b"\n").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let (took, hash) = line.trim_end().split_once(' ').unwrap();
        (Duration::from_nanos(took.parse().unwrap()), HEXLOWER.decode(hash.as_bytes()).unwrap())
    }
}
