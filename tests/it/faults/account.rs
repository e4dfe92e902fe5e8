//! The flows of the Account API.

use latchkey::domain::session::MOST_SESSIONS;
use latchkey_tests::{Fault, PASSWORD, Reply, TestApp};
use serde_json::{Value, json};

use super::{Flow, NEW, Scene, assert_clean, survive, survive_told};

pub(super) async fn registered(app: &TestApp, scene: Scene) -> Scene {
    let login = app.register(&scene.email).await;
    Scene { token: login.token().to_owned(), refresh_token: login.refresh_token().to_owned(), ..scene }
}

/// Signed in with a session of which an older refresh token than the last two is at hand.
async fn refreshed_twice(app: &TestApp, scene: Scene) -> Scene {
    let scene = registered(app, scene).await;
    let next = app.refresh(&scene.refresh_token).await.assert_status(200);
    app.refresh(next.refresh_token()).await.assert_status(200);
    scene
}

/// Signed in, with a number that waits for its code.
async fn adding_a_number(app: &TestApp, scene: Scene) -> Scene {
    let scene = registered(app, scene).await;
    app.account().with_bearer(&scene.token).put("/v1/profile/update", json!({ "phone": scene.phone })).await.assert_status(200);
    let code = app.code_for(&scene.phone).await;
    Scene { code, ..scene }
}

/// Another mail address of the same person's.
pub(super) fn another(scene: &Scene) -> String {
    scene.email.replace("example.com", "example.org")
}

/// Signed in, with another mail address that waits for its code.
async fn adding_an_address(app: &TestApp, scene: Scene) -> Scene {
    let scene = registered(app, scene).await;
    ask_for_address(app, &scene, &another(&scene)).await.assert_status(200);
    let code = app.code_for(&another(&scene)).await;
    Scene { code, ..scene }
}

/// Signed in, with another mail address that was proved and is the primary one.
async fn with_another_address(app: &TestApp, scene: Scene) -> Scene {
    let scene = adding_an_address(app, scene).await;
    let body = json!({ "email": another(&scene), "otp": scene.code });
    app.account().with_bearer(&scene.token).post("/v1/otp/verify/email", body).await.assert_status(200);
    scene
}

/// A registration whose code may be sent again by now.
async fn registering(app: &TestApp, scene: Scene) -> Scene {
    app.sign_up(&scene.email).await;
    app.deliver().await;
    app.clock.advance_seconds(31);
    scene
}

/// A registration that somebody else has contested, with its code.
async fn contested(app: &TestApp, scene: Scene) -> Scene {
    app.sign_up(&scene.email).await;
    contest(app, &scene).await.assert_status(201);
    let code = app.code_for(&scene.email).await;
    Scene { code, ..scene }
}

async fn contest(app: &TestApp, scene: &Scene) -> Reply {
    let body = json!({ "name": "Mallory", "email": scene.email, "password": NEW });
    app.account().from("198.51.100.7").post("/v1/auth/signup", body).await
}

async fn sign_in(app: &TestApp, scene: &Scene, password: &str) -> Reply {
    app.account().post("/v1/auth/login", json!({ "email": scene.email, "password": password })).await
}

async fn change_password(app: &TestApp, scene: &Scene) -> Reply {
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    app.account().with_bearer(&scene.token).post("/v1/auth/change-password", body).await
}

async fn ask_for_address(app: &TestApp, scene: &Scene, email: &str) -> Reply {
    app.account().with_bearer(&scene.token).put("/v1/profile/update", json!({ "email": email })).await
}

async fn prove_number(app: &TestApp, scene: &Scene) -> Reply {
    let body = json!({ "phone": scene.phone, "otp": scene.code });
    app.account().with_bearer(&scene.token).post("/v1/otp/verify/mobile", body).await
}

async fn me(app: &TestApp, scene: &Scene) -> Reply {
    app.account().with_bearer(&scene.token).get("/v1/users/me").await
}

