//! Which route a request takes: the most specific one, as in API Gateway.

use std::collections::BTreeMap;

use http::Method;

use super::GatewayError;
use crate::serve::function::Function;
use crate::serve::template::{Route, RouteKey};

/// The routes of an API.
pub(super) struct Routes {
    /// The most specific ones first.
    paths: Vec<PathRoute>,
    default: (String, Function),
}

struct PathRoute {
    key: String,
    method: Option<Method>,
    segments: Vec<Segment>,
    function: Function,
}

/// A part of a route's path. In the order of how specific they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    Parameter(String),
    Rest(String),
}

/// The route that a request takes.
pub(super) struct Taken<'a> {
    pub(super) key: &'a str,
    pub(super) function: &'a Function,
    pub(super) parameters: BTreeMap<&'a str, String>,
}

impl Routes {
    /// The routes, each with its function.
    pub(super) fn new(routes: &[Route], functions: &BTreeMap<&'static str, Function>) -> Result<Self, GatewayError> {
        let (mut paths, mut default) = (Vec::new(), None);
        for route in routes {
            let key = route.key.to_string();
            let function = functions.get(route.function.as_str()).cloned();
            let function = function.ok_or_else(|| GatewayError::NoSuchFunction { route: key.clone(), function: route.function.clone() })?;
            match &route.key {
                RouteKey::Default => default = Some((key, function)),
                RouteKey::Path { method, path } => {
                    paths.push(PathRoute { key, method: method.clone(), segments: segments(path), function });
                }
            }
        }
        paths.sort_by_cached_key(PathRoute::generality);
        Ok(Self { paths, default: default.ok_or(GatewayError::NoDefault)? })
    }

    /// The route that a request takes.
    pub(super) fn take(&self, method: &Method, path: &str) -> Taken<'_> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let found = self.paths.iter().find_map(|route| {
            let parameters = route.matches(method, &parts)?;
            Some(Taken { key: &route.key, function: &route.function, parameters })
        });
        let (key, function) = &self.default;
        found.unwrap_or(Taken { key, function, parameters: BTreeMap::new() })
    }
}

impl PathRoute {
    /// Orders routes: a literal segment comes before a parameter, that before the rest of a path, one method before any.
    fn generality(&self) -> (Vec<u8>, bool) {
        let rank = |segment: &Segment| match segment {
            Segment::Literal(_) => 0,
            Segment::Parameter(_) => 1,
            Segment::Rest(_) => 2,
        };
        (self.segments.iter().map(rank).collect(), self.method.is_none())
    }

    fn matches(&self, method: &Method, parts: &[&str]) -> Option<BTreeMap<&str, String>> {
        if self.method.as_ref().is_some_and(|wanted| wanted != method) {
            return None;
        }
        let mut parameters = BTreeMap::new();
        for (place, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Literal(literal) if parts.get(place)? == literal => {}
                Segment::Literal(_) => return None,
                Segment::Parameter(name) => {
                    let value = parts.get(place).filter(|value| !value.is_empty())?;
                    parameters.insert(name.as_str(), (*value).to_owned());
                }
                Segment::Rest(name) => {
                    let rest = parts.get(place..).filter(|rest| !rest.is_empty())?;
                    parameters.insert(name.as_str(), rest.join("/"));
                    return Some(parameters);
                }
            }
        }
        (parts.len() == self.segments.len()).then_some(parameters)
    }
}

fn segments(path: &str) -> Vec<Segment> {
    path.split('/').skip(1).map(segment).collect()
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        None => Segment::Literal(text.to_owned()),
        Some(name) => match name.strip_suffix('+') {
            Some(name) => Segment::Rest(name.to_owned()),
            None => Segment::Parameter(name.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn routes() -> Routes {
        let path = |method: Option<Method>, path: &str| RouteKey::Path { method, path: path.to_owned() };
        let keys = [
            path(None, "/v1/{rest+}"),
            path(Some(Method::GET), "/v1/users/{id}"),
            path(Some(Method::GET), "/v1/users/me"),
            path(None, "/v1/users/me"),
            RouteKey::Default,
        ];
        let function = Function::new(|event: Value| async move { Ok(event) });
        let routes: Vec<Route> = keys.into_iter().map(|key| Route { key, function: "one".to_owned() }).collect();
        Routes::new(&routes, &[("one", function)].into()).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn the_most_specific_route_is_taken() {
        for (method, path, key) in [
            (Method::GET, "/v1/users/me", "GET /v1/users/me"),
            (Method::PUT, "/v1/users/me", "ANY /v1/users/me"),
            (Method::GET, "/v1/users/7", "GET /v1/users/{id}"),
            (Method::PUT, "/v1/users/7", "ANY /v1/{rest+}"),
            (Method::GET, "/v1/users/", "ANY /v1/{rest+}"),
            (Method::GET, "/v1/users/me/", "ANY /v1/{rest+}"),
            (Method::GET, "/V1/users/me", "$default"),
            (Method::GET, "/v1", "$default"),
            (Method::GET, "", "$default"),
        ] {
            assert_eq!(routes().take(&method, path).key, key, "{method} {path}");
        }
    }

    #[test]
    fn parameters_are_told() {
        let routes = routes();
        assert_eq!(routes.take(&Method::GET, "/v1/users/7").parameters, [("id", "7".to_owned())].into());
        assert_eq!(routes.take(&Method::GET, "/v1/a/b").parameters, [("rest", "a/b".to_owned())].into());
    }
}
