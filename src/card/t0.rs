//! What T=0 leaves to the driver: waiting data (`61 xx`), the right length (`6C xx`), and the class byte.

use super::apdu::{Command, Le, Response, StatusWord};
use super::transport::{Protocol, Transport, TransportError};

/// The most one command may gather through GET RESPONSE, bytes. A file has at most 65 535.
const MAX_GATHERED: usize = 65_535;

/// How many pieces one answer may come in. The longest of these cards is a signature of 256 bytes.
const MAX_PIECES: u32 = 512;

/// How often a length may be corrected in one exchange: once for the command, once for each GET RESPONSE.
const MAX_CORRECTIONS: u32 = 4;

/// Sends `command` and carries T=0 through to the end: repeats with the right length after `6C xx`, fetches what
/// waits after `61 xx`. Readers that do it themselves are met too: data with `90 00` comes out as it is.
///
/// Returns the gathered data and the last status word, which is neither `61 xx` nor (in good order) `6C xx`.
///
/// # Errors
/// What went wrong below the card, also an answer without a status word.
///
/// Source: ISO 7816-3 §12.2.1; reference §3.1.
pub fn exchange(transport: &mut dyn Transport, command: &Command) -> Result<Response, TransportError> {
    exchange_noting(transport, command).map(|(response, _)| response)
}

/// As [`exchange`], and tells the length that the card wanted instead (`6C xx`): in a file that means that its end is
/// reached with so many bytes, where a short answer alone may be a reader's doing.
pub fn exchange_noting(
    transport: &mut dyn Transport,
    command: &Command,
) -> Result<(Response, Option<Le>), TransportError> {
    let mut gathered = Vec::new();
    let mut corrections = 0_u32;
    let mut pieces = 0_u32;
    let mut corrected = None;
    let mut next = command.clone();
    loop {
        let response = send(transport, &next)?;
        let status = response.status();
        if let Some(length) = status.right_length()
            && corrections < MAX_CORRECTIONS
            && next.data().is_empty()
            // WHY: where nothing was expected, the corrected length would be read as that of data to come: a question
            // for the tries left would become a PIN.
            && next.expected().is_some()
        {
            // The pending data of GET RESPONSE is not lost by a wrong Le.
            corrections = corrections.saturating_add(1);
            corrected = Some(length);
            next = next.with_expected(length);
            continue;
        }
        if status == StatusWord::CONDITIONS && next.header() == GET_RESPONSE {
            // The card said that something waits, and now nothing does: it was reset in between.
            return Err(TransportError::CardReset);
        }
        gathered.extend_from_slice(response.data());
        // What waits must come: a card that only promises is left alone.
        let only_promises = next.header() == GET_RESPONSE && response.data().is_empty();
        match status.waiting() {
            Some(count) if gathered.len() < MAX_GATHERED && pieces < MAX_PIECES && !only_promises => {
                pieces = pieces.saturating_add(1);
                next = get_response(count);
            }
            _ => return Ok((Response::new(gathered, status), corrected)),
        }
    }
}

const GET_RESPONSE: [u8; 4] = [0x00, 0xC0, 0x00, 0x00];

fn get_response(count: Le) -> Command {
    Command::new("GET RESPONSE", GET_RESPONSE).with_expected(count)
}

/// One command, one answer, one line in the trace: name, header, Lc, Le, and the status word. Never data.
fn send(transport: &mut dyn Transport, command: &Command) -> Result<Response, TransportError> {
    let bytes = match transport.protocol() {
        Protocol::T0 => command.to_tpdu(),
        Protocol::T1 => command.to_apdu(),
    };
    let answer = transport.transmit(&bytes);
    let length = answer.as_ref().map_or(0, Vec::len);
    let response = answer.and_then(|bytes| Response::parse(bytes).ok_or(TransportError::Malformed(length)));
    match &response {
        Ok(response) => tracing::trace!(target: "zegel::card", ?command, sw = %response.status(), "apdu"),
        Err(error) => tracing::debug!(target: "zegel::card", ?command, %error, "apdu lost"),
    }
    response
}

/// Whether the applet listens to this class on the basic channel.
///
/// Source: Belpic applet manual 1.8; reference §3.1: `00` and `80`, all else answers `6E 00` or `68 81`.
pub const fn is_known_class(class: u8) -> bool {
    matches!(class, 0x00 | 0x80)
}

