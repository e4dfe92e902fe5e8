//! API Gateway: a request becomes an event, the event is answered by the function of its route, the answer becomes a response.
//!
//! - `routes`: which route a request takes
//! - `event`: the event that API Gateway makes of a request (HTTP API, payload format 2.0)
//! - `answer`: the response that it makes of a function's answer

mod answer;
mod event;
mod routes;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use jiff::Timestamp;
use latchkey::clock::Clock;
use latchkey::rng::Rng;

use self::routes::Routes;
use super::function::Function;
use super::template::Route;

/// Largest body that API Gateway takes.
pub const BODY_LIMIT: usize = 10 * 1024 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// Why no gateway can be made.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// A route leads to a function that does not exist.
    #[error("template.yaml: the route {route} leads to {function}, which is no function here")]
    NoSuchFunction {
        /// The route.
        route: String,
        /// What it leads to.
        function: String,
    },
    /// There is nothing for requests that no route takes.
    #[error("template.yaml: there is no route $default")]
    NoDefault,
}

/// The API Gateway of one API. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    routes: Arc<Routes>,
    address: Arc<Address>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

/// The address under which the API is called.
struct Address {
    domain: String,
    port: String,
    scheme: String,
}

/// What API Gateway knows of a request besides the request.
struct Arrival {
    source_ip: IpAddr,
    request_id: String,
    time: Timestamp,
}

