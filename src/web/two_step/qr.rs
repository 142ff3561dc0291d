//! A text as a square code to be scanned, drawn as the path of an SVG. Knows nothing of what the text says.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// The dark fields, and how wide the picture is with its margin.
pub(in crate::web) struct Picture {
    pub size: i32,
    pub path: String,
}

/// The light margin that scanners need, in fields.
const MARGIN: i32 = 4;

impl Picture {
    /// Nothing for a text that is too long for a code.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                let _ = write!(path, "M{} {}h1v1h-1z", x + MARGIN, y + MARGIN);
            }
        }
        Some(Self { size: code.size() + 2 * MARGIN, path })
    }
}

#[cfg(test)]
mod tests {
    use super::Picture;

    #[test]
    fn a_text_becomes_fields_inside_a_margin() {
        let picture = Picture::of("otpauth://totp/Kinbridge:mary?secret=ABCDEFGHIJKLMNOP").unwrap();
        assert!(picture.size >= 21 + 8, "{}", picture.size);
        assert!(picture.path.starts_with("M4 4h1v1h-1z"), "{}", picture.path);
        assert!(Picture::of(&"x".repeat(5_000)).is_none());
    }
}