/// Status words with which a card says that it is not the applet that was expected.
pub const fn is_foreign(status: StatusWord) -> bool {
    matches!(
        status.0,
        0x6D00 | 0x6E00 | 0x6881 | 0x6A81 | 0x6A82 | 0x6A86 | 0x6999
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::scripted::Scripted;

    fn read(le: u8) -> Command {
        Command::new("READ BINARY", [0x00, 0xB0, 0, 0]).with_expected(Le::from_byte(le))
    }

    #[test]
    fn a_wrong_length_is_corrected_once_and_read_again() {
        let mut card = Scripted::new(&[("00b00000fc", "6c03"), ("00b0000003", "0102039000")]);
        let response = exchange(&mut card, &read(0xFC)).unwrap();
        assert_eq!(
            (response.data(), response.status()),
            (&[1, 2, 3][..], StatusWord::OK)
        );
        card.assert_finished();
    }

    #[test]
    fn a_command_that_expects_nothing_gets_no_length() {
        let query = Command::new("VERIFY status", [0x00, 0x20, 0x00, 0x01]);
        let mut card = Scripted::new(&[("00200001", "6c10")]);
        assert_eq!(exchange(&mut card, &query).unwrap().status(), StatusWord(0x6C10));
        card.assert_finished();
    }

    #[test]
    fn waiting_data_is_fetched_until_nothing_waits() {
        let mut card = Scripted::new(&[
            ("002a9e9a0101", "6100"),
            ("00c0000000", "01026102"),
            ("00c0000002", "6c01"),
            ("00c0000001", "039000"),
        ]);
        let command = Command::new("PSO", [0x00, 0x2A, 0x9E, 0x9A])
            .with_data([1])
            .with_expected(Le::MAX);
        assert_eq!(exchange(&mut card, &command).unwrap().data(), [1, 2, 3]);
        card.assert_finished();
    }

    #[test]
    fn a_reader_that_gathers_by_itself_is_met_too() {
        let mut card = Scripted::new(&[("002a9e9a0101", "0102039000")]);
        let command = Command::new("PSO", [0x00, 0x2A, 0x9E, 0x9A]).with_data([1]);
        assert_eq!(exchange(&mut card, &command).unwrap().data(), [1, 2, 3]);
    }

    #[test]
    fn a_card_that_only_promises_is_left_alone() {
        let mut card = Scripted::new(&[("002a9e9a0101", "6110"), ("00c0000010", "6110")]);
        let command = Command::new("PSO", [0x00, 0x2A, 0x9E, 0x9A]).with_data([1]);
        assert_eq!(
            exchange(&mut card, &command).unwrap().status(),
            StatusWord(0x6110)
        );
        card.assert_finished();
        let mut card = Scripted::default();
        card.then_always("aa6101");
        let gathered = exchange(&mut card, &command).unwrap();
        assert_eq!((gathered.data().len(), card.sent.len()), (513, 513));
    }

    #[test]
    fn a_card_that_forgot_what_waited_was_reset() {
        let mut card = Scripted::new(&[("002a9e9a0101", "6160"), ("00c0000060", "6985")]);
        let command = Command::new("PSO", [0x00, 0x2A, 0x9E, 0x9A]).with_data([1]);
        assert_eq!(exchange(&mut card, &command), Err(TransportError::CardReset));
        // The same word from the command itself is the card's answer to it.
        let mut card = Scripted::new(&[("002a9e9a0101", "6985")]);
        assert_eq!(
            exchange(&mut card, &command).unwrap().status(),
            StatusWord::CONDITIONS
        );
    }

    #[test]
    fn a_card_that_corrects_for_ever_is_left_alone() {
        let mut card = Scripted::new(&[("00b00000fc", "6c03"); 1]);
        card.then_always("6c03");
        assert_eq!(
            exchange(&mut card, &read(0xFC)).unwrap().status(),
            StatusWord(0x6C03)
        );
    }

    #[test]
    fn an_answer_without_status_word_is_no_answer() {
        let mut card = Scripted::new(&[("00b00000fc", "90")]);
        assert_eq!(
            exchange(&mut card, &read(0xFC)),
            Err(TransportError::Malformed(1))
        );
    }
}
