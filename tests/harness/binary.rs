//! The workspace's binaries, built as they are shipped but for the profile.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

static BUILT: OnceLock<PathBuf> = OnceLock::new();

/// The path of a binary. All are built on first use, with the cargo that runs the tests and together with these: so they share what
/// `cargo test --workspace` has built, features included.
pub fn binary(name: &str) -> PathBuf {
    let folder = BUILT.get_or_init(|| {
        let status =
            Command::new(env!("CARGO")).args(["build", "--quiet", "--offline", "--workspace", "--bins", "--tests"]).status().unwrap();
        assert!(status.success(), "the binaries do not build");
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).unwrap().to_owned()
    });
    folder.join(name)
}
