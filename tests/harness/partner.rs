//! A partner whose users link themselves.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use latchkey::clock::Clock;
use latchkey::domain::partner::{KeyMaterial, Partner, PartnerAlgorithm, PartnerId, PartnerKey, PartnerName};
use latchkey::store::Store;
use serde_json::{Value, json};

use crate::app::TestApp;
use crate::client::{Client, Reply};

const REGISTER: &str = "/fe/users/auth/otp/register";
const RESEND: &str = "/fe/users/auth/otp/resend";
const VERIFY: &str = "/fe/users/auth/otp/verify";

/// A partner with a shared secret.
#[derive(Debug, Clone)]
pub struct TestPartner {
    pub id: PartnerId,
    pub secret: String,
}

impl TestApp {
    /// Registers a partner.
    pub async fn partner(&self, id: &str, name: &str) -> TestPartner {
        let partner = TestPartner { id: PartnerId::parse(id).unwrap(), secret: format!("the secret of the partner {id}, which it shares") };
        let sealed = self.app.secrets.seal(&Store::partner_secret_place(&partner.id, "first"), partner.secret.as_bytes()).unwrap();
        self.register_partner(&partner.id, name, PartnerAlgorithm::HS256, KeyMaterial::Sealed(sealed)).await;
        partner
    }

    pub async fn register_partner(&self, id: &PartnerId, name: &str, algorithm: PartnerAlgorithm, material: KeyMaterial) {
        let now = self.clock.now();
        let (id, name) = (id.clone(), PartnerName::parse(name).unwrap());
        let present = PartnerKey { id: "first".to_owned(), material, added_at: now };
        let partner =
            Partner { id, name, algorithm, enabled: true, present, formers: Vec::new(), created_at: now, updated_at: now, revision: 1 };
        assert!(self.app.store.administration().register_partner(&partner).await.unwrap());
    }

    /// A partner's user, with a token that is good for an hour.
    pub fn partner_user(&self, partner: &TestPartner, user: &str) -> PartnerUser {
        PartnerUser { client: self.account().header("user-jwt-token", &partner.sign(&self.partner_claims(partner, user))) }
    }

    /// What a partner's tokens say, as the published sample does.
    pub fn partner_claims(&self, partner: &TestPartner, user: &str) -> Value {
        let (id, now) = (partner.id.as_str(), self.clock.now().as_second());
        json!({
            "sub": user,
            "client_id": id,
            "iat": now,
            "iss": id,
            "exp": now + 3600,
            "user_id": user,
            "third_party_client_id": id,
            "third_party_client_name": "Ludo",
            "namespaced_third_party_user_id": format!("{id}___{user}"),
            "wallet_address": "0x7889FdF548FC1713c611FB52eA64ACCbff1b0322",
            "is_new_user": true
        })
    }
}

impl TestPartner {
    /// A token of the partner's with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
    }
}

/// A partner's user on the Partner API.
#[derive(Clone)]
pub struct PartnerUser {
    pub client: Client,
}

impl PartnerUser {
    /// The same somewhere else.
    #[must_use]
    pub fn from(self, address: &str) -> Self {
        Self { client: self.client.from(address) }
    }

    pub async fn register(&self, phone: &str) -> Reply {
        self.client.post(REGISTER, number(phone)).await
    }

    pub async fn resend(&self, phone: &str) -> Reply {
        self.client.post(RESEND, number(phone)).await
    }

    pub async fn verify(&self, phone: &str, auth_code: &Value, otp: &str) -> Reply {
        let mut body = number(phone);
        body["authCode"] = auth_code.clone();
        body["otp"] = otp.into();
        self.client.post(VERIFY, body).await
    }

    /// Proves a number with the newest code.
    pub async fn link(&self, app: &TestApp, phone: &str) -> Reply {
        app.forget_messages().await;
        let asked = self.register(phone).await.assert_status(200);
        let code = app.code_for(phone).await;
        self.verify(phone, &asked.body["authCode"], &code).await
    }
}

/// A number beside its calling code, which has two digits here.
fn number(phone: &str) -> Value {
    let (code, national) = phone.split_at(3);
    json!({ "phone_number": national, "countryCode": code })
}
