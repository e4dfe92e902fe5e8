//! `POST /fe/users/auth/otp/resend`: sends a code again.

use latchkey::app::App;
use latchkey::dialect::partner::{PartnerUser, Result};
use latchkey::flow::link;
use latchkey::http::{Answer, Anyone, Body, State};

use crate::number::{Request, Response};

/// Send a code again
///
/// A new code replaces the old one; while that was waiting, `authCode` stays the same. With none waiting it is as the first time.
#[utoipa::path(post, path = "/fe/users/auth/otp/resend", operation_id = "resendOtp", tag = "otp", request_body = Request, responses((status = 200, body = Response)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    PartnerUser(who): PartnerUser,
    Body(request): Body<Request>,
) -> Result<Response> {
    let asked = link::ask_again(&app, &by, &who, &request.number()?).await?;
    Ok(Answer::ok((&asked).into()))
}
