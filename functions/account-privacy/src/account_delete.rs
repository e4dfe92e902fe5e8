//! `POST /v1/account/delete`: deletes the caller's account at once.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result, SignedIn};
use latchkey::domain::code::OtpCode;
use latchkey::domain::password::Password;
use latchkey::flow::erase::{self, Proof};
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// What shows that it is the owner who asks.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = DeleteAccountRequest)]
pub(crate) struct Request {
    /// The account's password.
    #[schema(example = "analytical engine no. 1")]
    password: Option<String>,
    /// For an account without a password: the code of a deletion that was asked for.
    #[serde(alias = "code", alias = "otp_code")]
    #[schema(example = "012345")]
    otp: Option<String>,
}

/// Delete the account at once
///
/// This cannot be taken back. Nobody is let in or shown the account any more; its data is erased and its addresses are free within five
/// minutes.
#[utoipa::path(post, path = "/v1/account/delete", operation_id = "deleteAccount", tag = "UserApi", request_body = Request, extensions(("x-takes-code-of" = json!(["deletion_code"]))), responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    SignedIn(caller): SignedIn,
    Body(request): Body<Request>,
) -> Result<MessageResponse> {
    let mut fields = Fields::default();
    let password = request.password.filter(|password| !password.is_empty());
    let password = password.and_then(|password| fields.read("password", Password::given(&password)));
    let code = request.otp.filter(|code| !code.is_empty()).and_then(|code| fields.read("otp", OtpCode::parse(&code)));
    if !fields.are_right() {
        return Err(fields.refuse().into());
    }
    erase::at_once(&app, &by, &caller, &Proof { password, code }).await?;
    Ok(Answer::ok(MessageResponse::new("Your account is deleted.")))
}
