//! The error code of a refusal, out of the answer itself. The SDK gives it only to whoever knows the type of each
//! action's error, and what is tried again is decided for all of them at once.
//! Source: Smithy, "AWS JSON 1.0 protocol" and "Smithy RPC v2 CBOR protocol", operation error serialization; "AWS Query
//! compatible"; EC2 API reference, "Error codes", example error response.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;
use std::str;

/// Where a code stands before the body is looked at: CloudWatch's old codes, then those of JSON.
const HEADERS: [&str; 2] = ["x-amzn-query-error", "x-amzn-errortype"];

/// A member of this name, as CBOR writes it: a text of six bytes.
const TYPE_IN_CBOR: &[u8] = b"\x66__type";

/// The code; none where the answer is no refusal, or says none.
pub(super) fn of(answer: &HttpResponse) -> Option<String> {
    if answer.status().is_success() {
        return None;
    }
    let named = HEADERS
        .iter()
        .find_map(|name| answer.headers().get(name).map(str::to_owned));
    let said = named.or_else(|| in_body(answer.body().bytes()?))?;
    Some(bare(&said).to_owned())
}

/// Without the shape's namespace before it, and without what may follow.
fn bare(said: &str) -> &str {
    let end = said.find([':', ';']).unwrap_or(said.len());
    let said = &said[..end];
    said.rsplit('#').next().unwrap_or(said)
}

fn in_body(body: &[u8]) -> Option<String> {
    match body.first()? {
        b'<' => in_xml(str::from_utf8(body).ok()?),
        b'{' => in_json(body),
        _ => in_cbor(body),
    }
}

fn in_xml(text: &str) -> Option<String> {
    let (_, after) = text.split_once("<Code>")?;
    let (code, _) = after.split_once("</Code>")?;
    Some(code.to_owned())
}

fn in_json(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    ["__type", "code"]
        .iter()
        .find_map(|name| body[name].as_str().map(str::to_owned))
}

/// A text of up to 255 bytes: longer names there are none.
/// Source: RFC 8949, section 3, major type 3.
fn in_cbor(body: &[u8]) -> Option<String> {
    let starts = body
        .windows(TYPE_IN_CBOR.len())
        .position(|bytes| bytes == TYPE_IN_CBOR)?;
    let text = match &body[starts + TYPE_IN_CBOR.len()..] {
        [head @ 0x60..=0x77, text @ ..] => text.get(..usize::from(head - 0x60)),
        [0x78, length, text @ ..] => text.get(..usize::from(*length)),
        _ => None,
    }?;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(headers: &[(&'static str, &'static str)], body: &[u8]) -> Option<String> {
        let mut answer = HttpResponse::new(400.try_into().unwrap(), body.to_vec().into());
        for (name, value) in headers {
            answer.headers_mut().insert(*name, *value);
        }
        of(&answer)
    }

    #[test]
    fn each_protocol_says_its_code_in_its_own_way() {
        let xml =
            b"<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>";
        let json = br#"{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"no"}"#;
        let error_type = [("x-amzn-errortype", "ExpiredTokenException:http://internal/")];
        let query = [("x-amzn-query-error", "ExpiredToken;Sender")];
        assert_eq!(refused(&[], xml).unwrap(), "RequestExpired");
        assert_eq!(refused(&[], json).unwrap(), "ExpiredTokenException");
        assert_eq!(
            refused(&error_type, b"{}").unwrap(),
            "ExpiredTokenException"
        );
        assert_eq!(refused(&query, b"").unwrap(), "ExpiredToken");
    }

    #[test]
    fn a_code_in_cbor_is_read_whether_short_or_long() {
        for code in ["ExpiredToken", "com.amazonaws#ARefusalOfALongerName"] {
            let body = serde_json::json!({ "message": "no", "__type": code });
            let mut cbor = Vec::new();
            ciborium::into_writer(&body, &mut cbor).unwrap();
            assert!(code.ends_with(&refused(&[], &cbor).unwrap()), "{code}");
        }
        assert_eq!(refused(&[], b"\xa1\x66__type\x6cExp"), None);
    }

    #[test]
    fn what_is_no_refusal_has_no_code() {
        let body = br#"{"__type":"ExpiredTokenException"}"#.to_vec();
        let answer = HttpResponse::new(200.try_into().unwrap(), body.into());
        assert_eq!(of(&answer), None);
        assert_eq!(refused(&[], b""), None);
        assert_eq!(refused(&[], b"<html>busy</html>"), None);
        assert_eq!(refused(&[], b"{ broken"), None);
    }
}
