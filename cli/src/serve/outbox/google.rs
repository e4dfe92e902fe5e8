//! A service account: its secret, as Secrets Manager gives it, and its access tokens, as Google gives them for an assertion (RFC 7523).
//! The account is of this process only: its key is made when it is first asked for, and opens nothing elsewhere.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use latchkey::domain::signing::{self, KeyMaterial};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Outbox;

/// Path of the token endpoint.
pub(super) const TOKEN: &str = "/token";
/// The project that the account is of.
pub(super) const PROJECT: &str = "latchkey-local";
const ACCOUNT: &str = "push@latchkey-local.iam.gserviceaccount.test";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const GET_SECRET: &str = "secretsmanager.GetSecretValue";
const ACCESS_LIFE: Duration = Duration::from_hours(1);
const LONGEST_ASSERTION: i64 = 3600;

struct Key {
    pem: String,
    verifies: DecodingKey,
}

/// Made on first use: a stack that sends no push notice need not wait for it.
static KEY: LazyLock<Option<Key>> = LazyLock::new(|| {
    let made = KeyMaterial::generate(signing::Algorithm::RS256).ok()?;
    let lines: Vec<String> = BASE64.encode(&made.private).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into()).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    Some(Key { pem, verifies: made.public.decoding_key()? })
});

/// Answers a request to Secrets Manager.
pub(super) fn answer_secret(outbox: &Outbox, google: &str, request: &Request<Bytes>) -> Response<Bytes> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct GetSecretValue {
        secret_id: String,
    }
    let wanted = request.headers().get("x-amz-target").is_some_and(|target| target == GET_SECRET);
    let asked = serde_json::from_slice::<GetSecretValue>(request.body()).ok().filter(|_| wanted);
    let (Some(asked), Some(key)) = (asked, &*KEY) else {
        return respond(
            StatusCode::BAD_REQUEST,
            &json!({ "__type": "InvalidRequestException", "Message": "only GetSecretValue is known here" }),
        );
    };
    let account = json!({
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "local",
        "private_key": key.pem,
        "client_email": ACCOUNT,
        "token_uri": format!("{google}{TOKEN}"),
    });
    let secret = json!({
        "ARN": asked.secret_id,
        "Name": asked.secret_id,
        "VersionId": outbox.message_id(),
        "SecretString": account.to_string(),
    });
    respond(StatusCode::OK, &secret)
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    scope: String,
    aud: String,
    iat: i64,
    exp: i64,
}

/// Answers a request to the token endpoint.
pub(super) fn answer_token(outbox: &Outbox, google: &str, request: &Request<Bytes>) -> Response<Bytes> {
    let form: BTreeMap<String, String> = form_urlencoded::parse(request.body()).into_owned().collect();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if request.method() != Method::POST || field("grant_type") != GRANT_TYPE {
        return refuse_token("unsupported_grant_type", "only an assertion is taken here");
    }
    match claims(field("assertion")) {
        Some(claims) if is_ours(&claims, google, outbox.now()) => {
            let token = outbox.give_access(outbox.now() + ACCESS_LIFE);
            let granted = json!({ "access_token": token, "expires_in": ACCESS_LIFE.as_secs(), "token_type": "Bearer" });
            respond(StatusCode::OK, &granted)
        }
        Some(_) => refuse_token("invalid_grant", "the assertion says something else than it should"),
        None => refuse_token("invalid_grant", "Invalid JWT Signature."),
    }
}

/// What an assertion says, if the account has signed it.
fn claims(assertion: &str) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::RS256);
    // Times are those of the outbox's clock, and the audience is looked at with the other claims.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    validation.required_spec_claims.clear();
    let key = KEY.as_ref()?;
    jsonwebtoken::decode::<Claims>(assertion, &key.verifies, &validation).ok().map(|token| token.claims)
}

fn is_ours(claims: &Claims, google: &str, now: Timestamp) -> bool {
    let now = now.as_second();
    let Claims { iss, scope, aud, iat, exp } = claims;
    iss == ACCOUNT && scope == SCOPE && *aud == format!("{google}{TOKEN}") && *iat <= now && now < *exp && exp - iat <= LONGEST_ASSERTION
}

