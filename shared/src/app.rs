//! The application: all that a handler is given.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::delivery::push::Fcm;
use crate::domain::hash::Hasher;
use crate::keyring::Keyring;
use crate::rng::{Rng, SystemRng};
use crate::secret::Secrets;
use crate::store::Store;
use crate::{clients, domain};

/// What an application is made of.
pub struct Parts {
    /// Configuration.
    pub config: Config,
    /// The table.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// The root secret's keys.
    pub secrets: Arc<Secrets>,
    /// The table's keys.
    pub keyring: Keyring,
    /// Password hashing.
    pub hasher: Hasher,
    mail: OnceLock<aws_sdk_sesv2::Client>,
    sms: OnceLock<aws_sdk_sns::Client>,
    push: OnceLock<Fcm>,
}

/// The application. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// An application with the machine's clock and randomness. The table's client is built, and no request is made.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with(config, Arc::new(SystemClock), Arc::new(SystemRng), clients::dynamodb_config)
    }

    /// An application with a given clock and randomness; `dynamodb` makes the configuration of the table's client.
    #[must_use]
    pub fn with(
        config: Config,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        dynamodb: impl FnOnce(&Config) -> aws_sdk_dynamodb::config::Builder,
    ) -> Self {
        let client = aws_sdk_dynamodb::Client::from_conf(dynamodb(&config).build());
        let store = Store::new(client, &config.table, Arc::clone(&rng));
        let secrets = Arc::new(Secrets::new(&config.secret, &config.secrets_accepted));
        let keyring = Keyring::new(store.clone(), Arc::clone(&secrets), Arc::clone(&clock), Arc::clone(&rng), config.signing_algorithm);
        Self(Arc::new(Parts {
            store,
            clock,
            rng,
            secrets,
            keyring,
            hasher: domain::hash::Hasher::default(),
            mail: OnceLock::new(),
            sms: OnceLock::new(),
            push: OnceLock::new(),
            config,
        }))
    }

    /// Mail. The client is made on first use: only one function sends, and the others neither wait for it nor carry its code.
    #[must_use]
    pub fn mail(&self) -> &aws_sdk_sesv2::Client {
        self.mail.get_or_init(|| clients::sesv2(&self.config))
    }

    /// SMS. The client is made on first use, as that of [`App::mail`].
    #[must_use]
    pub fn sms(&self) -> &aws_sdk_sns::Client {
        self.sms.get_or_init(|| clients::sns(&self.config))
    }

    /// Push notices, if a service account is configured. Made on first use, as the client of [`App::mail`].
    #[must_use]
    pub fn push(&self) -> Option<&Fcm> {
        let secret = self.config.fcm_secret.as_ref()?;
        Some(self.push.get_or_init(|| {
            let (secrets, way) = (clients::secretsmanager(&self.config), clients::elsewhere(&self.config.fcm_endpoint));
            Fcm::new(secrets, secret.clone(), way, self.config.fcm_endpoint.clone())
        }))
    }
}
