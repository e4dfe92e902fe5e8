//! What messages say, in each language. No text of a user's is in any of them: who can make us write to a stranger must not choose
//! the words.

mod de;
mod en;
mod hi;

use crate::domain::locale::Locale;
use crate::domain::message::Content;

/// A message as mail.
pub(super) struct MailText {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// The words of a message in one language: a subject, paragraphs, and a shorter form for SMS. A code stands by itself after the first
/// paragraph.
struct Words {
    subject: &'static str,
    first: String,
    rest: Vec<String>,
    sms: String,
}

fn words(content: &Content, locale: Locale, site: &str) -> Words {
    match locale {
        Locale::En => en::words(content, site),
        Locale::De => de::words(content, site),
        Locale::Hi => hi::words(content, site),
    }
}

/// A message as mail: plain text, and simple HTML of the same words.
pub(super) fn mail(content: &Content, locale: Locale, base_url: &str) -> MailText {
    let Words { subject, first, rest, .. } = words(content, locale, base_url);
    let shown = Shown::of(content);
    let alone = shown.as_ref().map(|shown| format!("    {}", shown.text()));
    let text: Vec<&str> = std::iter::once(&first).chain(&alone).chain(&rest).map(String::as_str).collect();
    let paragraph = |text: &String| format!("<p style=\"margin:0 0 16px\">{}</p>", escaped(text));
    let html: String = std::iter::once(paragraph(&first)).chain(shown.iter().map(Shown::html)).chain(rest.iter().map(paragraph)).collect();
    let (lang, title, site) = (locale.tag(), escaped(subject), escaped(base_url));
    MailText {
        subject: subject.to_owned(),
        text: format!("{}\n\n-- \n{base_url}\n", text.join("\n\n")),
        html: format!(
            "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
             <title>{title}</title></head>\
             <body style=\"margin:0;padding:24px;font:16px/1.5 system-ui,'Segoe UI',Roboto,'Noto Sans Devanagari',sans-serif\">\
             <div style=\"max-width:32em;margin:0 auto\"><h1 style=\"margin:0 0 16px;font-size:20px\">{title}</h1>{html}\
             <p style=\"margin:32px 0 0;font-size:13px;opacity:.75\">{site}</p></div></body></html>"
        ),
    }
}

/// What stands by itself in a mail.
enum Shown<'a> {
    Code(&'a str),
    Token(&'a str),
    Link(String),
}

impl<'a> Shown<'a> {
    fn of(content: &'a Content) -> Option<Self> {
        match content {
            Content::Code { code, .. } => Some(Self::Code(code)),
            Content::PrimaryChanged { token, page: None, .. } => Some(Self::Token(token)),
            // Behind the `#` it reaches the page, and neither its server's log nor another site.
            Content::PrimaryChanged { token, page: Some(page), .. } => Some(Self::Link(format!("{page}#token={token}"))),
            _ => None,
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Code(text) | Self::Token(text) => text,
            Self::Link(link) => link,
        }
    }

    fn html(&self) -> String {
        const BOX: &str = "margin:0 0 16px;padding:16px;border:1px solid #8a8f98;border-radius:8px;text-align:center";
        const LETTERS: &str = "ui-monospace,Menlo,Consolas,monospace";
        let text = escaped(self.text());
        match self {
            Self::Code(_) => format!("<p style=\"{BOX};font:bold 32px/1.2 {LETTERS};letter-spacing:6px\">{text}</p>"),
            Self::Token(_) => format!("<p style=\"{BOX};font:bold 16px/1.5 {LETTERS};overflow-wrap:anywhere\">{text}</p>"),
            Self::Link(_) => format!("<p style=\"{BOX};overflow-wrap:anywhere\"><a href=\"{text}\">{text}</a></p>"),
        }
    }
}

/// A message as SMS.
pub(super) fn sms(content: &Content, locale: Locale) -> String {
    words(content, locale, "").sms
}

/// A message as a push notice: a title, and the words of an SMS.
pub(super) fn push(content: &Content, locale: Locale) -> (&'static str, String) {
    let Words { subject, sms, .. } = words(content, locale, "");
    (subject, sms)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// In how many parts an SMS is sent and paid for (GSM 03.38 and 03.40): letters of the plain alphabet take seven bits, any other
/// makes all of them take sixteen.
#[must_use]
pub(super) fn segments(text: &str) -> usize {
    let weight = |character: char| match character {
        '^' | '{' | '}' | '\\' | '[' | ']' | '~' | '|' | '€' => Some(2),
        character if is_plain(character) => Some(1),
        _ => None,
    };
    let septets: Option<usize> = text.chars().map(weight).sum();
    let (length, alone, joined) = septets.map_or_else(|| (text.encode_utf16().count(), 70, 67), |septets| (septets, 160, 153));
    if length <= alone { 1 } else { length.div_ceil(joined) }
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Channel;
    use crate::domain::message::{CodeFor, Privacy};
    use crate::domain::partner::PartnerName;

    fn code(purpose: CodeFor) -> Content {
        Content::Code { purpose, code: "012345".to_owned(), minutes: 10 }
    }

    /// As long as a name may be.
    fn partner() -> PartnerName {
        PartnerName::parse("Ludo & Partners Club").unwrap()
    }

    fn purposes() -> [CodeFor; 8] {
        [
            CodeFor::Signup,
            CodeFor::SignIn,
            CodeFor::Reset,
            CodeFor::Address,
            CodeFor::StandAlone,
            CodeFor::Link(partner()),
            CodeFor::Deletion,
            CodeFor::Export,
        ]
    }

    fn all() -> Vec<Content> {
        let device = || "Firefox on Linux".to_owned();
        let codes = purposes().map(code);
        let others = [
            Content::AlreadyRegistered,
            Content::AddressTaken,
            Content::PasswordWanted,
            Content::PasswordChanged,
            Content::NumberMoved,
            Content::PrimaryChanged { token: "A".repeat(43), page: None, hours: 72 },
            Content::PrimaryChanged { token: "A".repeat(43), page: Some("https://app.example/back?a=1&b=2".to_owned()), hours: 72 },
            Content::AddressRemoved { channel: Channel::Email },
            Content::AddressRemoved { channel: Channel::Phone },
            Content::NewDevice { device: device() },
            Content::AddressAdded { channel: Channel::Email },
            Content::AddressAdded { channel: Channel::Phone },
            Content::Linked { partner: partner() },
            Content::LinkMoved { partner: partner() },
            Content::RefreshReuse { device: device() },
        ];
        let news = [
            Privacy::DeletionScheduled { on: "2026-12-31".to_owned() },
            Privacy::DeletionCancelled,
            Privacy::AccountDeleted,
            Privacy::ExportReady { until: "2026-12-31".to_owned() },
            Privacy::ExportFailed,
        ];
        codes.into_iter().chain(others).chain(news.map(|news| Content::Privacy { news })).collect()
    }

    #[test]
    fn mail_says_the_same_in_text_and_html() {
        for locale in Locale::ALL {
            for content in all() {
                let mail = mail(&content, locale, "https://a.example/?x=1&y=<2>");
                assert!(mail.html.contains("x=1&amp;y=&lt;2&gt;") && !mail.html.contains("<2>"), "{}", mail.html);
                let paragraphs = mail.text.split("\n\n").filter(|text| !text.starts_with("-- "));
                for paragraph in paragraphs {
                    assert!(mail.html.contains(&escaped(paragraph.trim())), "{locale:?}: {paragraph}");
                }
                assert!(!mail.subject.is_empty() && mail.html.contains(&format!("lang=\"{}\"", locale.tag())));
            }
        }
    }

    #[test]
    fn a_code_stands_by_itself_in_mail_and_first_in_an_sms() {
        for locale in Locale::ALL {
            for purpose in purposes() {
                assert!(mail(&code(purpose.clone()), locale, "https://a.example").text.contains("\n    012345\n"));
                assert!(sms(&code(purpose), locale).starts_with("012345 "));
            }
        }
    }

    #[test]
    fn an_sms_is_one_segment_in_plain_letters_and_two_in_others() {
        for content in all() {
            for locale in [Locale::En, Locale::De] {
                assert_eq!(segments(&sms(&content, locale)), 1, "{}", sms(&content, locale));
            }
            assert!(segments(&sms(&content, Locale::Hi)) <= 2, "{}", sms(&content, Locale::Hi));
        }
    }

    /// It stands on a locked screen.
    #[test]
    fn a_push_notice_has_no_code_no_link_and_nothing_that_names_anybody() {
        let pushed: Vec<Content> = all().into_iter().filter(Content::is_pushed).collect();
        assert!(!pushed.is_empty());
        for locale in Locale::ALL {
            for content in &pushed {
                let (title, text) = push(content, locale);
                assert!(!title.is_empty() && !text.is_empty());
                let shown = format!("{title} {text}");
                let is_code = |digits: &str| digits.chars().count() == 6;
                let mut numbers = shown.split(|letter: char| !letter.is_numeric());
                assert!(!numbers.any(is_code) && !shown.contains("://"), "{shown}");
                assert!(!shown.contains("Firefox") && !shown.contains(partner().as_str()), "{shown}");
            }
        }
    }

    #[test]
    fn segments_are_counted_as_carriers_do() {
        assert_eq!(segments(&"a".repeat(160)), 1);
        assert_eq!(segments(&"a".repeat(161)), 2);
        assert_eq!(segments(&"€".repeat(80)), 1);
        assert_eq!(segments(&"€".repeat(81)), 2);
        assert_eq!(segments(&"क".repeat(70)), 1);
        assert_eq!(segments(&"क".repeat(71)), 2);
        assert_eq!(segments(&"क".repeat(135)), 3);
    }
}
