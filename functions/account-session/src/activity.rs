//! `GET /v1/user/activity`: what happened to the caller's account.

use latchkey::app::App;
use latchkey::dialect::account::{ContinuedResponse, Result, SignedIn};
use latchkey::flow::own_sessions;
use latchkey::http::{Answer, Continued, State};
use latchkey::store::Happening;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that happened to an account.
#[derive(Serialize, ToSchema)]
#[schema(as = UserActivity)]
pub(crate) struct UserActivity {
    /// What happened, as `signed_in`.
    event: String,
    /// When, ISO 8601 in UTC.
    at: String,
    /// In which session, or to which.
    session_id: Option<String>,
    /// By mail or by phone.
    channel: Option<String>,
    /// What the codes were for.
    purpose: Option<String>,
    /// Who was refused: callers that the account knows (`known`), the one who asked for the code (`asker`), or others (`stranger`).
    callers: Option<String>,
    /// How often.
    count: Option<u64>,
    /// Which partner, by its id.
    partner: Option<String>,
}

impl From<Happening> for UserActivity {
    /// Which administrator did something is about them.
    fn from(happening: Happening) -> Self {
        let Happening { event, at, session: session_id, channel, purpose, lane: callers, count, by: _, partner } = happening;
        Self { event, at: at.to_string(), session_id, channel, purpose, callers, count, partner }
    }
}

/// What happened to the caller's account
///
/// Newest first. The next page begins `before` the time that this one names as `next`.
#[utoipa::path(get, path = "/v1/user/activity", operation_id = "listUserActivity", tag = "UserApi", params(Continued), responses((status = 200, body = ContinuedResponse<UserActivity>)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, page: Continued) -> Result<ContinuedResponse<UserActivity>> {
    let (events, next) = own_sessions::activity(&app, &caller.user, page.per_page as usize, page.before).await?;
    Ok(Answer::ok(ContinuedResponse::new(page, next, events.into_iter().map(Into::into).collect())))
}
