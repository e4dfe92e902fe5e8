//! The Lambda `deliver`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    latchkey::runtime::work(deliver::handle, |config| config.sender().map(drop)).await
}
