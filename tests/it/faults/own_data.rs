//! What a person does with their own data: addresses, favourites, devices, sessions, a copy, and the end of the account.

use latchkey_tests::{Client, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

use super::account::{another, registered};
use super::{Flow, Scene, survive, survive_told};

const EMAILS: &str = "/v1/user/emails";
const FAVOURITES: &str = "/v1/favourites";
const DEVICES: &str = "/v1/account/fcm-tokens";
const SESSIONS: &str = "/v1/user/sessions";

fn caller(app: &TestApp, scene: &Scene) -> Client {
    app.account().with_bearer(&scene.token)
}

/// Signed in, with a second mail address that waits for its code.
async fn adding(app: &TestApp, scene: Scene) -> Scene {
    let scene = registered(app, scene).await;
    caller(app, &scene).post(EMAILS, json!({ "email": another(&scene) })).await.assert_status(201);
    let code = app.code_for(&another(&scene)).await;
    Scene { code, ..scene }
}

/// Signed in, with a second mail address that is proved.
async fn with_two(app: &TestApp, scene: Scene) -> Scene {
    let scene = adding(app, scene).await;
    verify(app, &scene).await.assert_status(200);
    scene
}

/// As [`with_two`], the second made the primary one, and the token that the first got to take it back.
async fn with_another_primary(app: &TestApp, scene: Scene) -> Scene {
    let scene = with_two(app, scene).await;
    make_default(app, &scene).await.assert_status(200);
    let code = app.revert_token(&scene.email).await;
    Scene { code, ..scene }
}

/// Signed in, with a code from asking so.
async fn asked(app: &TestApp, scene: Scene, path: &str) -> Scene {
    let scene = registered(app, scene).await;
    app.forget_messages().await;
    caller(app, &scene).post(path, json!({})).await.assert_status(200);
    let code = app.code_for(&scene.email).await;
    Scene { code, ..scene }
}

async fn leaving(app: &TestApp, scene: Scene) -> Scene {
    let scene = asked(app, scene, "/v1/user/request-account-deletion").await;
    confirm(app, &scene, "/v1/user/confirm-account-deletion").await.assert_status(200);
    scene
}

async fn confirm(app: &TestApp, scene: &Scene, path: &str) -> Reply {
    caller(app, scene).post(path, json!({ "otp": scene.code })).await
}

async fn verify(app: &TestApp, scene: &Scene) -> Reply {
    caller(app, scene).post(&format!("{EMAILS}/2/verify"), json!({ "token": scene.code })).await
}

async fn make_default(app: &TestApp, scene: &Scene) -> Reply {
    caller(app, scene).put(&format!("{EMAILS}/2/make-default"), Value::Null).await
}

/// The addresses that are listed, and whether each is verified and primary.
async fn listed(app: &TestApp, scene: &Scene) -> Vec<(String, bool, bool)> {
    let page = caller(app, scene).get(EMAILS).await.assert_status(200).body;
    let shown = |entry: &Value| (entry["email"].as_str().unwrap().to_owned(), entry["is_verified"] == true, entry["is_primary"] == true);
    page["data"].as_array().unwrap().iter().map(shown).collect()
}

async fn favourites(app: &TestApp, scene: &Scene) -> (Value, usize) {
    let page = caller(app, scene).get(FAVOURITES).await.assert_status(200).body;
    (page["meta"]["total"].clone(), page["data"].as_array().unwrap().len())
}

async fn status(app: &TestApp, scene: &Scene) -> Value {
    caller(app, scene).get("/v1/user/gdpr-status").await.assert_status(200).body
}

#[tokio::test]
async fn an_address_added_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| Box::pin(async { caller(app, scene).post(EMAILS, json!({ "email": another(scene) })).await }),
        right: 201,
        repeated: 201,
        finish: |app, scene| {
            Box::pin(async {
                let body = json!({ "token": app.code_for(&another(scene)).await });
                caller(app, scene).post(&format!("{EMAILS}/2/verify"), body).await.assert_status(200);
                assert_eq!(listed(app, scene).await.len(), 2, "it is listed once");
            })
        },
    })
    .await;
}

#[tokio::test]
async fn the_proof_of_an_added_address_survives() {
    let flow = Flow {
        prepare: |app, scene| Box::pin(adding(app, scene)),
        request: |app, scene| Box::pin(verify(app, scene)),
        right: 200,
        repeated: 400,
        finish: |app, scene| {
            Box::pin(async {
                let both = [(scene.email.clone(), true, true), (another(scene), true, false)];
                assert_eq!(listed(app, scene).await, both);
            })
        },
    };
    survive_told(&flow, "address_verified").await;
}

