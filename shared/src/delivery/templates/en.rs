//! English.

use super::Words;
use crate::domain::address::Channel;
use crate::domain::message::{CodeFor, Content, Privacy};

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
        Content::AddressAdded { channel } => added(*channel, site),
        Content::PrimaryChanged { hours, .. } => Words {
            subject: "Your e-mail address was replaced",
            first: format!("Another e-mail address is now the main one of your account at {site}. If it was not you, take that back with this:"),
            rest: vec![
                format!("It works once, within {hours} hours: it gives this address its place back, removes the new one, signs out all devices, and sends you a code for a new password."),
                "If it was you, there is nothing to do. Do not pass it on.".to_owned(),
            ],
            sms: "Another e-mail address is now the main one of your account.".to_owned(),
        },
        Content::AddressRemoved { channel } => removed(*channel, site),
        Content::Privacy { news } => privacy(news, site),
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

fn added(channel: Channel, site: &str) -> Words {
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

fn removed(channel: Channel, site: &str) -> Words {
    let what = match channel {
        Channel::Email => "e-mail address",
        Channel::Phone => "phone number",
    };
    Words {
        subject: "An address was removed from your account",
        first: format!("This {what} was removed from your account at {site}."),
        rest: vec!["If it was not you, reset your password now, with another address of yours.".to_owned()],
        sms: format!("This {what} was removed from your account. If it was not you, reset your password now."),
    }
}

fn privacy(news: &Privacy, site: &str) -> Words {
    match news {
        Privacy::DeletionScheduled { on } => Words {
            subject: "Your account will be deleted",
            first: format!("Your account at {site} and everything in it will be deleted on {on}."),
            rest: vec![
                "Until then you can sign in and cancel, and take a copy of your data along. Nothing else is possible any more.".to_owned(),
                "If it was not you, sign in and cancel now, and reset your password.".to_owned(),
            ],
            sms: format!("Your account will be deleted on {on}. If it was not you, sign in and cancel now."),
        },
        Privacy::DeletionCancelled => Words {
            subject: "Your account stays",
            first: format!("The deletion of your account at {site} was cancelled. Everything in it is as it was."),
            rest: vec!["If it was not you, reset your password now.".to_owned()],
            sms: "The deletion of your account was cancelled. If it was not you, reset your password now.".to_owned(),
        },
        Privacy::AccountDeleted => Words {
            subject: "Your account was deleted",
            first: format!("Your account at {site} was deleted. Everything in it is erased within minutes, and cannot be brought back."),
            rest: vec!["This address is free again: you can register anew with it.".to_owned()],
            sms: "Your account was deleted. Everything in it is erased within minutes.".to_owned(),
        },
        Privacy::ExportReady { until } => Words {
            subject: "Your data is ready",
            first: format!("The copy of your data that you asked for at {site} is ready. You can fetch it in your account until {until}."),
            rest: vec!["If you did not ask for it, reset your password now.".to_owned()],
            sms: format!("The copy of your data is ready. Fetch it in your account until {until}."),
        },
        Privacy::ExportFailed => Words {
            subject: "Your data could not be put together",
            first: format!("The copy of your data that you asked for at {site} could not be made. Please ask for it again."),
            rest: vec!["We have been told, and will look into it.".to_owned()],
            sms: "The copy of your data could not be made. Please ask for it again.".to_owned(),
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
        CodeFor::Deletion => (
            "Your code to delete your account",
            "Enter this code to delete your account and everything in it:".to_owned(),
            format!(
                "If you did not ask for it at {site}, somebody is signed in to your account: reset your password now. Without the code nothing is deleted."
            ),
        ),
        CodeFor::Export => (
            "Your code for a copy of your data",
            "Enter this code to get a copy of everything that we hold about you:".to_owned(),
            format!(
                "If you did not ask for it at {site}, somebody is signed in to your account: reset your password now. Without the code nobody gets the copy."
            ),
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
        CodeFor::Deletion => "code to delete your account",
        CodeFor::Export => "code for a copy of your data",
        CodeFor::Signup | CodeFor::Address | CodeFor::StandAlone => "verification code",
    };
    Words {
        subject,
        first,
        rest: vec![format!("It is good for {minutes} minutes and works once. Nobody of ours will ever ask you for it."), ignored],
        sms: format!("{code} is your {what}. It is good for {minutes} minutes. Never share it."),
    }
}
