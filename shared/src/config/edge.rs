//! What stands between callers and API Gateway, and so knows where they come from.

use std::fmt;

use zeroize::Zeroizing;

use super::source::Source;
use super::{ConfigError, long_enough};

/// What stands between callers and API Gateway.
#[derive(Clone)]
pub enum Edge {
    /// Nothing: API Gateway sees them itself.
    None,
    /// CloudFront, which proves itself by this secret.
    CloudFront(Zeroizing<String>),
}

impl fmt::Debug for Edge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::CloudFront(_) => "CloudFront",
        })
    }
}

impl Edge {
    pub(super) fn read(source: &Source<'_>) -> Result<Self, ConfigError> {
        const SECRET: &str = "LATCHKEY_EDGE_SECRET";
        let declared = source.one_of("LATCHKEY_EDGE", &[("none", false), ("cloudfront", true)])?;
        if !declared {
            return Ok(Self::None);
        }
        Ok(Self::CloudFront(long_enough(SECRET, source.required(SECRET)?)?.into()))
    }
}
