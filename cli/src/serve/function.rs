//! One function as Lambda calls it: an event in, an answer out.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

/// What a function says when it fails.
pub type FunctionError = Box<dyn Error + Send + Sync>;

type Answer = Pin<Box<dyn Future<Output = Result<Value, FunctionError>> + Send>>;

/// One function. Cheap to clone.
#[derive(Clone)]
pub struct Function {
    run: Arc<dyn Fn(Value) -> Answer + Send + Sync>,
}

impl Function {
    /// A function that does this with an event.
    pub fn new<F, A>(run: F) -> Self
    where
        F: Fn(Value) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Value, FunctionError>> + Send + 'static,
    {
        Self { run: Arc::new(move |event| Box::pin(run(event))) }
    }

    /// Calls the function. As in Lambda, a caller who goes away does not stop it, and a panic costs this one call.
    ///
    /// # Errors
    /// What the function says, or that it panicked.
    pub async fn invoke(&self, event: Value) -> Result<Value, FunctionError> {
        let run = Arc::clone(&self.run);
        tokio::spawn(async move { run(event).await }).await?
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Function")
    }
}