impl Gateway {
    /// A gateway with these routes to these functions. `base_url` is where it is called: functions learn it from there, never from
    /// a request.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub fn new(
        routes: &[Route],
        functions: &BTreeMap<&'static str, Function>,
        base_url: &str,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, GatewayError> {
        let routes = Arc::new(Routes::new(routes, functions)?);
        Ok(Self { routes, address: Arc::new(Address::of(base_url)), clock, rng })
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<Bytes>, source_ip: IpAddr) -> Response<Bytes> {
        let arrival = Arrival { source_ip, request_id: self.request_id(), time: self.clock.now() };
        let mut response = self.answer(&request, &arrival).await;
        if let Ok(id) = HeaderValue::from_str(&arrival.request_id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    async fn answer(&self, request: &Request<Bytes>, arrival: &Arrival) -> Response<Bytes> {
        if request.body().len() > BODY_LIMIT {
            return too_large();
        }
        let path = event::decoded_path(request.uri());
        let taken = self.routes.take(request.method(), &path);
        let event = event::event(request, &path, &taken, arrival, &self.address);
        let answered = taken.function.invoke(event).await.and_then(answer::response);
        answered.unwrap_or_else(|error| {
            tracing::error!(operation = taken.key, error = error.as_ref() as &dyn std::error::Error, "a function failed");
            refuse(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        })
    }

    /// An id of the form that API Gateway gives: 11 bytes in base64url.
    fn request_id(&self) -> String {
        data_encoding::BASE64URL.encode(&self.rng.bytes::<11>())
    }
}

impl Address {
    fn of(base_url: &str) -> Self {
        let (scheme, rest) = base_url.split_once("://").unwrap_or(("https", base_url));
        let domain = rest.split('/').next().unwrap_or_default();
        let usual = if scheme == "http" { "80" } else { "443" };
        let port = domain.rsplit_once(':').map_or(usual, |(_, port)| port);
        Self { domain: domain.to_owned(), port: port.to_owned(), scheme: scheme.to_owned() }
    }
}

/// API Gateway's own refusal of a body that is too large.
#[must_use]
pub fn too_large() -> Response<Bytes> {
    refuse(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large")
}

fn refuse(status: StatusCode, message: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(serde_json::json!({ "message": message }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::{Value, json};

    use super::*;
    use crate::serve::function::FunctionError;
    use crate::serve::template::RouteKey;
    use crate::serve::testing;

    /// A gateway with one function behind all routes.
    fn gateway<A>(answer: A) -> Gateway
    where
        A: Fn(Value) -> Result<Value, FunctionError> + Send + Sync + 'static,
    {
        let path = |method, path: &str| RouteKey::Path { method: Some(method), path: path.to_owned() };
        let keys = [path(Method::POST, "/v1/auth/login"), path(Method::GET, "/v1/items/{id}"), RouteKey::Default];
        let routes = keys.map(|key| Route { key, function: "one".to_owned() });
        let function = Function::new(move |event| {
            let answered = answer(event);
            async move { answered }
        });
        Gateway::new(&routes, &[("one", function)].into(), "https://accounts.example.com", testing::clock(), testing::rng()).unwrap()
    }

    fn request(method: &str, uri: &str) -> http::request::Builder {
        Request::builder().method(method).uri(uri)
    }

    async fn send(gateway: &Gateway, request: Request<Bytes>) -> Response<Bytes> {
        gateway.handle(request, [192, 0, 2, 7].into()).await
    }

    /// The event that a request becomes.
    async fn event(request: Request<Bytes>) -> Value {
        let echo = gateway(|event| Ok(json!({ "statusCode": 200, "body": event.to_string() })));
        serde_json::from_slice(send(&echo, request).await.body()).unwrap()
    }

    async fn response(answer: Value) -> Response<Bytes> {
        let gateway = gateway(move |_| Ok(answer.clone()));
        send(&gateway, request("GET", "/").body(Bytes::new()).unwrap()).await
    }

    #[tokio::test]
    async fn an_event_is_what_api_gateway_makes() {
        let request = request("POST", "/v1/auth/login?a=1&b=x%20y&a=2&c")
            .header("Host", "evil.example")
            .header("User-Agent", "curl/8")
            .header("X-Many", "one")
            .header("X-Many", "two")
            .header("Content-Type", "application/json")
            .header("Cookie", "a=1; b=2")
            .header("Cookie", "c=3")
            .body(Bytes::from(r#"{"email":"ä"}"#))
            .unwrap();
        let event = event(request).await;
        let id = event["requestContext"]["requestId"].as_str().unwrap().to_owned();
        assert_eq!(id.len(), 16);
        let expected = json!({
            "version": "2.0",
            "routeKey": "POST /v1/auth/login",
            "rawPath": "/v1/auth/login",
            "rawQueryString": "a=1&b=x%20y&a=2&c",
            "cookies": ["a=1", "b=2", "c=3"],
            "headers": {
                "content-type": "application/json",
                "host": "accounts.example.com",
                "user-agent": "curl/8",
                "x-forwarded-for": "192.0.2.7",
                "x-forwarded-port": "443",
                "x-forwarded-proto": "https",
                "x-many": "one,two",
            },
            "queryStringParameters": { "a": "1,2", "b": "x y", "c": "" },
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "local",
                "domainName": "accounts.example.com",
                "domainPrefix": "accounts",
                "http": {
                    "method": "POST",
                    "path": "/v1/auth/login",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.7",
                    "userAgent": "curl/8",
                },
                "requestId": id,
                "routeKey": "POST /v1/auth/login",
                "stage": "$default",
                "time": "02/Jan/2026:03:04:05 +0000",
                "timeEpoch": 1_767_323_045_000_i64,
            },
            "body": r#"{"email":"ä"}"#,
            "isBase64Encoded": false,
        });
        assert_eq!(event, expected);
    }

    #[tokio::test]
    async fn a_path_is_decoded_once() {
        for (sent, received) in [
            ("/v1/a%20b", "/v1/a b"),
            ("/v1/%2541", "/v1/%41"),
            ("/v1/%C3%A4+", "/v1/ä+"),
            ("/v1/%zz%2", "/v1/%zz%2"),
            ("/v1/%3Fx%23", "/v1/?x#"),
            ("/v1/../%2e%2E", "/v1/../.."),
        ] {
            let event = event(request("GET", sent).body(Bytes::new()).unwrap()).await;
            assert_eq!(event["rawPath"], received);
            assert_eq!(event["requestContext"]["http"]["path"], received);
            assert_eq!(event["routeKey"], "$default");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_no_text_is_in_base64() {
        for (kind, body, encoded) in [
            (Some("application/json"), b"\xff\xfe".as_slice(), true),
            (Some("application/json; charset=utf-8"), b"{}", false),
            (Some("application/octet-stream"), b"abc", true),
            (Some("application/x-www-form-urlencoded"), b"a=1", true),
            (Some("text/plain"), b"abc", false),
            (None, b"abc", false),
        ] {
            let mut builder = request("POST", "/v1/auth/login");
            if let Some(kind) = kind {
                builder = builder.header("content-type", kind);
            }
            let event = event(builder.body(Bytes::copy_from_slice(body)).unwrap()).await;
            assert_eq!(event["isBase64Encoded"], encoded, "{kind:?}");
            let received = event["body"].as_str().unwrap();
            let bytes = if encoded { data_encoding::BASE64.decode(received.as_bytes()).unwrap() } else { received.into() };
            assert_eq!(bytes, body);
        }
    }

    #[tokio::test]
    async fn an_event_has_nothing_that_a_request_has_not() {
        let event = event(request("HEAD", "/v1/auth/login").body(Bytes::new()).unwrap()).await;
        assert_eq!(event["routeKey"], "$default");
        assert_eq!(event["rawQueryString"], "");
        for absent in ["cookies", "queryStringParameters", "pathParameters", "body"] {
            assert!(event.get(absent).is_none(), "{absent}");
        }
    }

    #[tokio::test]
    async fn a_route_with_parameters_tells_them() {
        let event = event(request("GET", "/v1/items/a%20b").body(Bytes::new()).unwrap()).await;
        assert_eq!(event["routeKey"], "GET /v1/items/{id}");
        assert_eq!(event["pathParameters"], json!({ "id": "a b" }));
    }

    #[tokio::test]
    async fn an_answer_becomes_a_response() {
        let response = response(json!({
            "statusCode": 201,
            "headers": { "Content-Type": "text/plain", "Content-Length": "1", "x-number": 7 },
            "multiValueHeaders": { "x-ignored": ["a"] },
            "cookies": ["a=1; Path=/", "b=2"],
            "body": "aGVsbG8=",
            "isBase64Encoded": true,
        }))
        .await;
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["content-type"], "text/plain");
        assert_eq!(response.headers()["x-number"], "7");
        assert!(!response.headers().contains_key("x-ignored") && !response.headers().contains_key("content-length"));
        assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1; Path=/", "b=2"]);
        assert_eq!(response.body(), "hello");
        assert!(response.headers().contains_key("apigw-requestid"));
    }

    #[tokio::test]
    async fn a_function_that_fails_panics_or_answers_nonsense_is_500() {
        let failing: [fn(Value) -> Result<Value, FunctionError>; 4] = [
            |_| Err("broken".into()),
            |_| panic!("told to"),
            |_| Ok(json!({ "no": "status" })),
            |_| Ok(json!({ "statusCode": 200, "headers": { "bad name": "x" } })),
        ];
        for answer in failing {
            let response = send(&gateway(answer), request("GET", "/").body(Bytes::new()).unwrap()).await;
            assert_eq!(response.status(), 500);
            assert_eq!(response.body(), r#"{"message":"Internal Server Error"}"#);
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_reaches_no_function() {
        let gateway = gateway(|_| panic!("must not be called"));
        let body = Bytes::from(vec![b'a'; BODY_LIMIT + 1]);
        let response = send(&gateway, request("POST", "/v1/auth/login").body(body).unwrap()).await;
        assert_eq!(response.status(), 413);
        assert_eq!(response.body(), r#"{"message":"Request Entity Too Large"}"#);
    }

    #[test]
    fn a_route_to_nowhere_is_found_at_the_start() {
        let route = Route { key: RouteKey::Default, function: "two".to_owned() };
        let error = Gateway::new(&[route], &BTreeMap::new(), "http://127.0.0.1:3000", testing::clock(), testing::rng());
        assert!(error.is_err_and(|error| error.to_string().contains("leads to two")));
        let none = Gateway::new(&[], &BTreeMap::new(), "http://127.0.0.1:3000", testing::clock(), testing::rng());
        assert!(none.is_err_and(|error| error.to_string().contains("$default")));
    }
}
