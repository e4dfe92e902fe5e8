//! The variables that functions are given here: what the environment says, and where it says nothing, this stack itself.

use std::collections::BTreeMap;

use super::console;

/// The table's name.
const TABLE: &str = "latchkey";

/// The addresses of this stack, as its own functions call it.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Of the API, without a slash at the end.
    pub api: String,
    /// Of the DynamoDB endpoint.
    pub dynamodb: String,
}

/// What leads the stack to itself, whatever the environment says: a developer who has another table's endpoint or real credentials
/// there must neither write to that table nor send real mail or push notices from here.
const OURS: [&str; 10] = [
    "LATCHKEY_TABLE",
    "LATCHKEY_DYNAMODB_ENDPOINT",
    "LATCHKEY_SES_ENDPOINT",
    "LATCHKEY_SNS_ENDPOINT",
    "LATCHKEY_SECRETSMANAGER_ENDPOINT",
    "LATCHKEY_FCM_ENDPOINT",
    "LATCHKEY_FCM_SECRET",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// Variables by name.
#[derive(Debug)]
pub struct Variables {
    defaults: BTreeMap<&'static str, String>,
    environment: fn(&str) -> Option<String>,
}

impl Variables {
    /// The variables of a stack at these addresses.
    #[must_use]
    pub fn new(addresses: &Addresses, environment: fn(&str) -> Option<String>) -> Self {
        let Addresses { api, dynamodb } = addresses;
        let defaults = [
            ("LATCHKEY_TABLE", TABLE.to_owned()),
            ("LATCHKEY_BASE_URL", api.clone()),
            ("LATCHKEY_SENDER", "latchkey@localhost.test".to_owned()),
            // One developer is one address, and would soon be over what one address may do.
            ("LATCHKEY_CALLER_LIMIT_SCALE", "1000".to_owned()),
            ("LATCHKEY_SMS_COUNTRIES", "*".to_owned()),
            // SMS go nowhere from here and cost nothing.
            ("LATCHKEY_SMS_BUDGET", "1000000".to_owned()),
            ("LATCHKEY_SMS_PER_PREFIX", "1000000".to_owned()),
            ("LATCHKEY_PREFIX_LOOK_UPS", "1000000".to_owned()),
            ("LATCHKEY_DYNAMODB_ENDPOINT", dynamodb.clone()),
            ("LATCHKEY_SES_ENDPOINT", format!("{api}{}", console::SES)),
            ("LATCHKEY_SNS_ENDPOINT", format!("{api}{}", console::SNS)),
            ("LATCHKEY_SECRETSMANAGER_ENDPOINT", format!("{api}{}", console::SECRETSMANAGER)),
            ("LATCHKEY_FCM_ENDPOINT", format!("{api}{}", console::GOOGLE)),
            ("LATCHKEY_FCM_SECRET", "fcm".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ];
        Self { defaults: defaults.into(), environment }
    }

    /// Gives a variable a value that holds where the environment has none.
    pub fn set(&mut self, name: &'static str, value: String) {
        self.defaults.insert(name, value);
    }

    /// A variable's value. One that is empty in the environment counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let given = (self.environment)(name).filter(|value| !value.trim().is_empty() && !OURS.contains(&name));
        given.or_else(|| self.defaults.get(name).cloned())
    }
}

/// A variable of this process's environment.
#[must_use]
pub fn from_environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the functions' configuration is completed here, before it is read")]
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use latchkey::config::Config;
    use latchkey::domain::limit::CallerLimit;

    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "LATCHKEY_PASSWORD_MIN" => Some("15".to_owned()),
            "LATCHKEY_BASE_URL" => Some(String::new()),
            "LATCHKEY_TABLE" => Some("production".to_owned()),
            "LATCHKEY_DYNAMODB_ENDPOINT" => Some("http://elsewhere.example".to_owned()),
            "LATCHKEY_FCM_SECRET" => Some("arn:aws:secretsmanager:eu-central-1:111122223333:secret:fcm-AbCdEf".to_owned()),
            "AWS_ACCESS_KEY_ID" => Some("AKIAREAL".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn the_environment_goes_before_but_never_leads_elsewhere() {
        let addresses = Addresses { api: "http://127.0.0.1:3000".to_owned(), dynamodb: "http://127.0.0.1:8000".to_owned() };
        let mut variables = Variables::new(&addresses, environment);
        variables.set("LATCHKEY_SECRET", "0123456789abcdef0123456789abcdef".to_owned());
        let config = Config::read(&|name| variables.get(name)).unwrap();
        assert_eq!(config.password_min, 15);
        assert_eq!(config.base_url.as_deref(), Some("http://127.0.0.1:3000"), "an empty one counts as absent");
        assert_eq!((config.table.as_str(), config.aws.access_key.as_str()), ("latchkey", "local"));
        assert_eq!(config.aws.ses_endpoint.as_deref(), Some("http://127.0.0.1:3000/_local/ses"));
        assert_eq!(config.aws.sns_endpoint.as_deref(), Some("http://127.0.0.1:3000/_local/sns"));
        assert_eq!(config.aws.secretsmanager_endpoint.as_deref(), Some("http://127.0.0.1:3000/_local/secretsmanager"));
        assert_eq!((config.fcm_secret.as_deref(), config.fcm_endpoint.as_str()), (Some("fcm"), "http://127.0.0.1:3000/_local/google"));
        assert_eq!(config.aws.dynamodb_endpoint.as_deref(), Some("http://127.0.0.1:8000"));
        assert_eq!(config.limits.callers.of(CallerLimit::AskCode).most, 20 * 1000);
    }
}
