//! The surfaces' OpenAPI documents, made from the handlers' annotations, and every answer held against them.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use http::Method;
use jsonschema::Validator;
use latchkey::http::{Access, Operation, Operations};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::client::Reply;

/// What every answer of a limited operation tells.
const RATE_LIMIT_HEADERS: [(&str, &str); 3] = [
    ("X-RateLimit-Limit", "Requests that one network may make in a window."),
    ("X-RateLimit-Remaining", "Requests that are left in this window."),
    ("X-RateLimit-Reset", "When the next window begins, in seconds since 1970."),
];

/// A surface's document: which functions it is made from, and what they share.
struct Surface {
    title: &'static str,
    description: &'static str,
    parts: Vec<(Operations, utoipa::openapi::OpenApi)>,
    /// The schemas of refusals, and the groups of operations in the order in which to read them.
    common: utoipa::openapi::OpenApi,
    /// The refusals of an operation.
    refusals: Refusals,
}

/// Status, description and schema of a refusal, and whether the operation has it.
type Refusal = (&'static str, &'static str, &'static str, bool);
type Refusals = fn(&Takes) -> Vec<Refusal>;

/// What an operation takes.
struct Takes<'a> {
    name: &'a str,
    facts: &'a Operation,
    body: bool,
    input: bool,
}

impl Takes<'_> {
    fn bearer(&self) -> bool {
        matches!(self.facts.access, Access::Bearer | Access::BearerEvenLeaving | Access::OptionalBearer)
    }

    /// Whether the path names something.
    fn path(&self) -> bool {
        self.facts.path.contains('{')
    }

    fn limited(&self) -> bool {
        self.facts.limit.is_some() || self.named(&["setPrimaryUserEmail", "setPrimaryUserPhone"])
    }

    fn named(&self, names: &[&str]) -> bool {
        names.contains(&self.name)
    }
}

#[derive(utoipa::OpenApi)]
#[openapi(
    components(schemas(latchkey::dialect::account::ErrorBody)),
    tags(
        (name = "AuthApi", description = "Sign-up, sign-in, codes, passwords and tokens."),
        (name = "UserApi", description = "What somebody has here: profile, addresses, devices, sessions, their data, and the end of it all.")
    )
)]
struct AccountCommon;

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(latchkey::dialect::phone::ErrorBody, latchkey::dialect::phone::HTTPValidationError)))]
struct PhoneCommon;

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(latchkey::dialect::partner::ErrorBody)))]
struct PartnerCommon;

fn refusals_of_account(takes: &Takes) -> Vec<Refusal> {
    let proves = takes.named(&["login", "refreshToken"]);
    let moved = "The address is not verified, the account is not active, or the request came another way than all must come.";
    [
        ("400", "The request is not valid, or cannot be done.", takes.input || takes.named(&["cancelAccountDeletion"])),
        ("401", "The credentials or the token are not valid.", takes.bearer() || proves),
        ("403", moved, true),
        ("404", "No account has this number.", takes.named(&["sendOtp"])),
        ("404", "There is no such thing of the caller's.", takes.path()),
        ("413", "The body is larger than 64 KiB.", takes.body),
        ("415", "The body is no JSON.", takes.body),
        (
            "429",
            "Too many requests or attempts; `Retry-After` says when to come again.",
            takes.limited()
                || takes.named(&["profileUpdate", "changePassword"])
                || (takes.input && !takes.bearer() && !takes.named(&["refreshToken"])),
        ),
        ("500", "Something went wrong on our side.", true),
        ("503", "Busy; `Retry-After` says when to come again.", true),
    ]
    .map(|(status, description, applies)| (status, description, "ErrorBody", applies))
    .to_vec()
}