#[tokio::test]
async fn another_primary_address_survives() {
    let flow = Flow {
        prepare: |app, scene| Box::pin(with_two(app, scene)),
        request: |app, scene| Box::pin(make_default(app, scene)),
        right: 200,
        repeated: 200,
        finish: |app, scene| {
            Box::pin(async {
                let both = [(scene.email.clone(), true, false), (another(scene), true, true)];
                assert_eq!(listed(app, scene).await, both);
                app.revert_token(&scene.email).await;
            })
        },
    };
    survive_told(&flow, "primary_changed").await;
}

#[tokio::test]
async fn the_removal_of_an_address_survives() {
    let flow = Flow {
        prepare: |app, scene| Box::pin(with_two(app, scene)),
        request: |app, scene| Box::pin(async { caller(app, scene).delete(&format!("{EMAILS}/2")).await }),
        right: 200,
        repeated: 404,
        finish: |app, scene| Box::pin(async { assert_eq!(listed(app, scene).await, [(scene.email.clone(), true, true)]) }),
    };
    survive_told(&flow, "address_removed").await;
}

#[tokio::test]
async fn a_primary_address_taken_back_survives() {
    let flow = Flow {
        prepare: |app, scene| Box::pin(with_another_primary(app, scene)),
        request: |app, scene| Box::pin(async { app.account().post("/v1/user/emails/revert", json!({ "token": scene.code })).await }),
        right: 200,
        repeated: 400,
        finish: |app, scene| {
            Box::pin(async {
                caller(app, scene).get("/v1/users/me").await.assert_error(401, "unauthorized");
                app.clock.advance_seconds(31);
                app.forget_messages().await;
                app.account().post("/v1/auth/forgot-password", json!({ "email": scene.email })).await.assert_status(200);
                let reset = json!({ "email": scene.email, "otp": app.code_for(&scene.email).await, "new_password": PASSWORD });
                app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
                app.login(&scene.email).await.assert_status(200);
            })
        },
    };
    survive_told(&flow, "primary_reverted").await;
}

#[tokio::test]
async fn a_favourite_added_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| Box::pin(async { caller(app, scene).post(FAVOURITES, json!({ "product_id": 7 })).await }),
        right: 200,
        repeated: 200,
        finish: |app, scene| Box::pin(async { assert_eq!(favourites(app, scene).await, (json!(1), 1)) }),
    })
    .await;
}

#[tokio::test]
async fn a_favourite_removed_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async {
                let scene = registered(app, scene).await;
                for product in [7, 8] {
                    caller(app, &scene).post(FAVOURITES, json!({ "product_id": product })).await.assert_status(200);
                }
                scene
            })
        },
        request: |app, scene| Box::pin(async { caller(app, scene).delete(&format!("{FAVOURITES}/1")).await }),
        right: 200,
        repeated: 404,
        finish: |app, scene| Box::pin(async { assert_eq!(favourites(app, scene).await, (json!(1), 1)) }),
    })
    .await;
}

async fn register_device(app: &TestApp, scene: &Scene) -> Reply {
    let body = json!({ "fcm_token": format!("token-of-{}", scene.email.replace('@', "-")), "platform": "android" });
    caller(app, scene).post(DEVICES, body).await
}

#[tokio::test]
async fn a_device_registered_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| Box::pin(register_device(app, scene)),
        right: 200,
        repeated: 200,
        finish: |_, _| Box::pin(async {}),
    })
    .await;
}

#[tokio::test]
async fn a_device_forgotten_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async {
                let scene = registered(app, scene).await;
                register_device(app, &scene).await.assert_status(200);
                scene
            })
        },
        request: |app, scene| {
            Box::pin(async { caller(app, scene).delete(&format!("{DEVICES}/token-of-{}", scene.email.replace('@', "-"))).await })
        },
        right: 200,
        repeated: 200,
        finish: |_, _| Box::pin(async {}),
    })
    .await;
}

/// Signed in twice; `code` is the id of the other session.
async fn signed_in_twice(app: &TestApp, scene: Scene) -> Scene {
    let scene = registered(app, scene).await;
    app.login(&scene.email).await.assert_status(200);
    let page = caller(app, &scene).get(SESSIONS).await.assert_status(200).body;
    let other = page["data"].as_array().unwrap().iter().find(|session| session["is_current"] == false).unwrap();
    Scene { code: other["id"].as_str().unwrap().to_owned(), ..scene }
}

async fn assert_alone(app: &TestApp, scene: &Scene) {
    let page = caller(app, scene).get(SESSIONS).await.assert_status(200).body;
    assert_eq!((&page["meta"]["total"], &page["data"][0]["is_current"]), (&json!(1), &json!(true)));
}

