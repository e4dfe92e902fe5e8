//! `latchkey partner`: registering partners, and what their tokens do afterwards.

use latchkey::domain::partner::{KeyMaterial, PartnerKey};
use latchkey_tests::{SECRET, TestApp};
use serde_json::{Value, json};

use crate::admin::run;

const REGISTER: &str = "/fe/users/auth/otp/register";

/// Asks for a code with a token that the command makes.
async fn ask_with(app: &TestApp, token: &str) -> u16 {
    app.clock.advance_seconds(31);
    let body = json!({ "phone_number": "9876543210", "countryCode": "+91" });
    app.account().header("user-jwt-token", token).post(REGISTER, body).await.status
}

async fn token(app: &TestApp, partner: &str) -> String {
    let made = run(app, &["partner", "token", partner, "--user", "ada", "--json"]).await;
    assert_eq!((made.code, made.err.as_str()), (0, ""));
    let made: Value = serde_json::from_str(&made.out).unwrap();
    assert_eq!((&made["id"], &made["user"]), (&json!(partner), &json!("ada")));
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_partner_is_registered_and_its_secret_shown_once() {
    let app = TestApp::start().await;
    let made = run(&app, &["partner", "create", "Ludo", "--json"]).await.json();
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["name"], &made["algorithm"], &made["enabled"]), (&json!("Ludo"), &json!("HS256"), &json!(true)));
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    assert!(!app.dump().await.contains(secret), "it stands in the table only sealed");
    for arguments in [["partner", "list", "--json"].as_slice(), &["partner", "list"]] {
        let listed = run(&app, arguments).await;
        assert!(listed.out.contains(id) && !listed.out.contains(secret), "{}", listed.out);
    }
    assert_eq!(ask_with(&app, &token(&app, id).await).await, 200);
    let again = run(&app, &["partner", "create", "Other", "--id", id]).await.error(4);
    assert!(again.contains("nothing was changed"), "{again}");
    assert_eq!(ask_with(&app, &token(&app, id).await).await, 200);
}

#[tokio::test]
async fn a_partner_may_bring_the_secret_that_it_has() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let partner = latchkey_tests::TestPartner {
        id: latchkey::domain::partner::PartnerId::parse("ludo").unwrap(),
        secret: "a secret that the partner has had for years".to_owned(),
    };
    let secret = file("secret", &format!("{}\n", partner.secret));
    let made = run(&app, &["partner", "create", "Ludo", "--id", "ludo", "--secret-file", &secret, "--json"]).await.json();
    assert_eq!(made.get("secret"), None);
    assert_eq!(ask_with(&app, &partner.sign(&app.partner_claims(&partner, "ada"))).await, 200);
    for (name, content) in [("short", "too short a secret"), ("long", &"x".repeat(513))] {
        let refused = run(&app, &["partner", "create", "Ludo", "--secret-file", &file(name, content)]).await.error(2);
        assert!(refused.contains("32 to 512 bytes"), "{refused}");
    }
    let private = file("private.pem", "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n");
    let private_jwk = file("private.jwk", r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}"#);
    for path in [private, private_jwk] {
        let refused = run(&app, &["partner", "create", "Ludo", "--public-key", &path]).await.error(2);
        assert!(refused.contains("is a private key"), "{refused}");
    }
    for content in [
        "no key",
        "{}",
        r#"{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
        r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    ] {
        let refused = run(&app, &["partner", "create", "Ludo", "--public-key", &file("key", content)]).await.error(2);
        assert!(refused.contains("must be a public key"), "{refused}");
    }
    let missing = run(&app, &["partner", "create", "Ludo", "--public-key", "no such file"]).await.error(2);
    assert!(missing.contains("no such file cannot be used"), "{missing}");
}