/// The newest code opens the account that the registration asked for.
async fn finish_registration(app: &TestApp, scene: &Scene) {
    let code = app.code_for(&scene.email).await;
    app.verify(&scene.email, &code).await.assert_status(200);
}

#[tokio::test]
async fn a_sign_up_survives() {
    survive(&Flow {
        prepare: |_, scene| Box::pin(async { scene }),
        request: |app, scene| {
            let body = json!({ "name": "Ada", "email": scene.email, "password": PASSWORD });
            Box::pin(async { app.account().post("/v1/auth/signup", body).await })
        },
        right: 201,
        repeated: 201,
        finish: |app, scene| {
            Box::pin(async {
                let code = app.code_for(&scene.email).await;
                app.verify(&scene.email, &code).await.assert_status(200);
                sign_in(app, scene, PASSWORD).await.assert_status(200);
            })
        },
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn the_creation_of_an_account_survives() {
    survive_told(
        &Flow {
            prepare: |app, mut scene| {
                Box::pin(async move {
                    app.sign_up(&scene.email).await;
                    scene.code = app.code_for(&scene.email).await;
                    scene
                })
            },
            request: |app, scene| Box::pin(async { app.verify(&scene.email, &scene.code).await }),
            // After a lost answer the code is used, and the account is there.
            right: 200,
            repeated: 400,
            finish: |app, scene| {
                Box::pin(async {
                    sign_in(app, scene, PASSWORD).await.assert_status(200);
                })
            },
        },
        "registered",
    )
    .await;
}

#[tokio::test]
async fn a_sign_in_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| Box::pin(sign_in(app, scene, PASSWORD)),
        right: 200,
        repeated: 200,
        finish: |app, scene| {
            Box::pin(async {
                sign_in(app, scene, PASSWORD).await.assert_status(200);
            })
        },
    })
    .await;
}

/// T96: an act and its audit event are there together or not at all.
#[tokio::test]
async fn no_session_is_without_its_audit_event() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    for fault in Fault::ALL {
        // A password that was counted before something went wrong stays counted.
        app.clock.advance_minutes(16);
        for first in 0..6 {
            app.disturb(fault, first, true);
            assert_clean(&app.login("ada@example.com").await, 200, &format!("{fault:?} at request {first}"));
            app.heal();
        }
    }
    let sessions = app.items_starting("USER#", "SESSION#").await;
    assert!(sessions > 1);
    assert_eq!(app.items_starting("USER#", "AUDIT#").await, sessions);
}

#[tokio::test]
async fn a_refresh_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| Box::pin(app.refresh(&scene.refresh_token)),
        right: 200,
        repeated: 200,
        finish: |app, scene| {
            Box::pin(async {
                let next = app.refresh(&scene.refresh_token).await.assert_status(200);
                assert_eq!(next.refresh_token().split('.').nth(4), Some("1"), "the counter moved by one");
                app.refresh(next.refresh_token()).await.assert_status(200);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn a_read_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| Box::pin(me(app, scene)),
        right: 200,
        repeated: 200,
        finish: |_, _| Box::pin(async {}),
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_sign_out_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| Box::pin(registered(app, scene)),
            request: |app, scene| Box::pin(async { app.account().with_bearer(&scene.token).post("/v1/auth/logout", Value::Null).await }),
            right: 200,
            repeated: 200,
            finish: |app, scene| {
                Box::pin(async {
                    app.refresh(&scene.refresh_token).await.assert_error(401, "invalid_refresh_token");
                })
            },
        },
        "signed_out",
    )
    .await;
}

#[tokio::test]
async fn a_resend_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registering(app, scene)),
        request: |app, scene| {
            let body = json!({ "email": scene.email });
            Box::pin(async { app.account().post("/v1/otp/resend/email", body).await })
        },
        // The code of a lost answer is on its way: another is asked for too soon.
        right: 200,
        repeated: 429,
        finish: |app, scene| Box::pin(finish_registration(app, scene)),
    })
    .await;
}

