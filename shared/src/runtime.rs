//! The edge: Lambda events in, answers out. What lies between this and the handlers is the same deployed, locally and in tests.

use std::future::{Future, ready};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpRequestContext};
use axum::Router;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use jiff::Timestamp;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, Error, LambdaEvent, Request};
use serde_json::Value;
use tower::{ServiceExt, service_fn};

use crate::app::App;
use crate::caller::{Caller, Quota};
use crate::config::{Config, ConfigError, Edge};
use crate::dialect;
use crate::domain::locale::Locale;
use crate::domain::surface::Surface;
use crate::flow::limits;
use crate::http::{Fault, Operation, Operations};
use crate::network::Network;
use crate::reason::{Problem, Reason};
use crate::secret;
use crate::telemetry::{self, Metric};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const EDGE_SECRET: HeaderName = HeaderName::from_static("x-latchkey-edge");
const VIEWER_ADDRESS: HeaderName = HeaderName::from_static("cloudfront-viewer-address");
/// The prefix binds the cookie to this host and to TLS (RFC 6265bis section 4.1.3.2).
const DEVICE_COOKIE: &str = "__Host-latchkey-device";
const DEVICE_COOKIE_ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=34560000";
/// A function may be frozen before its first event with a request on the way: its connection is then gone, and waiting for it in vain.
const WARM_UP: Duration = Duration::from_secs(1);

/// A function that answers HTTP requests, as Lambda calls it: an API Gateway event in, a response event out.
#[derive(Clone)]
pub struct HttpFunction {
    name: &'static str,
    app: App,
    operations: Arc<[Operation]>,
    router: Router,
}

/// What the event tells besides the request itself.
struct Envelope {
    route: String,
    request_id: String,
    caller: Caller,
    /// Whether it is known where it comes from.
    has_source: bool,
}

impl HttpFunction {
    /// The function with these operations.
    #[must_use]
    pub fn new(operations: Operations, app: App) -> Self {
        let (name, list) = (operations.name(), operations.list().into());
        let router = operations.into_router(app.clone()).fallback(nothing_here).method_not_allowed_fallback(nothing_here);
        Self { name, app, operations: list, router }
    }

    /// The function's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Answers one event of an API Gateway HTTP API (payload format 2.0).
    ///
    /// # Errors
    /// If the event is none of API Gateway's, or the answer cannot be made into one.
    pub async fn invoke(&self, event: Value) -> Result<Value, Error> {
        let mut event: ApiGatewayV2httpRequest = serde_json::from_value(event)?;
        let source = source(&event, &self.app.config.edge);
        let envelope = Arc::new(Envelope::of(&event, source.as_ref().ok(), &self.app.config));
        let unreadable = make_readable(&mut event).and(source).err();
        let service = service_fn(|request: Request| {
            let (this, envelope, unreadable) = (self.clone(), Arc::clone(&envelope), unreadable.clone());
            async move { whole(this.answer(request, &envelope, unreadable).await).await }
        });
        let request = LambdaEvent::new(LambdaRequest::ApiGatewayV2(event), Context::default());
        let answer = Adapter::from(service).oneshot(request).await?;
        Ok(serde_json::to_value(answer)?)
    }

    async fn answer(&self, mut request: Request, envelope: &Envelope, unreadable: Option<Problem>) -> Response {
        let started = Instant::now();
        request.extensions_mut().insert(envelope.caller.clone());
        let mut response = match unreadable {
            Some(problem) => Fault(problem).into_response(),
            None => AssertUnwindSafe(self.router.clone().oneshot(request)).catch_unwind().await.map_or_else(
                |_| Fault(Problem::new(Reason::Internal)).into_response(),
                |handled| handled.unwrap_or_else(|never| match never {}),
            ),
        };
        let problem = match response.extensions_mut().remove::<Problem>() {
            Some(problem) if envelope.has_source => Some(self.counted(problem, envelope).await),
            problem => problem,
        };
        let mut response = match &problem {
            Some(problem) => refused(problem, envelope),
            None => response,
        };
        add_common_headers(&mut response, envelope);
        log(&response, problem.as_ref(), envelope, started);
        response
    }

    /// Counts a request that was refused before its flow took the operation's limit.
    async fn counted(&self, problem: Problem, envelope: &Envelope) -> Problem {
        let operation = self.operations.iter().find(|operation| operation.is_of(&envelope.route));
        let uncounted = envelope.caller.quota().is_none() && !matches!(problem.reason, Reason::Internal | Reason::Unavailable);
        match operation.and_then(|operation| operation.limit).filter(|_| uncounted) {
            Some(limit) => limits::take_late(&self.app, limit, &envelope.caller).await.map_or_else(Problem::from, |()| problem),
            None => problem,
        }
    }
}

