//! From options and environment to a table: AWS with the credentials that the `aws` command uses, or the local stack.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_dynamodb::config::Builder as DynamoDb;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder, Connector, tls};
use latchkey::app::App;
use latchkey::clock::SystemClock;
use latchkey::config::{Config, ConfigError};
use latchkey::rng::SystemRng;
use tokio::net::TcpStream;

use super::error::AdminError;
use super::options::Connection;
use crate::serve::state;
use crate::serve::variables::{Addresses, Variables};

const LOCAL_API: &str = "http://127.0.0.1:3000";
const LOCAL_DYNAMODB: &str = "http://127.0.0.1:8000";
/// Stands where credentials are looked up later, or where none are needed.
const PLACEHOLDER: &str = "local";
const LOCAL_REGION: &str = "us-east-1";

/// A walk through the whole table waits longer for one that is throttled than a person does who asks for one thing.
const TRIES: u32 = 3;
const TRIES_ON_A_WALK: u32 = 6;
const WHOLE: Duration = Duration::from_mins(2);
const ATTEMPT: Duration = Duration::from_secs(10);

/// A table that can be worked on.
pub struct Opened {
    /// The configuration.
    pub config: Config,
    /// Whether the environment says how new keys sign.
    pub says_algorithm: bool,
    dynamodb: DynamoDb,
    tries: u32,
}

impl Opened {
    /// Opens the table that options and environment name. Credentials are looked up; no request is made of the table.
    ///
    /// # Errors
    /// [`AdminError`] says what is missing.
    pub async fn new(options: &Connection, data: &Path, environment: fn(&str) -> Option<String>) -> Result<Self, AdminError> {
        let variable = move |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        let says_algorithm = variable("LATCHKEY_SIGNING_ALGORITHM").is_some();
        let names_table = variable("LATCHKEY_TABLE").is_some();
        let config = if options.local || (options.leads_home() && !names_table) {
            local(options, data, environment)?
        } else {
            remote(options, &variable)?
        };
        if config.aws.dynamodb_endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://")) {
            let dynamodb = latchkey::dynamodb_config(&config);
            return Ok(Self { config, says_algorithm, dynamodb, tries: TRIES });
        }
        let sdk = sdk(options.region.clone()).await;
        let region = sdk.region().map(ToString::to_string).ok_or(AdminError::NoRegion)?;
        let provider = sdk.credentials_provider().ok_or_else(|| AdminError::NoCredentials("no provider".into()))?;
        provider.provide_credentials().await.map_err(|error| AdminError::NoCredentials(Box::new(error)))?;
        let mut config = config;
        config.aws.region = region;
        let mut dynamodb = latchkey::dynamodb_config(&config).credentials_provider(provider);
        dynamodb.set_http_client(sdk.http_client());
        Ok(Self { config, says_algorithm, dynamodb, tries: TRIES })
    }

    /// For a walk through the whole table.
    pub fn be_patient(&mut self) {
        self.tries = TRIES_ON_A_WALK;
    }

    /// Whether somebody answers at an endpoint on this machine: a stack that does not run is told at once.
    ///
    /// # Errors
    /// [`AdminError::NobodyThere`].
    pub async fn knock(&self) -> Result<(), AdminError> {
        let endpoint = self.config.aws.dynamodb_endpoint.as_deref().unwrap_or_default();
        let Some(authority) = endpoint.strip_prefix("http://") else { return Ok(()) };
        let address = if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        let nobody = |problem| AdminError::NobodyThere { endpoint: endpoint.to_owned(), problem };
        TcpStream::connect(address.split('/').next().unwrap_or_default()).await.map(drop).map_err(nobody)
    }

    /// The application on the table.
    #[must_use]
    pub fn app(&self) -> App {
        let timeouts = TimeoutConfig::builder().connect_timeout(ATTEMPT).operation_attempt_timeout(ATTEMPT).operation_timeout(WHOLE);
        let retries = RetryConfig::standard().with_max_attempts(self.tries);
        let dynamodb = self.dynamodb.clone().retry_config(retries).timeout_config(timeouts.build());
        App::with(self.config.clone(), Arc::new(SystemClock), Arc::new(SystemRng), |_| dynamodb)
    }
}

/// The configuration of the local stack, as `serve` has it: what the environment says goes before, but never leads elsewhere.
fn local(options: &Connection, data: &Path, environment: fn(&str) -> Option<String>) -> Result<Config, AdminError> {
    let dynamodb = options.endpoint.clone().unwrap_or_else(|| LOCAL_DYNAMODB.to_owned());
    let mut variables = Variables::new(&Addresses { api: LOCAL_API.to_owned(), dynamodb }, environment);
    if let Some(table) = &options.table {
        variables.set("LATCHKEY_TABLE", table.clone());
    }
    if variables.get("LATCHKEY_SECRET").is_none() {
        let secret = state::secret_in(data)?.ok_or_else(|| AdminError::NoLocalSecret(data.display().to_string()))?;
        variables.set("LATCHKEY_SECRET", secret);
    }
    Ok(Config::read(&|name| variables.get(name))?)
}

