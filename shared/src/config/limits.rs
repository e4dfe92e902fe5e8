//! How often things may be done.

use std::time::Duration;

use super::ConfigError;
use super::source::Source;
use crate::domain::address::Channel;
use crate::domain::code::Purpose;
use crate::domain::lane::{Allowance, Lane};
use crate::domain::limit::CallerLimit;
use crate::domain::surface::Surface;

const MINUTE: u64 = 60;
const HOUR: Duration = Duration::from_hours(1);
const QUARTER: Duration = Duration::from_mins(15);
/// A lane keeps the time of each count: more than this makes its item large.
const LONGEST_LANE: usize = 20;
const MOST: usize = 1_000_000;

/// Limits of codes, for each address and purpose.
#[derive(Debug, Clone)]
pub struct CodeLimits {
    life: Duration,
    phone_life: Duration,
    partner_life: Duration,
    /// Tries, in each lane.
    pub tries: Allowance,
    phone_tries: usize,
    /// Sends that known callers ask for.
    sends_known: Allowance,
    /// Sends that strangers ask for.
    sends_stranger: Allowance,
    mail_cooldown: Duration,
    sms_cooldown: Duration,
    partner_cooldown: Duration,
}

impl CodeLimits {
    /// Life of a code that a surface sends.
    #[must_use]
    pub fn life(&self, surface: Surface) -> Duration {
        match surface {
            Surface::Phone => self.phone_life,
            Surface::Partner => self.partner_life,
            Surface::Account | Surface::Client => self.life,
        }
    }

    /// Tries at one code that a surface sends, in each lane; none: as many as the window has.
    #[must_use]
    pub fn tries_at_one(&self, surface: Surface) -> Option<usize> {
        match surface {
            Surface::Phone => Some(self.phone_tries),
            Surface::Account | Surface::Partner | Surface::Client => None,
        }
    }

    /// Sends that callers of that lane may ask for.
    #[must_use]
    pub fn sends(&self, lane: Lane, purpose: Purpose) -> Allowance {
        match (lane, purpose) {
            (Lane::Known, _) | (Lane::Asker, Purpose::Partner(_)) => self.sends_known,
            (Lane::Asker | Lane::Stranger, _) => self.sends_stranger,
        }
    }

    /// Tries at the codes of one number, whichever partner's users they are about, of callers of one kind: those whom the number's
    /// owner knows, or all others.
    #[must_use]
    pub fn tries_to_link(&self) -> Allowance {
        Allowance::new(self.tries.most * 2, self.tries.window)
    }

    /// Sends to one address, whichever accounts add it.
    #[must_use]
    pub fn to_one_address(&self) -> Allowance {
        Allowance::new(self.sends_known.most + self.sends_stranger.most, self.sends_known.window)
    }

    /// The least time between two sends.
    #[must_use]
    pub fn cooldown(&self, channel: Channel, purpose: Purpose) -> Duration {
        match (channel, purpose) {
            (_, Purpose::Partner(_)) => self.partner_cooldown,
            (Channel::Email, _) => self.mail_cooldown,
            (Channel::Phone, _) => self.sms_cooldown,
        }
    }
}

/// Limits of one network's requests.
#[derive(Debug, Clone)]
pub struct CallerLimits {
    ask_code: Allowance,
    verify_code: Allowance,
    sign_in: Allowance,
    look_up: Allowance,
}

impl CallerLimits {
    /// What a limit allows.
    #[must_use]
    pub fn of(&self, limit: CallerLimit) -> Allowance {
        match limit {
            CallerLimit::AskCode => self.ask_code,
            CallerLimit::VerifyCode => self.verify_code,
            CallerLimit::SignIn => self.sign_in,
            CallerLimit::LookUp => self.look_up,
        }
    }
}

/// All limits but those on spending.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Of codes.
    pub codes: CodeLimits,
    /// Wrong passwords at one account, in each lane.
    pub passwords: Allowance,
    /// Of callers.
    pub callers: CallerLimits,
    /// Look-ups within one prefix.
    pub prefix_look_ups: Allowance,
    /// SMS within one prefix, from each purse.
    pub sms_per_prefix: Allowance,
}

impl Limits {
    pub(super) fn read(source: &Source<'_>) -> Result<Self, ConfigError> {
        let scale: usize = source.number("LATCHKEY_CALLER_LIMIT_SCALE", 1, 100_000)?;
        let count = |name, most| source.number::<usize>(name, 1, most);
        let caller = |name, window| Ok::<_, ConfigError>(Allowance::new(count(name, MOST)? * scale, window));
        let code_window = source.seconds("LATCHKEY_CODE_WINDOW_MINUTES", MINUTE, 1, 1440)?;
        let codes = CodeLimits {
            life: source.seconds("LATCHKEY_CODE_MINUTES", MINUTE, 1, 10)?,
            phone_life: source.seconds("LATCHKEY_PHONE_CODE_MINUTES", MINUTE, 1, 10)?,
            partner_life: source.seconds("LATCHKEY_PARTNER_CODE_MINUTES", MINUTE, 1, 10)?,
            phone_tries: count("LATCHKEY_PHONE_CODE_TRIES", LONGEST_LANE)?,
            tries: Allowance::new(count("LATCHKEY_CODE_TRIES", LONGEST_LANE)?, code_window),
            sends_known: Allowance::new(count("LATCHKEY_CODE_SENDS", LONGEST_LANE)?, code_window),
            sends_stranger: Allowance::new(count("LATCHKEY_CODE_SENDS_STRANGER", LONGEST_LANE)?, code_window),
            mail_cooldown: source.seconds("LATCHKEY_MAIL_COOLDOWN", 1, 0, 3600)?,
            sms_cooldown: source.seconds("LATCHKEY_SMS_COOLDOWN", 1, 0, 3600)?,
            partner_cooldown: source.seconds("LATCHKEY_PARTNER_COOLDOWN", 1, 0, 3600)?,
        };
        let password_window = source.seconds("LATCHKEY_PASSWORD_WINDOW_MINUTES", MINUTE, 1, 1440)?;
        Ok(Self {
            codes,
            passwords: Allowance::new(count("LATCHKEY_PASSWORD_TRIES", LONGEST_LANE)?, password_window),
            callers: CallerLimits {
                ask_code: caller("LATCHKEY_CALLER_CODES", HOUR)?,
                verify_code: caller("LATCHKEY_CALLER_VERIFIES", HOUR)?,
                sign_in: caller("LATCHKEY_CALLER_SIGN_INS", QUARTER)?,
                look_up: caller("LATCHKEY_CALLER_LOOK_UPS", Duration::from_mins(1))?,
            },
            prefix_look_ups: Allowance::new(count("LATCHKEY_PREFIX_LOOK_UPS", MOST)?, HOUR),
            sms_per_prefix: Allowance::new(count("LATCHKEY_SMS_PER_PREFIX", MOST)?, HOUR),
        })
    }
}
