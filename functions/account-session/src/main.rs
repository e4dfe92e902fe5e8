//! The Lambda `account-session`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    latchkey::runtime::serve(account_session::operations()).await
}
