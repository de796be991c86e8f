//! Truthiness and number conversions of ECMAScript (ECMA-262), for decisions that the reference SDK bases on them.

use serde_json::Value;

/// Converts a JSON value to a boolean as `ToBoolean` does.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => true,
    }
}

/// Converts a JSON value as JavaScript's relational operators do; `None` is NaN.
pub(crate) fn to_number(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(0.0),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.trim().is_empty() => Some(0.0),
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Parses the integer at the start of the text as `parseInt(text)` does: hexadecimal after `0x`. `None` is NaN.
pub(crate) fn parse_int(text: &str) -> Option<f64> {
    let (sign, digits) = split_sign(text);
    match digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        Some(digits) => leading_integer(digits, 16).map(|number| sign * number),
        None => leading_integer(digits, 10).map(|number| sign * number),
    }
}

/// Parses the decimal integer at the start of the text as `parseInt(text, 10)` does. `None` is NaN.
pub(crate) fn parse_decimal_int(text: &str) -> Option<f64> {
    let (sign, digits) = split_sign(text);
    leading_integer(digits, 10).map(|number| sign * number)
}

fn split_sign(text: &str) -> (f64, &str) {
    let text = text.trim_start();
    match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    }
}

fn leading_integer(digits: &str, radix: u32) -> Option<f64> {
    let end = digits
        .find(|digit: char| !digit.is_digit(radix))
        .unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    if radix == 10 {
        // `parse` rounds correctly, which adding digit by digit would not.
        return digits[..end].parse().ok();
    }
    let digits = digits[..end]
        .chars()
        .filter_map(|digit| digit.to_digit(radix));
    Some(digits.fold(0.0, |number, digit| {
        number * f64::from(radix) + f64::from(digit)
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn truthiness() {
        for falsy in [json!(null), json!(false), json!(0), json!(-0.0), json!("")] {
            assert!(!is_truthy(&falsy), "{falsy}");
        }
        for truthy in [
            json!(true),
            json!(1),
            json!("0"),
            json!(" "),
            json!([]),
            json!({}),
        ] {
            assert!(is_truthy(&truthy), "{truthy}");
        }
    }

    #[test]
    fn numbers() {
        for (value, number) in [
            (json!(null), Some(0.0)),
            (json!(true), Some(1.0)),
            (json!(" "), Some(0.0)),
            (json!(" 12.5 "), Some(12.5)),
            (json!("12a"), None),
            (json!([1]), None),
            (json!({}), None),
        ] {
            assert_eq!(to_number(&value), number, "{value}");
        }
    }

    #[test]
    fn integers() {
        for (text, any, decimal) in [
            ("12", Some(12.0), Some(12.0)),
            (" +12.9", Some(12.0), Some(12.0)),
            ("-3x", Some(-3.0), Some(-3.0)),
            ("0x1F", Some(31.0), Some(0.0)),
            ("-0Xa", Some(-10.0), Some(0.0)),
            ("0x", None, Some(0.0)),
            ("x1", None, None),
            ("", None, None),
            ("+", None, None),
            ("--1", None, None),
            ("\u{0661}", None, None),
        ] {
            assert_eq!(parse_int(text), any, "{text}");
            assert_eq!(parse_decimal_int(text), decimal, "{text}");
        }
    }
}