#[tokio::test]
async fn the_end_of_another_session_survives() {
    let flow = Flow {
        prepare: |app, scene| Box::pin(signed_in_twice(app, scene)),
        request: |app, scene| Box::pin(async { caller(app, scene).delete(&format!("{SESSIONS}/{}", scene.code)).await }),
        right: 200,
        repeated: 404,
        finish: |app, scene| Box::pin(assert_alone(app, scene)),
    };
    survive_told(&flow, "session_revoked").await;
}

#[tokio::test]
async fn the_end_of_all_other_sessions_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(signed_in_twice(app, scene)),
        request: |app, scene| Box::pin(async { caller(app, scene).delete(SESSIONS).await }),
        right: 200,
        repeated: 200,
        finish: |app, scene| Box::pin(assert_alone(app, scene)),
    })
    .await;
}

#[tokio::test]
async fn asking_for_a_deletion_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| Box::pin(async { caller(app, scene).post("/v1/user/request-account-deletion", json!({})).await }),
        // The code was sent a moment ago.
        right: 200,
        repeated: 429,
        finish: |app, scene| {
            Box::pin(async {
                let body = json!({ "otp": app.code_for(&scene.email).await });
                caller(app, scene).post("/v1/user/confirm-account-deletion", body).await.assert_status(200);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn the_confirmation_of_a_deletion_survives() {
    let flow = Flow {
        prepare: |app, scene| Box::pin(asked(app, scene, "/v1/user/request-account-deletion")),
        request: |app, scene| Box::pin(confirm(app, scene, "/v1/user/confirm-account-deletion")),
        // Of an account that is about to be deleted little is left to do.
        right: 200,
        repeated: 403,
        finish: |app, scene| Box::pin(async { assert_eq!(status(app, scene).await["deletion_request"]["status"], "scheduled") }),
    };
    survive_told(&flow, "deletion_scheduled").await;
}

#[tokio::test]
async fn the_cancellation_of_a_deletion_survives() {
    let flow = Flow {
        prepare: |app, scene| Box::pin(leaving(app, scene)),
        request: |app, scene| Box::pin(async { caller(app, scene).post("/v1/user/cancel-account-deletion", Value::Null).await }),
        right: 200,
        repeated: 400,
        finish: |app, scene| {
            Box::pin(async {
                assert_eq!(status(app, scene).await["deletion_request"]["status"], "cancelled");
                caller(app, scene).get("/v1/users/me").await.assert_status(200);
            })
        },
    };
    survive_told(&flow, "deletion_cancelled").await;
}

/// The tombstone tells it, once.
#[tokio::test]
async fn a_deletion_at_once_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| Box::pin(async { caller(app, scene).post("/v1/account/delete", json!({ "password": PASSWORD })).await }),
        right: 200,
        repeated: 401,
        finish: |app, scene| {
            Box::pin(async {
                let buried = app.items_starting("TOMBSTONE#", "TOMBSTONE").await;
                assert_eq!(app.purge().await, json!({ "purged": 1, "left": 0 }));
                assert_eq!(app.items_starting("TOMBSTONE#", "TOMBSTONE").await, buried + 1);
                app.login(&scene.email).await.assert_error(401, "invalid_credentials");
            })
        },
    })
    .await;
}

#[tokio::test]
async fn asking_for_a_copy_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| Box::pin(async { caller(app, scene).post("/v1/user/request-data-export", json!({})).await }),
        // The code was sent a moment ago.
        right: 200,
        repeated: 429,
        finish: |app, scene| {
            Box::pin(async {
                let body = json!({ "otp": app.code_for(&scene.email).await });
                caller(app, scene).post("/v1/user/confirm-data-export", body).await.assert_status(200);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn the_confirmation_of_a_copy_survives() {
    let flow = Flow {
        prepare: |app, scene| Box::pin(asked(app, scene, "/v1/user/request-data-export")),
        request: |app, scene| Box::pin(confirm(app, scene, "/v1/user/confirm-data-export")),
        right: 200,
        repeated: 400,
        finish: |app, scene| {
            Box::pin(async {
                assert_eq!(app.export().await, 1, "it is made once");
                let status = status(app, scene).await;
                assert_eq!(status["export_requests"].as_array().map(Vec::len), Some(1));
                let file = status["export_requests"][0]["filename"].as_str().unwrap();
                caller(app, scene).get(&format!("/v1/user/download-export/{file}")).await.assert_status(200);
            })
        },
    };
    survive_told(&flow, "data_export_confirmed").await;
}
