//! The Lambda `account-privacy`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    latchkey::runtime::serve(account_privacy::operations()).await
}
