use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::invalid_request::{InvalidRequest, InvalidRequestReason};

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The maximum number of layers of percent-encoding in a segment.
const MAX_ROUNDS: usize = 10;

/// Appends `/` and the encoded segment.
///
/// IDs may come from tokens and forms. An empty segment would address the collection instead of a
/// member, and a dot segment, possibly after a proxy decodes it, would address a different
/// resource. Both are rejected.
pub(crate) fn push_segment(path: &mut String, segment: &str) -> Result<(), InvalidRequest> {
    check(segment).map_err(InvalidRequest::new)?;
    path.push('/');
    path.extend(utf8_percent_encode(segment, SEGMENT));
    Ok(())
}

fn check(segment: &str) -> Result<(), InvalidRequestReason> {
    if segment.is_empty() {
        return Err(InvalidRequestReason::EmptyPathSegment);
    }
    let mut bytes = segment.as_bytes().to_vec();
    for _ in 0..=MAX_ROUNDS {
        let dots = |part: &[u8]| part == b"." || part == b"..";
        if bytes.split(|byte| matches!(byte, b'/' | b'\\')).any(dots) {
            return Err(InvalidRequestReason::DotPathSegment);
        }
        let decoded: Vec<u8> = percent_encoding::percent_decode(&bytes).collect();
        if decoded == bytes {
            return Ok(());
        }
        bytes = decoded;
    }
    Err(InvalidRequestReason::OverEncodedPathSegment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(segment: &str) -> Result<String, InvalidRequestReason> {
        let mut path = String::new();
        push_segment(&mut path, segment).map_err(|error| error.reason())?;
        Ok(path)
    }

    #[test]
    fn segments_are_encoded() {
        assert_eq!(encoded("user_1-2.3~4").unwrap(), "/user_1-2.3~4");
        assert_eq!(encoded("a/b c?d#e%").unwrap(), "/a%2Fb%20c%3Fd%23e%25");
        assert_eq!(encoded("é").unwrap(), "/%C3%A9");
    }

    #[test]
    fn traversal_is_refused() {
        assert_eq!(encoded(""), Err(InvalidRequestReason::EmptyPathSegment));
        for bad in [
            ".",
            "..",
            "%2e",
            "%2E%2e",
            "a/../b",
            "a\\..",
            "%252e%252e",
            "x%2f..",
            "%5c..",
        ] {
            assert_eq!(
                encoded(bad),
                Err(InvalidRequestReason::DotPathSegment),
                "{bad}"
            );
        }
        assert!(encoded("...").is_ok() && encoded(".a").is_ok() && encoded("100%").is_ok());
    }

    #[test]
    fn endless_encoding_is_refused() {
        let wrap =
            |rounds: usize| (0..rounds).fold("x%41".to_owned(), |text, _| text.replace('%', "%25"));
        assert!(encoded(&wrap(9)).is_ok());
        assert_eq!(
            encoded(&wrap(10)),
            Err(InvalidRequestReason::OverEncodedPathSegment)
        );
    }
}
