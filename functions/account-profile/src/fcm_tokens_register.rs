//! `POST /v1/account/fcm-tokens`: registers a device for push notices.

use latchkey::app::App;
use latchkey::dialect::account::{GenericSuccess, Result, SignedIn};
use latchkey::domain::name::Name;
use latchkey::domain::push::{Platform, PushToken};
use latchkey::flow::push_devices::{self, Device};
use latchkey::http::{Answer, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// The device.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RegisterFcmTokenRequest)]
pub(crate) struct Request {
    /// The token that Firebase Cloud Messaging gave the app.
    #[schema(required = true, min_length = 1, max_length = 4096, example = "dQw4w9WgXcQ:APA91bH")]
    fcm_token: String,
    /// `android`, `ios` or `web`.
    #[schema(required = true, min_length = 1, example = "android")]
    platform: String,
    /// What the owner calls the device, at most 100 characters.
    #[schema(example = "Ada's phone")]
    device_name: Option<String>,
}

/// Register a device for push notices
///
/// A token belongs to the account that registered it last, and is told things as long as the session lasts that did: register it after each
/// sign-in. Of more than twenty devices the one registered longest ago is forgotten.
#[utoipa::path(post, path = "/v1/account/fcm-tokens", operation_id = "registerFcmToken", tag = "UserApi", request_body = Request, responses((status = 200, body = GenericSuccess)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, Body(request): Body<Request>) -> Result<GenericSuccess> {
    let mut fields = Fields::default();
    let token = fields.read("fcm_token", PushToken::parse(&request.fcm_token));
    let platform = fields.read("platform", Platform::parse(&request.platform));
    let name = request.device_name.filter(|name| !name.trim().is_empty());
    let name = name.and_then(|name| fields.read("device_name", Name::parse(&name)));
    match (token, platform) {
        (Some(token), Some(platform)) if fields.are_right() => {
            push_devices::register(&app, caller, Device { token, platform, name }).await?;
            Ok(Answer::ok(GenericSuccess::default()))
        }
        _ => Err(fields.refuse().into()),
    }
}