impl Envelope {
    fn of(event: &ApiGatewayV2httpRequest, source: Option<&Network>, config: &Config) -> Self {
        let context = &event.request_context;
        let text = |name| event.headers.get(name).and_then(|value| value.to_str().ok());
        let path = event.raw_path.clone().unwrap_or_default();
        let network = source.cloned().unwrap_or_else(|| Network::parse(""));
        let mut caller = Caller::new(network, base_url(context, config), Surface::of_path(&path));
        caller.user_agent = text(header::USER_AGENT).map(str::to_owned);
        caller.device = event.cookies.iter().flatten().find_map(|cookie| device_cookie(cookie));
        caller.locale = text(header::ACCEPT_LANGUAGE).and_then(Locale::of_header);
        Self {
            route: event.route_key.clone().unwrap_or_default(),
            request_id: context.request_id.clone().unwrap_or_default(),
            caller,
            has_source: source.is_some(),
        }
    }
}

fn device_cookie(cookie: &str) -> Option<String> {
    let (name, value) = cookie.split_once('=')?;
    (name.trim() == DEVICE_COOKIE).then(|| value.trim().to_owned())
}

/// The network that a request comes from: what API Gateway sees, or what CloudFront tells, if that is declared and proves itself.
/// No other header is asked: whoever sends a request writes its headers.
fn source(event: &ApiGatewayV2httpRequest, edge: &Edge) -> Result<Network, Problem> {
    match edge {
        Edge::None => Ok(Network::parse(event.request_context.http.source_ip.as_deref().unwrap_or_default())),
        Edge::CloudFront(secret) => {
            let given = event.headers.get(EDGE_SECRET).map(HeaderValue::as_bytes).unwrap_or_default();
            if !secret::equal(given, secret.as_bytes()) {
                return Err(Problem::new(Reason::Forbidden));
            }
            let viewer = event.headers.get(VIEWER_ADDRESS).and_then(|address| address.to_str().ok()).unwrap_or_default();
            let address = viewer.rsplit_once(':').map_or("", |(address, _)| address);
            Ok(Network::parse(address.trim_start_matches('[').trim_end_matches(']')))
        }
    }
}

/// The origin that the request was sent to: what is configured, or what the gateway says; never a header.
fn base_url(context: &ApiGatewayV2httpRequestContext, config: &Config) -> String {
    let from_gateway = || format!("https://{}", context.domain_name.as_deref().unwrap_or_default());
    config.base_url.clone().unwrap_or_else(from_gateway)
}

/// Leaves nothing in an event that `lambda_http` would stumble over: it resolves dot segments, splits a decoded path at `?` a
/// second time, puts the Host header into the URI, and panics where the result is none, as it does where a body is not encoded as the
/// event says. What no path of ours has is refused.
fn make_readable(event: &mut ApiGatewayV2httpRequest) -> Result<(), Problem> {
    let host = event.request_context.domain_name.as_deref().and_then(|host| HeaderValue::from_str(host).ok());
    event.headers.insert(header::HOST, host.unwrap_or(HeaderValue::from_static("localhost")));
    let query = event.raw_query_string.as_deref().unwrap_or_default();
    let readable = if !is_plain_path(event.raw_path.as_deref().unwrap_or_default()) {
        Err(Problem::new(Reason::NotFound))
    } else if !is_query(query) {
        Err(Problem::field(Reason::InvalidRequest, "query", "must be percent-encoded"))
    } else if event.is_base64_encoded && !event.body.as_deref().is_none_or(is_base64) {
        Err(Problem::field(Reason::InvalidRequest, "body", "must be well-formed base64"))
    } else {
        Ok(())
    };
    if readable.is_err() {
        event.raw_path = Some("/".to_owned());
        (event.raw_query_string, event.body) = (None, None);
    }
    readable
}

/// Whether a text is base64 (RFC 4648 section 4) in one piece: our decoder takes pieces one after another, that of `lambda_http` does not.
fn is_base64(text: &str) -> bool {
    data_encoding::BASE64.decode(text.as_bytes()).is_ok() && !text.trim_end_matches('=').contains('=')
}

/// Whether a raw query is one (RFC 3986 section 3.4): every `%` begins an encoded byte.
fn is_query(query: &str) -> bool {
    let encoded = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    let in_uri = !query.contains('#') && PathAndQuery::try_from(format!("/?{query}")).is_ok();
    in_uri && query.split('%').skip(1).all(encoded)
}

/// Whether a decoded path has only characters that stand for themselves in a URI (RFC 3986 section 3.3), and no dot segments.
fn is_plain_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte);
    path.starts_with('/') && path.bytes().all(plain) && !path.split('/').any(|segment| segment == "." || segment == "..")
}

/// An answer with its body in one piece, as the event carries it: as text, or byte for byte where it is none. Left to itself, `lambda_http`
/// would go by the content type, and make text of a part of one that ends amid a character.
struct Whole(axum::http::Response<lambda_http::Body>);

impl lambda_http::IntoResponse for Whole {
    fn into_response(self) -> Pin<Box<dyn Future<Output = axum::http::Response<lambda_http::Body>> + Send>> {
        Box::pin(ready(self.0))
    }
}

