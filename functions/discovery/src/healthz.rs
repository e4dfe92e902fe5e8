//! `GET /healthz`: whether requests are answered and the table can be reached.

use latchkey::app::App;
use latchkey::http::{Answer, Fault, State};
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Response {
    status: &'static str,
}

pub(crate) async fn handle(State(app): State<App>) -> Result<Answer<Response>, Fault> {
    app.keyring.keys().await?;
    Ok(Answer::ok(Response { status: "ok" }))
}
