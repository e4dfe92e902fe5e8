//! `template.yaml`, read once: what is deployed is what runs here.

use std::fmt;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::filter::Pattern;

const EMBEDDED: &str = include_str!("../../../template.yaml");

/// What the local stack takes from the template.
#[derive(Debug, Clone)]
pub struct Template {
    /// The routes of the API.
    pub routes: Vec<Route>,
    /// The table.
    pub table: Table,
    /// How the table's stream comes to the functions that it is brought to.
    pub streams: Vec<StreamMapping>,
}

/// One route of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Which requests go there.
    pub key: RouteKey,
    /// The function they go to, named as its crate and binary are.
    pub function: String,
}

/// Which requests a route takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteKey {
    /// Those of one method, or of any, on a path; its segments may be `{name}`, the last one `{name+}`.
    Path {
        /// The method; `None`: any.
        method: Option<Method>,
        /// The path.
        path: String,
    },
    /// Those that no other route takes.
    Default,
}

impl fmt::Display for RouteKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { method: Some(method), path } => write!(formatter, "{method} {path}"),
            Self::Path { method: None, path } => write!(formatter, "ANY {path}"),
            Self::Default => formatter.write_str("$default"),
        }
    }
}

/// The table's properties that the engine takes, in the words of the template.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Table {
    /// Which attributes the keys are made of, and their types.
    pub attribute_definitions: Value,
    /// The table's key.
    pub key_schema: Value,
    /// Its indexes.
    #[serde(default)]
    pub global_secondary_indexes: Vec<Index>,
    /// Which attribute says when an item ends.
    pub time_to_live_specification: TimeToLive,
    /// What the stream shows of an item.
    pub stream_specification: Stream,
}

/// An index of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Index {
    /// Its name.
    pub index_name: String,
    /// Its key.
    pub key_schema: Value,
    /// What it holds of an item.
    pub projection: Value,
}

/// Which attribute says when an item ends.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TimeToLive {
    /// The attribute.
    pub attribute_name: String,
}

/// What the stream shows of an item.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Stream {
    /// The images in a record.
    pub stream_view_type: String,
}

/// How the table's stream comes to a function.
#[derive(Debug, Clone)]
pub struct StreamMapping {
    /// The function, named as its crate and binary are.
    pub function: String,
    /// Which records the function is given; none: all.
    pub filters: Vec<Pattern>,
    /// Most records in one call.
    pub batch_size: usize,
    /// A record that fails more often than this is given up.
    pub maximum_retries: u32,
}

/// Why the template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is no YAML.
    #[error("template.yaml cannot be read: {0}")]
    Yaml(String),
    /// Something that must be in it is missing or of another form.
    #[error("template.yaml: {place}: {problem}")]
    Form {
        /// Where.
        place: String,
        /// What is wrong there.
        problem: String,
    },
}

fn form(place: &str, problem: impl fmt::Display) -> TemplateError {
    TemplateError::Form { place: place.to_owned(), problem: problem.to_string() }
}

impl Template {
    /// The template of the repository, as it was when this program was built.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn embedded() -> Result<Self, TemplateError> {
        Self::read(EMBEDDED)
    }

    /// Reads a template. Functions of `CloudFormation` (`!Ref`, `!Sub`, …) are left as their arguments: what is taken has none.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn read(text: &str) -> Result<Self, TemplateError> {
        let document: Value = serde_saphyr::from_str(text).map_err(|error| TemplateError::Yaml(error.to_string()))?;
        let resources = document["Resources"].as_object().ok_or_else(|| form("Resources", "missing"))?;
        Ok(Self { routes: routes(resources)?, table: table(resources)?, streams: streams(resources)? })
    }

    /// How the table's stream comes to a function.
    ///
    /// # Errors
    /// [`TemplateError`] if it does not.
    pub fn stream(&self, function: &str) -> Result<&StreamMapping, TemplateError> {
        let mapping = self.streams.iter().find(|mapping| mapping.function == function);
        mapping.ok_or_else(|| form(function, "the table's stream does not come to it"))
    }
}

fn of_type<'a>(resources: &'a Map<String, Value>, kind: &'a str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    resources.iter().filter(move |(_, resource)| resource["Type"] == kind)
}

fn only_one<'a>(resources: &'a Map<String, Value>, kind: &'a str) -> Result<(&'a String, &'a Value), TemplateError> {
    let mut found = of_type(resources, kind);
    match (found.next(), found.next()) {
        (Some(resource), None) => Ok(resource),
        _ => Err(form("Resources", format!("exactly one {kind} is expected"))),
    }
}

fn parse<T: DeserializeOwned>(place: &str, value: &Value) -> Result<T, TemplateError> {
    serde_json::from_value(value.clone()).map_err(|error| form(place, error))
}

