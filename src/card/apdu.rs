//! Commands and answers of ISO 7816-4 in their short form, as T=0 carries them.

use std::fmt;

use zeroize::Zeroizing;

/// One command: header, data, and how many bytes are expected back.
///
/// Its `Debug` and its log line show header, Lc and Le only: the data of VERIFY is a PIN.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    header: [u8; 4],
    data: Zeroizing<Vec<u8>>,
    expected: Option<Le>,
    name: &'static str,
}

/// How many bytes a command expects: 1 to 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Le(u8);

impl Le {
    /// 256 bytes, coded `00`.
    pub const MAX: Self = Self(0);

    /// As coded: `00` is 256.
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// As coded: `00` is 256.
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The number of bytes, 1 to 256.
    pub fn count(self) -> usize {
        if self.0 == 0 { 256 } else { usize::from(self.0) }
    }
}

impl Command {
    /// A command without data and without an answer (case 1). `name` is what errors and logs call it.
    pub fn new(name: &'static str, header: [u8; 4]) -> Self {
        Self {
            header,
            data: Zeroizing::new(Vec::new()),
            expected: None,
            name,
        }
    }

    /// The command with this data, at most 255 bytes (case 3 or 4).
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = Zeroizing::new(data.into());
        self
    }

    /// The command with data that is wiped and was never elsewhere: a PIN block.
    #[must_use]
    pub fn with_secret(mut self, data: Zeroizing<Vec<u8>>) -> Self {
        self.data = data;
        self
    }

    /// The command that expects this many bytes (case 2).
    #[must_use]
    pub const fn with_expected(mut self, expected: Le) -> Self {
        self.expected = Some(expected);
        self
    }

    /// What errors and logs call this command.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// CLA, INS, P1, P2.
    pub const fn header(&self) -> [u8; 4] {
        self.header
    }

    /// How many bytes are expected back.
    pub const fn expected(&self) -> Option<Le> {
        self.expected
    }

    /// The bytes that T=0 carries: Le goes out only when there is no data (case 4 is sent as case 3).
    ///
    /// Source: ISO 7816-3 §12.2; reference §3.1.
    pub fn to_tpdu(&self) -> Zeroizing<Vec<u8>> {
        // INVARIANT: reserved whole, so that no copy of a PIN is left behind by a growing vector.
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.data.len().saturating_add(6)));
        bytes.extend_from_slice(&self.header);
        match (u8::try_from(self.data.len()), self.expected) {
            (Ok(0), Some(expected)) => bytes.push(expected.byte()),
            (Ok(0) | Err(_), _) => {}
            (Ok(length), _) => {
                bytes.push(length);
                bytes.extend_from_slice(&self.data);
            }
        }
        bytes
    }

    /// The bytes that T=1 carries: as [`Command::to_tpdu`], with Le behind the data where an answer is expected.
    ///
    /// Source: ISO 7816-3 §12.1.
    pub fn to_apdu(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = self.to_tpdu();
        if let Some(expected) = self.expected.filter(|_| !self.data.is_empty()) {
            bytes.push(expected.byte());
        }
        bytes
    }

    /// Splits the bytes of a command: header, data, Le. `None` when the lengths contradict each other.
    ///
    /// Takes all four short cases. For the card side of a virtual reader.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (header, body) = bytes.split_first_chunk::<4>()?;
        let mut command = Self::new("COMMAND", *header);
        match body {
            [] => {}
            [expected] => command.expected = Some(Le(*expected)),
            [length, rest @ ..] => {
                let length = usize::from(*length);
                let (data, tail) = rest.split_at_checked(length)?;
                if length == 0 {
                    return None;
                }
                command.data = Zeroizing::new(data.to_vec());
                match tail {
                    [] => {}
                    [expected] => command.expected = Some(Le(*expected)),
                    _ => return None,
                }
            }
        }
        Some(command)
    }

    /// The data field. Of VERIFY it is a PIN block: the caller must not log it.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, hex::encode_upper(self.header))?;
        if !self.data.is_empty() {
            write!(f, " Lc={:02X}", self.data.len())?;
        }
        if let Some(expected) = self.expected {
            write!(f, " Le={:02X}", expected.byte())?;
        }
        Ok(())
    }
}

/// What a card answered. Its `Debug` shows the length and the status word only.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    data: Vec<u8>,
    status: StatusWord,
}

impl Response {
    /// An answer of `data` and `status`.
    pub const fn new(data: Vec<u8>, status: StatusWord) -> Self {
        Self { data, status }
    }

    /// Splits the bytes of an answer; `None` when there are fewer than two.
    pub fn parse(mut bytes: Vec<u8>) -> Option<Self> {
        let (_, status) = bytes.split_last_chunk::<2>()?;
        let status = StatusWord(u16::from_be_bytes(*status));
        bytes.truncate(bytes.len().saturating_sub(2));
        Some(Self { data: bytes, status })
    }

    /// The bytes before the status word.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The bytes before the status word, kept.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The status word.
    pub const fn status(&self) -> StatusWord {
        self.status
    }

    /// The answer as it travels: data and status word.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.data.clone();
        bytes.extend_from_slice(&self.status.0.to_be_bytes());
        bytes
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, {}", self.data.len(), self.status)
    }
}

