//! English.

use super::Words;
use crate::domain::address::Channel;
use crate::domain::message::{CodeFor, Content};

pub(super) fn words(content: &Content, site: &str) -> Words {
    match content {
        Content::Code { purpose, code, minutes } => self::code(purpose, code, *minutes, site),
        Content::AlreadyRegistered => Words {
            subject: "You already have an account",
            first: format!("Somebody, perhaps you, tried to register this address at {site}. It already has an account."),
            rest: vec![
                "Sign in as usual, or reset your password if you have forgotten it.".to_owned(),
                "If it was not you, there is nothing to do: your account is unchanged.".to_owned(),
            ],
            sms: "Somebody tried to register this number. It already has an account. If it was not you, there is nothing to do.".to_owned(),
        },
        Content::AddressTaken => Words {
            subject: "Somebody tried to add your address to another account",
            first: format!("Somebody, perhaps you, tried to add this address to another account at {site}."),
            rest: vec!["It belongs to your account and stays there. There is nothing to do.".to_owned()],
            sms: "Somebody tried to add this number to another account. It stays with yours. There is nothing to do.".to_owned(),
        },
        Content::PasswordWanted => Words {
            subject: "Set a password for your account",
            first: format!("Your account at {site} is ready, but it has no password yet."),
            rest: vec![
                "More than one registration was made for your address before you verified it, and the passwords differed. None of them was kept, so that nobody else can know yours.".to_owned(),
                "To set a password, ask for a password reset with this address.".to_owned(),
            ],
            sms: "Your account is ready, but has no password yet. Ask for a password reset to set one.".to_owned(),
        },
        Content::PasswordChanged => Words {
            subject: "Your password was changed",
            first: format!("The password of your account at {site} was changed, and all other devices were signed out."),
            rest: vec!["If it was not you, reset your password now.".to_owned()],
            sms: "The password of your account was changed. If it was not you, reset it now.".to_owned(),
        },
        Content::NewDevice { device } => Words {
            subject: "New sign-in to your account",
            first: format!("Somebody signed in to your account at {site} from a place that is new to us ({device})."),
            rest: vec![
                "If it was you, there is nothing to do.".to_owned(),
                "If it was not you, reset your password now: this signs out all devices.".to_owned(),
            ],
            sms: "New sign-in to your account. If it was not you, reset your password now.".to_owned(),
        },
        Content::NumberMoved => Words {
            subject: "A phone number left your account",
            first: format!("Somebody proved that they have the phone number of your account at {site}, and registered with it."),
            rest: vec![
                "Your account was not used for a long time, and numbers are given to new owners. Everything else in it is unchanged.".to_owned(),
                "Sign in with your e-mail address. If the number is still yours, tell us.".to_owned(),
            ],
            sms: "Your phone number was registered by somebody else.".to_owned(),
        },
        Content::AddressAdded { channel } => {
            let what = match channel {
                Channel::Email => "e-mail address",
                Channel::Phone => "phone number",
            };
            Words {
                subject: "An address of your account was changed",
                first: format!("Another {what} was added to your account at {site}, or became its main one."),
                rest: vec!["If it was not you, reset your password now.".to_owned()],
                sms: format!("Another {what} was added to your account. If it was not you, reset your password now."),
            }
        }
        Content::Linked { partner } => Words {
            subject: "Your account was linked",
            first: format!("Your account at {site} was linked with one at {}: whoever holds your phone typed the code.", partner.as_str()),
            rest: vec!["If it was not you, tell us, and keep your phone from others.".to_owned()],
            sms: format!("Your account was linked with one at {}. If it was not you, tell us.", partner.as_str()),
        },
        Content::LinkMoved { partner } => Words {
            subject: "An account is no longer linked with yours",
            first: format!("The account at {} that was linked with yours at {site} is now linked with another person's.", partner.as_str()),
            rest: vec![
                format!("Whoever is signed in at {} has proved another phone number.", partner.as_str()),
                "Everything else in your account is unchanged. If it was not you, check who has access there, and tell us.".to_owned(),
            ],
            sms: format!("Your account is no longer linked with one at {}. If it was not you, tell us.", partner.as_str()),
        },
        Content::RefreshReuse { device } => Words {
            subject: "We signed out one of your devices",
            first: format!("A session of your account at {site} ({device}) was ended, because an old key to it was used again."),
            rest: vec!["This can happen after restoring a backup of the device. If you do not recognise the device, change your password. Sign in again to go on.".to_owned()],
            sms: "One of your devices was signed out because an old key to it was used again.".to_owned(),
        },
    }
}

fn code(purpose: &CodeFor, code: &str, minutes: u64, site: &str) -> Words {
    let (subject, first, ignored) = match purpose {
        CodeFor::Signup => (
            "Your verification code",
            "Enter this code to complete your registration:".to_owned(),
            format!("If you did not register at {site}, ignore this message: without the code nothing happens."),
        ),
        CodeFor::SignIn => (
            "Your sign-in code",
            "Enter this code to sign in:".to_owned(),
            format!("If you did not try to sign in at {site}, ignore this message: without the code nobody gets in."),
        ),
        CodeFor::Reset => (
            "Your code for a new password",
            "Enter this code to set a new password:".to_owned(),
            format!("If you did not ask for a new password at {site}, ignore this message: your password stays as it is."),
        ),
        CodeFor::Address => (
            "Verify your address",
            "Enter this code to add this address to your account:".to_owned(),
            format!("If you did not add this address at {site}, ignore this message: without the code nothing happens."),
        ),
        CodeFor::StandAlone => (
            "Your verification code",
            "Enter this code to show that you have this address:".to_owned(),
            format!("If you were not asked for it at {site}, ignore this message: without the code nothing happens."),
        ),
        CodeFor::Link(partner) => (
            "Your code to link your account",
            format!("Enter this code to link your account with {}:", partner.as_str()),
            format!("If you did not ask {} for it, ignore this message: without the code nothing is linked.", partner.as_str()),
        ),
    };
    let what = match purpose {
        CodeFor::SignIn => "sign-in code",
        CodeFor::Reset => "code for a new password",
        CodeFor::Link(partner) => &format!("code to link your account with {}", partner.as_str()),
        CodeFor::Signup | CodeFor::Address | CodeFor::StandAlone => "verification code",
    };
    Words {
        subject,
        first,
        rest: vec![format!("It is good for {minutes} minutes and works once. Nobody of ours will ever ask you for it."), ignored],
        sms: format!("{code} is your {what}. It is good for {minutes} minutes. Never share it."),
    }
}
