//! What a session's owner is told about the device it is on.

use woothee::parser::Parser;

const UNKNOWN: &str = "Unknown device";
const LONGEST: usize = 512;

/// A device's name from its user agent, as "Chrome on Windows 10"; only words from a fixed list come out.
#[must_use]
pub fn device_name(user_agent: Option<&str>) -> String {
    let known = |text: &str| !text.is_empty() && text != "UNKNOWN";
    let parsed = user_agent.filter(|text| text.len() <= LONGEST).and_then(|text| Parser::new().parse(text));
    match parsed {
        Some(device) if known(device.name) && known(device.os) => format!("{} on {}", device.name, device.os),
        Some(device) if known(device.name) => device.name.to_owned(),
        _ => UNKNOWN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_agents_are_named_and_others_are_not_repeated() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
        assert_eq!(device_name(Some(chrome)), "Chrome on Windows 10");
        assert_eq!(device_name(Some("<script>alert(1)</script>")), UNKNOWN);
        assert_eq!(device_name(None), UNKNOWN);
    }
}
