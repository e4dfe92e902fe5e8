//! Events of API Gateway: whatever is in one, each function answers, with a status that its document knows.
//!
//! The input reads like an HTTP request, so that seeds can be written by hand:
//!
//! ```text
//! <function> <method> <rawPath>?<rawQueryString>[ base64]
//! <header>: <value>
//!
//! <body>
//! ```
//!
//! The table is out of reach: what asks for it is 503, and only there.

#![no_main]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use latchkey::app::App;
use latchkey::clock::SystemClock;
use latchkey::config::Config;
use latchkey::runtime::HttpFunction;
use latchkey_fuzz::{NoChance, SECRET};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made"));
static FUNCTIONS: LazyLock<Vec<HttpFunction>> = LazyLock::new(|| {
    let app = app();
    let all = [
        discovery::operations(),
        account_session::operations(),
        account_auth::operations(),
        account_contacts::operations(),
        account_profile::operations(),
        account_otp::operations(),
        phone_auth::operations(),
        partner_otp::operations(),
    ];
    all.into_iter().map(|operations| HttpFunction::new(operations, app.clone())).collect()
});
static DOCUMENTS: LazyLock<[Value; 3]> = LazyLock::new(|| {
    [
        include_str!("../../functions/discovery/openapi/account.json"),
        include_str!("../../functions/discovery/openapi/phone.json"),
        include_str!("../../functions/discovery/openapi/partner.json"),
    ]
    .map(|text| serde_json::from_str(text).expect("the document is JSON"))
});
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Counts what would go to the table.
#[derive(Debug)]
struct Counter;

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        ASKED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn app() -> App {
    let variable = |name: &str| {
        let value = match name {
            "LATCHKEY_TABLE" => "nowhere",
            "LATCHKEY_SECRET" => SECRET,
            "LATCHKEY_DYNAMODB_ENDPOINT" => "http://127.0.0.1:1",
            "AWS_REGION" => "eu-central-1",
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "none",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let config = Config::read(&variable).expect("the configuration is right");
    App::with(config, Arc::new(SystemClock), Arc::new(NoChance), |config| {
        latchkey::dynamodb_config(config).retry_config(RetryConfig::disabled()).interceptor(Counter)
    })
}

/// An event, and the function that it goes to.
fn read(text: &str) -> Option<(&'static HttpFunction, Value)> {
    let (head, body) = text.split_once("\n\n").map_or((text, None), |(head, body)| (head, Some(body)));
    let mut lines = head.split('\n');
    let mut words = lines.next()?.splitn(3, ' ');
    let (name, method, target) = (words.next()?, words.next()?, words.next()?);
    let function = FUNCTIONS.iter().find(|function| function.name() == name)?;
    let (target, base64) = target.strip_suffix(" base64").map_or((target, false), |target| (target, true));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Map<String, Value> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.into())).collect();
    let mut event = json!({
        "version": "2.0",
        "routeKey": format!("{method} {path}"),
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "fuzz",
            "domainName": "accounts.example.com",
            "domainPrefix": "accounts",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.10", "userAgent": "fuzz" },
            "requestId": "fuzz",
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": 1_767_225_600_000_u64
        },
        "isBase64Encoded": base64,
    });
    if let Some(body) = body {
        event["body"] = body.into();
    }
    Some((function, event))
}

/// Whether an answer may have that status: as the document says, or as every route that is none.
fn is_known(event: &Value, status: u64) -> bool {
    let path = event["rawPath"].as_str().unwrap_or_default();
    // HEAD is answered as GET; no method at all, which API Gateway never says, is taken for GET.
    let method = match event["requestContext"]["http"]["method"].as_str().unwrap_or_default() {
        "" | "HEAD" => "get".to_owned(),
        method => method.to_lowercase(),
    };
    let operations = DOCUMENTS.iter().map(|document| &document["paths"][path][&method]);
    let operation = operations.into_iter().find(|operation| operation.is_object()).unwrap_or(&Value::Null);
    // Elsewhere each surface refuses in its own way what cannot be read, or leads nowhere.
    let refusals: &[u64] = if path.starts_with("/v1/") { &[400, 404] } else { &[400, 404, 422] };
    operation["responses"][status.to_string()].is_object() || refusals.contains(&status) || (operation.is_null() && status == 200)
}

fuzz_target!(|data: &[u8]| {
    let Some((function, event)) = read(&String::from_utf8_lossy(data)) else { return };
    let before = ASKED.load(Ordering::Relaxed);
    let invoked = RUNTIME.block_on(function.invoke(event.clone()));
    let asked = ASKED.load(Ordering::Relaxed) > before;
    // A method that is none is no event of API Gateway's; everything else is answered.
    let Ok(answer) = invoked else {
        let method = event["requestContext"]["http"]["method"].as_str().unwrap_or_default();
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let told = invoked.err().map(|error| error.to_string());
        assert!(method.is_empty() || !method.bytes().all(token) || !headers_are_readable(&event), "{told:?}: {event}");
        return;
    };
    let status = answer["statusCode"].as_u64().expect("an answer has a status");
    assert!(status < 500 || (status == 503 && asked), "{status}: {event}");
    assert!(status == 503 || is_known(&event, status), "{status}: {event}");
    let body = answer["body"].as_str().expect("an answer has a body");
    serde_json::from_str::<Value>(body).unwrap_or_else(|error| panic!("{error}: {event}"));
});

/// API Gateway hands on no header that HTTP does not know.
fn headers_are_readable(event: &Value) -> bool {
    let headers = event["headers"].as_object().into_iter().flatten();
    let name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    let value = |value: &Value| value.as_str().is_some_and(|value| value.bytes().all(|byte| byte == b'\t' || (byte >= 32 && byte != 127)));
    headers.into_iter().all(|(key, text)| name(key) && value(text))
}
