//! `GET /v1/user/sessions`: where the caller is signed in.

use latchkey::app::App;
use latchkey::dialect::account::{PaginatedResponse, Result, SignedIn};
use latchkey::domain::session::{Session, SessionId};
use latchkey::flow::own_sessions;
use latchkey::http::{Answer, Paging, State};
use serde::Serialize;
use utoipa::ToSchema;

/// A session: what a sign-in opened on a device.
#[derive(Serialize, ToSchema)]
#[schema(as = UserSession)]
pub(crate) struct UserSession {
    /// Its id, by which it can be ended.
    id: String,
    /// The device, as its browser or app calls itself.
    device: String,
    /// The surface that it was opened through.
    client: String,
    /// How the owner proved who they are: `pwd` or `sms` (RFC 8176).
    methods: Vec<String>,
    /// Whether it is the one of this very request.
    is_current: bool,
    /// When it was opened, ISO 8601 in UTC.
    created_at: String,
    /// When it was last refreshed: the access token given out then may have been used until it expired.
    last_used_at: String,
    /// When it ends unless it is refreshed.
    expires_at: String,
}

impl UserSession {
    fn new(session: Session, current: &SessionId) -> Self {
        Self {
            is_current: session.id == *current,
            expires_at: session.ends_at().to_string(),
            id: session.id.as_str().to_owned(),
            device: session.device,
            client: session.client,
            methods: session.amr,
            created_at: session.created_at.to_string(),
            last_used_at: session.rotated_at.to_string(),
        }
    }
}

/// The caller's sessions
///
/// The one used last first. At most 50 stand at a time.
#[utoipa::path(get, path = "/v1/user/sessions", operation_id = "listUserSessions", tag = "UserApi", params(Paging), responses((status = 200, body = PaginatedResponse<UserSession>)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, paging: Paging) -> Result<PaginatedResponse<UserSession>> {
    let sessions = own_sessions::list(&app, &caller.user).await?;
    let total = sessions.len() as u64;
    let shown = sessions.into_iter().map(|session| UserSession::new(session, &caller.session.id));
    Ok(Answer::ok(PaginatedResponse::new(paging, total, paging.of(shown))))
}
