//! The clients of AWS, built once from the configuration, without the chain of providers that costs a cold start.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::config::{Aws, Config};

/// The roots that AWS endpoints' certificates lead to (Amazon Trust Services). Reading the system's store instead would cost
/// every cold start some milliseconds.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

const TRIES: u32 = 3;

fn credentials(aws: &Aws) -> Credentials {
    let token = aws.session_token.as_ref().map(|token| token.to_string());
    Credentials::new(&aws.access_key, aws.secret_key.as_str(), token, None, "environment")
}

/// An HTTP client that trusts Amazon's roots; for an endpoint that an operator names, the system's.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        return Builder::new().build_http();
    }
    let roots = match endpoint {
        None => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
        Some(_) => TrustStore::default(),
    };
    Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc)).tls_context(trusting(roots)).build_https()
}

fn trusting(roots: TrustStore) -> TlsContext {
    #[expect(clippy::expect_used, reason = "the roots are part of the binary, or the system's")]
    TlsContext::builder().with_trust_store(roots).build().expect("the roots can be read")
}

/// The way to services that are not AWS's, which the system's roots vouch for: AWS renews them with the runtime. No redirect is
/// followed.
#[must_use]
pub(crate) fn elsewhere(endpoint: &str) -> Connector {
    let roots = if endpoint.starts_with("http://") { TrustStore::empty() } else { TrustStore::default() };
    Connector::builder().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc)).tls_context(trusting(roots)).build()
}

fn retry() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(Duration::from_millis(50))
}

/// A request that hangs is given up while the function still has time to answer.
fn whole() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_millis(1500)).operation_timeout(Duration::from_secs(8)).build()
}

/// Requests to the table may be repeated, so that an attempt that hangs gives way to another.
fn by_attempts() -> TimeoutConfig {
    whole().to_builder().operation_attempt_timeout(Duration::from_secs(3)).build()
}

macro_rules! client_config {
    ($service:ident, $aws:expr, $endpoint:expr, $timeouts:expr) => {{
        let mut builder = $service::config::Builder::new()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region($service::config::Region::new($aws.region.clone()))
            .credentials_provider(credentials($aws))
            .http_client(http_client($endpoint.as_deref()))
            .retry_config(retry())
            .timeout_config($timeouts);
        builder.set_endpoint_url($endpoint.clone());
        builder
    }};
}

/// The configuration of the table's client.
#[must_use]
pub fn dynamodb_config(config: &Config) -> aws_sdk_dynamodb::config::Builder {
    client_config!(aws_sdk_dynamodb, &config.aws, config.aws.dynamodb_endpoint, by_attempts())
}

/// The client of Secrets Manager.
#[must_use]
pub(crate) fn secretsmanager(config: &Config) -> aws_sdk_secretsmanager::Client {
    let endpoint = &config.aws.secretsmanager_endpoint;
    aws_sdk_secretsmanager::Client::from_conf(client_config!(aws_sdk_secretsmanager, &config.aws, endpoint, by_attempts()).build())
}

/// The client of SES.
#[must_use]
pub(crate) fn sesv2(config: &Config) -> aws_sdk_sesv2::Client {
    aws_sdk_sesv2::Client::from_conf(client_config!(aws_sdk_sesv2, &config.aws, config.aws.ses_endpoint, whole()).build())
}

/// The client of SNS.
#[must_use]
pub(crate) fn sns(config: &Config) -> aws_sdk_sns::Client {
    aws_sdk_sns::Client::from_conf(client_config!(aws_sdk_sns, &config.aws, config.aws.sns_endpoint, whole()).build())
}
