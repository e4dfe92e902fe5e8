//! The flows of the Partner API.

use latchkey_tests::{PartnerUser, Reply, TestApp};
use serde_json::json;

use super::{Flow, Scene, survive, survive_told};

/// Another number of the same person's.
fn another(scene: &Scene) -> String {
    scene.phone.replace("45678", "45679")
}

/// A user of a partner of their own.
async fn signed_in(app: &TestApp, scene: Scene) -> Scene {
    let partner = app.partner(scene.email.split('@').next().unwrap(), "Ludo").await;
    let user_token = partner.sign(&app.partner_claims(&partner, "ada"));
    Scene { user_token, ..scene }
}

fn user(app: &TestApp, scene: &Scene) -> PartnerUser {
    PartnerUser { client: app.account().header("user-jwt-token", &scene.user_token) }
}

/// Has asked for a code to this number, and has it.
async fn asked(app: &TestApp, scene: Scene, phone: &str) -> Scene {
    app.forget_messages().await;
    let asked = user(app, &scene).register(phone).await.assert_status(200);
    let (code, auth_code) = (app.code_for(phone).await, asked.body["authCode"].as_str().unwrap().to_owned());
    Scene { code, auth_code, ..scene }
}

async fn verify(app: &TestApp, scene: &Scene, phone: &str) -> Reply {
    user(app, scene).verify(phone, &json!(scene.auth_code), &scene.code).await
}

/// A code that comes links; with it what asking again is answered.
async fn finish_with_code(app: &TestApp, scene: &Scene) {
    app.clock.advance_seconds(31);
    user(app, scene).link(app, &scene.phone).await.assert_status(200);
}

#[tokio::test]
async fn asking_to_link_survives() {
    survive(&Flow {
        prepare: |app, scene| Box::pin(signed_in(app, scene)),
        request: |app, scene| Box::pin(async { user(app, scene).register(&scene.phone).await }),
        // The code of a lost answer is on its way: another is asked for too soon.
        right: 200,
        repeated: 429,
        finish: |app, scene| Box::pin(finish_with_code(app, scene)),
    })
    .await;
}

#[tokio::test]
async fn asking_again_keeps_the_companion_whatever_goes_wrong() {
    survive(&Flow {
        prepare: |app, scene| {
            Box::pin(async {
                let scene = signed_in(app, scene).await;
                let phone = scene.phone.clone();
                let scene = asked(app, scene, &phone).await;
                app.clock.advance_seconds(31);
                app.forget_messages().await;
                scene
            })
        },
        request: |app, scene| Box::pin(async { user(app, scene).resend(&scene.phone).await }),
        right: 200,
        repeated: 429,
        finish: |app, scene| {
            Box::pin(async {
                let code = app.code_for(&scene.phone).await;
                user(app, scene).verify(&scene.phone, &json!(scene.auth_code), &code).await.assert_status(200);
            })
        },
    })
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_link_with_somebody_new_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| {
                Box::pin(async {
                    let scene = signed_in(app, scene).await;
                    let phone = scene.phone.clone();
                    asked(app, scene, &phone).await
                })
            },
            request: |app, scene| Box::pin(verify(app, scene, &scene.phone)),
            right: 200,
            repeated: 401,
            finish: |app, scene| {
                Box::pin(async {
                    verify(app, scene, &scene.phone).await.assert_status(401);
                })
            },
        },
        "linked",
    )
    .await;
}

/// T96 too.
#[tokio::test]
async fn a_link_that_moves_survives() {
    survive_told(
        &Flow {
            prepare: |app, scene| {
                Box::pin(async {
                    let scene = signed_in(app, scene).await;
                    app.register_with_phone(&scene.email, &scene.phone).await;
                    user(app, &scene).link(app, &scene.phone).await.assert_status(200);
                    let another = another(&scene);
                    asked(app, scene, &another).await
                })
            },
            request: |app, scene| Box::pin(async { verify(app, scene, &another(scene)).await }),
            right: 200,
            repeated: 401,
            finish: |app, scene| {
                Box::pin(async {
                    let told = app.messages_to(&scene.email).await.iter().filter(|message| message.template == "link_moved").count();
                    assert_eq!(told, 1);
                })
            },
        },
        "link_moved",
    )
    .await;
}
