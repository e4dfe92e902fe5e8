//! The flows of the Phone API.

use latchkey_tests::{PASSWORD, Reply, TestApp};
use serde_json::json;

use super::{Flow, NEW, Scene, Step, survive, survive_told};

fn post<'a>(app: &'a TestApp, path: &str, body: serde_json::Value) -> Step<'a, Reply> {
    let path = format!("/api/v1/auth/{path}");
    Box::pin(async move { app.account().post(&path, body).await })
}

/// Asks for a code, and has it.
async fn asked(app: &TestApp, scene: Scene, path: &str) -> Scene {
    app.clock.advance_seconds(61);
    app.forget_messages().await;
    post(app, path, json!({ "phone_number": scene.phone })).await.assert_status(200);
    let code = app.code_for(&scene.phone).await;
    Scene { code, ..scene }
}

fn sign_up<'a>(app: &'a TestApp, scene: &'a Scene) -> Step<'a, Reply> {
    let who = json!({ "phone_number": scene.phone, "otp_code": scene.code, "name": "Grace Hopper", "email": scene.email,
        "password": PASSWORD, "has_given_consent": true });
    post(app, "signup/verify-otp", who)
}

async fn registered(app: &TestApp, scene: Scene) -> Scene {
    let login = app.sign_up_by_phone(&scene.phone).await;
    Scene { token: login.token().to_owned(), ..scene }
}

fn sign_in<'a>(app: &'a TestApp, scene: &Scene, password: &str) -> Step<'a, Reply> {
    post(app, "login", json!({ "phone": scene.phone, "password": password }))
}

/// The newest code signs in.
async fn finish_with_code(app: &TestApp, scene: &Scene) {
    let code = app.code_for(&scene.phone).await;
    post(app, "login/verify-otp", json!({ "phone_number": scene.phone, "otp_code": code })).await.assert_status(200);
}

#[tokio::test]
async fn asking_to_sign_up_survives() {
    survive(&Flow {
        prepare: |_, scene| Box::pin(async { scene }),
        request: |app, scene| post(app, "signup/send-otp", json!({ "phone_number": scene.phone })),
        right: 200,
        repeated: 429,
        finish: |app, scene| {
            Box::pin(async {
                let code = app.code_for(&scene.phone).await;
                let scene = Scene { code, email: scene.email.clone(), phone: scene.phone.clone(), ..Scene::default() };
                sign_up(app, &scene).await.assert_status(200);
            })
        },
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_sign_up_by_phone_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| Box::pin(asked(app, scene, "signup/send-otp")),
            request: |app, scene| sign_up(app, scene),
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

/// T96 too.
#[tokio::test]
async fn a_number_that_moves_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| {
                Box::pin(async {
                    app.register_with_phone(&scene.email, &scene.phone).await;
                    app.clock.advance_days(91);
                    let scene = asked(app, scene, "signup/send-otp").await;
                    Scene { email: scene.email.replace("example.com", "example.org"), ..scene }
                })
            },
            request: |app, scene| sign_up(app, scene),
            right: 200,
            repeated: 400,
            finish: |app, scene| {
                Box::pin(async {
                    sign_in(app, scene, PASSWORD).await.assert_status(200);
                    let former = scene.email.replace("example.org", "example.com");
                    let told = app.messages_to(&former).await.iter().filter(|message| message.template == "number_moved").count();
                    assert_eq!(told, 1);
                })
            },
        },
        "number_moved",
    )
    .await;
}

#[tokio::test]
async fn a_sign_in_by_number_and_password_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(registered(app, scene)),
        request: |app, scene| sign_in(app, scene, PASSWORD),
        right: 200,
        repeated: 200,
        finish: |app, scene| {
            Box::pin(async {
                let me = app.account().with_bearer(&scene.token).get("/api/v1/auth/me").await.assert_status(200);
                assert_eq!(me.body["phone"], scene.phone);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn asking_to_sign_in_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async {
                let scene = registered(app, scene).await;
                app.clock.advance_seconds(61);
                app.forget_messages().await;
                scene
            })
        },
        request: |app, scene| post(app, "login/resend-otp", json!({ "phone_number": scene.phone })),
        right: 200,
        repeated: 429,
        finish: |app, scene| Box::pin(finish_with_code(app, scene)),
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_sign_in_by_code_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async {
                let scene = registered(app, scene).await;
                asked(app, scene, "login/send-otp").await
            })
        },
        request: |app, scene| post(app, "login/verify-otp", json!({ "phone_number": scene.phone, "otp_code": scene.code })),
        right: 200,
        repeated: 400,
        finish: |app, scene| {
            Box::pin(async {
                let again = json!({ "phone_number": scene.phone, "otp_code": scene.code });
                post(app, "login/verify-otp", again).await.assert_status(400);
                sign_in(app, scene, PASSWORD).await.assert_status(200);
            })
        },
    })
    .await;
}

#[tokio::test]
async fn asking_for_a_new_password_by_phone_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async {
                let scene = registered(app, scene).await;
                app.clock.advance_days(4);
                app.forget_messages().await;
                scene
            })
        },
        request: |app, scene| post(app, "forgot-password/init", json!({ "phone_number": scene.phone })),
        right: 200,
        repeated: 429,
        finish: |app, scene| {
            Box::pin(async {
                let code = app.code_for(&scene.phone).await;
                let body = json!({ "phone_number": scene.phone, "otp_code": code, "new_password": NEW, "confirm_password": NEW });
                post(app, "forgot-password/confirm", body).await.assert_status(200);
                sign_in(app, scene, NEW).await.assert_status(200);
            })
        },
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_reset_by_phone_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| {
                Box::pin(async {
                    let scene = registered(app, scene).await;
                    app.clock.advance_days(4);
                    asked(app, scene, "forgot-password/init").await
                })
            },
            request: |app, scene| {
                let body = json!({ "phone_number": scene.phone, "otp_code": scene.code, "new_password": NEW, "confirm_password": NEW });
                post(app, "forgot-password/confirm", body)
            },
            right: 200,
            repeated: 400,
            finish: |app, scene| {
                Box::pin(async {
                    sign_in(app, scene, NEW).await.assert_status(200);
                    app.account().with_bearer(&scene.token).get("/api/v1/auth/me").await.assert_status(401);
                })
            },
        },
        "password_reset",
    )
    .await;
}

#[tokio::test]
async fn a_password_that_an_administrator_sets_survives() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async {
                let admin = app.register(&scene.email).await;
                app.give_role(&scene.email, "admin").await;
                let scene = registered(app, scene).await;
                Scene { token: admin.token().to_owned(), ..scene }
            })
        },
        request: |app, scene| {
            Box::pin(async {
                let body = json!({ "phone": scene.phone, "new_password": NEW });
                app.account().with_bearer(&scene.token).post("/api/v1/auth/reset-password", body).await
            })
        },
        right: 200,
        repeated: 200,
        finish: |app, scene| {
            Box::pin(async {
                let login = sign_in(app, scene, NEW).await.assert_status(200);
                app.account().with_bearer(login.token()).get("/api/v1/auth/me").await.assert_status(403);
            })
        },
    })
    .await;
}
