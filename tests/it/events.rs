//! The sample events: every file is replayed through its function, on an empty table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use latchkey_tests::TestApp;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

/// What each event comes to: a status, `ok`, `partial` or `error`.
pub(crate) fn expectations() -> BTreeMap<String, Value> {
    serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

fn files() -> Vec<String> {
    let mut files = Vec::new();
    for function in std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir()) {
        for event in std::fs::read_dir(function.path()).unwrap() {
            let (function, event) = (function.file_name(), event.unwrap().file_name());
            files.push(format!("{}/{}", function.to_str().unwrap(), event.to_str().unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn every_event_says_what_it_comes_to() {
    assert_eq!(files(), expectations().into_keys().collect::<Vec<_>>());
}

#[tokio::test]
async fn every_event_comes_to_what_it_says() {
    for (name, expected) in expectations() {
        let app = TestApp::with(&[("LATCHKEY_BASE_URL", "")]).await;
        let event: Value = serde_json::from_slice(&std::fs::read(folder().join(&name)).unwrap()).unwrap();
        let function = name.split('/').next().unwrap();
        let outcome = match function {
            "deliver" => worked(deliver::handle(app.app.clone(), event).await.ok()),
            "rotate-keys" => worked(rotate_keys::handle(app.app.clone(), event).await.ok()),
            _ => app.function(function).invoke(event).await.unwrap()["statusCode"].clone(),
        };
        assert_eq!(outcome, expected, "{name}");
    }
}

fn worked(answer: Option<Value>) -> Value {
    match answer {
        None => "error".into(),
        Some(answer) if answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty()) => "partial".into(),
        Some(_) => "ok".into(),
    }
}
