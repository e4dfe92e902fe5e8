//! `latchkey user reset-password`: a temporary password, for whoever cannot reset it themselves.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use latchkey::app::App;
use latchkey::caller::Caller;
use latchkey::domain::surface::Surface;
use latchkey::domain::user::Status;
use latchkey::flow::Trouble;
use latchkey::flow::temporary::{self, TemporaryError};
use latchkey::network::Network;
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use super::error::AdminError;
use super::options::ResetPassword;
use super::terminal::Terminal;
use super::user_change::account;

/// What was done. The password is nowhere else.
#[derive(Serialize)]
pub struct Reset {
    /// The account.
    pub id: String,
    /// The temporary password.
    #[serde(serialize_with = "shown")]
    pub secret: Zeroizing<String>,
}

fn shown<S: Serializer>(secret: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret)
}

impl fmt::Display for Reset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, secret } = self;
        writeln!(formatter, "{}\n", **secret)?;
        writeln!(formatter, "The temporary password of {id}: it is shown this once, and is good for choosing another one only.")
    }
}

/// Sets a temporary password.
///
/// # Errors
/// [`AdminError`].
pub async fn run(app: &App, options: &ResetPassword, terminal: &mut Terminal<'_>) -> Result<Reset, AdminError> {
    let base_url = app.config.base_url.clone().ok_or(AdminError::NoBaseUrl)?;
    let user = account(app, &options.who).await?;
    match user.status {
        Status::Active => {}
        Status::Disabled => return Err(AdminError::Closed),
        Status::PendingDeletion | Status::Purging => return Err(AdminError::AwaitsDeletion),
    }
    let id = user.id.to_string();
    let question = format!("This ends the password and every session of the account {id}, and tells its owner.\nType yes to go on: ");
    if !options.yes && !terminal.confirms(&question, "yes") {
        return Err(AdminError::Unconfirmed);
    }
    // Nobody's network: no limit is counted and no place becomes known by what an operator does.
    let operator = Caller::new(Network::of(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), base_url, Surface::Account);
    match temporary::draw(app, &operator, user.id).await {
        Ok(secret) => Ok(Reset { id, secret }),
        Err(TemporaryError::Trouble(Trouble::Store(error))) => Err(error.into()),
        Err(error) => Err(AdminError::Temporary(error)),
    }
}
