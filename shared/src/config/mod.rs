//! What an operator can set: read once from the environment, typed and validated before the first request.

mod edge;
mod limits;
mod sms;
mod source;

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::address::{Country, Email};
use crate::domain::surface::Surface;
use crate::secret::SHORTEST_SECRET;

pub use crate::domain::signing::Algorithm;
pub use edge::Edge;
pub use limits::{CallerLimits, CodeLimits, Limits};
pub use sms::{MicroDollars, Route, Sms, SmsCountries};
use source::Source;

/// One variable as the documents and the template know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name in the environment.
    pub name: &'static str,
    /// What holds without it; `None`: it must be set.
    pub default: Option<&'static str>,
    /// What it says, with its unit.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, default: Option<&'static str>, meaning: &'static str) -> Variable {
    Variable { name, default, meaning }
}

/// Every variable that is read. The template and the README list the same ones.
pub const VARIABLES: &[Variable] = &[
    variable("LATCHKEY_TABLE", None, "name of the table"),
    variable("LATCHKEY_SECRET", None, "root secret, at least 32 bytes"),
    variable("LATCHKEY_SECRETS_ACCEPTED", Some(""), "former root secrets, comma-separated, still accepted during a rotation"),
    variable("LATCHKEY_BASE_URL", Some(""), "origin of a custom domain; empty: the domain that API Gateway names"),
    variable("LATCHKEY_SENDER", Some(""), "mail address that messages come from; `deliver` cannot do without"),
    variable("LATCHKEY_SES_CONFIGURATION_SET", Some(""), "SES configuration set; empty: none"),
    variable(
        "LATCHKEY_FCM_SECRET",
        Some(""),
        "ARN or name of the Secrets Manager secret with the service account, as JSON, that push notices are sent as; empty: none are sent",
    ),
    variable(
        "LATCHKEY_EDGE",
        Some("none"),
        "`cloudfront`: requests come through CloudFront only, which tells the caller's address; or `none`",
    ),
    variable("LATCHKEY_EDGE_SECRET", Some(""), "what CloudFront sends as `X-Latchkey-Edge`, at least 32 bytes; other requests are refused"),
    variable(
        "LATCHKEY_DEFAULT_REGION",
        Some(""),
        "ISO 3166 code of the country that numbers without a `+` belong to; empty: they are refused",
    ),
    variable("LATCHKEY_SMS_COUNTRIES", Some(""), "ISO 3166 codes that SMS go to, comma-separated; `*`: all; empty: none"),
    variable(
        "LATCHKEY_SMS_ROUTES",
        Some(""),
        "JSON: by country `sender_id`, `origination_number`, `entity_id`, `templates` (message to template id)",
    ),
    variable("LATCHKEY_SMS_PRICES", Some("*=0.10"), "US dollars for one segment by country, comma-separated; `*`: all others"),
    variable("LATCHKEY_SMS_BUDGET", Some("20"), "US dollars that SMS may cost in a day (UTC), 0 to 1000000"),
    variable("LATCHKEY_SMS_PROVEN_SHARE", Some("60"), "per cent of that kept for numbers that were proved here, 0 to 100"),
    variable(
        "LATCHKEY_SMS_PER_PREFIX",
        Some("100"),
        "SMS an hour from each purse to numbers that differ in their last four digits only, 1 to 1000000",
    ),
    variable("LATCHKEY_SMS_COOLDOWN", Some("60"), "seconds between two codes to one number, 0 to 3600"),
    variable("LATCHKEY_MAIL_COOLDOWN", Some("30"), "seconds between two codes to one mail address, 0 to 3600"),
    variable("LATCHKEY_PHONE_STALE_DAYS", Some("90"), "an account unused for so many days is not opened by an SMS code alone, 1 to 3650"),
    variable(
        "LATCHKEY_YOUNG_ADDRESS_HOURS",
        Some("72"),
        "an added mail address takes part in a password reset after so many hours, 0 to 720",
    ),
    variable(
        "LATCHKEY_REVERT_PAGE",
        Some(""),
        "page of yours that takes back a change of the primary mail address, given the token behind `#token=`; empty: the mail has the token",
    ),
    variable("LATCHKEY_DELETION_GRACE_DAYS", Some("30"), "an account is deleted so many days after its owner confirmed it, 1 to 365"),
    variable("LATCHKEY_EXPORT_DAYS", Some("7"), "the copy of a person's data can be fetched for so many days, 1 to 90"),
    variable("LATCHKEY_CODE_MINUTES", Some("10"), "life of a one-time code, in minutes, 1 to 10"),
    variable("LATCHKEY_PHONE_CODE_MINUTES", Some("5"), "life of a code that the Phone API sends, in minutes, 1 to 10"),
    variable("LATCHKEY_PARTNER_CODE_MINUTES", Some("5"), "life of a code that the Partner API sends, in minutes, 1 to 10"),
    variable("LATCHKEY_PARTNER_COOLDOWN", Some("30"), "seconds between two codes of the Partner API to one number, 0 to 3600"),
    variable("LATCHKEY_PHONE_CODE_TRIES", Some("3"), "tries at one code that the Phone API sends, in each lane, 1 to 20"),
    variable("LATCHKEY_CODE_TRIES", Some("5"), "tries at the codes of one address and purpose in a window, in each lane, 1 to 20"),
    variable("LATCHKEY_CODE_SENDS", Some("5"), "codes to one address for one purpose in a window, asked for by known callers, 1 to 20"),
    variable("LATCHKEY_CODE_SENDS_STRANGER", Some("2"), "the same, asked for by strangers, 1 to 20"),
    variable("LATCHKEY_CODE_WINDOW_MINUTES", Some("60"), "the window of tries and sends, in minutes, 1 to 1440"),
    variable("LATCHKEY_PASSWORD_TRIES", Some("10"), "wrong passwords at one account in a window, in each lane, 1 to 20"),
    variable("LATCHKEY_PASSWORD_WINDOW_MINUTES", Some("15"), "the window of wrong passwords, in minutes, 1 to 1440"),
    variable("LATCHKEY_CALLER_CODES", Some("20"), "codes that one network may ask for in an hour, 1 to 1000000"),
    variable("LATCHKEY_CALLER_VERIFIES", Some("60"), "codes that one network may try in an hour, 1 to 1000000"),
    variable("LATCHKEY_CALLER_SIGN_INS", Some("100"), "passwords that one network may try in 15 minutes, 1 to 1000000"),
    variable("LATCHKEY_CALLER_LOOK_UPS", Some("20"), "numbers that one network may look up in a minute, 1 to 1000000"),
    variable(
        "LATCHKEY_PREFIX_LOOK_UPS",
        Some("100"),
        "look-ups in an hour of numbers that differ in their last four digits only, 1 to 1000000",
    ),
    variable(
        "LATCHKEY_DISCLOSURE",
        Some("published"),
        "`published` or `uniform`: whether the published phone operations tell if a number is registered",
    ),
    variable("LATCHKEY_PASSWORD_MIN", Some("8"), "least length of a new password, in characters, 8 to 64"),
    variable("LATCHKEY_ACCESS_TOKEN_MINUTES", Some("15"), "life of an access token, in minutes, 1 to 1440"),
    variable("LATCHKEY_PHONE_ACCESS_TOKEN_MINUTES", Some("1440"), "life of an access token of the Phone API, in minutes, 1 to 1440"),
    variable("LATCHKEY_SESSION_IDLE_DAYS", Some("30"), "a session ends after so many days without a refresh, 1 to 365"),
    variable("LATCHKEY_SESSION_ABSOLUTE_DAYS", Some("90"), "a session ends after so many days in any case, 1 to 3650"),
    variable("LATCHKEY_REFRESH_GRACE", Some("60"), "for so many seconds a repeated refresh gets the same answer, 0 to 600"),
    variable("LATCHKEY_SIGNING_ALGORITHM", Some("ES256"), "`ES256` or `RS256`: how new access-token keys sign"),
    variable("LATCHKEY_SIGNING_KEY_DAYS", Some("30"), "a signing key signs for so many days, 2 to 365"),
    variable("LATCHKEY_AUDIT_DAYS", Some("365"), "audit events are kept for so many days, 1 to 3650"),
    variable("LATCHKEY_CALLER_LIMIT_SCALE", Some("1"), "multiplies the limits per caller, 1 to 100000"),
    variable("LATCHKEY_DYNAMODB_ENDPOINT", Some(""), "another DynamoDB endpoint; empty: the region's"),
    variable("LATCHKEY_SES_ENDPOINT", Some(""), "another SES endpoint; empty: the region's"),
    variable("LATCHKEY_SNS_ENDPOINT", Some(""), "another SNS endpoint; empty: the region's"),
    variable("LATCHKEY_SECRETSMANAGER_ENDPOINT", Some(""), "another Secrets Manager endpoint; empty: the region's"),
    variable("LATCHKEY_FCM_ENDPOINT", Some("https://fcm.googleapis.com"), "another FCM endpoint"),
    variable("LATCHKEY_METRICS", Some(""), "CloudWatch namespace that measurements are written for, among the logs; empty: none are"),
    variable("LATCHKEY_LOG", Some("info"), "log level: `error`, `warn`, `info` or `debug`"),
];