fn refuse_token(error: &str, description: &str) -> Response<Bytes> {
    respond(StatusCode::BAD_REQUEST, &json!({ "error": error, "error_description": description }))
}

impl Outbox {
    pub(super) fn give_access(&self, until: Timestamp) -> String {
        let token = format!("ya29.{}", self.rng.token());
        let mut kept = self.kept();
        kept.access.insert(token.clone(), until);
        kept.access_given += 1;
        token
    }

    /// Whether a request has an access token that is good now.
    pub(super) fn lets_in(&self, request: &Request<Bytes>) -> bool {
        let header = request.headers().get(http::header::AUTHORIZATION).and_then(|header| header.to_str().ok());
        let token = header.and_then(|header| header.strip_prefix("Bearer "));
        let (kept, now) = (self.kept(), self.now());
        let until = token.and_then(|token| kept.access.get(token));
        !kept.access_refused && until.is_some_and(|until| now < *until)
    }
}

pub(super) fn respond(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header};

    use super::*;
    use crate::serve::testing;

    const GOOGLE: &str = "http://127.0.0.1:3000/_local/google";

    fn account() -> Value {
        let request = Request::post("/").header("x-amz-target", GET_SECRET).body(Bytes::from(r#"{"SecretId":"fcm"}"#)).unwrap();
        let answer = answer_secret(&testing::outbox(), GOOGLE, &request);
        let secret: Value = serde_json::from_slice(answer.body()).unwrap();
        serde_json::from_str(secret["SecretString"].as_str().unwrap()).unwrap()
    }

    fn key() -> EncodingKey {
        let account = account();
        let lines = account["private_key"].as_str().unwrap().lines().filter(|line| !line.starts_with('-'));
        signing::rsa_encoding_key(&BASE64.decode(lines.collect::<String>().as_bytes()).unwrap()).unwrap()
    }

    fn ask(outbox: &Outbox, claims: &Value, key: &EncodingKey) -> (u16, Value) {
        let assertion = jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, key).unwrap();
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT_TYPE)
            .append_pair("assertion", &assertion)
            .finish();
        let answer = outbox.handle_google(GOOGLE, TOKEN, &Request::post("/").body(Bytes::from(body)).unwrap());
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    fn good() -> Value {
        let now = testing::now().as_second();
        json!({ "iss": ACCOUNT, "scope": SCOPE, "aud": format!("{GOOGLE}/token"), "iat": now, "exp": now + 3600 })
    }

    #[test]
    fn an_assertion_that_the_account_signed_gets_an_access_token() {
        let outbox = testing::outbox();
        let (status, granted) = ask(&outbox, &good(), &key());
        assert_eq!((status, granted["expires_in"].as_u64(), outbox.access_given()), (200, Some(3600), 1));
        let bearer = |token: &str| Request::post("/").header("authorization", format!("Bearer {token}")).body(Bytes::new()).unwrap();
        assert!(outbox.lets_in(&bearer(granted["access_token"].as_str().unwrap())));
        assert!(!outbox.lets_in(&bearer("another")) && !outbox.lets_in(&Request::post("/").body(Bytes::new()).unwrap()));
        outbox.revoke_access();
        assert!(!outbox.lets_in(&bearer(granted["access_token"].as_str().unwrap())));
    }

    #[test]
    fn any_other_assertion_gets_none() {
        let (outbox, key) = (testing::outbox(), key());
        let now = testing::now().as_second();
        for (claim, value) in [
            ("iss", json!("somebody@else.example")),
            ("scope", json!("https://www.googleapis.com/auth/cloud-platform")),
            ("aud", json!("https://oauth2.googleapis.com/token")),
            ("iat", json!(now + 60)),
            ("exp", json!(now)),
            ("exp", json!(now + 3601)),
        ] {
            let mut claims = good();
            claims[claim] = value;
            let (status, refusal) = ask(&outbox, &claims, &key);
            assert_eq!((status, refusal["error"].as_str()), (400, Some("invalid_grant")), "{claims}");
        }
        let another = KeyMaterial::generate(signing::Algorithm::RS256).unwrap();
        assert_eq!(ask(&outbox, &good(), &signing::rsa_encoding_key(&another.private).unwrap()).0, 400);
        assert_eq!(outbox.access_given(), 0);
    }
}
