//! `POST /v1/user/confirm-data-export`: lets the copy be made that was asked for.

use latchkey::app::App;
use latchkey::dialect::account::{EvenLeaving, Result};
use latchkey::domain::code::OtpCode;
use latchkey::flow::export;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::data_export::DataExportResponse;

/// The code that was sent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ConfirmDataExportPayload)]
pub(crate) struct Request {
    /// The six digits.
    #[serde(alias = "code", alias = "otp_code")]
    #[schema(required = true, min_length = 6, example = "012345")]
    otp: String,
}

/// Confirm that one wants a copy of one's data
///
/// A mail tells when it is ready, mostly within a minute; `/v1/user/gdpr-status` tells, too.
#[utoipa::path(post, path = "/v1/user/confirm-data-export", operation_id = "confirmDataExport", tag = "UserApi", request_body = Request, extensions(("x-takes-code-of" = json!(["export_code"]))), responses((status = 200, body = DataExportResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    EvenLeaving(caller): EvenLeaving,
    Body(request): Body<Request>,
) -> Result<DataExportResponse> {
    let mut fields = Fields::default();
    let Some(code) = fields.read("otp", OtpCode::parse(&request.otp)) else { return Err(fields.refuse().into()) };
    let export = export::confirm(&app, &by, &caller, &code).await?;
    Ok(Answer::ok(DataExportResponse::of("Your data is being put together.", &export, &by.base_url, app.clock.now())))
}
