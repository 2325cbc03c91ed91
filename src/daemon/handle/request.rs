//! What a local caller may ask to send.

use super::CONTENT_MAX_UNITS;
use crate::daemon::view::SendRequest;

/// The longest idempotency key and session key, in bytes.
const KEY_MAX_BYTES: usize = 256;

/// What is wrong with a request to send, if anything.
pub(super) fn check(request: &SendRequest) -> Result<(), String> {
    let units = request.content.encode_utf16().count();
    if units == 0 || units > CONTENT_MAX_UNITS {
        return Err(format!(
            "`content` has 1 to {CONTENT_MAX_UNITS} UTF-16 units, not {units}"
        ));
    }
    if request.turn_number == Some(0) {
        return Err("`turn_number` is a positive integer".to_owned());
    }
    for (name, text) in [
        ("reply_session", &request.reply_session),
        ("idempotency_key", &request.idempotency_key),
    ] {
        let Some(text) = text else { continue };
        if text.is_empty() || text.len() > KEY_MAX_BYTES || text.chars().any(char::is_control) {
            return Err(format!(
                "`{name}` has 1 to {KEY_MAX_BYTES} bytes and no control character"
            ));
        }
    }
    Ok(())
}
