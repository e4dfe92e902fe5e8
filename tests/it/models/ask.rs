//! Requests of acts.

use std::sync::Arc;

use http::Method;
use latchkey_tests::{Client, Reply, TestApp};
use serde_json::Value;

/// A request, whichever instance answers it.
pub(super) struct Ask {
    method: Method,
    path: String,
    body: Value,
    /// Who asks, if it is somebody with a token.
    caller: Option<Client>,
}

impl Ask {
    pub(super) fn new(method: Method, path: &str, body: Value) -> Self {
        Self { method, path: path.to_owned(), body, caller: None }
    }

    pub(super) fn post(path: &str, body: Value) -> Self {
        Self::new(Method::POST, path, body)
    }

    pub(super) fn by(self, caller: Client) -> Self {
        Self { caller: Some(caller), ..self }
    }

    pub(super) async fn of(self, app: Arc<TestApp>) -> Reply {
        let caller = self.caller.map_or_else(|| app.account(), |caller| caller.at(&app));
        caller.ask(self.method, &self.path, &self.body).await
    }
}

/// The id of the account that somebody has signed in to, as keys have it.
pub(super) fn id_of(login: &Reply) -> String {
    login.body["user"]["id"].as_str().unwrap().replace('-', "")
}

/// The present in milliseconds.
pub(super) fn now(app: &TestApp) -> i64 {
    latchkey::clock::Clock::now(&*app.clock).as_millisecond()
}