#[tokio::test]
async fn a_resend_to_an_added_address_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async move {
                let scene = adding_an_address(app, scene).await;
                app.clock.advance_seconds(31);
                scene
            })
        },
        request: |app, scene| {
            let body = json!({ "email": another(scene) });
            Box::pin(async { app.account().with_bearer(&scene.token).post("/v1/otp/resend/email", body).await })
        },
        right: 200,
        repeated: 429,
        finish: |app, scene| {
            Box::pin(async {
                let body = json!({ "email": another(scene), "otp": app.code_for(&another(scene)).await });
                app.account().with_bearer(&scene.token).post("/v1/otp/verify/email", body).await.assert_status(200);
                assert_eq!(me(app, scene).await.body["email"], another(scene));
            })
        },
    })
    .await;
}

#[tokio::test]
async fn a_resend_to_an_added_number_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async move {
                let scene = adding_a_number(app, scene).await;
                app.clock.advance_seconds(61);
                scene
            })
        },
        request: |app, scene| {
            let body = json!({ "phone": scene.phone });
            Box::pin(async { app.account().with_bearer(&scene.token).post("/v1/otp/resend/mobile", body).await })
        },
        right: 200,
        repeated: 429,
        finish: |app, scene| {
            Box::pin(async {
                let body = json!({ "phone": scene.phone, "otp": app.code_for(&scene.phone).await });
                app.account().with_bearer(&scene.token).post("/v1/otp/verify/mobile", body).await.assert_status(200);
                assert_eq!(me(app, scene).await.body["phone_verified"], true);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn another_address_in_the_place_of_an_awaited_one_survives() {
    fn third(scene: &Scene) -> String {
        scene.email.replace("example.com", "example.net")
    }
    survive(&Flow {
        prepare: |app, scene| Box::pin(adding_an_address(app, scene)),
        request: |app, scene| Box::pin(async { ask_for_address(app, scene, &third(scene)).await }),
        right: 200,
        repeated: 200,
        finish: |app, scene| {
            Box::pin(async {
                let caller = app.account().with_bearer(&scene.token);
                let verify =
                    async |email: &str, code: &str| caller.post("/v1/otp/verify/email", json!({ "email": email, "otp": code })).await;
                verify(&another(scene), &scene.code).await.assert_error(400, "invalid_otp");
                verify(&third(scene), &app.code_for(&third(scene)).await).await.assert_status(200);
                assert_eq!(me(app, scene).await.body["email"], third(scene));
            })
        },
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_proved_address_taken_back_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| Box::pin(with_another_address(app, scene)),
            request: |app, scene| Box::pin(ask_for_address(app, scene, &scene.email)),
            right: 200,
            repeated: 200,
            finish: |app, scene| {
                Box::pin(async {
                    assert_eq!(me(app, scene).await.body["email"], scene.email);
                    let told = app.messages_to(&another(scene)).await.iter().filter(|message| message.template == "address_added").count();
                    assert_eq!(told, 1, "the address that it replaces");
                })
            },
        },
        "primary_changed",
    )
    .await;
}

#[tokio::test]
async fn a_sign_in_before_the_code_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registering(app, scene)),
        request: |app, scene| Box::pin(sign_in(app, scene, PASSWORD)),
        right: 403,
        repeated: 403,
        finish: |app, scene| {
            Box::pin(async {
                assert_eq!(app.messages_to(&scene.email).await.len(), 2, "the code was sent again, once");
                finish_registration(app, scene).await;
            })
        },
    })
    .await;
}

#[tokio::test]
async fn a_password_forgotten_before_the_code_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registering(app, scene)),
        request: |app, scene| {
            let body = json!({ "email": scene.email });
            Box::pin(async { app.account().post("/v1/auth/forgot-password", body).await })
        },
        right: 200,
        repeated: 429,
        finish: |app, scene| Box::pin(finish_registration(app, scene)),
    })
    .await;
}

