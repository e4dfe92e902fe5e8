//! The Account API's OpenAPI document, made from the handlers' annotations, and every answer held against it.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use http::Method;
use jsonschema::Validator;
use latchkey::http::{Access, Operation, Operations};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::client::Reply;

/// The functions of the Account API, and their parts of its document.
fn parts() -> Vec<(Operations, utoipa::openapi::OpenApi)> {
    vec![
        (account_auth::operations(), account_auth::Document::openapi()),
        (account_session::operations(), account_session::Document::openapi()),
        (account_otp::operations(), account_otp::Document::openapi()),
        (account_profile::operations(), account_profile::Document::openapi()),
    ]
}

/// What every answer of a limited operation tells.
const RATE_LIMIT_HEADERS: [(&str, &str); 3] = [
    ("X-RateLimit-Limit", "Requests that one network may make in a window."),
    ("X-RateLimit-Remaining", "Requests that are left in this window."),
    ("X-RateLimit-Reset", "When the next window begins, in seconds since 1970."),
];

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(latchkey::dialect::account::ErrorBody)))]
struct Common;

/// The document: the annotations of all functions, and what all operations share.
pub fn account_document() -> Value {
    let mut document = Common::openapi();
    let mut facts = HashMap::new();
    for (operations, part) in parts() {
        document.merge(part);
        facts.extend(operations.list().iter().map(|operation| ((operation.path, operation.method.clone()), operation.clone())));
    }
    let mut document = serde_json::to_value(document).unwrap();
    document["info"] = json!({
        "title": "Latchkey: Account API",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "Sign-up, sign-in, one-time codes, sessions and profiles.",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
    });
    for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
        drop_defaults(schema);
    }
    for (name, description) in RATE_LIMIT_HEADERS {
        document["components"]["headers"][name] = json!({ "description": description, "schema": { "type": "integer" } });
    }
    document["components"]["securitySchemes"] =
        json!({ "JwtAuthScheme": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token." } });
    for (path, methods) in document["paths"].as_object_mut().unwrap() {
        for (method, operation) in methods.as_object_mut().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            complete(operation, &facts[&(path.as_str(), method)]);
        }
    }
    document
}

/// What must be given has no default: the one that is there only lets all missing fields be told at once.
fn drop_defaults(schema: &mut Value) {
    let required: Vec<String> =
        schema["required"].as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    for name in required {
        if let Some(property) = schema["properties"][name].as_object_mut() {
            property.remove("default");
        }
    }
}

/// Adds the errors, headers and security that follow from what an operation takes, who may call it, and how often.
fn complete(operation: &mut Value, facts: &Operation) {
    let access = facts.access;
    let takes_body = operation.get("requestBody").is_some();
    let takes_input = takes_body || operation.get("parameters").is_some();
    let named = |names: &[&str]| operation["operationId"].as_str().is_some_and(|name| names.contains(&name));
    let (limited, proves) = (takes_input && !named(&["refreshToken"]), named(&["login", "refreshToken"]));
    let checks_bearer = matches!(access, Access::Bearer | Access::OptionalBearer);
    let statuses = [
        ("400", "The request is not valid.", takes_input),
        ("401", "The credentials or the token are not valid.", checks_bearer || proves),
        ("403", "The address is not verified, the account is not active, or the request came another way than all must come.", true),
        ("404", "No account has this number.", named(&["sendOtp"])),
        ("413", "The body is larger than 64 KiB.", takes_body),
        ("415", "The body is no JSON.", takes_body),
        ("429", "Too many requests or attempts; `Retry-After` says when to come again.", limited),
        ("500", "Something went wrong on our side.", true),
        ("503", "Busy; `Retry-After` says when to come again.", true),
    ];
    for answer in operation["responses"].as_object_mut().unwrap().values_mut() {
        answer["description"] = "Done.".into();
    }
    for (status, description, applies) in statuses {
        if applies {
            operation["responses"][status] = json!({ "description": description, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/ErrorBody" } } } });
        }
    }
    for status in ["429", "503"] {
        if operation["responses"][status].is_object() {
            let seconds = json!({ "description": "Seconds to wait.", "schema": { "type": "integer" } });
            operation["responses"][status]["headers"] = json!({ "Retry-After": seconds });
        }
    }
    if facts.limit.is_some() {
        for (_, answer) in operation["responses"].as_object_mut().unwrap().iter_mut().filter(|(status, _)| !status.starts_with('5')) {
            for (name, _) in RATE_LIMIT_HEADERS {
                answer["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
            }
        }
    }
    match access {
        Access::Public => {}
        Access::AnyBearer | Access::OptionalBearer => operation["security"] = json!([{}, { "JwtAuthScheme": [] }]),
        Access::Bearer => operation["security"] = json!([{ "JwtAuthScheme": [] }]),
    }
}

static VALIDATORS: OnceLock<Mutex<HashMap<String, Validator>>> = OnceLock::new();
static DOCUMENT: OnceLock<Value> = OnceLock::new();

/// Fails the test if the document does not describe the answer.
#[track_caller]
pub(crate) fn check(method: &Method, path: &str, reply: &Reply) {
    let document = DOCUMENT.get_or_init(account_document);
    let path = path.split('?').next().unwrap_or_default();
    let operation = &document["paths"][path][method.as_str().to_lowercase()];
    if operation.is_null() {
        return;
    }
    let described = &operation["responses"][reply.status.to_string()];
    assert!(described.is_object(), "{method} {path} answered {}, which its document does not know", reply.status);
    let mut schema = described["content"]["application/json"]["schema"].clone();
    schema["components"] = document["components"].clone();
    let validators = VALIDATORS.get_or_init(Mutex::default);
    let mut validators = validators.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = validators
        .entry(format!("{method} {path} {}", reply.status))
        .or_insert_with(|| jsonschema::draft202012::new(&schema).expect("the document's schemas are schemas"));
    let errors: Vec<String> = validator.iter_errors(&reply.body).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{method} {path} answered {}: {errors:?}", reply.body);
}