#[tokio::test]
async fn a_rotated_secret_stays_good_for_its_overlap() {
    let app = TestApp::start().await;
    let made = run(&app, &["partner", "create", "Ludo", "--id", "ludo", "--json"]).await.json();
    let old = token(&app, "ludo").await;
    let rotated = run(&app, &["partner", "rotate", "ludo", "--overlap", "1", "--json"]).await.json();
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(rotated["keys"].as_array().unwrap().len(), 2);
    let new = token(&app, "ludo").await;
    assert_eq!((ask_with(&app, &old).await, ask_with(&app, &new).await), (200, 200));
    app.clock.advance_minutes(57);
    assert_eq!(ask_with(&app, &old).await, 200);
    app.clock.advance_minutes(2);
    let new = token(&app, "ludo").await;
    assert_eq!((ask_with(&app, &old).await, ask_with(&app, &new).await), (401, 200));
    run(&app, &["partner", "rotate", "ludo", "--overlap", "0"]).await.done();
    assert_eq!(ask_with(&app, &new).await, 401);
    assert_eq!(ask_with(&app, &token(&app, "ludo").await).await, 200);
}

/// A secret that nobody has read may be replaced at once, and the one that the partner has keeps its time.
#[tokio::test]
async fn rotations_one_after_another_keep_what_each_key_was_given() {
    let app = TestApp::start().await;
    run(&app, &["partner", "create", "Ludo", "--id", "ludo"]).await.done();
    let first = token(&app, "ludo").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        run(&app, &["partner", "rotate", "ludo", "--overlap", "1"]).await.done();
        others.push(token(&app, "ludo").await);
    }
    assert_eq!(ask_with(&app, &first).await, 200);
    for other in &others {
        assert_eq!(ask_with(&app, other).await, 200);
    }
    let listed = run(&app, &["partner", "list", "--json"]).await.json();
    assert_eq!(listed["partners"][0]["keys"].as_array().unwrap().len(), 4);
    run(&app, &["partner", "rotate", "ludo", "--overlap", "1"]).await.done();
    assert_eq!(ask_with(&app, &first).await, 401, "three are kept");
    run(&app, &["partner", "rotate", "ludo", "--overlap", "0"]).await.done();
    assert_eq!(ask_with(&app, &others[2]).await, 401);
}

