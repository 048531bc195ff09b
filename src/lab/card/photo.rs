//! A specimen portrait: a grey baseline JPEG that shows a head, shoulders and the word TEST.

/// Total length the portrait is filled up to, as photos on real cards have.
const USUAL_BYTES: usize = 3028;

/// A portrait of `width` × `height` pixels. `shade` (0 to 255) tells specimens apart.
///
/// Every 8 × 8 block has one grey value, so only the constant coefficient is written (ITU-T T.81, baseline, one
/// component, Huffman tables of Annex K for DC and a one-symbol table for AC).
pub(super) fn portrait(width: u16, height: u16, shade: u8) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    segment(&mut out, 0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00");
    // A DC step of 8 makes the coefficient the grey value itself, minus 128.
    segment(&mut out, 0xDB, &[&[0x00][..], &[8; 64]].concat());
    let [w, h] = [width.to_be_bytes(), height.to_be_bytes()];
    segment(&mut out, 0xC0, &[&[8][..], &h, &w, &[1, 1, 0x11, 0]].concat());
    let dc: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    let dc_values: Vec<u8> = (0..12).collect();
    segment(&mut out, 0xC4, &[&[0x00][..], &dc, &dc_values].concat());
    let mut ac = [0_u8; 16];
    if let Some(one) = ac.first_mut() {
        *one = 1;
    }
    segment(&mut out, 0xC4, &[&[0x10][..], &ac, &[0x00]].concat());

    let (columns, rows) = (i32::from(width.div_ceil(8)), i32::from(height.div_ceil(8)));
    let mut bits = Bits::default();
    let mut previous = 0;
    for row in 0..rows {
        for column in 0..columns {
            let value = i32::from(grey(column, row, columns, rows, shade)) - 128;
            bits.difference(value - previous);
            // End of block: the only AC symbol, one bit.
            bits.push(0, 1);
            previous = value;
        }
    }
    let scan = bits.finish();
    let text = b"TEST specimen portrait of a virtual card. ";
    // 4 bytes are the comment's own marker and length, 10 the scan header, 2 the end mark.
    let fill = USUAL_BYTES
        .saturating_sub(out.len() + scan.len() + 4 + 10 + 2)
        .max(text.len());
    let comment: Vec<u8> = text.iter().copied().cycle().take(fill).collect();
    segment(&mut out, 0xFE, &comment);
    segment(&mut out, 0xDA, &[1, 1, 0x00, 0, 63, 0]);
    out.extend_from_slice(&scan);
    out.extend_from_slice(&[0xFF, 0xD9]);
    out
}

const LETTERS: [&[u8]; 5] = [
    b"### ### ### ###",
    b" #  #   #    # ",
    b" #  ##  ###  # ",
    b" #  #     #  # ",
    b" #  ### ###  # ",
];

fn grey(column: i32, row: i32, columns: i32, rows: i32, shade: u8) -> u8 {
    let left = (columns - 15) / 2;
    let letter = usize::try_from(row - (rows - 6))
        .ok()
        .and_then(|line| LETTERS.get(line))
        .and_then(|line| line.get(usize::try_from(column - left).ok()?));
    if letter == Some(&b'#') {
        return 10;
    }
    let (x, y) = (column * 2 - columns, row * 2 - rows * 3 / 4);
    let head = x * x * 3 + y * y * 2 < columns * columns / 2;
    let (sx, sy) = (column * 2 - columns, row * 2 - rows * 2);
    let shoulders = sx * sx + sy * sy < columns * columns * 3 / 4;
    if head {
        shade
    } else if shoulders {
        90
    } else {
        225
    }
}

fn segment(out: &mut Vec<u8>, marker: u8, content: &[u8]) {
    out.extend_from_slice(&[0xFF, marker]);
    let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(content);
}

/// Bits, most significant first, with the byte stuffing of entropy-coded segments.
#[derive(Default)]
struct Bits {
    out: Vec<u8>,
    current: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, length: u32) {
        for shift in (0..length).rev() {
            self.current = (self.current << 1) | ((value >> shift) & 1);
            self.count += 1;
            if self.count == 8 {
                let byte = u8::try_from(self.current & 0xFF).unwrap_or(0);
                self.out.push(byte);
                if byte == 0xFF {
                    self.out.push(0x00);
                }
                self.current = 0;
                self.count = 0;
            }
        }
    }

    /// A difference of DC values: its size class by the table of Annex K.3, then its bits.
    fn difference(&mut self, difference: i32) {
        let magnitude = difference.unsigned_abs();
        let class = 32 - magnitude.leading_zeros();
        let (code, length) = match class {
            0 => (0b00, 2),
            1..=5 => (0b010 + class - 1, 3),
            _ => ((1 << (class - 2)) - 2, class - 2),
        };
        self.push(code, length);
        let bits = if difference >= 0 {
            magnitude
        } else {
            (1_u32 << class) - 1 - magnitude
        };
        self.push(bits, class);
    }

    fn finish(mut self) -> Vec<u8> {
        while self.count != 0 {
            self.push(1, 1);
        }
        self.out
    }
}
