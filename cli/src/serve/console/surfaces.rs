//! The surfaces that have a reference: those whose `OpenAPI` documents are among the template's routes, as `/openapi/<surface>.json`.

use http::Method;
use serde::Serialize;

use crate::serve::template::{Route, RouteKey};

/// A surface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Surface {
    /// Its name.
    pub(super) name: String,
    /// The path of its document.
    pub(super) document: String,
}

/// The surfaces that the routes tell, in the routes' order.
pub(super) fn surfaces(routes: &[Route]) -> Vec<Surface> {
    routes.iter().filter_map(|route| surface(&route.key)).collect()
}

fn surface(key: &RouteKey) -> Option<Surface> {
    let RouteKey::Path { method, path } = key else { return None };
    let name = path.strip_prefix("/openapi/")?.strip_suffix(".json")?;
    let is_document = method.as_ref().is_none_or(Method::is_safe) && !name.contains(['/', '{']);
    is_document.then(|| Surface { name: name.to_owned(), document: path.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::testing;

    #[test]
    fn each_document_is_a_surface() {
        let route = |method: &Method, path: &str| Route {
            key: RouteKey::Path { method: Some(method.clone()), path: path.to_owned() },
            function: "one".to_owned(),
        };
        let routes = [
            route(&Method::GET, "/openapi/account.json"),
            route(&Method::GET, "/v1/users/me"),
            route(&Method::GET, "/openapi/partner.json"),
            route(&Method::POST, "/openapi/other.json"),
            route(&Method::GET, "/openapi/{surface}.json"),
            Route { key: RouteKey::Default, function: "one".to_owned() },
        ];
        let names: Vec<_> = surfaces(&routes).into_iter().map(|surface| surface.name).collect();
        assert_eq!(names, ["account", "partner"]);
    }

    #[test]
    fn the_account_surface_is_known() {
        let account = Surface { name: "account".to_owned(), document: "/openapi/account.json".to_owned() };
        assert!(surfaces(&testing::template().routes).contains(&account));
    }
}
