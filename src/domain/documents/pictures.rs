//! Pictures kept as evidence: judged by their bytes, and kept without what a camera writes beside them, such as the
//! place and the time at which it was taken. Pure.
//!
//! Only JPEG and PNG are taken, since those hold no programs. Of a JPEG the pixels, their colours and which way up they
//! are stay; what follows the end of the picture, such as a film, does not.

use crate::domain::appointments::signatures::{self, Media};

/// Before anything is taken out of it.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Each way, and altogether.
const MOST_PIXELS: u32 = 12_000;
const MOST_AREA: u64 = 64_000_000;

/// A picture that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub media: Media,
    pub bytes: Vec<u8>,
    /// SHA-256 in hexadecimal, of what is kept.
    pub digest: String,
}

/// What is wrong with it, after "The picture".
///
/// # Errors
/// Anything but a whole JPEG or PNG of a bearable size.
pub fn read(bytes: &[u8]) -> Result<Picture, &'static str> {
    if bytes.is_empty() {
        return Err("is missing. Take or choose one");
    }
    if bytes.len() > MOST_BYTES {
        return Err("is larger than 8 MB. Take it with a lower resolution");
    }
    let (media, found) = if bytes.starts_with(b"\xff\xd8") {
        (Media::Jpeg, jpeg(bytes))
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        (Media::Png, png(bytes))
    } else {
        return Err(signatures::what_else(bytes).words());
    };
    let Some((bytes, (width, height))) = found else {
        return Err("did not arrive whole, or is broken. Send it again");
    };
    if width == 0 || height == 0 {
        return Err("has no size. Take another");
    }
    let area = u64::from(width) * u64::from(height);
    if width > MOST_PIXELS || height > MOST_PIXELS || area > MOST_AREA {
        return Err("has too many pixels. Take it with a lower resolution");
    }
    let digest = signatures::hash(&bytes);
    Ok(Picture { media, bytes, digest })
}

type Cleaned = (Vec<u8>, (u32, u32));

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

/// Segment by segment to the end of the picture.
fn jpeg(bytes: &[u8]) -> Option<Cleaned> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    let (mut kept, mut size, mut turned) = (Vec::with_capacity(bytes.len()), None, None);
    loop {
        let [0xff, mark, after @ ..] = rest else { return None };
        match *mark {
            // Fill bytes before a mark.
            0xff => rest = rest.get(1..)?,
            0xd9 => break,
            0x00 | 0xd0..=0xd8 => return None,
            mark => {
                let length = usize::try_from(big_endian(after.get(..2)?)).ok()?;
                let (segment, next) = after.split_at_checked(length)?;
                let content = segment.get(2..)?;
                if mark == 0xe1 {
                    turned = turned.or_else(|| orientation(content));
                }
                if stays(mark, content) {
                    kept.extend_from_slice(&[0xff, mark]);
                    kept.extend_from_slice(segment);
                }
                if (0xc0..=0xcf).contains(&mark) && ![0xc4, 0xc8, 0xcc].contains(&mark) {
                    size = Some((big_endian(content.get(3..5)?), big_endian(content.get(1..3)?)));
                }
                rest = next;
                if mark == 0xda {
                    let (scan, next) = rest.split_at_checked(end_of_scan(rest)?)?;
                    kept.extend_from_slice(scan);
                    rest = next;
                }
            }
        }
    }
    let mut whole = b"\xff\xd8".to_vec();
    whole.extend(turned.map(upright).unwrap_or_default());
    whole.append(&mut kept);
    whole.extend_from_slice(b"\xff\xd9");
    Some((whole, size?))
}

/// Everything but comments and what applications write for themselves; of that, the colours stay.
fn stays(mark: u8, content: &[u8]) -> bool {
    match mark {
        // Without the small picture that may stand in it.
        0xe0 => content.starts_with(b"JFIF\0") && content.len() == 14,
        0xe2 => content.starts_with(b"ICC_PROFILE\0"),
        0xee => content.starts_with(b"Adobe"),
        0xe1..=0xef | 0xfe => false,
        _ => true,
    }
}

/// Where the next mark is; within a scan a mark is followed by nought, and restarts belong to it.
fn end_of_scan(bytes: &[u8]) -> Option<usize> {
    bytes
        .windows(2)
        .position(|pair| matches!(pair, [0xff, mark] if *mark != 0 && !(0xd0..=0xd7).contains(mark)))
}

/// Which way up a camera held it, of Exif: 2 to 8, where 1 is upright already.
fn orientation(content: &[u8]) -> Option<u8> {
    let tiff = content.strip_prefix(b"Exif\0\0")?;
    let number = match tiff.get(..2)? {
        b"II" => little_endian,
        b"MM" => big_endian,
        _ => return None,
    };
    let at = usize::try_from(number(tiff.get(4..8)?)).ok()?;
    let list = tiff.get(at..)?;
    let count = usize::try_from(number(list.get(..2)?)).ok()?;
    let entry = list
        .get(2..)?
        .chunks_exact(12)
        .take(count)
        .find(|entry| entry.get(..2).is_some_and(|tag| number(tag) == 0x0112))?;
    let value = u8::try_from(number(entry.get(8..10)?)).ok()?;
    (2..=8).contains(&value).then_some(value)
}

