//! `POST /v1/user/request-data-export`: asks for a copy of the caller's data.

use latchkey::app::App;
use latchkey::dialect::account::{EvenLeaving, Result};
use latchkey::domain::data_export::Stage;
use latchkey::flow::export;
use latchkey::http::{Answer, Anyone, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::data_export::DataExportResponse;

/// How the copy shall be.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RequestDataExportPayload)]
pub(crate) struct Request {
    /// Only `json`.
    #[schema(example = "json")]
    format: Option<String>,
}

/// Ask for a copy of one's data
///
/// A code goes to the primary e-mail address, or to the primary phone where there is none. While a copy is being made there is no other:
/// that one is answered.
#[utoipa::path(post, path = "/v1/user/request-data-export", operation_id = "requestDataExport", tag = "UserApi", request_body = Request, responses((status = 200, body = DataExportResponse)))]
pub(crate) async fn handle(
    State(app): State<App>,
    Anyone(by): Anyone,
    EvenLeaving(caller): EvenLeaving,
    Body(request): Body<Request>,
) -> Result<DataExportResponse> {
    let mut fields = Fields::default();
    let format = request.format.as_deref().map_or(Ok(()), |format| if format == "json" { Ok(()) } else { Err("must be json") });
    if fields.read("format", format).is_none() {
        return Err(fields.refuse().into());
    }
    let export = export::request(&app, &by, &caller.user).await?;
    let message = match export.status {
        Stage::PendingConfirmation => "Enter the code that was sent to you to get a copy of your data.",
        _ => "A copy of your data is being made already.",
    };
    Ok(Answer::ok(DataExportResponse::of(message, &export, &by.base_url, app.clock.now())))
}
