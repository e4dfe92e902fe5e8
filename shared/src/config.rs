//! What an operator can set: read once from the environment, typed and validated before the first request.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::address::{Country, Email};
use crate::secret::SHORTEST_SECRET;

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
    variable("LATCHKEY_SMS_COUNTRIES", Some(""), "ISO 3166 codes that SMS go to, comma-separated; `*`: all; empty: none"),
    variable(
        "LATCHKEY_DISCLOSURE",
        Some("published"),
        "`published` or `uniform`: whether the published phone operations tell if a number is registered",
    ),
    variable("LATCHKEY_PASSWORD_MIN", Some("8"), "least length of a new password, in characters, 8 to 64"),
    variable("LATCHKEY_ACCESS_TOKEN_MINUTES", Some("15"), "life of an access token, in minutes, 1 to 1440"),
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

/// How access tokens are signed (RFC 7518 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
}

/// Where SMS may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsCountries {
    /// Everywhere.
    All,
    /// Only there; empty: nowhere.
    Only(BTreeSet<Country>),
}

impl SmsCountries {
    /// Whether SMS may go to that country.
    #[must_use]
    pub fn allow(&self, country: &Country) -> bool {
        match self {
            Self::All => true,
            Self::Only(countries) => countries.contains(country),
        }
    }
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
    /// Where SMS may go.
    pub sms_countries: SmsCountries,
    /// Whether the published phone operations disclose.
    pub disclosure: Disclosure,
    /// Least length of a new password, in characters.
    pub password_min: usize,
    /// Life of an access token.
    pub access_token_life: Duration,
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
    /// Factor on the limits per caller.
    pub caller_limit_scale: u32,
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

/// The variables as something gives them; an empty one counts as absent.
struct Source<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Source<'_> {
    fn optional(&self, name: &'static str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    fn or_default(&self, name: &'static str) -> String {
        let default = VARIABLES.iter().find(|variable| variable.name == name).and_then(|variable| variable.default);
        self.optional(name).unwrap_or_else(|| default.unwrap_or_default().to_owned())
    }

    fn number<N: FromStr + PartialOrd + Copy + fmt::Display>(&self, name: &'static str, least: N, most: N) -> Result<N, ConfigError> {
        let number = self.or_default(name).parse().ok().filter(|number| (&least..=&most).contains(&number));
        number.ok_or_else(|| invalid(name, format!("a whole number from {least} to {most}")))
    }

    fn seconds(&self, name: &'static str, unit: u64, least: u64, most: u64) -> Result<Duration, ConfigError> {
        Ok(Duration::from_secs(self.number(name, least, most)? * unit))
    }

    fn one_of<T: Copy>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let value = self.or_default(name);
        let chosen = choices.iter().find(|(text, _)| *text == value).map(|(_, choice)| *choice);
        chosen.ok_or_else(|| {
            let texts: Vec<&str> = choices.iter().map(|(text, _)| *text).collect();
            invalid(name, format!("one of {}", texts.join(", ")))
        })
    }

    fn url(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        let parsed = text
            .parse::<http::Uri>()
            .ok()
            .filter(|uri| matches!(uri.scheme_str(), Some("https" | "http")) && uri.authority().is_some() && uri.query().is_none());
        parsed
            .map(|_| Some(text.trim_end_matches('/').to_owned()))
            .ok_or_else(|| invalid(name, "a URL such as https://accounts.example.com"))
    }

    fn list(&self, name: &'static str) -> Vec<String> {
        self.or_default(name).split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    fn countries(&self, name: &'static str) -> Result<SmsCountries, ConfigError> {
        let list = self.list(name);
        if list == ["*"] {
            return Ok(SmsCountries::All);
        }
        let countries = list.iter().map(|code| Country::parse(code)).collect::<Option<_>>();
        countries.map(SmsCountries::Only).ok_or_else(|| invalid(name, "a comma-separated list of ISO 3166 codes, or *"))
    }

    fn aws(&self) -> Result<Aws, ConfigError> {
        Ok(Aws {
            region: self
                .optional("AWS_REGION")
                .map_or_else(|| self.required("AWS_DEFAULT_REGION"), Ok)
                .map_err(|_| ConfigError::Missing("AWS_REGION"))?,
            access_key: self.required("AWS_ACCESS_KEY_ID")?,
            secret_key: self.required("AWS_SECRET_ACCESS_KEY")?.into(),
            session_token: self.optional("AWS_SESSION_TOKEN").map(Into::into),
            dynamodb_endpoint: self.url("LATCHKEY_DYNAMODB_ENDPOINT")?,
            ses_endpoint: self.url("LATCHKEY_SES_ENDPOINT")?,
            sns_endpoint: self.url("LATCHKEY_SNS_ENDPOINT")?,
        })
    }
}

const DAY: u64 = 24 * 60 * 60;

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
            sms_countries: source.countries("LATCHKEY_SMS_COUNTRIES")?,
            disclosure: source.one_of("LATCHKEY_DISCLOSURE", &[("published", Disclosure::Published), ("uniform", Disclosure::Uniform)])?,
            password_min: source.number("LATCHKEY_PASSWORD_MIN", 8, 64)?,
            access_token_life: source.seconds("LATCHKEY_ACCESS_TOKEN_MINUTES", 60, 1, 1440)?,
            session_idle: source.seconds("LATCHKEY_SESSION_IDLE_DAYS", DAY, 1, 365)?,
            session_absolute: source.seconds("LATCHKEY_SESSION_ABSOLUTE_DAYS", DAY, 1, 3650)?,
            refresh_grace: source.seconds("LATCHKEY_REFRESH_GRACE", 1, 0, 600)?,
            signing_algorithm: source.one_of("LATCHKEY_SIGNING_ALGORITHM", &[("ES256", Algorithm::ES256), ("RS256", Algorithm::RS256)])?,
            signing_key_life: source.seconds("LATCHKEY_SIGNING_KEY_DAYS", DAY, 2, 365)?,
            audit_kept: source.seconds("LATCHKEY_AUDIT_DAYS", DAY, 1, 3650)?,
            caller_limit_scale: source.number("LATCHKEY_CALLER_LIMIT_SCALE", 1, 100_000)?,
            log: source.or_default("LATCHKEY_LOG").parse().map_err(|_| invalid("LATCHKEY_LOG", "one of error, warn, info, debug"))?,
            aws: source.aws()?,
        };
        Ok(config)
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
        assert_eq!(config.access_token_life, Duration::from_mins(15));
        assert_eq!(config.sms_countries, SmsCountries::Only(BTreeSet::new()));
        assert_eq!(config.disclosure, Disclosure::Published);
        Ok(())
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
            ("LATCHKEY_LOG", "loud"),
            ("LATCHKEY_SENDER", "nobody"),
            ("LATCHKEY_SECRETS_ACCEPTED", "short-secret"),
        ] {
            let message = read(&[(name, value)]).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(message.starts_with(name), "{name}: {message}");
            assert!(!message.contains("short-secret"), "{message}");
        }
    }
}
