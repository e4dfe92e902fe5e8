//! Which bytes of a file a request wants, and in which coding (RFC 9110 sections 12.5.3 and 14.2).

use axum::http::{HeaderMap, header};
use latchkey::flow::export::Wanted;

/// What the headers want. A range that is none, or more than one, counts for nothing.
pub(crate) fn read(headers: &HeaderMap) -> Wanted {
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let range = text(header::RANGE).and_then(|range| range.strip_prefix("bytes=")).and_then(range);
    range.unwrap_or(Wanted::All { gzip: text(header::ACCEPT_ENCODING).is_some_and(takes_gzip) })
}

fn range(text: &str) -> Option<Wanted> {
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    let (first, last) = text.trim().split_once('-')?;
    match (first, last) {
        ("", last) => number(last).map(Wanted::Last),
        (first, "") => number(first).map(|first| Wanted::From(first, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Wanted::From(first, Some(last)))
        }
    }
}

/// Whether gzip is among the codings that are taken, with a weight above zero.
fn takes_gzip(accepted: &str) -> bool {
    let weight = |parameters: &str| {
        let weight = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
        weight.is_none_or(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight > 0.0))
    };
    let named = |name: &str| {
        accepted.split(',').find_map(|coding| {
            let (coding, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            coding.trim().eq_ignore_ascii_case(name).then(|| weight(parameters))
        })
    };
    named("gzip").or_else(|| named("*")).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(headers: &[(header::HeaderName, &str)]) -> Wanted {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        read(&headers.collect())
    }

    #[test]
    fn gzip_is_given_to_whoever_takes_it() {
        for (accepted, gzip) in [
            ("gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("identity", false),
            ("x-gzip", false),
        ] {
            assert_eq!(wanted(&[(header::ACCEPT_ENCODING, accepted)]), Wanted::All { gzip }, "{accepted}");
        }
        assert_eq!(wanted(&[]), Wanted::All { gzip: false });
    }

    #[test]
    fn one_range_counts_and_anything_else_does_not() {
        for (range, wants) in [
            ("bytes=0-99", Wanted::From(0, Some(99))),
            ("bytes=100-", Wanted::From(100, None)),
            ("bytes=-5", Wanted::Last(5)),
            ("bytes=5-4", Wanted::All { gzip: false }),
            ("bytes=0-1,3-4", Wanted::All { gzip: false }),
            ("bytes=-", Wanted::All { gzip: false }),
            ("bytes=+1-2", Wanted::All { gzip: false }),
            ("lines=0-1", Wanted::All { gzip: false }),
            ("bytes=99999999999999999999-", Wanted::All { gzip: false }),
        ] {
            assert_eq!(wanted(&[(header::RANGE, range)]), wants, "{range}");
        }
    }
}