/// Whether the published phone operations may tell that a number is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disclosure {
    /// As their documents say, within budgets.
    Published,
    /// Never.
    Uniform,
}

/// Where the AWS services are, and as whom they are called.
#[derive(Clone)]
pub struct Aws {
    /// Region, as `eu-central-1`.
    pub region: String,
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: Zeroizing<String>,
    /// Token of temporary credentials.
    pub session_token: Option<Zeroizing<String>>,
    /// Another endpoint of DynamoDB.
    pub dynamodb_endpoint: Option<String>,
    /// Another endpoint of Secrets Manager.
    pub secretsmanager_endpoint: Option<String>,
    /// Another endpoint of SES.
    pub ses_endpoint: Option<String>,
    /// Another endpoint of SNS.
    pub sns_endpoint: Option<String>,
}

/// The configuration of one function.
#[derive(Clone)]
pub struct Config {
    /// Name of the table.
    pub table: String,
    /// Root secret.
    pub secret: Zeroizing<String>,
    /// Former root secrets.
    pub secrets_accepted: Vec<String>,
    /// Origin of the custom domain, without a slash at the end.
    pub base_url: Option<String>,
    /// Where mail comes from.
    pub sender: Option<Email>,
    /// SES configuration set.
    pub ses_configuration_set: Option<String>,
    /// Secret with the service account that push notices are sent as; none: they are not sent.
    pub fcm_secret: Option<String>,
    /// Where FCM is, without a slash at the end.
    pub fcm_endpoint: String,
    /// The country that numbers without a `+` belong to.
    pub default_region: Option<Country>,
    /// What stands between callers and API Gateway.
    pub edge: Edge,
    /// SMS.
    pub sms: Sms,
    /// Limits.
    pub limits: Limits,
    /// An account unused for so long is not opened by an SMS code alone.
    pub phone_stale: Duration,
    /// An added mail address takes part in a password reset after this time.
    pub young_address: Duration,
    /// The page that takes the token by which a former primary mail address takes its place back.
    pub revert_page: Option<String>,
    /// An account is deleted this time after its owner confirmed it.
    pub deletion_grace: Duration,
    /// The copy of a person's data can be fetched for this time.
    pub export_kept: Duration,
    /// Whether the published phone operations disclose.
    pub disclosure: Disclosure,
    /// Least length of a new password, in characters.
    pub password_min: usize,
    access_token_life: Duration,
    phone_access_token_life: Duration,
    /// Idle end of a session.
    pub session_idle: Duration,
    /// Absolute end of a session.
    pub session_absolute: Duration,
    /// How long a repeated refresh gets the same answer.
    pub refresh_grace: Duration,
    /// How new signing keys sign.
    pub signing_algorithm: Algorithm,
    /// How long a signing key signs.
    pub signing_key_life: Duration,
    /// How long audit events are kept.
    pub audit_kept: Duration,
    /// CloudWatch namespace of measurements.
    pub metrics: Option<String>,
    /// Log level.
    pub log: tracing::level_filters::LevelFilter,
    /// AWS.
    pub aws: Aws,
}

impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Config").field("table", &self.table).field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// A variable that cannot be used. The message names it and never shows its value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// It must be set and is not.
    #[error("{0} must be set")]
    Missing(&'static str),
    /// Its value is not of the form it must have.
    #[error("{name} must be {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it should have been.
        expected: String,
    },
}

fn invalid(name: &'static str, expected: impl Into<String>) -> ConfigError {
    ConfigError::Invalid { name, expected: expected.into() }
}

fn long_enough(name: &'static str, secret: String) -> Result<String, ConfigError> {
    if secret.len() < SHORTEST_SECRET {
        return Err(invalid(name, format!("at least {SHORTEST_SECRET} bytes long")));
    }
    Ok(secret)
}

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

impl Config {
    /// Reads the configuration; `variable` gives a variable's value by its name.
    ///
    /// # Errors
    /// [`ConfigError`] for the first variable that is missing or wrong.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let source = Source(variable);
        let accepted = source.list("LATCHKEY_SECRETS_ACCEPTED").into_iter();
        let sender = source.optional("LATCHKEY_SENDER").map(|text| Email::parse(&text)).transpose();
        let config = Self {
            table: source.required("LATCHKEY_TABLE")?,
            secret: long_enough("LATCHKEY_SECRET", source.required("LATCHKEY_SECRET")?)?.into(),
            secrets_accepted: accepted.map(|secret| long_enough("LATCHKEY_SECRETS_ACCEPTED", secret)).collect::<Result<_, _>>()?,
            base_url: source.url("LATCHKEY_BASE_URL")?,
            sender: sender.map_err(|_| invalid("LATCHKEY_SENDER", "a mail address"))?,
            ses_configuration_set: source.optional("LATCHKEY_SES_CONFIGURATION_SET"),
            fcm_secret: source.optional("LATCHKEY_FCM_SECRET"),
            fcm_endpoint: source.url_or_default("LATCHKEY_FCM_ENDPOINT")?,
            default_region: source.region("LATCHKEY_DEFAULT_REGION")?,
            edge: Edge::read(&source)?,
            sms: Sms::read(&source)?,
            limits: Limits::read(&source)?,
            phone_stale: source.seconds("LATCHKEY_PHONE_STALE_DAYS", DAY, 1, 3650)?,
            young_address: source.seconds("LATCHKEY_YOUNG_ADDRESS_HOURS", HOUR, 0, 720)?,
            revert_page: source.url("LATCHKEY_REVERT_PAGE")?,
            deletion_grace: source.seconds("LATCHKEY_DELETION_GRACE_DAYS", DAY, 1, 365)?,
            export_kept: source.seconds("LATCHKEY_EXPORT_DAYS", DAY, 1, 90)?,
            disclosure: source.one_of("LATCHKEY_DISCLOSURE", &[("published", Disclosure::Published), ("uniform", Disclosure::Uniform)])?,
            password_min: source.number("LATCHKEY_PASSWORD_MIN", 8, 64)?,
            access_token_life: source.seconds("LATCHKEY_ACCESS_TOKEN_MINUTES", 60, 1, 1440)?,
            phone_access_token_life: source.seconds("LATCHKEY_PHONE_ACCESS_TOKEN_MINUTES", 60, 1, 1440)?,
            session_idle: source.seconds("LATCHKEY_SESSION_IDLE_DAYS", DAY, 1, 365)?,
            session_absolute: source.seconds("LATCHKEY_SESSION_ABSOLUTE_DAYS", DAY, 1, 3650)?,
            refresh_grace: source.seconds("LATCHKEY_REFRESH_GRACE", 1, 0, 600)?,
            signing_algorithm: source.one_of("LATCHKEY_SIGNING_ALGORITHM", &[("ES256", Algorithm::ES256), ("RS256", Algorithm::RS256)])?,
            signing_key_life: source.seconds("LATCHKEY_SIGNING_KEY_DAYS", DAY, 2, 365)?,
            audit_kept: source.seconds("LATCHKEY_AUDIT_DAYS", DAY, 1, 3650)?,
            metrics: source.optional("LATCHKEY_METRICS"),
            log: source.or_default("LATCHKEY_LOG").parse().map_err(|_| invalid("LATCHKEY_LOG", "one of error, warn, info, debug"))?,
            aws: source.aws()?,
        };
        Ok(config)
    }

    /// Life of an access token that a surface gives. The Phone API has no refresh operation of its own.
    #[must_use]
    pub fn access_token_life(&self, surface: Surface) -> Duration {
        match surface {
            Surface::Phone => self.phone_access_token_life,
            Surface::Account | Surface::Partner | Surface::Client => self.access_token_life,
        }
    }

    /// Where mail comes from, for the function that sends it.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if no sender is set.
    pub fn sender(&self) -> Result<&Email, ConfigError> {
        self.sender.as_ref().ok_or(ConfigError::Missing("LATCHKEY_SENDER"))
    }

    /// Reads the configuration from the environment of the process.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn from_environment() -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        Self::read(&|name| std::env::var(name).ok())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn read(overrides: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let base = [
            ("LATCHKEY_TABLE", "latchkey"),
            ("LATCHKEY_SECRET", "0123456789abcdef0123456789abcdef"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
        ];
        Config::read(&|name| {
            let found = overrides.iter().chain(&base).find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn defaults_hold_where_nothing_is_set() -> Result<(), ConfigError> {
        let config = read(&[])?;
        assert_eq!(config.access_token_life(Surface::Account), Duration::from_mins(15));
        assert_eq!(config.access_token_life(Surface::Phone), Duration::from_hours(24));
        assert_eq!(config.sms.countries, SmsCountries::Only(BTreeSet::new()));
        assert_eq!(config.limits.codes.tries.most, 5);
        assert_eq!(config.sms.price(&Country::parse("IN").unwrap()), 100_000);
        assert_eq!(config.disclosure, Disclosure::Published);
        assert_eq!((config.fcm_secret.as_deref(), config.fcm_endpoint.as_str()), (None, "https://fcm.googleapis.com"));
        Ok(())
    }

    #[test]
    fn an_edge_needs_its_secret() {
        assert_eq!(read(&[("LATCHKEY_EDGE", "cloudfront")]).err(), Some(ConfigError::Missing("LATCHKEY_EDGE_SECRET")));
        let short = read(&[("LATCHKEY_EDGE", "cloudfront"), ("LATCHKEY_EDGE_SECRET", "short-secret")]).err();
        assert!(short.is_some_and(|error| error.to_string().starts_with("LATCHKEY_EDGE_SECRET")));
    }

    #[test]
    fn a_missing_variable_is_named() {
        assert_eq!(read(&[("LATCHKEY_TABLE", " ")]).err(), Some(ConfigError::Missing("LATCHKEY_TABLE")));
    }

    #[test]
    fn a_wrong_variable_is_named_and_its_value_is_not_shown() {
        for (name, value) in [
            ("LATCHKEY_SECRET", "short-secret"),
            ("LATCHKEY_DISCLOSURE", "perhaps"),
            ("LATCHKEY_PASSWORD_MIN", "7"),
            ("LATCHKEY_SMS_COUNTRIES", "India"),
            ("LATCHKEY_BASE_URL", "accounts"),
            ("LATCHKEY_FCM_ENDPOINT", "fcm"),
            ("LATCHKEY_LOG", "loud"),
            ("LATCHKEY_SENDER", "nobody"),
            ("LATCHKEY_SECRETS_ACCEPTED", "short-secret"),
            ("LATCHKEY_DEFAULT_REGION", "Germany"),
            ("LATCHKEY_EDGE", "akamai"),
            ("LATCHKEY_SMS_ROUTES", "{\"IN\": 1}"),
            ("LATCHKEY_SMS_PRICES", "DE=cheap"),
            ("LATCHKEY_SMS_PRICES", "DE=0.10"),
            ("LATCHKEY_CODE_MINUTES", "11"),
            ("LATCHKEY_CODE_TRIES", "0"),
        ] {
            let message = read(&[(name, value)]).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(message.starts_with(name), "{name}: {message}");
            assert!(!message.contains("short-secret"), "{message}");
        }
    }
}
