//! Changing a good specimen as a script of bytes says: the same script makes the same change, and a shorter script a
//! smaller one, so that a tool that looks for the shortest failing input works on what was changed.

/// Longest result: enough for every limit that a specimen could be blown up past within a test's time.
const LONGEST: usize = 1 << 20;

/// Most changes of one script.
const MOST: usize = 24;

/// Numbers at which readers of lengths, offsets and counts break.
const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "-1",
    "2",
    "9",
    "127",
    "128",
    "255",
    "65535",
    "65536",
    "8388607",
    "8388608",
    "2147483648",
    "4294967295",
    "9223372036854775807",
    "99999999999999999999",
];

/// Bytes at which readers of text and DER change their mind.
const BYTES: &[u8] =
    b"\x00\x01\x1f\x20\x30\x31\x7f\x80\x81\x82\x84\x85\xa0\xa3\xff()<>[]/%{}\"'\\:;,.=&+- \r\n\t@#_";

struct Script<'s>(&'s [u8]);

impl Script<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn small(&mut self) -> usize {
        usize::from(self.byte().unwrap_or(0))
    }

    /// A place in `length` bytes, every one of them reachable.
    fn place(&mut self, length: usize) -> usize {
        let number = (self.small() << 16) | (self.small() << 8) | self.small();
        if length == 0 { 0 } else { number % length }
    }
}

/// `specimen` after the changes that `script` says.
pub fn apply(specimen: &[u8], script: &[u8]) -> Vec<u8> {
    let mut out = specimen.to_vec();
    let mut script = Script(script);
    for _ in 0..MOST {
        let Some(kind) = script.byte() else { break };
        let at = script.place(out.len());
        change(&mut out, kind % 12, at, &mut script);
        out.truncate(LONGEST);
    }
    out
}

fn change(out: &mut Vec<u8>, kind: u8, at: usize, script: &mut Script<'_>) {
    match kind {
        0 => flip(out, at, 1 << (script.small() % 8)),
        1 => put(out, at, script.byte().unwrap_or(0)),
        2 => put(out, at, BYTES[script.small() % BYTES.len()]),
        3 => drop(out.drain(at..(at + script.small() + 1).min(out.len()))),
        4 => out.truncate(at),
        5 => {
            let count = script.small() % 9;
            let new: Vec<u8> = (0..count).filter_map(|_| script.byte()).collect();
            drop(out.splice(at..at, new));
        }
        6 => {
            let end = (at + script.small() * 4 + 1).min(out.len());
            let part = out[at..end].to_vec();
            let to = script.place(out.len() + 1);
            drop(out.splice(to..to, part));
        }
        7 => {
            let end = (at + script.small() + 1).min(out.len());
            let part = out[at..end].repeat(script.small() + 1);
            drop(out.splice(at..at, part));
        }
        8 => number(out, at, NUMBERS[script.small() % NUMBERS.len()]),
        // A length octet of DER or TLV is one more or less than it was.
        9 => add(out, at, 1),
        10 => add(out, at, 0xFF),
        _ => swap(out, at, script),
    }
}

fn put(out: &mut [u8], at: usize, byte: u8) {
    if let Some(place) = out.get_mut(at) {
        *place = byte;
    }
}

fn add(out: &mut [u8], at: usize, count: u8) {
    if let Some(place) = out.get_mut(at) {
        *place = place.wrapping_add(count);
    }
}

fn flip(out: &mut [u8], at: usize, bits: u8) {
    if let Some(place) = out.get_mut(at) {
        *place ^= bits;
    }
}

/// The next number in the text at or after `at` becomes `new`.
fn number(out: &mut Vec<u8>, at: usize, new: &str) {
    let Some(start) = out[at..].iter().position(u8::is_ascii_digit) else {
        return;
    };
    let start = at + start;
    let length = out[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    drop(out.splice(start..start + length, new.bytes()));
}

/// Two stretches of the same length change places.
fn swap(out: &mut [u8], at: usize, script: &mut Script<'_>) {
    let other = script.place(out.len());
    let (low, high) = (at.min(other), at.max(other));
    let length = (script.small() + 1).min(high - low).min(out.len() - high);
    for step in 0..length {
        out.swap(low + step, high + step);
    }
}
