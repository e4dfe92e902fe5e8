//! `POST /fe/users/auth/otp/register`: sends a code.

use latchkey::app::App;
use latchkey::dialect::partner::{PartnerUser, Result};
use latchkey::flow::link;
use latchkey::http::{Answer, Anyone, Body, State};

use crate::number::{Request, Response};

/// Send a code
///
/// The code goes to the number by SMS, names the partner, and says that it links accounts. What is answered comes back with it.
#[utoipa::path(post, path = "/fe/users/auth/otp/register", operation_id = "registerOtp", tag = "otp", request_body = Request, responses((status = 200, body = Response)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    PartnerUser(who): PartnerUser,
    Body(request): Body<Request>,
) -> Result<Response> {
    let asked = link::ask(&app, &by, &who, &request.number()?).await?;
    Ok(Answer::ok((&asked).into()))
}
