//! `latchkey partner list`.

use std::fmt;

use latchkey::app::App;
use serde::Serialize;

use super::Shown;
use crate::admin::error::AdminError;

/// All partners.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    partners: Vec<Shown>,
}

impl fmt::Display for Listed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.partners.is_empty() {
            return writeln!(formatter, "No partner is registered; `latchkey partner create` does.");
        }
        self.partners.iter().try_for_each(|partner| write!(formatter, "{partner}"))
    }
}

/// Lists the partners.
pub(super) async fn run(app: &App) -> Result<Listed, AdminError> {
    let now = app.clock.now();
    let partners = app.store.administration().partners().await?;
    Ok(Listed { partners: partners.iter().map(|partner| Shown::of(partner, now)).collect() })
}
