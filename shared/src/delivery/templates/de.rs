//! German.

use super::Words;
use crate::domain::address::Channel;
use crate::domain::message::{CodeFor, Content, Privacy};

pub(super) fn words(content: &Content, site: &str) -> Words {
    match content {
        Content::Code { purpose, code, minutes } => self::code(purpose, code, *minutes, site),
        Content::AlreadyRegistered => Words {
            subject: "Sie haben bereits ein Konto",
            first: format!("Jemand, vielleicht Sie selbst, wollte diese Adresse bei {site} registrieren. Sie hat bereits ein Konto."),
            rest: vec![
                "Melden Sie sich wie gewohnt an, oder setzen Sie Ihr Passwort zurück, falls Sie es vergessen haben.".to_owned(),
                "Wenn Sie es nicht waren, ist nichts zu tun: Ihr Konto ist unverändert.".to_owned(),
            ],
            sms: "Jemand wollte diese Nummer registrieren. Sie hat bereits ein Konto. Wenn Sie es nicht waren, ist nichts zu tun.".to_owned(),
        },
        Content::AddressTaken => Words {
            subject: "Jemand wollte Ihre Adresse einem anderen Konto hinzufügen",
            first: format!("Jemand, vielleicht Sie selbst, wollte diese Adresse bei {site} einem anderen Konto hinzufügen."),
            rest: vec!["Sie gehört zu Ihrem Konto und bleibt dort. Es ist nichts zu tun.".to_owned()],
            sms: "Jemand wollte diese Nummer einem anderen Konto hinzufügen. Sie bleibt bei Ihrem. Es ist nichts zu tun.".to_owned(),
        },
        Content::PasswordWanted => Words {
            subject: "Legen Sie ein Passwort für Ihr Konto fest",
            first: format!("Ihr Konto bei {site} ist bereit, hat aber noch kein Passwort."),
            rest: vec![
                "Bevor Sie Ihre Adresse bestätigt haben, wurde sie mehrmals registriert, mit verschiedenen Passwörtern. Keines davon gilt, damit niemand sonst Ihres kennen kann.".to_owned(),
                "Um ein Passwort festzulegen, fordern Sie mit dieser Adresse ein neues an.".to_owned(),
            ],
            sms: "Ihr Konto ist bereit, hat aber noch kein Passwort. Fordern Sie ein neues Passwort an.".to_owned(),
        },
        Content::PasswordChanged => Words {
            subject: "Ihr Passwort wurde geändert",
            first: format!("Das Passwort Ihres Kontos bei {site} wurde geändert, und alle anderen Geräte wurden abgemeldet."),
            rest: vec!["Wenn Sie es nicht waren, setzen Sie Ihr Passwort jetzt zurück.".to_owned()],
            sms: "Das Passwort Ihres Kontos wurde geändert. Wenn Sie es nicht waren, setzen Sie es jetzt zurück.".to_owned(),
        },
        Content::NewDevice { device } => Words {
            subject: "Neue Anmeldung bei Ihrem Konto",
            first: format!("Jemand hat sich bei Ihrem Konto bei {site} von einem Ort angemeldet, den wir noch nicht kennen ({device})."),
            rest: vec![
                "Wenn Sie es waren, ist nichts zu tun.".to_owned(),
                "Wenn Sie es nicht waren, setzen Sie Ihr Passwort jetzt zurück: Damit werden alle Geräte abgemeldet.".to_owned(),
            ],
            sms: "Neue Anmeldung bei Ihrem Konto. Wenn Sie es nicht waren, setzen Sie Ihr Passwort jetzt zurück.".to_owned(),
        },
        Content::NumberMoved => Words {
            subject: "Eine Telefonnummer hat Ihr Konto verlassen",
            first: format!("Jemand hat nachgewiesen, die Telefonnummer Ihres Kontos bei {site} zu haben, und sich damit registriert."),
            rest: vec![
                "Ihr Konto wurde lange nicht benutzt, und Nummern werden neu vergeben. Alles andere darin ist unverändert.".to_owned(),
                "Melden Sie sich mit Ihrer E-Mail-Adresse an. Wenn die Nummer noch Ihre ist, sagen Sie es uns.".to_owned(),
            ],
            sms: "Ihre Telefonnummer wurde von jemand anderem registriert.".to_owned(),
        },
        Content::AddressAdded { channel } => added(*channel, site),
        Content::PrimaryChanged { hours, .. } => Words {
            subject: "Ihre E-Mail-Adresse wurde ersetzt",
            first: format!("Die wichtigste Adresse Ihres Kontos bei {site} ist nun eine andere E-Mail-Adresse. Wenn Sie es nicht waren, machen Sie das hiermit rückgängig:"),
            rest: vec![
                format!("Das geht einmal, innerhalb von {hours} Stunden: Diese Adresse erhält ihren Platz zurück, die neue wird entfernt, alle Geräte werden abgemeldet, und Sie bekommen einen Code für ein neues Passwort."),
                "Wenn Sie es waren, ist nichts zu tun. Geben Sie es nicht weiter.".to_owned(),
            ],
            sms: "Die wichtigste Adresse Ihres Kontos ist nun eine andere E-Mail-Adresse.".to_owned(),
        },
        Content::AddressRemoved { channel } => removed(*channel, site),
        Content::Privacy { news } => privacy(news, site),
        Content::Linked { partner } => Words {
            subject: "Ihr Konto wurde verknüpft",
            first: format!("Ihr Konto bei {site} wurde mit einem bei {} verknüpft: Wer Ihr Telefon hat, hat den Code eingegeben.", partner.as_str()),
            rest: vec!["Wenn Sie es nicht waren, sagen Sie es uns, und lassen Sie niemanden an Ihr Telefon.".to_owned()],
            sms: format!("Ihr Konto wurde mit einem bei {} verknüpft. Wenn Sie es nicht waren, sagen Sie es uns.", partner.as_str()),
        },
        Content::LinkMoved { partner } => Words {
            subject: "Ein Konto ist nicht mehr mit Ihrem verknüpft",
            first: format!("Das Konto bei {}, das mit Ihrem bei {site} verknüpft war, ist nun mit dem einer anderen Person verknüpft.", partner.as_str()),
            rest: vec![
                format!("Wer bei {} angemeldet ist, hat eine andere Telefonnummer nachgewiesen.", partner.as_str()),
                "Alles andere in Ihrem Konto ist unverändert. Wenn Sie es nicht waren, prüfen Sie, wer dort Zugang hat, und sagen Sie es uns.".to_owned(),
            ],
            sms: format!("Ihr Konto ist nicht mehr mit einem bei {} verknüpft. Wenn Sie es nicht waren, sagen Sie es uns.", partner.as_str()),
        },
        Content::RefreshReuse { device } => Words {
            subject: "Wir haben eines Ihrer Geräte abgemeldet",
            first: format!("Eine Sitzung Ihres Kontos bei {site} ({device}) wurde beendet, weil ein alter Schlüssel zu ihr noch einmal benutzt wurde."),
            rest: vec!["Das kann vorkommen, wenn eine Sicherung des Geräts wiederhergestellt wurde. Wenn Sie das Gerät nicht kennen, ändern Sie Ihr Passwort. Melden Sie sich neu an, um fortzufahren.".to_owned()],
            sms: "Eines Ihrer Geräte wurde abgemeldet, weil ein alter Schlüssel noch einmal benutzt wurde.".to_owned(),
        },
    }
}