/// Exif with nothing in it but which way up it is.
fn upright(turned: u8) -> Vec<u8> {
    let mut segment = b"\xff\xe1\x00\x22Exif\0\0MM\x00\x2a\x00\x00\x00\x08".to_vec();
    segment.extend_from_slice(b"\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00");
    segment.extend_from_slice(&[turned, 0, 0, 0, 0, 0, 0]);
    segment
}

/// What of a PNG makes its pixels and colours.
const CHUNKS: [&[u8]; 10] =
    [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"];

/// Chunk by chunk to the end of the picture.
fn png(bytes: &[u8]) -> Option<Cleaned> {
    let mut kept = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut rest = bytes.strip_prefix(kept.as_slice())?;
    let (mut size, mut drawn) = (None, false);
    loop {
        let length = usize::try_from(big_endian(rest.get(..4)?)).ok()?;
        let kind = rest.get(4..8)?;
        let (chunk, next) = rest.split_at_checked(length.checked_add(12)?)?;
        if size.is_none() {
            let header = (kind == b"IHDR" && length == 13).then(|| chunk.get(8..16)).flatten()?;
            size = Some((big_endian(header.get(..4)?), big_endian(header.get(4..)?)));
        }
        drawn |= kind == b"IDAT";
        if CHUNKS.contains(&kind) {
            kept.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return size.filter(|_| drawn).map(|size| (kept, size));
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(mark: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, mark][..], &length, content].concat()
    }

    /// Exif of a camera, with its orientation and the place in it.
    fn exif(turned: u8) -> Vec<u8> {
        let mut content = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        content.extend_from_slice(&[turned, 0, 0, 0, 0, 0, 0, 0]);
        content.extend_from_slice(b"GPS 53.99 N 1.54 W");
        segment(0xe1, &content)
    }

    fn photo(turned: u8) -> Vec<u8> {
        [
            &b"\xff\xd8"[..],
            &segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"),
            &exif(turned),
            &segment(0xfe, b"taken by Iris at home"),
            &segment(0xc0, b"\x08\x00\x10\x00\x20\x01\x01\x11\0"),
            &segment(0xda, b"\x01\x01\0\0\x3f\0"),
            b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9",
            b"and a film after it",
        ]
        .concat()
    }

    fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[..], &kind, content, b"crc!"].concat()
    }

    fn drawing(width: u32) -> Vec<u8> {
        let header = [&width.to_be_bytes()[..], &4_u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        [
            &b"\x89PNG\r\n\x1a\n"[..],
            &chunk(*b"IHDR", &header),
            &chunk(*b"tEXt", b"Author\0Iris"),
            &chunk(*b"eXIf", b"GPS"),
            &chunk(*b"IDAT", b"pixels"),
            &chunk(*b"IEND", b""),
            b"trailing",
        ]
        .concat()
    }

    fn holds(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn what_a_camera_writes_beside_the_picture_is_not_kept() {
        let kept = read(&photo(6)).unwrap();
        assert_eq!(kept.media, Media::Jpeg);
        for part in [&b"GPS"[..], b"Iris", b"film"] {
            assert!(!holds(&kept.bytes, part), "{part:?}");
        }
        assert!(holds(&kept.bytes, b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9"));
        assert!(kept.bytes.ends_with(b"\x56\xff\xd9"));
        let kept = read(&drawing(3)).unwrap();
        for part in [&b"GPS"[..], b"Iris", b"trailing"] {
            assert!(!holds(&kept.bytes, part), "{part:?}");
        }
        assert_eq!((kept.media, holds(&kept.bytes, b"pixels")), (Media::Png, true));
    }

    #[test]
    fn which_way_up_it_is_stays_known() {
        for turned in 2..=8 {
            let kept = read(&photo(turned)).unwrap().bytes;
            let exif = kept.get(6..).unwrap();
            assert_eq!(orientation(exif), Some(turned));
            assert_eq!(read(&kept).unwrap().bytes, kept, "it is cleaned already");
        }
        assert!(!holds(&read(&photo(1)).unwrap().bytes, b"Exif"));
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_refused() {
        let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
        assert_eq!(read(svg), Err("is a drawing (SVG), which can hold a program"));
        assert_eq!(read(b"<!doctype html><script>"), Err("is a web page, not a picture"));
        assert_eq!(read(b"GIF89a"), Err("is a GIF, and only PNG and JPEG are kept"));
        assert!(read(b"").is_err() && read(b"%PDF-1.7").is_err() && read(b"\xff\xd8").is_err());
        assert!(read(&vec![0xff; MOST_BYTES + 1]).unwrap_err().contains("8 MB"));
        assert!(read(&drawing(12_001)).unwrap_err().contains("pixels"));
        assert!(read(&drawing(0)).is_err());
    }

    #[test]
    fn one_that_is_cut_off_anywhere_is_refused_and_never_panics() {
        let ends = |whole: &[u8], end: &[u8]| {
            whole.windows(end.len()).position(|window| window == end).unwrap() + end.len()
        };
        let (photo, drawing) = (photo(3), drawing(3));
        for end in 0..ends(&photo, b"\x56\xff\xd9") {
            assert!(read(&photo[..end]).is_err(), "{end}");
        }
        for end in 0..ends(&drawing, b"IENDcrc!") {
            assert!(read(&drawing[..end]).is_err(), "{end}");
        }
        for at in 0..photo.len() {
            let mut spoilt = photo.clone();
            spoilt[at] ^= 0xff;
            let _ = read(&spoilt);
        }
    }
}