/// The configuration of a deployment. Credentials are looked up later; for an endpoint that is not https there are none: a session
/// token would go there in the clear.
fn remote(options: &Connection, variable: &dyn Fn(&str) -> Option<String>) -> Result<Config, AdminError> {
    let read = Config::read(&|name| match name {
        "LATCHKEY_TABLE" => options.table.clone().or_else(|| variable(name)),
        "LATCHKEY_DYNAMODB_ENDPOINT" => options.endpoint.clone().or_else(|| variable(name)),
        "AWS_REGION" => options.region.clone().or_else(|| variable(name)).or_else(|| Some(LOCAL_REGION.to_owned())),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some(PLACEHOLDER.to_owned()),
        "AWS_SESSION_TOKEN" => None,
        _ => variable(name),
    });
    read.map_err(|error| match error {
        ConfigError::Missing("LATCHKEY_TABLE") => AdminError::NoTable,
        ConfigError::Missing("LATCHKEY_SECRET") => AdminError::NoSecret,
        error => AdminError::Config(error),
    })
}

/// Region and credentials as the `aws` command finds them: environment, profiles, single sign-on, container or instance.
async fn sdk(region: Option<String>) -> SdkConfig {
    let client = Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc)).build()
    });
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(client);
    if let Some(region) = region {
        loader = loader.region(Region::new(region));
    }
    loader.load().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn nothing(_: &str) -> Option<String> {
        None
    }

    fn production(name: &str) -> Option<String> {
        match name {
            "LATCHKEY_TABLE" => Some("production".to_owned()),
            "LATCHKEY_SECRET" => Some(SECRET.to_owned()),
            "AWS_REGION" => Some("eu-central-1".to_owned()),
            "AWS_ACCESS_KEY_ID" => Some("AKIAREAL".to_owned()),
            "AWS_SESSION_TOKEN" => Some("a session token".to_owned()),
            _ => None,
        }
    }

    async fn open(options: &Connection, environment: fn(&str) -> Option<String>) -> Result<Config, AdminError> {
        Opened::new(options, Path::new("no such folder"), environment).await.map(|opened| opened.config)
    }

    #[tokio::test]
    async fn what_is_missing_is_named() {
        let message =
            async |options: &Connection| open(options, nothing).await.err().map(|error| (error.exit_code(), error.line())).unwrap();
        let (code, line) = message(&Connection::default()).await;
        assert!(code == 2 && line.contains("--table"), "{line}");
        let (code, line) = message(&Connection { table: Some("latchkey".to_owned()), ..Connection::default() }).await;
        assert!(code == 2 && line.contains("LATCHKEY_SECRET"), "{line}");
        let (code, line) = message(&Connection { local: true, ..Connection::default() }).await;
        assert!(code == 2 && line.contains("no such folder"), "{line}");
    }

    #[tokio::test]
    async fn the_local_stack_is_never_left_whatever_the_environment_says() {
        let config = open(&Connection { local: true, ..Connection::default() }, production).await.unwrap();
        assert_eq!((config.table.as_str(), config.aws.access_key.as_str()), ("latchkey", "local"));
        assert_eq!(config.aws.dynamodb_endpoint.as_deref(), Some("http://127.0.0.1:8000"));
        assert!(config.aws.session_token.is_none());
    }

    #[tokio::test]
    async fn an_endpoint_in_the_clear_gets_no_credentials() {
        let options = Connection { endpoint: Some("http://127.0.0.1:8000".to_owned()), ..Connection::default() };
        let config = open(&options, production).await.unwrap();
        assert_eq!((config.table.as_str(), config.aws.access_key.as_str()), ("production", "local"));
        assert!(config.aws.session_token.is_none());
    }

    #[tokio::test]
    async fn a_stack_that_does_not_run_is_told_at_once() {
        let endpoint = "http://127.0.0.1:9".to_owned();
        let options = Connection { endpoint: Some(endpoint), ..Connection::default() };
        let opened = Opened::new(&options, Path::new(""), production).await.unwrap();
        let error = opened.knock().await.unwrap_err();
        assert!(error.exit_code() == 1 && error.line().contains("http://127.0.0.1:9 (is `latchkey serve` running?)"), "{}", error.line());
    }

    #[test]
    fn the_local_secret_is_read_beside_a_running_stack() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret"), SECRET).unwrap();
        let options = Connection { local: true, ..Connection::default() };
        assert_eq!(local(&options, folder.path(), nothing).unwrap().secret.as_str(), SECRET);
    }
}
