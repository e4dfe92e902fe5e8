//! What messages say. No text of a user's is in any of them: who can make us write to a stranger must not choose the words.

use crate::domain::message::Content;

/// A message as mail.
pub(super) struct MailText {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// The paragraphs of a message; the code, if there is one, stands by itself after the first.
struct Body {
    subject: &'static str,
    first: String,
    code: Option<String>,
    rest: Vec<String>,
}

fn body(content: &Content, base_url: &str) -> Body {
    match content {
        Content::SignupCode { code, minutes } => Body {
            subject: "Your verification code",
            first: "Enter this code to complete your registration:".to_owned(),
            code: Some(code.clone()),
            rest: vec![
                format!("It is good for {minutes} minutes and works once. Nobody of ours will ever ask you for it."),
                format!("If you did not register at {base_url}, ignore this message: without the code nothing happens."),
            ],
        },
        Content::AlreadyRegistered => Body {
            subject: "You already have an account",
            first: format!("Somebody, perhaps you, tried to register this address at {base_url}. It already has an account."),
            code: None,
            rest: vec!["Sign in as usual, or reset your password if you have forgotten it. If it was not you, there is nothing to do: your account is unchanged.".to_owned()],
        },
        Content::PasswordWanted => Body {
            subject: "Set a password for your account",
            first: format!("Your account at {base_url} is ready, but it has no password yet."),
            code: None,
            rest: vec![
                "More than one registration was made for your address before you verified it, and the passwords differed. None of them was kept, so that nobody else can know yours.".to_owned(),
                "To set a password, ask for a password reset with this address.".to_owned(),
            ],
        },
        Content::RefreshReuse { device } => Body {
            subject: "We signed out one of your devices",
            first: format!("A session of your account at {base_url} ({device}) was ended, because an old key to it was used again."),
            code: None,
            rest: vec!["This can happen after restoring a backup of the device. If you do not recognise the device, change your password. Sign in again to go on.".to_owned()],
        },
    }
}

/// A message as mail: plain text, and simple HTML of the same words.
pub(super) fn mail(content: &Content, base_url: &str) -> MailText {
    let Body { subject, first, code, rest } = body(content, base_url);
    let paragraphs = |wrap: fn(&str) -> String, code_wrap: fn(&str) -> String| {
        let code = code.iter().map(|code| code_wrap(code));
        std::iter::once(wrap(&first)).chain(code).chain(rest.iter().map(|text| wrap(text))).collect::<Vec<_>>()
    };
    let text = paragraphs(str::to_owned, |code| format!("    {code}")).join("\n\n");
    let html = paragraphs(
        |text| format!("<p>{}</p>", escaped(text)),
        |code| format!(r#"<p style="font-size:28px;letter-spacing:4px;font-family:monospace"><strong>{}</strong></p>"#, escaped(code)),
    )
    .concat();
    MailText {
        subject: subject.to_owned(),
        text: format!("{text}\n"),
        html: format!(
            r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{subject}</title></head><body style="font-family:sans-serif;line-height:1.5;max-width:36em">{html}</body></html>"#
        ),
    }
}

/// A message as SMS: one segment of plain letters.
pub(super) fn sms(content: &Content) -> String {
    match content {
        Content::SignupCode { code, minutes } => {
            format!("{code} is your verification code. It is good for {minutes} minutes. Never share it.")
        }
        Content::AlreadyRegistered => "Somebody tried to register this number. It already has an account.".to_owned(),
        Content::PasswordWanted => "Your account is ready, but has no password yet. Ask for a password reset to set one.".to_owned(),
        Content::RefreshReuse { .. } => "One of your devices was signed out because an old key to it was used again.".to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_says_the_same_in_text_and_html() {
        let content = Content::SignupCode { code: "012345".to_owned(), minutes: 10 };
        let mail = mail(&content, "https://a.example/?x=1&y=<2>");
        assert!(mail.text.contains("    012345\n"), "{}", mail.text);
        assert!(mail.html.contains("<strong>012345</strong>"));
        assert!(mail.html.contains("x=1&amp;y=&lt;2&gt;"), "{}", mail.html);
    }

    #[test]
    fn an_sms_fits_one_segment() {
        let content = Content::SignupCode { code: "012345".to_owned(), minutes: 10 };
        let text = sms(&content);
        assert!(text.is_ascii() && text.len() <= 160, "{text}");
    }
}
