//! A copy of a person's data as this surface shows it.

use jiff::Timestamp;
use latchkey::domain::data_export::DataExport;
use serde::Serialize;
use utoipa::ToSchema;

/// How far a copy of the caller's data has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct DataExportResponse {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
    /// `pending_confirmation`, `queued` or `processing`.
    status: &'static str,
    /// The number under which it is listed.
    request_id: i64,
    /// The name of the file, once it is made.
    filename: Option<String>,
    /// Where the file is, once it is made.
    download_url: Option<String>,
    /// Until when it can be fetched, ISO 8601 in UTC.
    expires_at: Option<String>,
}

impl DataExportResponse {
    pub(crate) fn of(message: &'static str, export: &DataExport, base_url: &str, now: Timestamp) -> Self {
        let file = export.file(now);
        let name = file.map(|file| file.name.as_str().to_owned());
        Self {
            success: true,
            message,
            status: export.stage(now).as_str(),
            request_id: export.number.cast_signed(),
            download_url: name.as_ref().map(|name| format!("{base_url}/v1/user/download-export/{name}")),
            filename: name,
            expires_at: file.map(|file| file.expires_at.to_string()),
        }
    }
}
