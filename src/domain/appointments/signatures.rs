//! Signatures as pictures: what a `data:` URL holds, judged by its bytes and never by what it calls itself. Pure.
//!
//! Only PNG and JPEG are taken, since those hold no programs; the size in pixels is read from the header, so that a
//! picture that would fill a screen's memory is refused without being drawn.

use sha2::{Digest, Sha256};

use crate::db::text_enum;
use crate::kit::secret::hex;

/// Decoded.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Each way.
pub const MOST_PIXELS: u32 = 4_000;

text_enum! {
    /// The media type under which a signature is kept and served.
    pub enum Media {
        Png = "image/png",
        Jpeg = "image/jpeg",
    }
}

/// A signature that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub media: Media,
    pub bytes: Vec<u8>,
    /// SHA-256 in hexadecimal.
    pub hash: String,
    pub width: u32,
    pub height: u32,
}

/// Why a signature is set aside; the rest of its note is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    NotAPicture,
    Broken,
    TooLarge,
    TooManyPixels,
    Svg,
    Html,
    Gif,
    /// A picture of another kind.
    OtherKind,
}

impl Unusable {
    /// After "The signature".
    pub fn words(self) -> &'static str {
        match self {
            Self::NotAPicture => "was sent without a picture",
            Self::Broken => "was sent in a form that cannot be read",
            Self::TooLarge => "is larger than 2 MB",
            Self::TooManyPixels => "is more than 4,000 pixels wide or high",
            Self::Svg => "is a drawing (SVG), which can hold a program",
            Self::Html => "is a web page, not a picture",
            Self::Gif => "is a GIF, and only PNG and JPEG are kept",
            Self::OtherKind => "is neither PNG nor JPEG",
        }
    }

    pub fn repair(self) -> &'static str {
        match self {
            Self::TooLarge | Self::TooManyPixels => {
                "Ask the therapist to have the note signed again on the device, which makes a small picture."
            }
            _ => "Ask the therapist to have the note signed again in Ensora Data Collection.",
        }
    }
}

/// What a `data:` URL holds.
///
/// # Errors
/// Anything but a PNG or JPEG of a bearable size.
pub fn read(value: &str) -> Result<Picture, Unusable> {
    let value = value.trim();
    let (kind, content) = value.split_once(',').ok_or(Unusable::NotAPicture)?;
    let kind = kind.to_ascii_lowercase();
    if !kind.starts_with("data:") {
        return Err(Unusable::NotAPicture);
    }
    if !kind.ends_with(";base64") {
        return Err(other(content.as_bytes(), Unusable::Broken));
    }
    // Four signs for three bytes: judged before anything is decoded.
    if content.len() / 4 * 3 > MOST_BYTES + 3 {
        return Err(Unusable::TooLarge);
    }
    let bytes = base64(content).ok_or(Unusable::Broken)?;
    if bytes.is_empty() {
        return Err(Unusable::NotAPicture);
    }
    judge(bytes)
}

fn judge(bytes: Vec<u8>) -> Result<Picture, Unusable> {
    if bytes.len() > MOST_BYTES {
        return Err(Unusable::TooLarge);
    }
    let (media, (width, height)) = if let Some(size) = png(&bytes) {
        (Media::Png, size)
    } else if let Some(size) = jpeg(&bytes) {
        (Media::Jpeg, size)
    } else {
        return Err(other(&bytes, Unusable::OtherKind));
    };
    if width == 0 || height == 0 {
        return Err(Unusable::Broken);
    }
    if width > MOST_PIXELS || height > MOST_PIXELS {
        return Err(Unusable::TooManyPixels);
    }
    let hash = hash(&bytes);
    Ok(Picture { media, bytes, hash, width, height })
}

/// SHA-256 in hexadecimal: what a picture is kept under, and compared with when it is shown.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What a file is that is neither PNG nor JPEG.
pub fn what_else(bytes: &[u8]) -> Unusable {
    other(bytes, Unusable::OtherKind)
}

/// What it is instead, for the reason in words.
fn other(bytes: &[u8], unknown: Unusable) -> Unusable {
    let start: String = bytes.iter().take(512).map(|byte| char::from(*byte).to_ascii_lowercase()).collect();
    let start = start.trim_start_matches(|sign: char| !sign.is_ascii_graphic());
    if bytes.starts_with(b"GIF8") {
        Unusable::Gif
    } else if start.contains("<svg") || start.starts_with("%3csvg") {
        Unusable::Svg
    } else if start.starts_with('<') || start.contains("<html") || start.contains("<script") {
        Unusable::Html
    } else {
        unknown
    }
}

/// Width and height from the first chunk, which every PNG begins with.
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let rest = rest.strip_prefix(b"\x00\x00\x00\x0dIHDR")?;
    Some((big_endian(rest.get(0..4)?), big_endian(rest.get(4..8)?)))
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// Width and height from the first frame header, past the segments before it.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, mark, ..] = rest else { return None };
        // Fill bytes before a mark.
        if *mark == 0xff {
            rest = rest.get(1..)?;
            continue;
        }
        let length = usize::try_from(big_endian(rest.get(2..4)?)).ok()?;
        match mark {
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(mark) => {
                return Some((big_endian(rest.get(7..9)?), big_endian(rest.get(5..7)?)));
            }
            // The picture itself, or its end, without a header before it.
            0xda | 0xd9 => return None,
            _ => rest = rest.get(2 + length.max(2)..)?,
        }
    }
}

