//! The files that the console is made of. All are in the program; none is loaded from anywhere else.

/// A file as it is served.
pub(super) struct Asset {
    /// The last part of its path.
    name: &'static str,
    pub(super) kind: &'static str,
    pub(super) text: &'static str,
}

macro_rules! assets {
    ($($name:literal: $kind:ident),* $(,)?) => {
        &[$(Asset { name: $name, kind: $kind, text: include_str!(concat!("assets/", $name)) }),*]
    };
}

pub(super) const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// The page of the messages.
pub(super) const MESSAGES: &str = include_str!("assets/messages.html");
/// The page of a surface's reference.
pub(super) const REFERENCE: &str = include_str!("assets/reference.html");

const ASSETS: &[Asset] = assets! {
    "icon.svg": SVG,
    "base.css": CSS,
    "messages.css": CSS,
    "reference.css": CSS,
    "answer.js": SCRIPT,
    "arrival.js": SCRIPT,
    "bearer.js": SCRIPT,
    "card.js": SCRIPT,
    "copy.js": SCRIPT,
    "dom.js": SCRIPT,
    "editor.js": SCRIPT,
    "live.js": SCRIPT,
    "messages.js": SCRIPT,
    "navigation.js": SCRIPT,
    "openapi.js": SCRIPT,
    "operation.js": SCRIPT,
    "parameters.js": SCRIPT,
    "reference.js": SCRIPT,
    "request.js": SCRIPT,
    "schema.js": SCRIPT,
    "time.js": SCRIPT,
    "trial.js": SCRIPT,
};

/// The file of a name.
pub(super) fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The texts in quotes that name an asset: what pages and scripts ask for.
    fn asked(text: &str) -> impl Iterator<Item = &str> {
        let quoted = text.split('"').skip(1).step_by(2);
        quoted.filter_map(|quoted| quoted.strip_prefix("/_local/assets/").or_else(|| quoted.strip_prefix("./")))
    }

    #[test]
    fn every_file_is_served_and_every_file_asked_for_is_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/serve/console/assets");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<String> = names.filter(|name| name.strip_suffix(".html").is_none()).collect();
        assert_eq!(files, ASSETS.iter().map(|asset| asset.name.to_owned()).collect());
        for text in ASSETS.iter().map(|asset| asset.text).chain([MESSAGES, REFERENCE]) {
            for name in asked(text) {
                assert!(files.contains(name), "{name}");
            }
        }
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere_and_nothing_is_inline() {
        for (name, text) in ASSETS.iter().map(|asset| (asset.name, asset.text)).chain([("messages", MESSAGES), ("reference", REFERENCE)]) {
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for forbidden in ["http://", "https://", "innerHTML", "insertAdjacentHTML", "<style", "style=\"", "eval("] {
                assert!(!text.contains(forbidden), "{name}: {forbidden}");
            }
        }
        for page in [MESSAGES, REFERENCE] {
            assert_eq!(page.matches("<script").count(), page.matches("<script type=\"module\" src=\"").count());
        }
    }
}
