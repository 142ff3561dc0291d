//! Bodies that no honest server sends. All of them are made while they are sent, so that none needs memory here, and
//! all of them end: by themselves, or when the asker goes.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt, stream};

use super::conduct::{Conduct, Waiting};

/// The longest a made-up silence lasts.
const SILENCE: Duration = Duration::from_secs(30);
/// One letter of a drip.
const DRIP: Duration = Duration::from_millis(50);
/// The longest a drip lasts, in letters: two minutes.
const DRIPS: usize = 2_400;
const MIB: usize = 1024 * 1024;

pub(super) type Piece = Result<Bytes, Infallible>;

/// Says nothing for a while, or until the asker goes.
pub(super) async fn silence(conduct: &Conduct) {
    let _waiting = Waiting::new(conduct);
    tokio::time::sleep(SILENCE).await;
}

/// One letter at a time.
pub(super) fn drip(conduct: &Conduct, body: Vec<u8>) -> impl Stream<Item = Piece> + 'static {
    let waiting = Waiting::new(conduct);
    let letters = stream::iter(body.into_iter().take(DRIPS));
    letters.then(move |letter| {
        let _held = &waiting;
        async move {
            tokio::time::sleep(DRIP).await;
            Ok(Bytes::copy_from_slice(&[letter]))
        }
    })
}

/// A beginning, then silence.
pub(super) fn stall(conduct: &Conduct, beginning: Vec<u8>) -> impl Stream<Item = Piece> + 'static {
    let waiting = Waiting::new(conduct);
    stream::once(async move { Ok(Bytes::from(beginning)) }).chain(stream::once(async move {
        let _held = waiting;
        tokio::time::sleep(SILENCE).await;
        Ok(Bytes::new())
    }))
}

/// A beginning, then the end of the connection.
pub(super) fn cut(beginning: Vec<u8>) -> impl Stream<Item = io::Result<Bytes>> + 'static {
    stream::once(async move { Ok(Bytes::from(beginning)) }).chain(stream::once(async {
        // Long enough for the beginning to leave.
        tokio::time::sleep(DRIP).await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    }))
}

/// The end of the connection before the answer begins.
pub(super) fn reset() -> impl Stream<Item = io::Result<Bytes>> + 'static {
    stream::once(async { Err(io::Error::from(io::ErrorKind::ConnectionReset)) })
}

/// A beginning, then the same piece again and again.
fn repeated(beginning: &'static [u8], piece: Vec<u8>, times: usize) -> impl Stream<Item = Piece> + 'static {
    let piece = Bytes::from(piece);
    let rest = stream::iter(std::iter::repeat_n(piece, times)).map(Ok);
    stream::once(async move { Ok(Bytes::from_static(beginning)) }).chain(rest)
}

/// A list that goes on for 10 GB.
pub(super) fn endless(root: &'static [u8]) -> impl Stream<Item = Piece> + 'static {
    let person = br#"{"id":"again","first_name":"Ada","last_name":"Marsh"},"#;
    repeated(root, person.repeat(1_000), 10 * 1024 * MIB / (person.len() * 1_000))
}

/// How long `huge` is.
pub(super) const HUGE: usize = 200 * MIB;

/// 200 MB of white space in front of the list's first entry.
pub(super) fn huge(root: &'static [u8]) -> impl Stream<Item = Piece> + 'static {
    repeated(root, vec![b' '; MIB], HUGE / MIB).scan(HUGE, |left, piece| {
        let Ok(mut piece) = piece;
        piece.truncate(*left);
        *left -= piece.len();
        std::future::ready(Some(Ok(piece)))
    })
}

/// 100,000 brackets.
pub(super) fn deep(root: &'static [u8]) -> impl Stream<Item = Piece> + 'static {
    repeated(root, vec![b'['; 10_000], 10)
}

/// Seven megabytes of gzip that unpack to one gibibyte of spaces in front of the list's first entry.
pub(super) fn gzip_bomb(root: &'static [u8]) -> impl Stream<Item = Piece> + 'static {
    let (start, again) = bomb(root);
    // One repetition of 13 bytes unpacks to eight times 258 bytes.
    let once = again.repeat(2_048);
    let times = 1024 * MIB / (2_048 * 8 * 258);
    let rest = stream::iter(std::iter::repeat_n(Bytes::from(once), times)).map(Ok);
    stream::once(async move { Ok(Bytes::from(start)) }).chain(rest)
}

/// The head of the bomb, and the 13 bytes that repeat. The list's beginning and one space are stored as they are;
/// then a block with fixed codes follows in which each 13 bits say *the last byte again, 258 times* (RFC 1951: length
/// code 285 is 11000101, distance code 0 is 00000).
fn bomb(root: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut start = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let length = u16::try_from(root.len() + 1).unwrap_or(u16::MAX);
    start.push(0);
    start.extend(length.to_le_bytes());
    start.extend((!length).to_le_bytes());
    start.extend(root);
    start.push(b' ');
    let word = [true, true, false, false, false, true, false, true, false, false, false, false, false];
    let head = [true, true, false];
    let bits: Vec<bool> = head.into_iter().chain(word.into_iter().cycle().take(13 * 9)).collect();
    let mut bytes = bits
        .chunks_exact(8)
        .map(|bits| bits.iter().rev().fold(0_u8, |byte, bit| (byte << 1) | u8::from(*bit)));
    start.extend(bytes.next());
    (start, bytes.take(13).collect())
}