fn table(resources: &Map<String, Value>) -> Result<Table, TemplateError> {
    let (name, resource) = only_one(resources, "AWS::DynamoDB::Table")?;
    parse(name, &resource["Properties"])
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Properties", default)]
    properties: EventProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventProperties {
    method: Option<String>,
    path: Option<String>,
}

fn routes(resources: &Map<String, Value>) -> Result<Vec<Route>, TemplateError> {
    let mut routes = Vec::new();
    for (name, resource) in of_type(resources, "AWS::Serverless::Function") {
        let function = binary(name, resource)?;
        for (event_name, event) in resource["Properties"]["Events"].as_object().into_iter().flatten() {
            let place = format!("{name}.Events.{event_name}");
            let event: Event = parse(&place, event)?;
            if event.kind == "HttpApi" {
                routes.push(Route { key: route_key(&place, event.properties)?, function: function.to_owned() });
            }
        }
    }
    Ok(routes)
}

/// The name of a function's crate and binary.
fn binary<'a>(name: &str, resource: &'a Value) -> Result<&'a str, TemplateError> {
    let function = resource["Metadata"]["BuildProperties"]["Binary"].as_str();
    function.ok_or_else(|| form(name, "Metadata.BuildProperties.Binary is missing"))
}

fn route_key(place: &str, properties: EventProperties) -> Result<RouteKey, TemplateError> {
    let Some(path) = properties.path.filter(|path| path != "$default") else { return Ok(RouteKey::Default) };
    let method = properties.method.map(|method| method.to_ascii_uppercase()).filter(|method| method != "ANY" && method != "*");
    let method = method.map(|method| method.parse::<Method>()).transpose().map_err(|error| form(place, error))?;
    Ok(RouteKey::Path { method, path })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MappingProperties {
    function_name: String,
    batch_size: usize,
    maximum_retry_attempts: u32,
    filter_criteria: FilterCriteria,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FilterCriteria {
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    pattern: String,
}

fn streams(resources: &Map<String, Value>) -> Result<Vec<StreamMapping>, TemplateError> {
    of_type(resources, "AWS::Lambda::EventSourceMapping").map(|(name, resource)| stream(resources, name, resource)).collect()
}

fn stream(resources: &Map<String, Value>, name: &str, resource: &Value) -> Result<StreamMapping, TemplateError> {
    let mapping: MappingProperties = parse(name, &resource["Properties"])?;
    let patterns = mapping.filter_criteria.filters.iter().map(|filter| Pattern::read(&filter.pattern));
    let function = resources.get(&mapping.function_name).ok_or_else(|| form(name, "FunctionName names no function"))?;
    Ok(StreamMapping {
        function: binary(&mapping.function_name, function)?.to_owned(),
        filters: patterns.collect::<Result<_, _>>().map_err(|error| form(name, error))?,
        batch_size: mapping.batch_size.max(1),
        maximum_retries: mapping.maximum_retry_attempts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r"
Resources:
  One:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: one } }
    Properties:
      Name: !Sub '${AWS::StackName}-one'
      Architectures: [!Ref Architecture]
      Reserved: !If [Has, !Ref Reserved, !Ref AWS::NoValue]
      Policies:
        - Resource: !GetAtt Table.Arn
      Events:
        A: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: post, Path: /a } }
        B: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: ANY, Path: '/b/{id}' } }
        Rest: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: any, Path: $default } }
        Tick: { Type: Schedule, Properties: { Schedule: rate(1 minute), Input: '{}' } }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }
      StreamSpecification: { StreamViewType: NEW_AND_OLD_IMAGES }
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref One
      BatchSize: 10
      MaximumRetryAttempts: 3
      FilterCriteria: { Filters: [{ Pattern: '{}' }] }
";

    fn path(method: Option<Method>, path: &str) -> RouteKey {
        RouteKey::Path { method, path: path.to_owned() }
    }

    #[test]
    fn routes_name_method_path_and_function() {
        let template = Template::read(SMALL).unwrap();
        let keys: Vec<_> = template.routes.iter().map(|route| route.key.clone()).collect();
        assert_eq!(keys, [path(Some(Method::POST), "/a"), path(None, "/b/{id}"), RouteKey::Default]);
        assert!(template.routes.iter().all(|route| route.function == "one"));
    }

    #[test]
    fn table_and_stream_are_read() {
        let template = Template::read(SMALL).unwrap();
        assert_eq!(template.table.time_to_live_specification.attribute_name, "ttl");
        assert!(template.table.global_secondary_indexes.is_empty());
        let stream = template.stream("one").unwrap();
        assert_eq!((stream.batch_size, stream.maximum_retries), (10, 3));
        assert!(template.stream("another").is_err());
    }

    #[test]
    fn the_template_of_the_repository_can_be_used() {
        let template = Template::embedded().unwrap();
        assert!(template.routes.iter().any(|route| route.key == path(Some(Method::POST), "/v1/auth/signup")));
        assert!(template.routes.iter().any(|route| route.key == RouteKey::Default));
        assert_eq!(template.table.global_secondary_indexes[0].index_name, "due");
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Template::read(&SMALL.replace("Binary: one", "Other: one")).unwrap_err().to_string();
        assert_eq!(error, "template.yaml: One: Metadata.BuildProperties.Binary is missing");
        let error = Template::read(&SMALL.replace("AWS::DynamoDB::Table", "AWS::S3::Bucket")).unwrap_err().to_string();
        assert!(error.contains("exactly one AWS::DynamoDB::Table"), "{error}");
    }
}