#[tokio::test]
async fn a_secret_that_the_deployment_does_not_have_changes_nothing() {
    let app = TestApp::start().await;
    run(&app, &["partner", "create", "Ludo", "--id", "ludo"]).await.done();
    let good = token(&app, "ludo").await;
    let wrong = app.another_instance_with(&[("LATCHKEY_SECRET", "a root secret that this deployment never had")]);
    for arguments in [["partner", "rotate", "ludo"], ["partner", "create", "Chess"]] {
        let refused = run(&wrong, &arguments).await.error(1);
        assert!(refused.contains("LATCHKEY_SECRET must be the present root secret"), "{refused}");
    }
    assert_eq!(ask_with(&app, &good).await, 200);
    assert_eq!(run(&app, &["partner", "list", "--json"]).await.json()["partners"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_that_would_be_refused_is_not_made() {
    let app = TestApp::start().await;
    run(&app, &["partner", "create", "Ludo", "--id", "ludo"]).await.done();
    run(&app, &["partner", "disable", "ludo"]).await.done();
    let refused = run(&app, &["partner", "token", "ludo", "--user", "ada"]).await.error(4);
    assert!(refused.contains("is disabled"), "{refused}");
    for user in ["", "a\nb", &"x".repeat(257)] {
        let arguments = ["latchkey", "partner", "token", "ludo", "--user", user];
        assert!(latchkey_cli::args::Invocation::read(arguments).is_err(), "{user:?}");
    }
}

#[tokio::test]
async fn the_tokens_of_a_disabled_partner_are_refused_at_once() {
    let app = TestApp::start().await;
    run(&app, &["partner", "create", "Ludo", "--id", "ludo"]).await.done();
    let token = token(&app, "ludo").await;
    assert_eq!(ask_with(&app, &token).await, 200);
    let disabled = run(&app, &["partner", "disable", "ludo", "--json"]).await.json();
    assert_eq!((&disabled["id"], &disabled["enabled"]), (&json!("ludo"), &json!(false)));
    assert_eq!(ask_with(&app, &token).await, 401);
    assert!(run(&app, &["partner", "list"]).await.done().contains("disabled"));
    run(&app, &["partner", "enable", "ludo"]).await.done();
    assert_eq!(ask_with(&app, &token).await, 200);
    for command in ["disable", "enable", "rotate"] {
        let unknown = run(&app, &["partner", command, "chess"]).await.error(3);
        assert!(unknown.contains("no partner has the id chess"), "{unknown}");
    }
}

#[tokio::test]
async fn another_kind_of_key_is_no_rotation() {
    let app = TestApp::start().await;
    run(&app, &["partner", "create", "Ludo", "--id", "ludo"]).await.done();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.jwk");
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    std::fs::write(&file, jwk).unwrap();
    let refused = run(&app, &["partner", "rotate", "ludo", "--public-key", file.to_str().unwrap()]).await.error(4);
    assert!(refused.contains("registered with HS256"), "{refused}");
    assert_eq!(ask_with(&app, &token(&app, "ludo").await).await, 200);
}

/// A key that cannot be opened takes none of the others along.
#[tokio::test]
async fn a_partner_with_an_unreadable_key_goes_on_with_another() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    let good = partner.sign(&app.partner_claims(&partner, "ada"));
    let registered = app.app.store.partner(&partner.id).await.unwrap().unwrap();
    let now = latchkey::clock::Clock::now(&*app.clock);
    let place = latchkey::store::Store::partner_secret_place(&partner.id, "second");
    let elsewhere = latchkey::secret::Secrets::new("a root secret that this deployment never had", &[]);
    let material = KeyMaterial::Sealed(elsewhere.seal(&place, b"a secret that nobody can read here").unwrap());
    let key = PartnerKey { id: "second".to_owned(), material, added_at: now };
    let rotated = registered.rotated(key, now + std::time::Duration::from_hours(1));
    assert!(app.app.store.administration().change_partner(&rotated).await.unwrap());
    assert_eq!(ask_with(&app, &good).await, 200);
    app.clock.advance_minutes(61);
    let later = partner.sign(&app.partner_claims(&partner, "ada"));
    assert_eq!(ask_with(&app, &later).await, 500, "with none that opens, it is ours to mend");
    assert!(app.logs().contains("key_unreadable"));
}

#[tokio::test]
async fn an_account_shows_its_links() {
    let app = TestApp::start().await;
    let partner = app.partner("ludo", "Ludo").await;
    app.partner_user(&partner, "ada").link(&app, "+919876543210").await.assert_status(200);
    let shown = run(&app, &["user", "show", "+919876543210", "--json"]).await.json();
    let wallet = "0x7889FdF548FC1713c611FB52eA64ACCbff1b0322";
    let at = "2026-01-01T00:00:00Z";
    let link = json!({ "partner": "ludo", "user": "ada", "wallet_address": wallet, "linked_at": at, "verified_at": at });
    assert_eq!(shown["links"], json!([link]));
    let told = shown["audit"].as_array().unwrap().iter().find(|event| event["event"] == "linked").unwrap();
    assert_eq!(told["partner"], "ludo");
    let text = run(&app, &["user", "show", "+919876543210"]).await.done();
    assert!(text.contains("Links\n  ludo  ada  linked 2026-01-01T00:00:00Z"), "{text}");
}

#[tokio::test]
async fn a_reseal_takes_the_partners_secrets_along() {
    let app = TestApp::start().await;
    run(&app, &["partner", "create", "Ludo", "--id", "ludo"]).await.done();
    run(&app, &["partner", "rotate", "ludo"]).await.done();
    let new = "a new root secret of more than 32 bytes";
    let rotated = app.another_instance_with(&[("LATCHKEY_SECRET", new), ("LATCHKEY_SECRETS_ACCEPTED", SECRET)]);
    let resealed = run(&rotated, &["keys", "reseal", "--json", "--rate", "100000"]).await.json();
    assert_eq!(resealed["resealed"]["partner_secrets"], 2);
    let alone = app.another_instance_with(&[("LATCHKEY_SECRET", new), ("LATCHKEY_SECRETS_ACCEPTED", "")]);
    assert_eq!(ask_with(&alone, &token(&alone, "ludo").await).await, 200);
}