fn refusals_of_phone(takes: &Takes) -> Vec<Refusal> {
    let proves = takes.named(&["loginForAccessToken", "verifyLoginOtp", "confirmPasswordReset"]);
    vec![
        ("400", "The request cannot be done: the code, the password or the consent is not right.", "ErrorBody", takes.body),
        ("401", "The credentials or the token are not valid.", "ErrorBody", takes.bearer() || proves),
        ("403", "A role is missing, the password must be changed, or the request came another way than all must come.", "ErrorBody", true),
        ("404", "No account has this number.", "ErrorBody", takes.named(&["resetPassword"])),
        ("413", "The body is larger than 64 KiB.", "ErrorBody", takes.body),
        ("422", "The request is not valid.", "HTTPValidationError", takes.input),
        ("429", "Too many requests or attempts; `Retry-After` says when to come again.", "ErrorBody", takes.limited()),
        ("500", "Something went wrong on our side.", "ErrorBody", true),
        ("503", "Busy; `Retry-After` says when to come again.", "ErrorBody", true),
    ]
}

fn refusals_of_partner(_: &Takes) -> Vec<Refusal> {
    [
        ("400", "The request is not valid; `message` says what is wrong."),
        ("401", "The token is not valid, or the code or `authCode` is wrong, used or expired."),
        ("403", "The request came another way than all must come."),
        ("413", "The body is larger than 64 KiB."),
        ("415", "The body is no JSON."),
        ("429", "Too many requests or attempts; `Retry-After` says when to come again."),
        ("500", "Something went wrong on our side."),
        ("503", "Busy; `Retry-After` says when to come again."),
    ]
    .map(|(status, description)| (status, description, "ErrorBody", true))
    .to_vec()
}

/// The documents by the names of their surfaces: the annotations of their functions, and what all operations share.
pub fn documents() -> [(&'static str, Value); 3] {
    let account = Surface {
        title: "Latchkey: Account API",
        description: "Sign-up, sign-in, one-time codes, sessions, profiles, addresses and privacy requests.",
        parts: vec![
            (account_auth::operations(), account_auth::Document::openapi()),
            (account_session::operations(), account_session::Document::openapi()),
            (account_otp::operations(), account_otp::Document::openapi()),
            (account_profile::operations(), account_profile::Document::openapi()),
            (account_contacts::operations(), account_contacts::Document::openapi()),
            (account_privacy::operations(), account_privacy::Document::openapi()),
        ],
        common: AccountCommon::openapi(),
        refusals: refusals_of_account,
    };
    let phone = Surface {
        title: "Latchkey: Phone API",
        description: "A phone number and a password, and codes by SMS.",
        parts: vec![(phone_auth::operations(), phone_auth::Document::openapi())],
        common: PhoneCommon::openapi(),
        refusals: refusals_of_phone,
    };
    let partner = Surface {
        title: "Latchkey: Partner API",
        description: "A partner's signed-in user proves a phone number, and is linked to the person who has it.",
        parts: vec![(partner_otp::operations(), partner_otp::Document::openapi())],
        common: PartnerCommon::openapi(),
        refusals: refusals_of_partner,
    };
    [("account", account.document()), ("partner", partner.document()), ("phone", phone.document())]
}

impl Surface {
    fn document(self) -> Value {
        let (mut document, mut facts) = (self.common, HashMap::new());
        for (operations, part) in self.parts {
            document.merge(part);
            facts.extend(operations.list().iter().map(|operation| ((operation.path, operation.method.clone()), operation.clone())));
        }
        let mut document = serde_json::to_value(document).unwrap();
        document["info"] = json!({
            "title": self.title,
            "version": env!("CARGO_PKG_VERSION"),
            "description": self.description,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        });
        for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
            drop_defaults(schema);
        }
        for (name, description) in RATE_LIMIT_HEADERS {
            document["components"]["headers"][name] = json!({ "description": description, "schema": { "type": "integer" } });
        }
        let mut schemes = json!({});
        for (path, methods) in document["paths"].as_object_mut().unwrap() {
            for (method, operation) in methods.as_object_mut().unwrap() {
                let method: Method = method.to_uppercase().parse().unwrap();
                let facts = &facts[&(path.as_str(), method)];
                complete(operation, facts, self.refusals);
                if let Some((name, scheme)) = security_scheme(facts.access) {
                    schemes[name] = scheme;
                }
            }
        }
        document["components"]["securitySchemes"] = schemes;
        document
    }
}

