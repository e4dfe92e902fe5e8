//! `POST /v1/user/confirm-account-deletion`: schedules the deletion of the caller's account.

use latchkey::app::App;
use latchkey::dialect::account::{Result, SignedIn};
use latchkey::domain::code::OtpCode;
use latchkey::flow::erase;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::deletion::AccountDeletionResponse;

/// The code that was sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ConfirmAccountDeletionPayload)]
pub(crate) struct Request {
    /// The six digits.
    #[serde(alias = "code", alias = "otp_code")]
    #[schema(required = true, min_length = 6, example = "012345")]
    otp: String,
}

/// Confirm the deletion of the account
///
/// All other sessions end. Until the account is deleted its owner can sign in, see that, cancel it and take their data along; nothing else.
#[utoipa::path(post, path = "/v1/user/confirm-account-deletion", operation_id = "confirmAccountDeletion", tag = "UserApi", request_body = Request, extensions(("x-takes-code-of" = json!(["deletion_code"]))), responses((status = 200, body = AccountDeletionResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Body(request): Body<Request>,
) -> Result<AccountDeletionResponse> {
    let mut fields = Fields::default();
    let Some(code) = fields.read("otp", OtpCode::parse(&request.otp)) else { return Err(fields.refuse().into()) };
    let deletion = erase::confirm(&app, &by, &caller, &code).await?;
    Ok(Answer::ok(AccountDeletionResponse::of(&app, "Your account will be deleted. You can cancel that until then.", &deletion)))
}
