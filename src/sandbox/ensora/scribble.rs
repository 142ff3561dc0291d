//! Signatures for made-up notes: a scribble, drawn from a seed and written as a small PNG, the same each time.

/// In pixels; a row is a whole number of bytes.
const WIDTH: usize = 240;
const HEIGHT: usize = 72;
const ROW: usize = WIDTH / 8;
/// Steps of the pen for one scribble.
const STEPS: usize = 900;

/// A signature as a PNG, black on white.
pub fn scribble(seed: &str) -> Vec<u8> {
    let mut raw = Vec::with_capacity((ROW + 1) * HEIGHT);
    for row in drawn(seed).chunks_exact(ROW) {
        // Each row begins with its filter: none.
        raw.push(0);
        raw.extend_from_slice(row);
    }
    let mut head = Vec::new();
    for side in [WIDTH, HEIGHT] {
        head.extend(u32::try_from(side).unwrap_or(1).to_be_bytes());
    }
    // One bit a pixel, grey, and the only kinds of packing, filtering and order there are without choice.
    head.extend([1, 0, 0, 0, 0]);
    let mut png = vec![0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
    for (kind, data) in [(*b"IHDR", head), (*b"IDAT", packed(&raw)), (*b"IEND", Vec::new())] {
        piece(&mut png, kind, &data);
    }
    png
}

/// The same as a data URL, as notes hold them.
pub fn scribble_url(seed: &str) -> String {
    format!("data:image/png;base64,{}", base64(&scribble(seed)))
}

/// An SVG with a script in it, which nobody may show as it is.
pub fn script_url() -> String {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"240\" height=\"72\">\
        <script>document.title = 'a script of a signature ran'</script><path d=\"M8 40l40-24 40 32\"/></svg>";
    format!("data:image/svg+xml;base64,{}", base64(svg.as_bytes()))
}

/// A white sheet on which a pen has gone from the left to the right, up and down as the seed has it.
fn drawn(seed: &str) -> Vec<u8> {
    let mut sheet = vec![0xff; ROW * HEIGHT];
    let mut state = seed
        .bytes()
        .fold(0x6b69_6e62_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The pen's place and speed, in 16ths of a pixel.
    let (mut x, mut y, mut rise): (i64, i64, i64) = (12 * 16, 36 * 16, 0);
    for _ in 0..STEPS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let push = i64::from((state >> 33) % 15 > 7) * 2 - 1;
        // What pulls back to the middle grows with the distance, so that the line swings.
        rise = (rise + push * 3 + (36 * 16 - y) / 48).clamp(-24, 24);
        x += 4;
        y = (y + rise).clamp(4 * 16, 67 * 16);
        for (right, down) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            dot(&mut sheet, x / 16 + right, y / 16 + down);
        }
    }
    sheet
}

fn dot(sheet: &mut [u8], x: i64, y: i64) {
    let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
    if x < WIDTH
        && let Some(byte) = sheet.get_mut(y * ROW + x / 8)
    {
        *byte &= !(0x80 >> (x % 8));
    }
}

/// One piece of a PNG: length, kind, data, and the sum of both.
fn piece(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    png.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    png.extend_from_slice(&kind);
    png.extend_from_slice(data);
    let sum = !kind.iter().chain(data).fold(u32::MAX, |sum, byte| {
        let start = sum ^ u32::from(*byte);
        (0..8).fold(start, |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    });
    png.extend(sum.to_be_bytes());
}

/// In the zlib format, stored as it is: so small that nothing is gained by more.
fn packed(raw: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = raw.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (low, high) = raw.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    out.extend(((high << 16) | low).to_be_bytes());
    out
}

const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes in base64, with its padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |place: usize| u32::from(three.get(place).copied().unwrap_or(0));
        let bits = (at(0) << 16) | (at(1) << 8) | at(2);
        for place in 0..4_usize {
            if place > three.len() {
                text.push('=');
                continue;
            }
            let sign = usize::try_from((bits >> (18 - 6 * place)) & 63).unwrap_or(0);
            text.push(char::from(SIGNS.get(sign).copied().unwrap_or(b'A')));
        }
    }
    text
}

/// What a text in base64 says, if it says a text.
pub(super) fn text_of(base64: &str) -> Option<String> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for sign in base64.trim_end_matches('=').bytes() {
        let value = SIGNS.iter().position(|one| *one == sign).and_then(|at| u32::try_from(at).ok())?;
        bits = (bits << 6) | value;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_base64_as_everybody_writes_them() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
            assert_eq!(text_of(text).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn a_scribble_is_a_png_of_its_own_and_the_same_each_time() {
        let one = scribble("R. Diaz");
        assert_eq!(one, scribble("R. Diaz"));
        assert_ne!(one, scribble("H. Doyle"));
        assert!(one.starts_with(&[0x89, b'P', b'N', b'G']) && one.len() < 4_000, "{}", one.len());
        // The end is always the same, with its sum.
        assert!(one.ends_with(&[0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82]));
        let black = drawn("R. Diaz").iter().map(|byte| byte.count_zeros()).sum::<u32>();
        assert!((300..6_000).contains(&black), "{black}");
    }
}
