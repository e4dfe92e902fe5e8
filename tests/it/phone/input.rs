//! Bodies as a `FastAPI` service takes and refuses them.

use latchkey_tests::TestApp;
use serde_json::{Value, json};

const SEND: &str = "/api/v1/auth/login/send-otp";
const SIGN_UP: &str = "/api/v1/auth/signup/verify-otp";

/// Places and types of what is wrong.
fn told(body: &Value) -> Vec<(String, String)> {
    let problems = body["detail"].as_array().unwrap().iter();
    problems.map(|problem| (problem["loc"].to_string(), problem["type"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test]
async fn bodies_that_are_none_are_refused_with_pydantics_words() {
    let app = TestApp::start().await;
    for (text, place, kind) in [
        ("", r#"["body"]"#, "missing"),
        ("[1]", r#"["body"]"#, "model_attributes_type"),
        ("\"text\"", r#"["body"]"#, "model_attributes_type"),
        (r#"{"phone_number": "#, r#"["body",17]"#, "json_invalid"),
        ("{}", r#"["body","phone_number"]"#, "missing"),
        (r#"{"phone_number": null}"#, r#"["body","phone_number"]"#, "string_type"),
        (r#"{"phone_number": 4915112345678}"#, r#"["body","phone_number"]"#, "string_type"),
        (r#"{"phone_number": ["+4915112345678"]}"#, r#"["body","phone_number"]"#, "string_type"),
        (r#"{"phone_number": "call me"}"#, r#"["body","phone_number"]"#, "value_error"),
        (r#"{"phone_number": "+4915112345678 ext. 5"}"#, r#"["body","phone_number"]"#, "value_error"),
        (r#"{"phone_number": "٠٠٤٩١٥١١٢٣٤٥٦٧٨"}"#, r#"["body","phone_number"]"#, "value_error"),
        (r#"{"phone_number": "+499001234567"}"#, r#"["body","phone_number"]"#, "value_error"),
        (r#"{"phone_number": "+9991234567"}"#, r#"["body","phone_number"]"#, "value_error"),
    ] {
        let refused = app.account().post_text(SEND, text).await.assert_status(422);
        assert_eq!(told(&refused.body), [(place.to_owned(), kind.to_owned())], "{text}");
        assert!(refused.header("x-ratelimit-remaining").is_some());
    }
    let form = app.account().header("content-type", "application/x-www-form-urlencoded").post_text(SEND, "phone_number=1").await;
    assert_eq!(told(&form.assert_status(422).body), [(r#"["body"]"#.to_owned(), "model_attributes_type".to_owned())]);
    let large = format!("{{\"phone_number\":\"{}\"}}", "1".repeat(70_000));
    app.account().post_text(SEND, &large).await.assert_status(413);
    assert_eq!(app.account().get("/api/v1/auth/nothing").await.assert_status(404).body, json!({ "detail": "Not Found" }));
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let app = TestApp::start().await;
    let body =
        json!({ "phone_number": "1", "otp_code": "123", "name": "", "email": "ada@", "password": "short", "has_given_consent": "yes" });
    let refused = app.account().post(SIGN_UP, body).await.assert_status(422);
    let kinds: Vec<(String, String)> = told(&refused.body);
    let expected = [
        ("phone_number", "value_error"),
        ("otp_code", "string_too_short"),
        ("name", "string_too_short"),
        ("email", "value_error"),
        ("password", "string_too_short"),
        ("has_given_consent", "bool_type"),
    ];
    assert_eq!(kinds, expected.map(|(field, kind)| (format!(r#"["body","{field}"]"#), kind.to_owned())));
    assert_eq!(refused.body["detail"][4]["msg"], "String should have at least 8 characters");
    let body =
        json!({ "phone_number": "+4915112345678", "otp_code": 12345, "name": "A".repeat(101), "password": "x", "has_given_consent": true });
    let refused = app.account().post(SIGN_UP, body).await.assert_status(422);
    assert_eq!(refused.body["detail"][0]["type"], "string_type");
    assert_eq!(refused.body["detail"][1]["msg"], "String should have at most 100 characters");
}

/// T81, on this surface: a number has one key, however it is spelt.
#[tokio::test]
async fn a_number_is_one_in_any_usual_spelling() {
    let app = TestApp::with(&[("LATCHKEY_DEFAULT_REGION", "DE")]).await;
    app.sign_up_by_phone("+4915112345678").await;
    for (field, spelling) in [("phone", "0151 12345678"), ("phone_number", "+49 151 1234-5678"), ("phone", "004915112345678")] {
        let login = json!({ field: spelling, "password": latchkey_tests::PASSWORD });
        app.account().post("/api/v1/auth/login", login).await.assert_status(200);
    }
}
