//! `GET /v1/user/gdpr-status`: what the caller has asked for about their data.

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::dialect::account::{EvenLeaving, Result};
use latchkey::domain::data_export::DataExport;
use latchkey::domain::erasure::{Deletion, Stage};
use latchkey::flow::export;
use latchkey::http::{Answer, State};
use serde::Serialize;
use utoipa::ToSchema;

/// What the caller has asked for about their data.
#[derive(Serialize, ToSchema)]
#[schema(as = GdprStatusResponse)]
pub(crate) struct Response {
    /// The deletion of the account, if one was asked for.
    deletion_request: Option<DeletionRequest>,
    /// The copies that were asked for, newest first.
    export_requests: Vec<ExportRequest>,
}

/// The deletion of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = GdprDeletionRequest)]
pub(crate) struct DeletionRequest {
    /// `pending_confirmation`, `scheduled` or `cancelled`.
    status: &'static str,
    /// When it was asked for, ISO 8601 in UTC.
    requested_at: String,
    /// When it was confirmed.
    confirmed_at: Option<String>,
    /// When the account will be deleted.
    scheduled_deletion_at: Option<String>,
}

/// A copy of a person's data.
#[derive(Serialize, ToSchema)]
#[schema(as = GdprExportRequest)]
pub(crate) struct ExportRequest {
    /// The number under which it is listed.
    id: i64,
    /// `pending_confirmation`, `queued`, `processing`, `completed`, `failed` or `expired`.
    status: &'static str,
    /// When it was asked for, ISO 8601 in UTC.
    requested_at: String,
    /// When it was made.
    completed_at: Option<String>,
    /// Until when it can be fetched.
    expires_at: Option<String>,
    /// The name of the file, as long as it can be fetched.
    filename: Option<String>,
}

/// What the caller has asked for about their data
#[utoipa::path(get, path = "/v1/user/gdpr-status", operation_id = "getGdprStatus", tag = "UserApi", responses((status = 200, body = Response)))]
pub(crate) async fn handle(State(app): State<App>, EvenLeaving(caller): EvenLeaving) -> Result<Response> {
    let (deletion, exports, now) = export::status(&app, &caller.user).await?;
    let export_requests = exports.iter().map(|export| ExportRequest::of(export, now)).collect();
    Ok(Answer::ok(Response { deletion_request: deletion.as_ref().map(DeletionRequest::from), export_requests }))
}

impl From<&Deletion> for DeletionRequest {
    fn from(deletion: &Deletion) -> Self {
        Self {
            status: deletion.status.as_str(),
            requested_at: deletion.requested_at.to_string(),
            confirmed_at: deletion.confirmed_at.map(|at| at.to_string()),
            scheduled_deletion_at: deletion.scheduled_at.filter(|_| deletion.status == Stage::Scheduled).map(|at| at.to_string()),
        }
    }
}

impl ExportRequest {
    fn of(export: &DataExport, now: Timestamp) -> Self {
        let file = export.file.as_ref();
        Self {
            id: export.number.cast_signed(),
            status: export.stage(now).as_str(),
            requested_at: export.requested_at.to_string(),
            completed_at: file.map(|file| file.completed_at.to_string()),
            expires_at: file.map(|file| file.expires_at.to_string()),
            filename: export.file(now).map(|file| file.name.as_str().to_owned()),
        }
    }
}
