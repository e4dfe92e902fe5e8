//! `GET /v1/users/me`: the caller's profile.

use latchkey::dialect::account::{Result, SignedIn};
use latchkey::http::Answer;

use crate::profile::UserProfile;

/// The caller's profile
#[utoipa::path(get, path = "/v1/users/me", operation_id = "getMe", tag = "UserApi", responses((status = 200, body = UserProfile)))]
pub(crate) async fn handle(SignedIn(caller): SignedIn) -> Result<UserProfile> {
    Ok(Answer::ok(caller.user.into()))
}
