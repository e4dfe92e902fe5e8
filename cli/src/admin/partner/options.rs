//! The commands about partners, and their options.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use latchkey::domain::partner::{PartnerId, PartnerName};
use latchkey::domain::partner_token::is_plain;

const EXAMPLES: &str = "\
Examples:
  latchkey partner create Ludo --local
  latchkey partner list --json
  latchkey partner rotate d5b2e760-1b6c-4296-a89f-1da0ffe8c414 --overlap 48";

/// Partners: services whose users link themselves through the Partner API.
#[derive(Debug, Clone, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Partner {
    /// Registers a partner: its secret is made, and shown this once, unless it brings a key
    #[command(after_help = CREATE_HELP)]
    Create(Create),
    /// Lists the partners and their keys; never a secret
    #[command(after_help = LIST_HELP)]
    List,
    /// Gives a partner another key; the one before it stays good for a while
    #[command(after_help = ROTATE_HELP)]
    Rotate(Rotate),
    /// Refuses a partner's tokens from now on
    #[command(after_help = DISABLE_HELP)]
    Disable(Which),
    /// Takes a partner's tokens again
    #[command(after_help = ENABLE_HELP)]
    Enable(Which),
    /// Makes a token of a partner's, to try the Partner API with
    #[command(after_help = TOKEN_HELP)]
    Token(Token),
}

const CREATE_HELP: &str = "\
A partner signs its tokens with HS256 under a secret that is made here and shown once: the key is the secret's text, byte by byte.
With --secret-file it is one that the partner has already. With --public-key it signs with ES256 (P-256) or EdDSA (Ed25519), and the
private key stays with it. Its tokens name the id as `iss` and `client_id`. The SMS with a code says the name.

Examples:
  latchkey partner create Ludo --local
  latchkey partner create Ludo --id d5b2e760-1b6c-4296-a89f-1da0ffe8c414 --secret-file ludo.secret
  latchkey partner create \"Chess & Co\" --public-key chess.pem --json";

const LIST_HELP: &str = "\
Examples:
  latchkey partner list --local
  latchkey partner list --json";

const ROTATE_HELP: &str = "\
Tokens under the former key are taken for the overlap, in hours. 0 refuses all former keys at once, as when one has leaked; otherwise
those of earlier rotations keep theirs. The algorithm stays.

Examples:
  latchkey partner rotate ludo --local
  latchkey partner rotate ludo --overlap 0 --json
  latchkey partner rotate chess --public-key chess-2.pem";

const DISABLE_HELP: &str = "\
Its tokens are refused from the next request on. Links that its users have stay.

Examples:
  latchkey partner disable ludo --local
  latchkey partner disable ludo --json";

const ENABLE_HELP: &str = "\
Examples:
  latchkey partner enable ludo --local
  latchkey partner enable ludo --json";

const TOKEN_HELP: &str = "\
Signed with the partner's own secret, as its service would. Whoever signs with a private key has it, and makes tokens itself.

Examples:
  latchkey partner token ludo --user ada --local
  latchkey partner token ludo --user ada --wallet-address 0x7889 --minutes 5 --json";

fn plain(text: &str) -> Result<String, &'static str> {
    is_plain(text).then(|| text.to_owned()).ok_or("must have 1 to 256 bytes, and no control characters")
}

/// Options of `partner create`.
#[derive(Debug, Clone, Args)]
pub struct Create {
    /// What it is called in messages
    #[arg(value_parser = PartnerName::parse)]
    pub name: PartnerName,
    /// Its id; without it one is made
    #[arg(long, value_name = "ID", value_parser = PartnerId::parse)]
    pub id: Option<PartnerId>,
    /// The key that it brings.
    #[command(flatten)]
    pub key: KeyFile,
}

/// A key that a partner brings.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct KeyFile {
    /// A secret of 32 bytes or more, in a file; a line break at its end is not part of it
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// A public key, as PEM (SPKI) or JWK
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
}

/// Options of `partner rotate`.
#[derive(Debug, Clone, Args)]
pub struct Rotate {
    /// Its id
    #[arg(value_parser = PartnerId::parse)]
    pub id: PartnerId,
    /// For how many hours the former key stays good
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=8760))]
    pub overlap: u32,
    /// The key that it brings.
    #[command(flatten)]
    pub key: KeyFile,
}

/// A partner.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Its id
    #[arg(value_parser = PartnerId::parse)]
    pub id: PartnerId,
}

/// Options of `partner token`.
#[derive(Debug, Clone, Args)]
pub struct Token {
    /// The partner's id
    #[arg(value_parser = PartnerId::parse)]
    pub id: PartnerId,
    /// The partner's user, as the partner names them
    #[arg(long, value_parser = plain)]
    pub user: String,
    /// The address of their wallet
    #[arg(long, value_name = "ADDRESS", value_parser = plain)]
    pub wallet_address: Option<String>,
    /// For how many minutes it is good
    #[arg(long, value_name = "MINUTES", default_value = "60")]
    pub minutes: NonZeroU32,
}
