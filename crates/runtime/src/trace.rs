//! The trace a message belongs to, for log lines: W3C trace context, level 1.

/// The trace id in a `traceparent` such as `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
///
/// None where the text is not one: it came from outside and stands in log lines.
pub fn trace_id(traceparent: &str) -> Option<&str> {
    let mut fields = traceparent.split('-');
    let (version, trace) = (fields.next()?, fields.next()?);
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (version.len() == 2 && is_hex(version) && trace.len() == 32 && is_hex(trace)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_one_is_read() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{id}-00f067aa0ba902b7-01")), Some(id));
        for wrong in ["", "00", "00-short-00f067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e473\n-x-01"] {
            assert_eq!(trace_id(wrong), None, "{wrong:?}");
        }
    }
}