#[tokio::test]
async fn a_contest_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async move {
                app.sign_up(&scene.email).await;
                scene
            })
        },
        request: |app, scene| Box::pin(contest(app, scene)),
        right: 201,
        repeated: 201,
        finish: |app, scene| {
            Box::pin(async {
                let code = app.code_for(&scene.email).await;
                assert_eq!(app.verify(&scene.email, &code).await.assert_status(200).body["password_required"], true);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn the_creation_of_a_contested_account_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(contested(app, scene)),
        request: |app, scene| Box::pin(async { app.verify(&scene.email, &scene.code).await }),
        right: 200,
        repeated: 400,
        finish: |app, scene| {
            Box::pin(async {
                sign_in(app, scene, NEW).await.assert_error(401, "invalid_credentials");
                let told = app.messages_to(&scene.email).await.iter().filter(|message| message.template == "password_wanted").count();
                assert_eq!(told, 1);
            })
        },
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_reuse_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| Box::pin(refreshed_twice(app, scene)),
            request: |app, scene| Box::pin(app.refresh(&scene.refresh_token)),
            right: 401,
            repeated: 401,
            finish: |app, scene| {
                Box::pin(async {
                    me(app, scene).await.assert_error(401, "unauthorized");
                    let told = app.messages_to(&scene.email).await.iter().filter(|message| message.template == "refresh_reuse").count();
                    assert_eq!(told, 1);
                })
            },
        },
        "refresh_reuse",
    )
    .await;
}

/// At the cap sessions that are over give way: here the one that was open before all of them were ended.
#[tokio::test]
async fn a_sign_in_at_the_cap_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async move {
                let scene = registered(app, scene).await;
                app.raise_epoch(&scene.email).await;
                app.set_session_count(&scene.email, MOST_SESSIONS).await;
                scene
            })
        },
        request: |app, scene| Box::pin(sign_in(app, scene, PASSWORD)),
        right: 200,
        repeated: 200,
        finish: |app, scene| {
            Box::pin(async {
                // One more if the answer of the first was lost.
                assert!((1..=2).contains(&app.sessions_of(&scene.email).await));
            })
        },
    })
    .await;
}

#[tokio::test]
async fn asking_for_a_new_password_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| {
            let body = json!({ "email": scene.email });
            Box::pin(async { app.account().post("/v1/auth/forgot-password", body).await })
        },
        right: 200,
        repeated: 429,
        finish: |app, scene| {
            Box::pin(async {
                let code = app.code_for(&scene.email).await;
                let body = json!({ "email": scene.email, "otp": code, "new_password": NEW });
                app.account().post("/v1/auth/reset-password-otp", body).await.assert_status(200);
                sign_in(app, scene, NEW).await.assert_status(200);
            })
        },
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_reset_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| {
                Box::pin(async move {
                    let mut scene = registered(app, scene).await;
                    app.account().post("/v1/auth/forgot-password", json!({ "email": scene.email })).await.assert_status(200);
                    scene.code = app.code_for(&scene.email).await;
                    scene
                })
            },
            request: |app, scene| {
                let body = json!({ "email": scene.email, "otp": scene.code, "new_password": NEW });
                Box::pin(async { app.account().post("/v1/auth/reset-password-otp", body).await })
            },
            right: 200,
            repeated: 400,
            finish: |app, scene| {
                Box::pin(async {
                    sign_in(app, scene, PASSWORD).await.assert_status(401);
                    sign_in(app, scene, NEW).await.assert_status(200);
                    app.refresh(&scene.refresh_token).await.assert_status(401);
                })
            },
        },
        "password_reset",
    )
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_change_of_the_password_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| Box::pin(registered(app, scene)),
            request: |app, scene| Box::pin(change_password(app, scene)),
            // After a lost answer the present password is the new one.
            right: 200,
            repeated: 400,
            finish: |app, scene| {
                Box::pin(async {
                    sign_in(app, scene, NEW).await.assert_status(200);
                    app.refresh(&scene.refresh_token).await.assert_status(200);
                })
            },
        },
        "password_changed",
    )
    .await;
}

