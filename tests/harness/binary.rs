//! The workspace's binaries, built as they are shipped but for the profile.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

static BUILT: OnceLock<PathBuf> = OnceLock::new();

/// The path of a binary. All that tests run are built on first use, with the cargo that runs the tests.
pub fn binary(name: &str) -> PathBuf {
    let folder = BUILT.get_or_init(|| {
        let packages = ["-p", "account-auth", "-p", "deliver", "-p", "latchkey-cli"];
        let status = Command::new(env!("CARGO")).args(["build", "--quiet", "--offline", "--bins"]).args(packages).status().unwrap();
        assert!(status.success(), "the binaries do not build");
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).unwrap().to_owned()
    });
    folder.join(name)
}
