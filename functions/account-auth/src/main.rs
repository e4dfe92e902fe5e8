//! The Lambda `account-auth`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    latchkey::runtime::serve(account_auth::operations()).await
}