#[tokio::test]
async fn a_code_by_sms_survives() {
    survive(&Flow {
        prepare: |_, scene| Box::pin(async { scene }),
        request: |app, scene| {
            let body = json!({ "phone": scene.phone, "purpose": "verification" });
            Box::pin(async { app.account().post("/v1/otp/send", body).await })
        },
        right: 200,
        repeated: 429,
        finish: |app, scene| {
            Box::pin(async {
                let code = app.code_for(&scene.phone).await;
                let body = json!({ "phone": scene.phone, "code": code, "purpose": "verification" });
                app.account().post("/v1/otp/verify", body).await.assert_status(200);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn a_stand_alone_proof_survives() {
    survive(&Flow {
        prepare: |app, mut scene| {
            Box::pin(async move {
                app.account().post("/v1/otp/send", json!({ "phone": scene.phone, "purpose": "verification" })).await.assert_status(200);
                scene.code = app.code_for(&scene.phone).await;
                scene
            })
        },
        request: |app, scene| {
            let body = json!({ "phone": scene.phone, "code": scene.code, "purpose": "verification" });
            Box::pin(async { app.account().post("/v1/otp/verify", body).await })
        },
        right: 200,
        repeated: 400,
        finish: |app, scene| {
            Box::pin(async {
                let body = json!({ "phone": scene.phone, "code": scene.code, "purpose": "verification" });
                app.account().post("/v1/otp/verify", body).await.assert_status(400);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_by_sms_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async move {
                let login = app.register_with_phone(&scene.email, &scene.phone).await;
                app.account().post("/v1/otp/send", json!({ "phone": scene.phone, "purpose": "login" })).await.assert_status(200);
                let code = app.code_for(&scene.phone).await;
                Scene { token: login.token().to_owned(), code, ..scene }
            })
        },
        request: |app, scene| {
            let body = json!({ "phone": scene.phone, "code": scene.code, "purpose": "login" });
            Box::pin(async { app.account().post("/v1/otp/verify", body).await })
        },
        right: 200,
        repeated: 400,
        finish: |app, scene| {
            Box::pin(async {
                app.clock.advance_seconds(61);
                app.account().post("/v1/otp/send", json!({ "phone": scene.phone, "purpose": "login" })).await.assert_status(200);
                let code = app.code_for(&scene.phone).await;
                let body = json!({ "phone": scene.phone, "code": code, "purpose": "login" });
                app.account().post("/v1/otp/verify", body).await.assert_status(200);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn an_added_number_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| {
            let body = json!({ "phone": scene.phone, "name": "Ada King" });
            Box::pin(async { app.account().with_bearer(&scene.token).put("/v1/profile/update", body).await })
        },
        right: 200,
        repeated: 200,
        finish: |app, scene| {
            Box::pin(async {
                let code = app.code_for(&scene.phone).await;
                let caller = app.account().with_bearer(&scene.token);
                caller.post("/v1/otp/verify/mobile", json!({ "phone": scene.phone, "otp": code })).await.assert_status(200);
                assert_eq!(caller.get("/v1/users/me").await.body["name"], "Ada King");
            })
        },
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn the_proof_of_an_address_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| Box::pin(adding_a_number(app, scene)),
            request: |app, scene| Box::pin(prove_number(app, scene)),
            right: 200,
            repeated: 400,
            finish: |app, scene| {
                Box::pin(async {
                    let me = me(app, scene).await;
                    assert_eq!((&me.body["phone"], &me.body["phone_verified"]), (&json!(scene.phone), &json!(true)));
                })
            },
        },
        "address_verified",
    )
    .await;
}

#[tokio::test]
async fn a_look_up_survives() {
    survive(&Flow {
        prepare: |_, scene| Box::pin(async { scene }),
        request: |app, scene| {
            let path = format!("/v1/verify/phone?phone={}", scene.phone.replace('+', "%2B"));
            Box::pin(async move { app.account().get(&path).await })
        },
        right: 200,
        repeated: 200,
        finish: |_, _| Box::pin(async {}),
    })
    .await;
}