async fn whole(response: Response) -> Result<Whole, Error> {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await?.to_bytes().to_vec();
    let body = String::from_utf8(bytes).map_or_else(|binary| lambda_http::Body::Binary(binary.into_bytes()), lambda_http::Body::Text);
    Ok(Whole(axum::http::Response::from_parts(parts, body)))
}

async fn nothing_here() -> Fault {
    Problem::new(Reason::NotFound).into()
}

fn refused(problem: &Problem, envelope: &Envelope) -> Response {
    let mut response = dialect::of(envelope.caller.surface).refuse(problem, &envelope.request_id);
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn add_common_headers(response: &mut Response, envelope: &Envelope) {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&envelope.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(Quota { limit, remaining, reset }) = envelope.caller.quota() {
        headers.insert(RATE_LIMIT, HeaderValue::from(limit));
        headers.insert(RATE_REMAINING, HeaderValue::from(remaining));
        headers.insert(RATE_RESET, HeaderValue::from(reset.as_second()));
    }
    let device = envelope.caller.device_to_keep().map(|value| format!("{DEVICE_COOKIE}={value}; {DEVICE_COOKIE_ATTRIBUTES}"));
    if let Some(cookie) = device.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// One line for each request. A refusal's causes are told here and nowhere else.
fn log(response: &Response, problem: Option<&Problem>, envelope: &Envelope, started: Instant) {
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    let reason = problem.map(|problem| format!("{:?}", problem.reason));
    let causes = problem.and_then(|problem| problem.source.as_deref()).map(|source| telemetry::causes(source)).unwrap_or_default();
    let Envelope { request_id, route, .. } = envelope;
    if let Some(reason) = &reason {
        telemetry::count(Metric::Refusals, &[("reason", reason.as_str()), ("operation", route)]);
    }
    if problem.is_some_and(|problem| problem.reason == Reason::Unavailable) {
        telemetry::count(Metric::Throttles, &[("operation", route)]);
    }
    if status >= 500 {
        tracing::error!(request.id = request_id, operation = route, status, elapsed_ms, reason, causes, "failed");
    } else {
        tracing::info!(request.id = request_id, operation = route, status, elapsed_ms, reason, causes, "answered");
    }
}

/// Runs a function that answers HTTP requests under the Lambda runtime. While it asks for the first event, it warms up.
///
/// # Errors
/// If the configuration is wrong, or the runtime ends.
pub async fn serve(operations: Operations) -> Result<(), Error> {
    let app = start(|_| Ok(()))?;
    let function = HttpFunction::new(operations, app.clone());
    tokio::spawn(warm_up(app));
    run(move |event| {
        let function = function.clone();
        async move { function.invoke(event).await }
    })
    .await
}

/// Reads the keys, which nearly every request needs: they are there for the first one, as is the connection to the table. What comes
/// meanwhile waits for this read, and makes its own if this one fails.
async fn warm_up(app: App) {
    match tokio::time::timeout(WARM_UP, app.keyring.keys()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(event = "warm_up_failed", causes = telemetry::causes(&error)),
        Err(_) => tracing::warn!(event = "warm_up_took_too_long"),
    }
}

/// Runs a function that a stream or a schedule calls under the Lambda runtime. `check` is what it wants of the configuration beyond
/// what all functions do.
///
/// # Errors
/// If the configuration is wrong, or the runtime ends.
pub async fn work<F, W>(worker: W, check: fn(&Config) -> Result<(), ConfigError>) -> Result<(), Error>
where
    W: Fn(App, Value) -> F,
    F: Future<Output = Result<Value, Error>>,
{
    let app = start(check)?;
    run(move |event| worker(app.clone(), event)).await
}

/// As [`work`], for a worker that is told when its time is over.
///
/// # Errors
/// If the configuration is wrong, or the runtime ends.
pub async fn work_until<F, W>(worker: W) -> Result<(), Error>
where
    W: Fn(App, Value, Timestamp) -> F,
    F: Future<Output = Result<Value, Error>>,
{
    let app = start(|_| Ok(()))?;
    let handler = |LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let deadline = i64::try_from(context.deadline).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
        Box::pin(worker(app.clone(), payload, deadline.unwrap_or(Timestamp::MAX)))
    };
    lambda_runtime::run(service_fn(handler)).await
}

async fn run<F: Future<Output = Result<Value, Error>>>(handler: impl Fn(Value) -> F) -> Result<(), Error> {
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| Box::pin(handler(event.payload)))).await
}

fn start(check: fn(&Config) -> Result<(), ConfigError>) -> Result<App, Error> {
    let config = Config::from_environment().and_then(|config| check(&config).map(|()| config));
    let config = config.inspect_err(|error| {
        telemetry::init(tracing::level_filters::LevelFilter::ERROR);
        tracing::error!(%error, "the configuration cannot be used");
    })?;
    telemetry::init(config.log);
    config.metrics.iter().for_each(|namespace| telemetry::publish_metrics(namespace));
    Ok(App::new(config))
}
