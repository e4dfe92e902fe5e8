//! The template: routes, variables, rights, and what must not be missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use latchkey::config::VARIABLES;
use latchkey_tests::TestApp;
use serde_json::{Value, json};

fn text() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml")).unwrap()
}

fn template() -> Value {
    serde_saphyr::from_str(&text()).unwrap()
}

fn resources() -> BTreeMap<String, Value> {
    serde_json::from_value(template()["Resources"].clone()).unwrap()
}

pub(crate) fn functions() -> BTreeMap<String, Value> {
    let functions = resources().into_values().filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    functions.map(|function| (function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap().to_owned(), function)).collect()
}

/// Function and route key of every route.
pub(crate) fn routes() -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for (name, function) in functions() {
        for event in function["Properties"]["Events"].as_object().unwrap().values().filter(|event| event["Type"] == "HttpApi") {
            let (path, method) = (event["Properties"]["Path"].as_str().unwrap(), event["Properties"]["Method"].as_str().unwrap());
            let key = if path == "$default" { path.to_owned() } else { format!("{} {path}", method.to_uppercase()) };
            routes.insert((name.clone(), key));
        }
    }
    routes
}

#[test]
fn every_function_is_deployed() {
    let folders = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions")).unwrap();
    let crates: BTreeSet<String> = folders.map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned()).collect();
    assert_eq!(functions().into_keys().collect::<BTreeSet<_>>(), crates);
}

#[test]
fn the_template_sets_every_variable_and_no_other() {
    let names = |value: &Value| {
        value["Environment"]["Variables"].as_object().map(|variables| variables.keys().cloned().collect::<Vec<_>>()).unwrap_or_default()
    };
    let mut set: BTreeSet<String> = names(&template()["Globals"]["Function"]).into_iter().collect();
    set.extend(functions().values().flat_map(|function| names(&function["Properties"])));
    let read: BTreeSet<String> = VARIABLES.iter().map(|variable| variable.name.to_owned()).collect();
    assert_eq!(set, read);
}

#[test]
fn functions_that_hash_have_the_memory_for_it_and_the_others_do_not() {
    let shared = template()["Globals"]["Function"]["MemorySize"].clone();
    for (name, function) in functions() {
        let memory = function["Properties"].get("MemorySize").unwrap_or(&shared).as_u64().unwrap();
        assert_eq!(memory, if ["account-auth", "account-privacy", "phone-auth"].contains(&name.as_str()) { 1769 } else { 256 }, "{name}");
    }
}

/// T71: what hashes passwords has nothing in common with what continues sessions and shows profiles, and can have its concurrency
/// bounded and theirs kept. A new account can reserve none: by default nothing is.
#[test]
fn a_flood_of_passwords_leaves_refresh_and_profiles_their_concurrency() {
    let template = template();
    let reserved = &template["Globals"]["Function"]["ReservedConcurrentExecutions"];
    assert_eq!(*reserved, json!(["HasReservedConcurrency", "ReservedConcurrency", "AWS::NoValue"]));
    assert_eq!(template["Parameters"]["ReservedConcurrency"]["Default"], "");
    for (name, function) in functions() {
        assert!(function["Properties"].get("ReservedConcurrentExecutions").is_none(), "{name} has the share of all");
    }
    for (hashes, route) in [
        (true, "POST /v1/auth/login"),
        (true, "POST /v1/auth/signup"),
        (false, "POST /v1/auth/refresh-token"),
        (false, "GET /v1/users/me"),
        (false, "PUT /v1/profile/update"),
    ] {
        assert_eq!(routes().contains(&("account-auth".to_owned(), route.to_owned())), hashes, "{route}");
    }
}

