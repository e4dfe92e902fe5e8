//! The gate before a password, wherever one is asked for.

use crate::app::App;
use crate::domain::hash::{StoredHash, Verdict};
use crate::domain::password::Password;
use crate::flow::{Trouble, audit};
use crate::store::{About, Detail, Door, Event, Knock};

/// Compares a password with the stored hash; where there is none, does the same work.
///
/// # Errors
/// [`Trouble`].
pub(crate) fn compare(app: &App, password: &Password, stored: Option<&StoredHash>) -> Result<Verdict, Trouble> {
    Ok(match stored {
        Some(stored) => app.hasher.verify(password, stored)?,
        None => app.hasher.pretend(password)?,
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
