//! A function that reads one item and answers, built of the same crates as ours and nothing of ours.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};
use lambda_http::{Body, Error, Request, Response, run, service_fn};

#[expect(clippy::disallowed_methods, reason = "the environment is all its configuration")]
fn variable(name: &str) -> Result<String, Error> {
    Ok(std::env::var(name)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let credentials = Credentials::new(variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?, None, None, "environment");
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")?))
        .credentials_provider(credentials)
        .endpoint_url(variable("LATCHKEY_DYNAMODB_ENDPOINT")?)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let (client, table) = (Client::from_conf(config), variable("LATCHKEY_TABLE")?);
    run(service_fn(move |_: Request| {
        let (client, table) = (client.clone(), table.clone());
        async move {
            let key = |text: &str| AttributeValue::S(text.to_owned());
            client.get_item().table_name(table).key("pk", key("KEYS")).key("sk", key("none")).send().await?;
            Ok::<_, Error>(Response::builder().header("content-type", "application/json").body(Body::from("{}"))?)
        }
    }))
    .await
}
