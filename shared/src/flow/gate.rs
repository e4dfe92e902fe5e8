//! The gate before a password, wherever one is asked for.

use crate::app::App;
use crate::domain::hash::{StoredHash, Verdict};
use crate::domain::password::Password;
use crate::domain::user::User;
use crate::flow::{Trouble, audit};
use crate::store::{About, Detail, Door, Event, Knock};
use crate::telemetry;

/// Compares a password with an account's; where there is none, does the same work.
///
/// # Errors
/// [`Trouble`].
pub(crate) fn compare(app: &App, password: &Password, user: Option<&User>) -> Result<Verdict, Trouble> {
    let id = user.map(|user| user.id.to_string());
    compare_hash(app, password, user.and_then(|user| user.password.as_ref()), id.as_deref())
}

/// Compares a password with the stored hash; where there is none, does the same work. One that cannot be verified, since it is no hash
/// or would cost too much, fits no password: whoever tries learns nothing of it, and the log tells whose it is.
///
/// # Errors
/// [`Trouble`].
pub(crate) fn compare_hash(
    app: &App,
    password: &Password,
    stored: Option<&StoredHash>,
    account_id: Option<&str>,
) -> Result<Verdict, Trouble> {
    let Some(stored) = stored else { return Ok(app.hasher.pretend(password)?) };
    app.hasher.verify(password, stored).or_else(|error| {
        tracing::error!(event = "hash_unusable", account.id = account_id, causes = telemetry::causes(&error));
        Ok(app.hasher.pretend(password)?)
    })
}

/// Tells the audit of a wrong password, if it was the last that is taken in this window.
///
/// # Errors
/// [`Trouble`].
pub(crate) async fn tell(app: &App, knock: &Knock<'_>, is_last: bool) -> Result<(), Trouble> {
    if is_last {
        let about = match knock.at {
            Door::Account(user) => About::User(user),
            Door::Nobodys(_) => About::Item(knock.key()),
        };
        let detail = Detail { lane: Some(knock.lane.name()), count: Some(knock.passwords.most), ..Detail::default() };
        let event = audit::of(app, about, None, Event::PasswordsRefused, detail, knock.now);
        app.store.tell_refused_passwords(knock, &event).await?;
    }
    Ok(())
}
