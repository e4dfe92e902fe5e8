//! Where random bytes come from.

/// A cryptographically secure source of random bytes. It comes with the application, so that tests can seed it.
pub trait Rng: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The system's generator.
#[derive(Debug, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    #[expect(clippy::expect_used, clippy::disallowed_methods, reason = "without randomness nothing here may go on")]
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the system has no randomness");
    }
}

impl dyn Rng + '_ {
    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A number below `limit`, each equally likely: values above the last whole multiple are drawn again.
    #[must_use]
    pub fn below(&self, limit: u32) -> u32 {
        let whole = u32::MAX - u32::MAX % limit;
        loop {
            let drawn = u32::from_be_bytes(self.bytes());
            if drawn < whole {
                return drawn % limit;
            }
        }
    }

    /// An opaque name of 128 random bits, in base64url.
    #[must_use]
    pub fn token(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.bytes::<16>())
    }
}
