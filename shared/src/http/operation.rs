//! The operations of one function: method, path, who may call, handler.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};

use crate::app::App;
use crate::domain::limit::CallerLimit;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody; an access token is looked at if there is one, and a bad one is as good as none.
    AnyBearer,
    /// Anybody; an access token is looked at if there is one, and a bad one is refused.
    OptionalBearer,
    /// Whoever has an access token of a living session.
    Bearer,
    /// The same, also while the account waits for its deletion.
    BearerEvenLeaving,
    /// Whoever has a token of a partner's.
    Partner,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// HTTP method.
    pub method: Method,
    /// Path, with parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What every request is counted by, refused ones too.
    pub limit: Option<CallerLimit>,
}

impl Operation {
    /// Whether requests of a route, as API Gateway names it, are for this operation.
    pub(crate) fn is_of(&self, route: &str) -> bool {
        route.split_once(' ').is_some_and(|(method, path)| method == self.method.as_str() && path == self.path)
    }
}

/// The operations of one function. The Lambda, the local stack and the tests all read this.
#[derive(Clone)]
pub struct Operations {
    name: &'static str,
    list: Vec<Operation>,
    router: Router<App>,
}

impl Operations {
    /// A function without operations yet.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, list: Vec::new(), router: Router::new() }
    }

    /// Adds a GET operation.
    #[must_use]
    pub fn get<H: Handler<T, App>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.on(Method::GET, MethodFilter::GET, path, access, handler)
    }

    /// Adds a POST operation.
    #[must_use]
    pub fn post<H: Handler<T, App>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.on(Method::POST, MethodFilter::POST, path, access, handler)
    }

    /// Adds a PUT operation.
    #[must_use]
    pub fn put<H: Handler<T, App>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.on(Method::PUT, MethodFilter::PUT, path, access, handler)
    }

    /// Adds a DELETE operation.
    #[must_use]
    pub fn delete<H: Handler<T, App>, T: 'static>(self, path: &'static str, access: Access, handler: H) -> Self {
        self.on(Method::DELETE, MethodFilter::DELETE, path, access, handler)
    }

    /// Counts every request to the operation that was added last, also what is refused before its flow takes the limit.
    #[must_use]
    pub fn limited_by(mut self, limit: CallerLimit) -> Self {
        if let Some(operation) = self.list.last_mut() {
            operation.limit = Some(limit);
        }
        self
    }

    fn on<H: Handler<T, App>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        access: Access,
        handler: H,
    ) -> Self {
        self.list.push(Operation { method, path, access, limit: None });
        self.router = self.router.route(path, on(filter, handler));
        self
    }

    /// The function's name, which is its crate's.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The operations.
    #[must_use]
    pub fn list(&self) -> &[Operation] {
        &self.list
    }

    pub(crate) fn into_router(self, app: App) -> Router {
        self.router.with_state(app)
    }
}
