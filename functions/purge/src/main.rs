//! The Lambda `purge`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    latchkey::runtime::work_until(purge::handle).await
}
