//! The Lambda `partner-otp`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    latchkey::runtime::serve(partner_otp::operations()).await
}
