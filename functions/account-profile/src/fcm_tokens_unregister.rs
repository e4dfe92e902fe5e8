//! `DELETE /v1/account/fcm-tokens/{fcm_token}`: forgets a device.

use latchkey::app::App;
use latchkey::dialect::account::{GenericSuccess, Result, SignedIn};
use latchkey::domain::push::PushToken;
use latchkey::flow::push_devices;
use latchkey::http::{Answer, Segment, State};

/// Forget a device
///
/// Also answers 200 for a token that is not registered for the caller.
#[utoipa::path(delete, path = "/v1/account/fcm-tokens/{fcm_token}", operation_id = "unregisterFcmToken", tag = "UserApi", params(("fcm_token" = String, Path, description = "The token, percent-encoded.")), responses((status = 200, body = GenericSuccess)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, Segment(token): Segment) -> Result<GenericSuccess> {
    // What is no token was never registered.
    if let Ok(token) = PushToken::parse(&token) {
        push_devices::unregister(&app, &caller.user, &token).await?;
    }
    Ok(Answer::ok(GenericSuccess::default()))
}