fn added(channel: Channel, site: &str) -> Words {
    let what = match channel {
        Channel::Email => "E-Mail-Adresse",
        Channel::Phone => "Telefonnummer",
    };
    Words {
        subject: "Eine Adresse Ihres Kontos wurde geändert",
        first: format!("Ihrem Konto bei {site} wurde eine andere {what} hinzugefügt, oder sie wurde seine wichtigste."),
        rest: vec!["Wenn Sie es nicht waren, setzen Sie Ihr Passwort jetzt zurück.".to_owned()],
        sms: format!("Ihrem Konto wurde eine andere {what} hinzugefügt. Waren Sie es nicht, setzen Sie Ihr Passwort jetzt zurück."),
    }
}

fn removed(channel: Channel, site: &str) -> Words {
    let what = match channel {
        Channel::Email => "E-Mail-Adresse",
        Channel::Phone => "Telefonnummer",
    };
    Words {
        subject: "Eine Adresse wurde aus Ihrem Konto entfernt",
        first: format!("Diese {what} wurde aus Ihrem Konto bei {site} entfernt."),
        rest: vec!["Wenn Sie es nicht waren, setzen Sie Ihr Passwort jetzt zurück, mit einer anderen Ihrer Adressen.".to_owned()],
        sms: format!("Diese {what} wurde aus Ihrem Konto entfernt. Waren Sie es nicht, setzen Sie Ihr Passwort jetzt zurück."),
    }
}

