//! What the compiler does not check: the layers, the files, the variables, the logs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use latchkey::config::VARIABLES;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = root();
    let mut found = Vec::new();
    walk(&root.join(folder), &mut found);
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    found.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// Each layer of the common crate and those below it that it may know.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &["flow", "store", "delivery", "dialect", "http", "runtime", "app", "keyring", "caller"]),
    ("delivery", &["flow", "store", "dialect", "http", "runtime", "app", "keyring"]),
    ("store", &["flow", "dialect", "http", "runtime", "app", "keyring", "caller"]),
    ("flow", &["dialect", "http", "runtime"]),
    ("http", &["runtime", "flow", "store"]),
    ("dialect", &["runtime", "store"]),
];

#[test]
fn no_layer_knows_one_above_it() {
    for (layer, forbidden) in LAYERS {
        for (file, text) in sources(&format!("shared/src/{layer}")) {
            for above in *forbidden {
                assert!(!text.contains(&format!("crate::{above}::")), "{file} knows {above}");
            }
        }
    }
}

#[test]
fn the_aws_sdk_is_known_to_store_delivery_and_wiring_only() {
    let wiring = ["shared/src/clients.rs", "shared/src/app.rs", "shared/src/lib.rs"];
    for (file, text) in sources("shared/src").into_iter().chain(sources("functions")) {
        let allowed = file.starts_with("shared/src/store/") || file.starts_with("shared/src/delivery/") || wiring.contains(&file.as_str());
        assert!(allowed || !text.contains("aws_sdk_"), "{file} knows the SDK");
    }
}

#[test]
fn nothing_deployed_depends_on_the_local_stack() {
    for entry in std::fs::read_dir(root().join("functions")).unwrap() {
        let manifest = std::fs::read_to_string(entry.unwrap().path().join("Cargo.toml")).unwrap();
        assert!(!manifest.contains("latchkey-cli") && !manifest.contains("dynoxide"));
    }
}

#[test]
fn every_file_opens_with_what_it_is() {
    for folder in ["shared", "functions", "cli", "tests/it", "tests/harness", "tests/browser"] {
        for (file, text) in sources(folder) {
            assert!(text.starts_with("//!") || text.starts_with("#!["), "{file} does not say what it is");
        }
    }
}

#[test]
fn nothing_is_left_to_do_in_the_code() {
    for folder in ["shared", "functions", "cli", "tests/harness"] {
        for (file, text) in sources(folder) {
            for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
                assert!(!text.contains(mark), "{file}: {mark}");
            }
        }
    }
}

#[test]
fn the_readme_lists_every_variable_and_no_other() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let listed: BTreeSet<&str> =
        readme.lines().filter_map(|line| line.strip_prefix("| `LATCHKEY_")).filter_map(|rest| rest.split('`').next()).collect();
    let read: BTreeSet<&str> = VARIABLES.iter().filter_map(|variable| variable.name.strip_prefix("LATCHKEY_")).collect();
    assert_eq!(listed, read);
}

/// `docs/errors.md` has a row for every reason, with the status and code that the surfaces answer.
#[test]
fn the_error_table_is_complete() {
    let page = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let reasons = std::fs::read_to_string(root().join("shared/src/reason.rs")).unwrap();
    let list = reasons.split("pub enum Reason {").nth(1).unwrap().split("\n}").next().unwrap();
    for reason in list.lines().map(str::trim).filter(|line| line.ends_with(',')) {
        assert!(page.contains(&format!("| `{}`", reason.trim_end_matches(','))), "{reason} is not in docs/errors.md");
    }
}

/// Every key that `keys.rs` builds is on the page that explains the table: its texts that begin with capitals.
#[test]
fn the_table_page_knows_every_key() {
    let page = std::fs::read_to_string(root().join("docs/table.md")).unwrap();
    let keys = std::fs::read_to_string(root().join("shared/src/store/keys.rs")).unwrap();
    let literals = keys.split('"').skip(1).step_by(2);
    let words: BTreeSet<String> =
        literals.map(|text| text.chars().take_while(char::is_ascii_uppercase).collect()).filter(|word: &String| word.len() > 1).collect();
    assert!(words.len() > 10, "{words:?}");
    let limits = keys.split("impl Limit {").nth(1).unwrap().split("\n}").next().unwrap();
    let own_rows = limits.lines().filter(|line| !line.contains("Self::Callers")).filter_map(|line| line.split('"').nth(1));
    let counters: BTreeSet<String> = own_rows.map(|name| format!("`LIMIT#{name}#")).collect();
    let shared = keys.split('"').filter_map(|text| text.split_once('{')).map(|(name, _)| name);
    let shared = shared.filter(|name| name.starts_with("LIMIT#") && *name != "LIMIT#").map(|name| format!("`{name}"));
    let counters: BTreeSet<String> = counters.into_iter().chain(shared).collect();
    assert!(counters.len() > 4, "{counters:?}");
    for word in words.union(&counters) {
        assert!(page.contains(word), "{word} is not in docs/table.md");
    }
}

/// `docs/security.md` names tests that are there, and has every case that a test says it stands for.
#[test]
fn the_security_page_and_the_tests_speak_of_the_same_cases() {
    let page = std::fs::read_to_string(root().join("docs/security.md")).unwrap();
    let mut tests = BTreeSet::new();
    for (file, text) in sources("tests/it") {
        let module = file.trim_start_matches("tests/it/").trim_end_matches(".rs").replace('/', "::");
        let names = text.split("fn ").skip(1).filter_map(|rest| rest.split('(').next());
        tests.extend(names.map(|name| format!("{module}::{name}")));
        for comment in text.lines().filter_map(|line| line.strip_prefix("/// T")) {
            let case: String = comment.chars().take_while(char::is_ascii_alphanumeric).collect();
            let number: String = case.chars().filter(char::is_ascii_digit).collect();
            let named = ["30", "31", "32"].contains(&number.as_str()) || page.contains(&format!("T{case}"));
            assert!(number.len() != 2 || named, "{file}: T{case} is not in docs/security.md");
        }
    }
    for named in page.split('`').filter(|text| text.contains("::")) {
        assert!(tests.contains(named), "there is no test {named}");
    }
}
