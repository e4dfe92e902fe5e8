//! Event filter patterns of Lambda: which records of a stream a function is given.
//!
//! Of the comparisons there are, those that a pattern of ours may use are known: a value, `exists`, `prefix`, `anything-but`. Any other
//! is refused, rather than passing what would not pass when deployed.

use serde_json::Value;

/// A pattern: what must be in an event.
#[derive(Debug, Clone)]
pub struct Pattern(Node);

/// A pattern that is not understood.
#[derive(Debug, thiserror::Error)]
#[error("the filter pattern is not understood at {0}")]
pub struct PatternError(String);

#[derive(Debug, Clone)]
enum Node {
    Fields(Vec<(String, Node)>),
    AnyOf(Vec<Test>),
}

#[derive(Debug, Clone)]
enum Test {
    Equals(Value),
    Exists(bool),
    Prefix(String),
    AnythingBut(Vec<Value>),
}

impl Pattern {
    /// Reads a pattern from its JSON.
    ///
    /// # Errors
    /// If it is no JSON object, or uses a comparison that is not known here.
    pub fn read(text: &str) -> Result<Self, PatternError> {
        let value: Value = serde_json::from_str(text).map_err(|error| PatternError(error.to_string()))?;
        if value.is_object() { node(&value).map(Self) } else { Err(PatternError(text.to_owned())) }
    }

    /// Whether an event has what the pattern asks for.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        matches(&self.0, Some(event))
    }
}

fn node(value: &Value) -> Result<Node, PatternError> {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), node(value)?)));
            fields.collect::<Result<_, _>>().map(Node::Fields)
        }
        Value::Array(tests) => tests.iter().map(test).collect::<Result<_, _>>().map(Node::AnyOf),
        other => Err(PatternError(other.to_string())),
    }
}

fn test(value: &Value) -> Result<Test, PatternError> {
    let unknown = || PatternError(value.to_string());
    match value {
        Value::Object(object) if object.len() == 1 => {
            let comparison = object.iter().next().map(|(name, argument)| (name.as_str(), argument));
            match comparison {
                Some(("exists", Value::Bool(exists))) => Ok(Test::Exists(*exists)),
                Some(("prefix", Value::String(prefix))) => Ok(Test::Prefix(prefix.clone())),
                Some(("anything-but", Value::Array(others))) => Ok(Test::AnythingBut(others.clone())),
                _ => Err(unknown()),
            }
        }
        Value::Object(_) | Value::Array(_) => Err(unknown()),
        simple => Ok(Test::Equals(simple.clone())),
    }
}

fn matches(node: &Node, value: Option<&Value>) -> bool {
    match node {
        Node::Fields(fields) => fields.iter().all(|(name, node)| matches(node, value.and_then(|value| value.get(name)))),
        Node::AnyOf(tests) => tests.iter().any(|test| holds(test, value)),
    }
}

fn holds(test: &Test, value: Option<&Value>) -> bool {
    match (test, value) {
        (Test::Exists(wanted), value) => value.is_some() == *wanted,
        (_, None) => false,
        (Test::Equals(wanted), Some(value)) => value == wanted,
        (Test::Prefix(prefix), Some(value)) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
        (Test::AnythingBut(others), Some(value)) => !others.contains(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OUTBOX: &str = r#"{"eventName":["INSERT","MODIFY"],"dynamodb":{"NewImage":{"outbox":{"M":{"id":{"S":[{"exists":true}]}}}}}}"#;

    #[test]
    fn only_new_images_with_an_outbox_pass() {
        let pattern = Pattern::read(OUTBOX).unwrap();
        let with = json!({ "pk": { "S": "a" }, "outbox": { "M": { "id": { "S": "m" } } } });
        let without = json!({ "pk": { "S": "a" } });
        assert!(pattern.matches(&json!({ "eventName": "INSERT", "dynamodb": { "NewImage": with } })));
        assert!(pattern.matches(&json!({ "eventName": "MODIFY", "dynamodb": { "NewImage": with, "OldImage": without } })));
        assert!(!pattern.matches(&json!({ "eventName": "MODIFY", "dynamodb": { "NewImage": without, "OldImage": with } })));
        assert!(!pattern.matches(&json!({ "eventName": "REMOVE", "dynamodb": { "OldImage": with } })));
    }

    #[test]
    fn comparisons_do_what_their_names_say() {
        let absent = Pattern::read(r#"{"a":[{"exists":false}]}"#).unwrap();
        assert!(absent.matches(&json!({})) && !absent.matches(&json!({ "a": 1 })));
        let prefix = Pattern::read(r#"{"a":[{"prefix":"US"}]}"#).unwrap();
        assert!(prefix.matches(&json!({ "a": "USER#1" })) && !prefix.matches(&json!({ "a": "CODE#1" })));
        let other = Pattern::read(r#"{"a":[{"anything-but":["x"]}]}"#).unwrap();
        assert!(other.matches(&json!({ "a": "y" })) && !other.matches(&json!({ "a": "x" })));
    }

    #[test]
    fn a_comparison_that_is_not_known_is_refused() {
        assert!(Pattern::read(r#"{"a":[{"numeric":["=",1]}]}"#).is_err());
        assert!(Pattern::read(r#"{"a":"b"}"#).is_err());
        assert!(Pattern::read("[]").is_err());
    }
}
