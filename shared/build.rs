//! Builds the common-password list into a compact, exact set (a finite-state automaton), read in place from the binary.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

const LIST: &str = "passwords/common.txt";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={LIST}");
    let list = std::fs::read_to_string(LIST)?;
    let sorted: BTreeSet<&str> = list.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let set = fst::Set::from_iter(sorted)?;
    #[expect(clippy::disallowed_methods, reason = "this is how cargo tells a build script where to write")]
    let folder = std::env::var("OUT_DIR")?;
    let out = PathBuf::from(folder).join("common-passwords.fst");
    std::fs::write(out, set.as_fst().as_bytes())?;
    Ok(())
}
