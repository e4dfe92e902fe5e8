//! `POST /api/v1/auth/login`: signs in with a password.

use latchkey::app::App;
use latchkey::dialect::phone::{Body, Fields, Given, Result};
use latchkey::flow::sign_in::{self, SignInError};
use latchkey::http::{Answer, Anyone, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answers::TokenResponse;
use crate::fields;

/// A number and its password.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = LoginRequest)]
pub(crate) struct Request {
    /// Phone number.
    #[serde(alias = "phone_number")]
    #[schema(value_type = String, required = true, example = "+4915112345678")]
    phone: Given,
    /// Password.
    #[schema(value_type = String, required = true, example = "analytical engine no. 1")]
    password: Given,
}

/// Sign in with a password
///
/// 401 for a wrong password, an unknown number and a disabled account alike.
#[utoipa::path(post, path = "/api/v1/auth/login", operation_id = "loginForAccessToken", tag = "auth", request_body = Request, responses((status = 200, body = TokenResponse)))]
pub(crate) async fn handle(State(app): State<App>, Anyone(by): Anyone, Body(request): Body<Request>) -> Result<TokenResponse> {
    let mut read = Fields::default();
    let phone = fields::phone(&mut read, "phone", &request.phone, &app);
    let password = fields::password(&mut read, "password", &request.password);
    let (Some(phone), Some(password)) = (phone, password) else { return Err(read.refuse().into()) };
    let granted = sign_in::with_password(&app, &by, &phone.into(), &password).await;
    let granted = granted.map_err(|error| match error {
        SignInError::Inactive => SignInError::Refused,
        error => error,
    })?;
    Ok(Answer::ok((&granted).into()))
}
