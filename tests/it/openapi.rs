//! The OpenAPI documents as they are served.

use std::collections::BTreeSet;
use std::path::Path;

use latchkey::domain::message::{CodeFor, Content};
use latchkey::domain::partner::PartnerName;
use latchkey_tests::documents;
use serde_json::Value;

/// Makes the files anew with `BLESS=1` in the environment; otherwise holds them against the annotations.
#[test]
fn the_served_documents_are_what_the_handlers_say() {
    for (surface, document) in documents() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../functions/discovery/openapi/{surface}.json"));
        let made = serde_json::to_string_pretty(&document).unwrap() + "\n";
        #[expect(clippy::disallowed_methods, reason = "asks whoever runs the test, not the application's configuration")]
        if std::env::var("BLESS").is_ok() {
            std::fs::write(&path, &made).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), made, "run the tests with BLESS=1 to make {} anew", path.display());
    }
}

/// The operations of all documents.
fn described() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (_, document) in documents() {
        for (path, methods) in document["paths"].as_object().unwrap() {
            found.extend(methods.as_object().unwrap().values().map(|operation| (path.clone(), operation.clone())));
        }
    }
    found
}

/// Whoever gets a code finds the operation that takes it.
#[test]
fn every_code_is_taken_by_an_operation() {
    let operations = described();
    let named = operations.iter().flat_map(|(_, operation)| operation["x-takes-code-of"].as_array().into_iter().flatten());
    let taken: BTreeSet<String> = named.map(|name| name.as_str().unwrap().to_owned()).collect();
    let partner = PartnerName::parse("Ludo").unwrap();
    let sent = [
        CodeFor::Signup,
        CodeFor::SignIn,
        CodeFor::Reset,
        CodeFor::Address,
        CodeFor::StandAlone,
        CodeFor::Link(partner),
        CodeFor::Deletion,
        CodeFor::Export,
    ]
    .map(|purpose| Content::Code { purpose, code: String::new(), minutes: 1 }.template().to_owned());
    assert_eq!(taken, BTreeSet::from(sent));
}

/// Each operation has a name that generated clients call it by, and says what it does.
#[test]
fn operations_are_named_and_described() {
    for (surface, document) in documents() {
        let mut names = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for operation in methods.as_object().unwrap().values() {
                let name = operation["operationId"].as_str().unwrap_or_default();
                assert!(!name.is_empty() && names.insert(name.to_owned()), "{surface} {path}");
                assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{path}");
            }
        }
    }
}