/// How a caller proves who they are, where they may.
fn security_scheme(access: Access) -> Option<(&'static str, Value)> {
    match access {
        Access::Public => None,
        Access::AnyBearer | Access::OptionalBearer | Access::Bearer | Access::BearerEvenLeaving => {
            Some(("JwtAuthScheme", json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token." })))
        }
        Access::Partner => Some((
            "PartnerToken",
            json!({ "type": "apiKey", "in": "header", "name": "user-jwt-token", "description": "A JWT that the partner has signed." }),
        )),
    }
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
fn complete(operation: &mut Value, facts: &Operation, refusals: Refusals) {
    let access = facts.access;
    let body = operation.get("requestBody").is_some();
    let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let takes = Takes { name: &name, facts, body, input: body || operation.get("parameters").is_some() };
    for answer in operation["responses"].as_object_mut().unwrap().values_mut() {
        answer["description"] = "Done.".into();
    }
    for (status, description, schema, applies) in refusals(&takes) {
        if applies {
            let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
            operation["responses"][status] = json!({ "description": description, "content": { "application/json": { "schema": schema } } });
        }
    }
    for status in ["429", "503"] {
        if operation["responses"][status].is_object() {
            let seconds = json!({ "description": "Seconds to wait.", "schema": { "type": "integer" } });
            operation["responses"][status]["headers"] = json!({ "Retry-After": seconds });
        }
    }
    // A change of the profile takes a limit where it sends a code.
    if facts.limit.is_some() || takes.named(&["profileUpdate"]) {
        for (_, answer) in operation["responses"].as_object_mut().unwrap().iter_mut().filter(|(status, _)| !status.starts_with('5')) {
            for (name, _) in RATE_LIMIT_HEADERS {
                answer["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
            }
        }
    }
    match access {
        Access::Public => {}
        Access::AnyBearer | Access::OptionalBearer => operation["security"] = json!([{}, { "JwtAuthScheme": [] }]),
        Access::Bearer | Access::BearerEvenLeaving => operation["security"] = json!([{ "JwtAuthScheme": [] }]),
        Access::Partner => operation["security"] = json!([{ "PartnerToken": [] }]),
    }
}

/// The path of a document that a request's path is of: itself, or one with parameters in the place of some segments.
fn described<'a>(document: &'a Value, path: &'a str) -> &'a str {
    let fits = |known: &str| {
        let parameter = |segment: &str| segment.starts_with('{');
        known.split('/').count() == path.split('/').count()
            && known.split('/').zip(path.split('/')).all(|(known, given)| known == given || (parameter(known) && !given.is_empty()))
    };
    let paths = document["paths"].as_object().into_iter().flat_map(serde_json::Map::keys);
    let mut fitting: Vec<&String> = paths.filter(|known| fits(known)).collect();
    fitting.sort_by_key(|known| known.matches('{').count());
    fitting.first().map_or(path, |known| known.as_str())
}

static VALIDATORS: OnceLock<Mutex<HashMap<String, Validator>>> = OnceLock::new();
static DOCUMENTS: OnceLock<[(&str, Value); 3]> = OnceLock::new();

/// Fails the test if the document does not describe the answer.
#[track_caller]
pub(crate) fn check(method: &Method, path: &str, reply: &Reply) {
    let path = path.split('?').next().unwrap_or_default();
    let documents = DOCUMENTS.get_or_init(documents).iter().map(|(_, document)| document);
    let known = documents.map(|document| (document, &document["paths"][described(document, path)][method.as_str().to_lowercase()]));
    let Some((document, operation)) = known.into_iter().find(|(_, operation)| !operation.is_null()) else { return };
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