/// T76: the alarm watches what the refusals of a full block are counted as, and look-ups in one do not ring it.
#[tokio::test]
async fn an_alarm_watches_blocks_of_numbers_that_are_full_of_sms() {
    let app = TestApp::with(&[("LATCHKEY_SMS_PER_PREFIX", "1"), ("LATCHKEY_PREFIX_LOOK_UPS", "1")]).await;
    for (number, sms, look_up) in [(1, 200, 200), (2, 429, 429)] {
        let send = json!({ "phone": format!("+491511234000{number}"), "purpose": "verification" });
        app.account().post("/v1/otp/send", send).await.assert_status(sms);
        let path = format!("/v1/verify/phone?phone=%2B491511234000{number}");
        app.account().get(&path).await.assert_status(look_up);
    }
    let alarm = resources()["SmsPumped"]["Properties"].clone();
    assert_eq!(alarm["AlarmActions"], json!(["Alarms"]));
    assert_eq!((&alarm["Statistic"], &alarm["Threshold"]), (&json!("Sum"), &json!(1)));
    assert_eq!(alarm["Namespace"], template()["Globals"]["Function"]["Environment"]["Variables"]["LATCHKEY_METRICS"]);
    let (metric, dimension) = (alarm["MetricName"].as_str().unwrap(), &alarm["Dimensions"][0]);
    let (name, watched) = (dimension["Name"].as_str().unwrap(), &dimension["Value"]);
    let logs = app.logs();
    let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let counted: Vec<Value> = lines.filter(|line| line[metric].is_number() && line[name] == *watched).collect();
    let at = |operation: &str| counted.iter().any(|line| line["operation"] == operation);
    assert!(at("POST /v1/otp/send") && !at("GET /v1/verify/phone"), "{counted:?}");
    assert!(counted.iter().all(|line| line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == json!([[name]])));
}

/// Least privilege: whoever can be called from outside can neither send nor read the whole table.
#[test]
fn no_api_function_may_send_or_scan() {
    for (name, function) in functions() {
        let policies = function["Properties"]["Policies"].to_string();
        assert!(!policies.contains("dynamodb:*") && !policies.contains("dynamodb:Scan"), "{name}");
        assert!(!policies.contains("\"*\",\"Action\""), "{name}");
        let sends = policies.contains("ses:") || policies.contains("sns:Publish");
        assert_eq!(sends, name == "deliver", "{name}");
    }
}

#[test]
fn the_table_is_kept_and_can_be_restored() {
    let resources = resources();
    let table = resources.values().find(|resource| resource["Type"] == "AWS::DynamoDB::Table").unwrap();
    assert_eq!(table["DeletionPolicy"], "Retain");
    assert_eq!(table["UpdateReplacePolicy"], "Retain");
    let properties = &table["Properties"];
    assert_eq!(properties["DeletionProtectionEnabled"], true);
    assert_eq!(properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(properties["SSESpecification"]["SSEEnabled"], true);
    assert_eq!(properties["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(properties["TimeToLiveSpecification"]["AttributeName"], "ttl");
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(properties["GlobalSecondaryIndexes"][0]["IndexName"], "due");
    let secret = resources.values().find(|resource| resource["Type"] == "AWS::SecretsManager::Secret").unwrap();
    assert_eq!(secret["DeletionPolicy"], "Retain");
}

#[test]
fn the_access_log_knows_neither_path_nor_query() {
    let resources = resources();
    let api = resources.values().find(|resource| resource["Type"] == "AWS::Serverless::HttpApi").unwrap();
    let format = api["Properties"]["AccessLogSettings"]["Format"].to_string();
    assert!(format.contains("$context.routeKey"));
    for leak in ["$context.path", "rawPath", "queryString", "authorizer"] {
        assert!(!format.contains(leak), "{leak}");
    }
}

#[test]
fn the_stream_brings_only_messages_and_loses_nothing_silently() {
    let resources = resources();
    let stream = &resources.values().find(|resource| resource["Type"] == "AWS::Lambda::EventSourceMapping").unwrap()["Properties"];
    assert_eq!(stream["BisectBatchOnFunctionError"], true);
    assert_eq!(stream["FunctionResponseTypes"][0], "ReportBatchItemFailures");
    assert!(stream["MaximumRecordAgeInSeconds"].is_u64());
    assert!(stream["DestinationConfig"]["OnFailure"].is_object());
    assert!(stream["FilterCriteria"].to_string().contains("outbox"));
}

/// A page of another origin may send what proves who asks, and take its owner's data in parts.
#[test]
fn pages_elsewhere_may_send_every_proof_and_take_a_copy_in_parts() {
    let allowed = cors("AllowHeaders");
    for header in ["authorization", "user-jwt-token", "content-type", "device_id", "range"] {
        assert!(allowed.contains(&format!("\"{header}\"")), "{header} is not in {allowed}");
    }
    let exposed = cors("ExposeHeaders");
    for header in ["accept-ranges", "content-range", "content-disposition", "retry-after"] {
        assert!(exposed.contains(&format!("\"{header}\"")), "{header} is not in {exposed}");
    }
}

/// What pages of other origins may do, where they may anything.
fn cors(what: &str) -> String {
    template()["Resources"]["Api"]["Properties"]["CorsConfiguration"][1][what].to_string()
}
