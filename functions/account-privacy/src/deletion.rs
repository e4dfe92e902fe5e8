//! A deletion as this surface shows it.

use latchkey::app::App;
use latchkey::domain::erasure::{Deletion, Stage};
use serde::Serialize;
use utoipa::ToSchema;

/// How far the deletion of an account has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountDeletionResponse {
    /// Always true.
    success: bool,
    /// What happened, for people.
    message: &'static str,
    /// `pending_confirmation`, `scheduled` or `cancelled`.
    status: &'static str,
    /// When the account will be deleted, ISO 8601 in UTC; once that is confirmed.
    scheduled_deletion_at: Option<String>,
    /// How many days there are to cancel.
    grace_period_days: u64,
}

impl AccountDeletionResponse {
    pub(crate) fn asked(app: &App, message: &'static str) -> Self {
        Self {
            success: true,
            message,
            status: Stage::PendingConfirmation.as_str(),
            scheduled_deletion_at: None,
            grace_period_days: days(app),
        }
    }

    pub(crate) fn of(app: &App, message: &'static str, deletion: &Deletion) -> Self {
        let due = deletion.scheduled_at.filter(|_| deletion.status == Stage::Scheduled);
        Self {
            success: true,
            message,
            status: deletion.status.as_str(),
            scheduled_deletion_at: due.map(|at| at.to_string()),
            grace_period_days: days(app),
        }
    }
}

fn days(app: &App) -> u64 {
    app.config.deletion_grace.as_secs() / (24 * 60 * 60)
}
