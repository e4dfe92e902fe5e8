//! The Lambda `phone-auth`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    latchkey::runtime::serve(phone_auth::operations()).await
}