fn privacy(news: &Privacy, site: &str) -> Words {
    match news {
        Privacy::DeletionScheduled { on } => Words {
            subject: "Ihr Konto wird gelöscht",
            first: format!("Ihr Konto bei {site} und alles darin wird am {on} gelöscht."),
            rest: vec![
                "Bis dahin können Sie sich anmelden, die Löschung abbrechen und eine Kopie Ihrer Daten mitnehmen. Anderes ist nicht mehr möglich.".to_owned(),
                "Wenn Sie es nicht waren, melden Sie sich an, brechen Sie die Löschung ab, und setzen Sie Ihr Passwort zurück.".to_owned(),
            ],
            sms: format!("Ihr Konto wird am {on} gelöscht. Wenn Sie es nicht waren, melden Sie sich an und brechen Sie es ab."),
        },
        Privacy::DeletionCancelled => Words {
            subject: "Ihr Konto bleibt bestehen",
            first: format!("Die Löschung Ihres Kontos bei {site} wurde abgebrochen. Alles darin ist, wie es war."),
            rest: vec!["Wenn Sie es nicht waren, setzen Sie Ihr Passwort jetzt zurück.".to_owned()],
            sms: "Die Löschung Ihres Kontos wurde abgebrochen. Wenn Sie es nicht waren, setzen Sie Ihr Passwort jetzt zurück.".to_owned(),
        },
        Privacy::AccountDeleted => Words {
            subject: "Ihr Konto wurde gelöscht",
            first: format!("Ihr Konto bei {site} wurde gelöscht. Alles darin wird binnen Minuten vernichtet und kann nicht zurückgeholt werden."),
            rest: vec!["Diese Adresse ist wieder frei: Sie können sich damit neu registrieren.".to_owned()],
            sms: "Ihr Konto wurde gelöscht. Alles darin wird binnen Minuten vernichtet.".to_owned(),
        },
        Privacy::ExportReady { until } => Words {
            subject: "Ihre Daten liegen bereit",
            first: format!("Die Kopie Ihrer Daten, um die Sie bei {site} gebeten haben, liegt bereit. Sie können sie bis {until} in Ihrem Konto abholen."),
            rest: vec!["Wenn Sie nicht darum gebeten haben, setzen Sie Ihr Passwort jetzt zurück.".to_owned()],
            sms: format!("Die Kopie Ihrer Daten liegt bereit. Holen Sie sie bis {until} in Ihrem Konto ab."),
        },
        Privacy::ExportFailed => Words {
            subject: "Ihre Daten konnten nicht zusammengestellt werden",
            first: format!("Die Kopie Ihrer Daten, um die Sie bei {site} gebeten haben, konnte nicht erstellt werden. Bitte fordern Sie sie noch einmal an."),
            rest: vec!["Wir wissen davon und gehen der Sache nach.".to_owned()],
            sms: "Die Kopie Ihrer Daten konnte nicht erstellt werden. Bitte fordern Sie sie noch einmal an.".to_owned(),
        },
    }
}

