//! The Lambda `rotate-keys`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    latchkey::runtime::work(rotate_keys::handle, |_| Ok(())).await
}