/// Decodes base64 of either alphabet; line breaks are passed over, anything else is a fault.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut held, mut ended, mut signs) = (0_u32, 0_u32, false, 0_usize);
    for sign in text.bytes() {
        let value = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                ended = true;
                continue;
            }
            b' ' | b'\r' | b'\n' | b'\t' => continue,
            _ => return None,
        };
        if ended {
            return None;
        }
        signs += 1;
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    // One sign alone is six bits, which are no byte.
    (signs % 4 != 1).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One pixel.
    const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    fn encode(bytes: &[u8]) -> String {
        const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for piece in bytes.chunks(3) {
            let all =
                piece.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - piece.len()));
            for n in 0..4 {
                let sign = SIGNS[usize::try_from(all >> (18 - 6 * n) & 63).unwrap()];
                text.push(if n <= piece.len() { char::from(sign) } else { '=' });
            }
        }
        text
    }

    fn url(kind: &str, bytes: &[u8]) -> String {
        format!("data:{kind};base64,{}", encode(bytes))
    }

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 6, 0, 0, 0]);
        bytes
    }

    #[test]
    fn a_png_and_a_jpeg_are_kept_with_size_and_hash() {
        let picture = read(PNG).unwrap();
        assert_eq!((picture.media, picture.width, picture.height), (Media::Png, 1, 1));
        assert_eq!(picture.hash, hash(&picture.bytes));
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc0\x00\x11\x08\x00\x20\x01\x40\x03rest";
        let picture = read(&url("image/jpeg", jpeg)).unwrap();
        assert_eq!((picture.media, picture.width, picture.height), (Media::Jpeg, 320, 32));
    }

    #[test]
    fn what_it_calls_itself_does_not_count() {
        assert_eq!(read(&PNG.replace("image/png", "text/html")).unwrap().media, Media::Png);
        for (bytes, why) in [
            (&b"<svg onload=alert(1)>"[..], Unusable::Svg),
            (b"<?xml version='1.0'?><svg/>", Unusable::Svg),
            (b"<!DOCTYPE html><script>alert(1)</script>", Unusable::Html),
            (b"GIF89a\x01\x00\x01\x00", Unusable::Gif),
            (b"%PDF-1.4", Unusable::OtherKind),
            (b"\x89PNG\r\n\x1a\nshort", Unusable::OtherKind),
            (b"\xff\xd8\xff\xd9", Unusable::OtherKind),
        ] {
            assert_eq!(read(&url("image/png", bytes)), Err(why), "{bytes:?}");
        }
        assert_eq!(read("data:image/svg+xml,<svg onload=alert(1)>"), Err(Unusable::Svg));
    }

    #[test]
    fn too_large_in_bytes_or_pixels_is_set_aside() {
        let twenty = format!("data:image/png;base64,{}", "A".repeat(20 * 1024 * 1024 / 3 * 4));
        assert_eq!(read(&twenty), Err(Unusable::TooLarge));
        let mut just_over = png_of(1, 1);
        just_over.resize(MOST_BYTES + 1, 0);
        assert_eq!(read(&url("image/png", &just_over)), Err(Unusable::TooLarge));
        just_over.pop();
        assert!(read(&url("image/png", &just_over)).is_ok());
        assert_eq!(read(&url("image/png", &png_of(4_001, 1))), Err(Unusable::TooManyPixels));
        assert_eq!(read(&url("image/png", &png_of(1, u32::MAX))), Err(Unusable::TooManyPixels));
        assert_eq!(read(&url("image/png", &png_of(0, 1))), Err(Unusable::Broken));
        assert!(read(&url("image/png", &png_of(4_000, 4_000))).is_ok());
    }

    #[test]
    fn broken_texts_are_set_aside_and_never_panic() {
        for (value, why) in [
            ("", Unusable::NotAPicture),
            ("signed", Unusable::NotAPicture),
            ("https://example.org/a.png,", Unusable::NotAPicture),
            ("data:image/png;base64,", Unusable::NotAPicture),
            ("data:image/png;base64,A", Unusable::Broken),
            ("data:image/png;base64,iVBO!!", Unusable::Broken),
            ("data:image/png;base64,iV=BO", Unusable::Broken),
            ("data:image/png,rawbytes", Unusable::Broken),
        ] {
            assert_eq!(read(value), Err(why), "{value}");
        }
        let whole = read(PNG).unwrap().bytes;
        for end in 0..whole.len() {
            let _ = judge(whole[..end].to_vec());
        }
        let folded = PNG.replace("iVBO", "iVBO\r\n ");
        assert_eq!(read(&folded).unwrap().bytes, whole);
    }
}