fn code(purpose: &CodeFor, code: &str, minutes: u64, site: &str) -> Words {
    let (subject, first, ignored) = match purpose {
        CodeFor::Signup => (
            "Ihr Bestätigungscode",
            "Geben Sie diesen Code ein, um Ihre Registrierung abzuschließen:".to_owned(),
            format!("Wenn Sie sich nicht bei {site} registriert haben, ignorieren Sie diese Nachricht: Ohne den Code geschieht nichts."),
        ),
        CodeFor::SignIn => (
            "Ihr Anmeldecode",
            "Geben Sie diesen Code ein, um sich anzumelden:".to_owned(),
            format!("Wenn Sie sich nicht bei {site} anmelden wollten, ignorieren Sie diese Nachricht: Ohne den Code kommt niemand hinein."),
        ),
        CodeFor::Reset => (
            "Ihr Code für ein neues Passwort",
            "Geben Sie diesen Code ein, um ein neues Passwort festzulegen:".to_owned(),
            format!(
                "Wenn Sie bei {site} kein neues Passwort angefordert haben, ignorieren Sie diese Nachricht: Ihr Passwort bleibt, wie es ist."
            ),
        ),
        CodeFor::Address => (
            "Bestätigen Sie Ihre Adresse",
            "Geben Sie diesen Code ein, um diese Adresse Ihrem Konto hinzuzufügen:".to_owned(),
            format!(
                "Wenn Sie diese Adresse nicht bei {site} hinzugefügt haben, ignorieren Sie diese Nachricht: Ohne den Code geschieht nichts."
            ),
        ),
        CodeFor::Deletion => (
            "Ihr Code zum Löschen Ihres Kontos",
            "Geben Sie diesen Code ein, um Ihr Konto und alles darin zu löschen:".to_owned(),
            format!(
                "Wenn Sie bei {site} nicht darum gebeten haben, ist jemand anderes bei Ihrem Konto angemeldet: Setzen Sie Ihr Passwort jetzt zurück. Ohne den Code wird nichts gelöscht."
            ),
        ),
        CodeFor::Export => (
            "Ihr Code für eine Kopie Ihrer Daten",
            "Geben Sie diesen Code ein, um eine Kopie von allem zu erhalten, was wir über Sie gespeichert haben:".to_owned(),
            format!(
                "Wenn Sie bei {site} nicht darum gebeten haben, ist jemand anderes bei Ihrem Konto angemeldet: Setzen Sie Ihr Passwort jetzt zurück. Ohne den Code bekommt niemand die Kopie."
            ),
        ),
        CodeFor::StandAlone => (
            "Ihr Bestätigungscode",
            "Geben Sie diesen Code ein, um zu zeigen, dass diese Adresse Ihnen gehört:".to_owned(),
            format!("Wenn Sie bei {site} nicht danach gefragt wurden, ignorieren Sie diese Nachricht: Ohne den Code geschieht nichts."),
        ),
        CodeFor::Link(partner) => (
            "Ihr Code zum Verknüpfen Ihres Kontos",
            format!("Geben Sie diesen Code ein, um Ihr Konto mit {} zu verknüpfen:", partner.as_str()),
            format!(
                "Wenn Sie {} nicht darum gebeten haben, ignorieren Sie diese Nachricht: Ohne den Code wird nichts verknüpft.",
                partner.as_str()
            ),
        ),
    };
    let what = match purpose {
        CodeFor::SignIn => "Anmeldecode",
        CodeFor::Reset => "Code für ein neues Passwort",
        CodeFor::Link(partner) => &format!("Code zum Verknüpfen Ihres Kontos mit {}", partner.as_str()),
        CodeFor::Deletion => "Code zum Löschen Ihres Kontos",
        CodeFor::Export => "Code für eine Kopie Ihrer Daten",
        CodeFor::Signup | CodeFor::Address | CodeFor::StandAlone => "Bestätigungscode",
    };
    Words {
        subject,
        first,
        rest: vec![format!("Er gilt {minutes} Minuten und funktioniert einmal. Niemand von uns wird Sie je danach fragen."), ignored],
        sms: format!("{code} ist Ihr {what}. Er gilt {minutes} Minuten. Geben Sie ihn nie weiter."),
    }
}
