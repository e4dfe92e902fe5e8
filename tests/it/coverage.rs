//! No operation is left out: each is a route, is in the document, has an access case, events and a test that calls it.

use std::collections::BTreeSet;
use std::path::Path;

use latchkey::http::Operations;
use latchkey_tests::documents;

use crate::access::CASES;
use crate::events::{DATA_JOURNEY, JOURNEY, PARTNER_JOURNEY, PHONE_JOURNEY};
use crate::template::routes;

pub(crate) fn functions() -> Vec<Operations> {
    vec![
        account_auth::operations(),
        account_contacts::operations(),
        account_otp::operations(),
        account_privacy::operations(),
        account_profile::operations(),
        account_session::operations(),
        discovery::operations(),
        partner_otp::operations(),
        phone_auth::operations(),
    ]
}

fn operations() -> BTreeSet<(String, String)> {
    let all = functions();
    let named = |function: &Operations| {
        let name = function.name().to_owned();
        function.list().iter().map(move |operation| (name.clone(), format!("{} {}", operation.method, operation.path))).collect::<Vec<_>>()
    };
    all.iter().flat_map(named).collect()
}

#[test]
fn every_operation_is_a_route_of_its_function_and_every_route_an_operation() {
    let mut routed = routes();
    assert!(routed.remove(&("discovery".to_owned(), "$default".to_owned())), "unknown routes go to discovery");
    assert_eq!(routed, operations());
}

#[test]
fn every_operation_has_an_access_case() {
    let cases: BTreeSet<String> = CASES.iter().map(|case| (*case).to_owned()).collect();
    let operations: BTreeSet<String> = operations().into_iter().map(|(_, operation)| operation).collect();
    assert_eq!(cases, operations);
}

#[test]
fn every_operation_of_a_surface_is_in_its_document() {
    for (surface, document) in documents() {
        for (_, operation) in operations().iter().filter(|(function, _)| function.starts_with(&format!("{surface}-"))) {
            let (method, path) = operation.split_once(' ').unwrap();
            assert!(document["paths"][path][method.to_lowercase()].is_object(), "{operation}");
        }
    }
}

/// The route keys in an event's file name its operation.
#[test]
fn every_operation_has_a_good_and_a_bad_event() {
    let statuses = crate::events::expectations();
    for (function, operation) in operations() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(&function);
        let mut seen = (false, false);
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let event: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            if event["routeKey"] == operation.as_str() {
                let name = format!("{function}/{}", path.file_name().unwrap().to_str().unwrap());
                // A good one that needs a session or a code is made good by the journey that the events are replayed in.
                let good = statuses[&name].as_u64().is_some_and(|status| status < 300)
                    || [JOURNEY, DATA_JOURNEY, PHONE_JOURNEY, PARTNER_JOURNEY].concat().iter().any(|good| *good == name);
                if good { seen.0 = true } else { seen.1 = true }
            }
        }
        assert!(seen.0, "{operation} has no good event");
        assert!(seen.1, "{operation} has no bad event");
    }
}