/// SW1 SW2 of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// `90 00`: done.
    pub const OK: Self = Self(0x9000);
    /// `62 83`: the selected file is not activated.
    pub const FILE_NOT_ACTIVATED: Self = Self(0x6283);
    /// `64 00`: it failed, without a diagnosis.
    pub const NO_DIAGNOSIS: Self = Self(0x6400);
    /// `65 81`: memory failure; the card is mute until its next reset.
    pub const MEMORY_FAILURE: Self = Self(0x6581);
    /// `67 00`: wrong length.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// `69 82`: security status not satisfied.
    pub const SECURITY_STATUS: Self = Self(0x6982);
    /// `69 83`: PIN blocked.
    pub const PIN_BLOCKED: Self = Self(0x6983);
    /// `69 85`: conditions of use not satisfied.
    pub const CONDITIONS: Self = Self(0x6985);
    /// `69 86`: no current file.
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    /// `6A 80`: wrong data field.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// `6A 82`: file or application not found.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// `6A 86`: wrong P1 or P2.
    pub const WRONG_PARAMETERS: Self = Self(0x6A86);
    /// `6A 87`: Lc does not fit P1 and P2.
    pub const LC_INCONSISTENT: Self = Self(0x6A87);
    /// `6A 88`: the key or PIN referred to is not there.
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    /// `6B 00`: offset outside the file, or wrong parameters.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// `6D 00`: instruction not available.
    pub const INSTRUCTION_UNKNOWN: Self = Self(0x6D00);
    /// `6E 00`: class not supported.
    pub const CLASS_UNKNOWN: Self = Self(0x6E00);

    /// Whether the command was carried out: `90 00`.
    pub const fn is_ok(self) -> bool {
        self.0 == 0x9000
    }

    /// SW1 and SW2.
    pub const fn bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// How many bytes wait for GET RESPONSE: `61 xx`.
    pub const fn waiting(self) -> Option<Le> {
        match self.0.to_be_bytes() {
            [0x61, count] => Some(Le(count)),
            _ => None,
        }
    }

    /// The length the card wants instead: `6C xx`.
    pub const fn right_length(self) -> Option<Le> {
        match self.0.to_be_bytes() {
            [0x6C, count] => Some(Le(count)),
            _ => None,
        }
    }

    /// PIN tries left: `63 Cx`.
    pub const fn tries_left(self) -> Option<u8> {
        match self.0.to_be_bytes() {
            [0x63, counter] if counter & 0xF0 == 0xC0 => Some(counter & 0x0F),
            _ => None,
        }
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_cases_are_written_as_t0_carries_them() {
        let header = [0x00, 0xB0, 0x00, 0x00];
        for (command, expected) in [
            (Command::new("1", header), "00b00000"),
            (Command::new("2", header).with_expected(Le::MAX), "00b0000000"),
            (Command::new("3", header).with_data([1, 2]), "00b00000020102"),
            (
                Command::new("4", header)
                    .with_data([1, 2])
                    .with_expected(Le::from_byte(5)),
                "00b00000020102",
            ),
        ] {
            assert_eq!(hex::encode(command.to_tpdu().as_slice()), expected);
        }
    }

    #[test]
    fn commands_read_back() {
        for (text, data, expected) in [
            ("00b00000", "", None),
            ("00b00000fc", "", Some(252)),
            ("00b0000000", "", Some(256)),
            ("002a9e9a020102", "0102", None),
            ("002a9e9a02010200", "0102", Some(256)),
        ] {
            let command = Command::parse(&hex::decode(text).unwrap()).unwrap();
            assert_eq!(hex::encode(command.data()), data, "{text}");
            assert_eq!(command.expected().map(Le::count), expected, "{text}");
        }
        for bad in ["", "00b000", "002a9e9a0201", "002a9e9a0201020304"] {
            assert_eq!(Command::parse(&hex::decode(bad).unwrap()), None, "{bad}");
        }
    }

    #[test]
    fn debug_of_a_command_and_of_an_answer_shows_no_data() {
        let command = Command::new("VERIFY", [0, 0x20, 0, 1]).with_data([0x24, 0x12, 0x34]);
        assert_eq!(format!("{command:?}"), "VERIFY 00200001 Lc=03");
        let response = Response::parse(vec![0xAA, 0xBB, 0x90, 0x00]).unwrap();
        assert_eq!(format!("{response:?}"), "2 bytes, 9000");
    }

    #[test]
    fn status_words_say_what_they_carry() {
        assert_eq!(StatusWord(0x6100).waiting().map(Le::count), Some(256));
        assert_eq!(StatusWord(0x6C77).right_length().map(Le::count), Some(0x77));
        assert_eq!(StatusWord(0x63C2).tries_left(), Some(2));
        assert_eq!(StatusWord(0x6300).tries_left(), None);
        assert!(StatusWord::OK.is_ok() && !StatusWord(0x6983).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_command_or_none(bytes in proptest::collection::vec(0_u8.., 0..300)) {
            let _ = Command::parse(&bytes);
            let _ = Response::parse(bytes);
        }
    }
}
