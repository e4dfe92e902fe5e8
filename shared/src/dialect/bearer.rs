//! Callers with an access token, on every surface that takes one.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header;
use axum::http::request::Parts;

use crate::app::App;
use crate::domain::user::User;
use crate::flow::session;
use crate::http::{Anyone, Fault, bearer_token};
use crate::reason::{Problem, Reason};

/// Somebody with an access token that their surface takes, whose session was checked on this very request.
#[derive(Debug)]
pub struct SignedIn(pub session::SignedIn);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let MayChangePassword(caller) = MayChangePassword::from_request_parts(parts, app).await?;
        Ok(Self(caller.with_own_password()?))
    }
}

/// As [`SignedIn`], also while the account waits for its deletion: to see that, to cancel it, and to take one's data along.
#[derive(Debug)]
pub struct EvenLeaving(pub session::SignedIn);

impl FromRequestParts<App> for EvenLeaving {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        Ok(Self(authenticate(parts, app).await?.with_own_password()?))
    }
}

/// As [`SignedIn`], also with a password that an administrator has set: to choose another one.
#[derive(Debug)]
pub struct MayChangePassword(pub session::SignedIn);

impl FromRequestParts<App> for MayChangePassword {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        Ok(Self(authenticate(parts, app).await?.staying()?))
    }
}

async fn authenticate(parts: &mut Parts, app: &App) -> Result<session::SignedIn, Fault> {
    let Anyone(caller) = <Anyone as FromRequestParts<App>>::from_request_parts(parts, app).await?;
    let token = bearer_token(&parts.headers).ok_or_else(|| Problem::new(Reason::Unauthenticated))?;
    Ok(session::authenticate(app, &caller, token).await?)
}

/// Somebody with an access token, or anybody without one. A token that is no longer good is refused: its holder means to act as
/// somebody, and would otherwise be answered as nobody.
#[derive(Debug)]
pub struct MaybeSignedIn(pub Option<session::SignedIn>);

impl MaybeSignedIn {
    /// The account, if somebody is signed in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.0.as_ref().map(|caller| &caller.user)
    }
}

impl FromRequestParts<App> for MaybeSignedIn {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self(None));
        }
        let SignedIn(caller) = SignedIn::from_request_parts(parts, app).await?;
        Ok(Self(Some(caller)))
    }
}

/// An access token as it came, good or not.
#[derive(Debug)]
pub struct Token(pub String);

impl OptionalFromRequestParts<App> for Token {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Fault> {
        Ok(bearer_token(&parts.headers).map(|token| Self(token.to_owned())))
    }
}
