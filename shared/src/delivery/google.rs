//! Google: requests as a service account, with an access token that is asked for when it is needed (RFC 7523).

use std::fmt;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_types::body::SdkBody;
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::domain::signing::rsa_encoding_key;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The longest life that Google takes an assertion with.
const ASSERTION_LIFE: Duration = Duration::from_hours(1);
/// An access token is renewed so long before its end: clocks differ, and requests take their time.
const MARGIN: Duration = Duration::from_mins(5);
/// The longest that an access token is kept, whatever Google says of it.
const LONGEST_KEPT: u64 = 24 * 60 * 60;
/// A request that has no answer by then has none.
const PATIENCE: Duration = Duration::from_secs(5);
/// An answer that is longer is none.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Google is left alone for so long when it did not answer, or could not be asked: while this function waits in vain, so do other
/// messages, mail among them.
const REST: Duration = Duration::from_secs(30);

/// Why Google did not answer, or cannot be asked. The text is for the log: it names what failed, and nothing that was sent or received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Silence(String);

impl fmt::Display for Silence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn silence(why: &str) -> Silence {
    Silence(why.to_owned())
}

/// What Google answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

/// A service account as Google's console gives it; of its fields, those that are needed.
#[derive(Deserialize)]
struct ServiceAccount {
    project_id: String,
    client_email: String,
    private_key_id: Option<String>,
    private_key: String,
    token_uri: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

/// What lets a request through until its end.
#[derive(Clone)]
struct Access {
    project: String,
    bearer: HeaderValue,
    until: Timestamp,
}

/// What is known of Google at the moment.
enum State {
    /// Nothing yet.
    Unknown,
    /// It takes this access token.
    Open(Access),
    /// It did not answer, or could not be asked; it is left alone until then.
    Silent(Silence, Timestamp),
}

/// Google, for one service account.
pub(super) struct Google {
    secrets: aws_sdk_secretsmanager::Client,
    secret: String,
    way: Connector,
    state: Mutex<State>,
}

impl Google {
    pub(super) fn new(secrets: aws_sdk_secretsmanager::Client, secret: String, way: Connector) -> Self {
        Self { secrets, secret, way, state: Mutex::new(State::Unknown) }
    }

    /// Posts JSON to the URL that `url` makes of the account's project.
    pub(super) async fn post(&self, url: impl Fn(&str) -> String, json: &[u8], now: Timestamp) -> Result<Answer, Silence> {
        let access = self.access(now).await?;
        let request = Request::post(url(&access.project)).header(AUTHORIZATION, access.bearer).header(CONTENT_TYPE, "application/json");
        let answer = self.exchange(request, json.to_vec()).await;
        if let Err(silence) = &answer {
            *self.state.lock().await = State::Silent(silence.clone(), now + REST);
        }
        answer
    }

    /// Forgets the access token: Google takes it no longer.
    pub(super) async fn forget_access(&self) {
        *self.state.lock().await = State::Unknown;
    }

    /// The access token that is kept, or a new one. The service account is read for each: one that was replaced is found within the
    /// hour, and no private key stays in memory.
    async fn access(&self, now: Timestamp) -> Result<Access, Silence> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Open(access) if now < access.until => return Ok(access.clone()),
            State::Silent(silence, until) if now < *until => return Err(silence.clone()),
            _ => {}
        }
        let access = self.sign_in(now).await;
        *state = match &access {
            Ok(access) => State::Open(access.clone()),
            Err(silence) => State::Silent(silence.clone(), now + REST),
        };
        access
    }

    async fn sign_in(&self, now: Timestamp) -> Result<Access, Silence> {
        let account = self.service_account().await?;
        let assertion = account.assertion(now).ok_or_else(|| silence("the service account has no usable key"))?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT_TYPE)
            .append_pair("assertion", &assertion)
            .finish();
        let request = Request::post(&account.token_uri).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self.exchange(request, form.into_bytes()).await?;
        if !answer.status.is_success() {
            return Err(Silence(format!("no access token is given: {}", answer.status.as_u16())));
        }
        let granted: Granted = serde_json::from_slice(&answer.body).map_err(|_| silence("the access token cannot be read"))?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", granted.access_token)).map_err(|_| silence("no access token"))?;
        bearer.set_sensitive(true);
        let until = now + Duration::from_secs(granted.expires_in.min(LONGEST_KEPT)).saturating_sub(MARGIN);
        Ok(Access { project: account.project_id.clone(), bearer, until })
    }

    async fn service_account(&self) -> Result<ServiceAccount, Silence> {
        let read = self.secrets.get_secret_value().secret_id(&self.secret).send().await.map_err(|error| {
            let kind = error.into_service_error().meta().code().unwrap_or("no answer").to_owned();
            Silence(format!("the secret of the service account cannot be read: {kind}"))
        })?;
        let json = Zeroizing::new(read.secret_string.unwrap_or_default());
        serde_json::from_str(&json).map_err(|_| silence("the secret is no service account"))
    }

    async fn exchange(&self, request: http::request::Builder, body: Vec<u8>) -> Result<Answer, Silence> {
        let request = request.body(SdkBody::from(body)).ok().and_then(|request| request.try_into().ok());
        let request = request.ok_or_else(|| silence("the address cannot be used"))?;
        let exchange = async {
            let response = self.way.call(request).await.map_err(|_| silence("no connection"))?;
            let status = StatusCode::from_u16(response.status().as_u16()).map_err(|_| silence("no HTTP"))?;
            let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
            let body = body.map_err(|_| silence("the answer broke off or was too long"))?;
            Ok(Answer { status, body: body.to_bytes().to_vec() })
        };
        tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| silence("no answer in time"))?
    }
}

impl ServiceAccount {
    /// What it proves itself by: who it is, for what, and until when, signed (RFC 7523 section 3).
    fn assertion(&self, now: Timestamp) -> Option<String> {
        let claims = Claims {
            iss: &self.client_email,
            scope: SCOPE,
            aud: &self.token_uri,
            iat: now.as_second(),
            exp: (now + ASSERTION_LIFE).as_second(),
        };
        let header = Header { kid: self.private_key_id.clone(), ..Header::new(Algorithm::RS256) };
        let key = rsa_encoding_key(&der(&self.private_key)?).ok()?;
        jsonwebtoken::encode(&header, &claims, &key).ok()
    }
}

impl Drop for ServiceAccount {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.private_key);
    }
}

/// What a PEM text encloses (RFC 7468).
fn der(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    let enclosed: Zeroizing<String> = Zeroizing::new(pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect());
    BASE64.decode(enclosed.as_bytes()).ok().map(Zeroizing::new)
}
