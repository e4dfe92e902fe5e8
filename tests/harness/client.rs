//! A client of the API: requests as a surface's clients send them, and what comes back.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use latchkey_cli::serve::gateway::Gateway;
use serde_json::Value;

use crate::{TestApp, document};

/// A caller somewhere, with or without a token.
#[derive(Clone)]
pub struct Client {
    gateway: Gateway,
    address: IpAddr,
    headers: HeaderMap,
}

impl Client {
    pub(crate) fn new(gateway: Gateway, address: &str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("accounts.example.com"));
        headers.insert("user-agent", HeaderValue::from_static("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"));
        Self { gateway, address: address.parse().unwrap(), headers }
    }

    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        self.address = address.parse().unwrap();
        self
    }

    #[must_use]
    pub fn header(&self, name: &'static str, value: &str) -> Self {
        let mut with = self.clone();
        with.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        with
    }

    #[must_use]
    pub fn with_bearer(&self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, Bytes::new(), false).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let json = !body.is_empty();
        self.send(Method::POST, path, body, json).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Bytes::from(body.to_string()), true).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, Bytes::new(), false).await
    }

    /// A request with a body where the method has one; the path's parameters are 1.
    pub async fn call(&self, method: &Method, path: &str, body: Value) -> Reply {
        let segments = path.split('/').map(|segment| if segment.starts_with('{') { "1" } else { segment });
        let path = &segments.collect::<Vec<_>>().join("/");
        match *method {
            Method::GET => self.get(path).await,
            Method::DELETE => self.delete(path).await,
            Method::PUT => self.put(path, body).await,
            _ => self.post(path, body).await,
        }
    }

    pub async fn post_text(&self, path: &str, body: &str) -> Reply {
        self.send(Method::POST, path, Bytes::from(body.to_owned()), true).await
    }

    fn request(&self, method: Method, path: &str, body: Bytes, json: bool) -> http::Request<Bytes> {
        let mut request = http::Request::builder().method(method).uri(path).body(body).unwrap();
        *request.headers_mut() = self.headers.clone();
        if json {
            request.headers_mut().entry("content-type").or_insert(HeaderValue::from_static("application/json"));
        }
        request
    }

    /// Sends one request and tells how long its answer took. For measuring: the answer is not held against the document.
    pub async fn timed(&self, method: Method, path: &str, body: &Value) -> (Duration, Reply) {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let json = !body.is_empty();
        let request = self.request(method, path, body, json);
        let started = Instant::now();
        let (parts, body) = self.gateway.handle(request, self.address).await.into_parts();
        let took = started.elapsed();
        let body = serde_json::from_slice(&body).expect("the answer is JSON");
        (took, Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    /// A request whose answer is a file: status, headers and bytes as they come.
    pub async fn fetch(&self, path: &str) -> (u16, HeaderMap, Bytes) {
        let response = self.gateway.handle(self.request(Method::GET, path, Bytes::new(), false), self.address).await;
        let (parts, body) = response.into_parts();
        (parts.status.as_u16(), parts.headers, body)
    }

    /// The same caller with the same token, who comes to another instance.
    #[must_use]
    pub fn at(&self, app: &TestApp) -> Self {
        Self { gateway: app.account().gateway, ..self.clone() }
    }

    /// A request with that body, or with none.
    pub async fn ask(&self, method: Method, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let json = !body.is_empty();
        self.send(method, path, body, json).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes, json: bool) -> Reply {
        let request = self.request(method.clone(), path, body, json);
        let response = self.gateway.handle(request, self.address).await;
        Reply::read(response, &method, path)
    }
}

/// An answer. It is held against the surface's OpenAPI document as soon as it is read.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    fn read(response: http::Response<Bytes>, method: &Method, path: &str) -> Self {
        let (parts, body) = response.into_parts();
        let json = parts.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        assert!(json, "{method} {path} answered {} with {:?}", parts.status, parts.headers);
        let body = serde_json::from_slice(&body).expect("the answer is JSON");
        let reply = Self { status: parts.status.as_u16(), headers: parts.headers, body };
        document::check(method, path, &reply);
        reply
    }

    /// The answer itself, if its status is that; the test fails otherwise.
    #[track_caller]
    pub fn assert_status(&self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self.clone()
    }

    #[track_caller]
    pub fn assert_ok(&self) -> &Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    /// An error of the Account API: status, code, and the shape that every one has.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.body["error"]["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.body["success"], false);
        assert!(self.body["error"]["message"].as_str().is_some_and(|text| text.ends_with('.')));
        assert!(self.body["error"]["details"].is_array());
        self.clone()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Status, headers and body as one text, without what names the request, the address or the moment.
    pub fn comparable(&self, address: &str) -> String {
        let mut headers: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| !["x-request-id", "apigw-requestid", "x-ratelimit-remaining", "content-length"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        let mut body = self.body.clone();
        if body["error"]["request_id"].is_string() {
            body["error"]["request_id"] = Value::Null;
        }
        format!("{}\n{}\n{body}", self.status, headers.join("\n")).replace(address, "ADDRESS")
    }

    #[track_caller]
    pub fn token(&self) -> &str {
        self.body["access_token"].as_str().expect("an access token")
    }

    #[track_caller]
    pub fn refresh_token(&self) -> &str {
        self.body["refresh_token"].as_str().expect("a refresh token")
    }

    fn part(&self, index: usize) -> Value {
        let part = self.token().split('.').nth(index).unwrap();
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    }

    pub fn claims(&self) -> Value {
        self.part(1)
    }

    pub fn key_id(&self) -> Value {
        self.part(0)["kid"].clone()
    }

    pub fn algorithm(&self) -> Value {
        self.part(0)["alg"].clone()
    }

    /// The access token with a claim changed and the signature kept.
    pub fn tampered_token(&self) -> String {
        let mut parts: Vec<String> = self.token().split('.').map(str::to_owned).collect();
        let mut claims = self.claims();
        claims["roles"] = serde_json::json!(["admin"]);
        parts[1] = BASE64URL_NOPAD.encode(claims.to_string().as_bytes());
        parts.join(".")
    }
}
