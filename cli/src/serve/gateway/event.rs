//! The event that API Gateway makes of a request (HTTP API, payload format 2.0).

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::routes::Taken;
use super::{Address, Arrival};

const ACCOUNT: &str = "000000000000";
const API: &str = "local";
const STAGE: &str = "$default";
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The path as API Gateway tells it: percent-decoded, once.
pub(super) fn decoded_path(uri: &Uri) -> Cow<'_, str> {
    percent_decode_str(uri.path()).decode_utf8_lossy()
}

/// The event of a request.
pub(super) fn event(request: &Request<Bytes>, path: &str, taken: &Taken<'_>, arrival: &Arrival, address: &Address) -> Value {
    let query = request.uri().query().unwrap_or_default();
    let (body, is_base64_encoded) = body(request);
    let mut event = json!({
        "version": "2.0",
        "routeKey": taken.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(request.headers(), arrival, address),
        "requestContext": context(request, path, taken, arrival, address),
        "isBase64Encoded": is_base64_encoded,
    });
    // What a request does not have is not in its event either.
    let optional = [
        ("cookies", cookies(request.headers())),
        ("queryStringParameters", parameters(query)),
        ("pathParameters", (!taken.parameters.is_empty()).then(|| json!(taken.parameters))),
        ("body", body.map(Value::String)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            event[name] = value;
        }
    }
    event
}

fn context(request: &Request<Bytes>, path: &str, taken: &Taken<'_>, arrival: &Arrival, address: &Address) -> Value {
    json!({
        "accountId": ACCOUNT,
        "apiId": API,
        "domainName": address.domain,
        "domainPrefix": address.domain.split('.').next(),
        "http": {
            "method": request.method().as_str(),
            "path": path,
            "protocol": format!("{:?}", request.version()),
            "sourceIp": arrival.source_ip.to_string(),
            "userAgent": request.headers().get(USER_AGENT).map(text).unwrap_or_default(),
        },
        "requestId": arrival.request_id,
        "routeKey": taken.key,
        "stage": STAGE,
        "time": arrival.time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "timeEpoch": arrival.time.as_millisecond(),
    })
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// Header names are lower-cased, repeated headers joined. Cookies stand elsewhere, and the host is the one that the API has.
fn headers(headers: &HeaderMap, arrival: &Arrival, address: &Address) -> Value {
    let mut joined = Map::new();
    for name in headers.keys().filter(|name| **name != COOKIE) {
        let values: Vec<_> = headers.get_all(name).iter().map(text).collect();
        joined.insert(name.as_str().to_owned(), json!(values.join(",")));
    }
    let before = joined.get(FORWARDED_FOR.as_str()).and_then(Value::as_str);
    let forwarded = before.map_or_else(|| arrival.source_ip.to_string(), |before| format!("{before}, {}", arrival.source_ip));
    joined.insert(FORWARDED_FOR.to_string(), json!(forwarded));
    joined.insert("x-forwarded-port".to_owned(), json!(address.port));
    joined.insert("x-forwarded-proto".to_owned(), json!(address.scheme));
    joined.insert(HOST.to_string(), json!(address.domain));
    Value::Object(joined)
}

fn cookies(headers: &HeaderMap) -> Option<Value> {
    let lines: Vec<_> = headers.get_all(COOKIE).iter().map(text).collect();
    let cookies: Vec<&str> = lines.iter().flat_map(|line| line.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty()).collect();
    (!cookies.is_empty()).then(|| json!(cookies))
}

fn parameters(query: &str) -> Option<Value> {
    let mut parameters = BTreeMap::<String, String>::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let joined = parameters.entry(name.into_owned());
        joined.and_modify(|values| *values = format!("{values},{value}")).or_insert_with(|| value.into_owned());
    }
    (!parameters.is_empty()).then(|| json!(parameters))
}

fn body(request: &Request<Bytes>) -> (Option<String>, bool) {
    let bytes = request.body();
    if bytes.is_empty() {
        return (None, false);
    }
    match str::from_utf8(bytes) {
        Ok(text) if is_text(request.headers()) => (Some(text.to_owned()), false),
        _ => (Some(data_encoding::BASE64.encode(bytes)), true),
    }
}

/// What API Gateway takes for text; everything else, forms too, it encodes.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE) else { return true };
    let kind = text(kind).to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") || matches!(kind, "application/json" | "application/javascript" | "application/xml")
}
