//! The operations of one function: method, path, who may call, handler.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};

use crate::app::App;

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

    fn on<H: Handler<T, App>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        access: Access,
        handler: H,
    ) -> Self {
        self.list.push(Operation { method, path, access });
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
