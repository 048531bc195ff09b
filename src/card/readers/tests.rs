use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use super::*;
use crate::base::clock::SystemClock;
use crate::card::transport::{Disposition, Step, Transport, TransportError};

const LONG: Duration = Duration::from_secs(20);

/// Answers `90 00` to everything, or what it is told.
struct Echo;

impl Transport for Echo {
    fn atr(&self) -> Vec<u8> {
        vec![0x3B, 0x00]
    }
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Ok(vec![0x90, 0x00])
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

/// Never answers until it is let go; tells when it was asked.
struct Mute {
    asked: Sender<()>,
    release: Receiver<()>,
}

impl Transport for Mute {
    fn atr(&self) -> Vec<u8> {
        vec![0x3B, 0x01]
    }
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.asked.send(()).ok();
        self.release.recv().ok();
        Ok(vec![0x90, 0x00])
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

fn start(world: &MemoryReaders) -> Readers {
    let options = Options {
        retry: Duration::from_millis(5),
        ..Options::default()
    };
    Readers::start(Arc::new(world.clone()), options, Arc::new(SystemClock::new())).unwrap()
}

fn once(connection: &mut dyn Connection) -> Result<Vec<u8>, CardError> {
    let mut answer = Err(CardError::Communication);
    connection.run(&mut |transport| {
        answer = transport.transmit(&[0, 0xB0, 0, 0]).map_err(CardError::from);
        Step::Done(Disposition::Leave)
    })?;
    answer
}

fn await_event(events: &Receiver<Event>, wanted: &Event) {
    while events.recv_timeout(LONG).expect("the event comes") != *wanted {}
}

#[test]
fn readers_are_listed_by_name_and_skipped_ones_never_appear() {
    let world = MemoryReaders::new();
    world.add("Reader B");
    world.insert("Reader A", Echo);
    world.insert("Windows Hello for Business 1", Echo);
    let readers = start(&world);
    let names: Vec<String> = readers
        .list()
        .unwrap()
        .into_iter()
        .map(|reader| reader.name)
        .collect();
    assert_eq!(names, ["Reader A", "Reader B"]);
    assert_eq!(readers.choose(None), Ok("Reader A".to_owned()));
    assert_eq!(
        readers.choose(Some("Reader C")),
        Err(CardError::ReaderUnknown("Reader C".to_owned()))
    );
}

#[test]
fn choosing_without_a_name_needs_exactly_one_card() {
    let world = MemoryReaders::new();
    let readers = start(&world);
    let events = readers.events();
    assert_eq!(readers.choose(None), Err(CardError::NoReader));
    world.add("A");
    await_event(&events, &Event::ReaderAdded("A".to_owned()));
    assert_eq!(readers.choose(None), Err(CardError::CardMissing));
    world.insert("A", Echo);
    await_event(&events, &Event::CardInserted("A".to_owned(), vec![0x3B, 0x00]));
    world.insert("B", Echo);
    await_event(&events, &Event::CardInserted("B".to_owned(), vec![0x3B, 0x00]));
    assert_eq!(readers.choose(None), Err(CardError::SeveralCards));
}

#[test]
fn a_job_runs_in_its_readers_thread_and_both_forms_of_waiting_get_the_result() {
    let world = MemoryReaders::new();
    world.insert("A", Echo);
    let readers = start(&world);
    let name = |connection: &mut dyn Connection| {
        once(connection)?;
        Ok(std::thread::current().name().map(str::to_owned))
    };
    assert_eq!(
        readers.submit("A", LONG, name).wait(),
        Ok(Some("card A".to_owned()))
    );
    let (sender, receiver) = mpsc::channel();
    readers
        .submit("A", LONG, once)
        .then(move |result| sender.send(result).unwrap());
    assert_eq!(receiver.recv_timeout(LONG).unwrap(), Ok(vec![0x90, 0x00]));
}

#[test]
fn jobs_for_nothing_end_at_once_in_their_cause() {
    let world = MemoryReaders::new();
    world.add("empty");
    let readers = start(&world);
    assert_eq!(
        readers.submit("empty", LONG, once).wait(),
        Err(CardError::CardMissing)
    );
    assert_eq!(
        readers.submit("none", LONG, once).wait(),
        Err(CardError::ReaderUnknown("none".to_owned()))
    );
}

#[test]
fn a_mute_card_costs_its_thread_and_the_reader_serves_the_next_card() {
    let world = MemoryReaders::new();
    let (asked, was_asked) = mpsc::channel();
    let (release, released) = mpsc::channel();
    world.insert(
        "A",
        Mute {
            asked,
            release: released,
        },
    );
    world.insert("B", Echo);
    let readers = start(&world);
    let events = readers.events();

    let ticket = readers.submit("A", Duration::from_millis(60), once);
    was_asked.recv_timeout(LONG).unwrap();
    let behind = readers.submit("A", LONG, once);
    assert_eq!(ticket.wait(), Err(CardError::CardMute));
    assert_eq!(behind.wait(), Err(CardError::ReaderStuck));
    assert!(
        readers
            .list()
            .unwrap()
            .iter()
            .any(|reader| reader.name == "A" && reader.stuck)
    );
    assert_eq!(
        readers.submit("A", LONG, once).wait(),
        Err(CardError::ReaderStuck)
    );
    assert_eq!(
        readers.submit("B", LONG, once).wait(),
        Ok(vec![0x90, 0x00]),
        "other readers go on"
    );

    // Another card in the same reader is served by a new thread while the old one still hangs.
    world.insert("A", Echo);
    await_event(&events, &Event::ReaderFreed("A".to_owned()));
    assert_eq!(readers.submit("A", LONG, once).wait(), Ok(vec![0x90, 0x00]));
    drop(release);
}

#[test]
fn a_card_that_answers_after_all_frees_its_reader() {
    let world = MemoryReaders::new();
    let (asked, was_asked) = mpsc::channel();
    let (release, released) = mpsc::channel();
    world.insert(
        "A",
        Mute {
            asked,
            release: released,
        },
    );
    let readers = start(&world);
    let events = readers.events();
    let ticket = readers.submit("A", Duration::from_millis(40), once);
    was_asked.recv_timeout(LONG).unwrap();
    assert_eq!(ticket.wait(), Err(CardError::CardMute));
    release.send(()).unwrap();
    await_event(&events, &Event::ReaderFreed("A".to_owned()));
    drop(release);
    assert_eq!(readers.submit("A", LONG, once).wait(), Ok(vec![0x90, 0x00]));
}

#[test]
fn a_job_that_dawdles_ends_in_its_deadline_and_sends_nothing_more() {
    let world = MemoryReaders::new();
    world.insert("A", Echo);
    let readers = start(&world);
    let (go, gone) = mpsc::channel::<()>();
    let (report, reported) = mpsc::channel();
    let ticket = readers.submit("A", Duration::from_millis(40), move |connection| {
        gone.recv().ok();
        report.send(once(connection)).unwrap();
        Ok(())
    });
    assert_eq!(ticket.wait(), Err(CardError::Deadline));
    drop(go);
    assert_eq!(reported.recv_timeout(LONG).unwrap(), Err(CardError::CardMute));
}

#[test]
fn a_job_that_panics_answers_its_caller_and_leaves_the_reader_usable() {
    let world = MemoryReaders::new();
    world.insert("A", Echo);
    let readers = start(&world);
    let ticket = readers.submit("A", LONG, |_| -> Result<(), CardError> { panic!("a bug") });
    assert_eq!(ticket.wait(), Err(CardError::Communication));
    let mut result = Err(CardError::ReaderStuck);
    // The thread's end is not announced; until it has ended a job may still meet its closed queue.
    for _ in 0..1000 {
        result = readers.submit("A", LONG, once).wait();
        if result.is_ok() {
            break;
        }
        std::thread::yield_now();
    }
    assert_eq!(result, Ok(vec![0x90, 0x00]));
}

#[test]
fn removal_between_and_inside_commands_is_card_removed() {
    let world = MemoryReaders::new();
    world.insert("A", Echo);
    let readers = start(&world);
    let outside = world.clone();
    let result = readers.submit("A", LONG, move |connection| {
        once(connection)?;
        outside.remove("A");
        once(connection)
    });
    assert_eq!(result.wait(), Err(CardError::CardRemoved));

    world.insert("A", Echo);
    let outside = world.clone();
    let result = readers.submit("A", LONG, move |connection| {
        let mut answer = Ok(Vec::new());
        connection.run(&mut |transport| {
            outside.remove("A");
            outside.insert("A", Echo);
            answer = transport.transmit(&[0, 0xB0, 0, 0]);
            Step::Done(Disposition::Leave)
        })?;
        Ok(answer)
    });
    assert_eq!(
        result.wait(),
        Ok(Err(TransportError::CardRemoved)),
        "another card in its place is not this card"
    );
}

#[test]
fn the_service_goes_away_and_comes_back() {
    let world = MemoryReaders::new();
    world.insert("A", Echo);
    let readers = start(&world);
    let events = readers.events();
    world.set_away(true);
    await_event(&events, &Event::ServiceLost(CardError::NoService));
    assert_eq!(readers.list(), Err(CardError::NoService));
    assert_eq!(readers.submit("A", LONG, once).wait(), Err(CardError::NoService));
    world.set_away(false);
    await_event(&events, &Event::ServiceBack);
    await_event(&events, &Event::CardInserted("A".to_owned(), vec![0x3B, 0x00]));
    assert_eq!(readers.submit("A", LONG, once).wait(), Ok(vec![0x90, 0x00]));
}

#[test]
fn readers_come_and_go() {
    let world = MemoryReaders::new();
    let readers = start(&world);
    let events = readers.events();
    world.insert("A", Echo);
    await_event(&events, &Event::CardInserted("A".to_owned(), vec![0x3B, 0x00]));
    world.remove("A");
    await_event(&events, &Event::CardRemoved("A".to_owned()));
    world.disconnect("A");
    await_event(&events, &Event::ReaderRemoved("A".to_owned()));
    assert_eq!(readers.list(), Ok(Vec::new()));
    drop(readers);
    while events.recv_timeout(LONG).is_ok() {}
}

/// Answers only when somebody touched it.
struct Touched(Mute);

impl Transport for Touched {
    fn atr(&self) -> Vec<u8> {
        vec![0x3B, 0x02]
    }
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        Ok(vec![0x6D, 0x00])
    }
    fn transmit_for_person(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.transmit(command)
    }
    fn reset(&mut self) -> Result<(), TransportError> {
        Ok(())
    }
}

#[test]
fn a_token_that_waits_for_a_touch_is_not_mute() {
    let world = MemoryReaders::new();
    let mute = || {
        let (asked, was_asked) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let card = Mute {
            asked,
            release: released,
        };
        (card, was_asked, release)
    };
    let (silent, silent_asked, release_silent) = mute();
    let (waiting, waiting_asked, touch) = mute();
    world.insert("silent", silent);
    world.insert("waiting", Touched(waiting));
    let clock = Arc::new(crate::base::clock::FixedClock::new(
        "2026-03-03T09:00:00Z".parse().unwrap(),
    ));
    let seen: Arc<dyn Clock> = clock.clone();
    let readers = Readers::start(Arc::new(world), Options::default(), seen).unwrap();
    let long = Duration::from_hours(1);
    let patient = readers.submit("waiting", long, |connection| {
        let mut answer = Err(CardError::Communication);
        connection.run(&mut |transport| {
            answer = transport
                .transmit_for_person(&[0, 0x87, 0, 0])
                .map_err(CardError::from);
            Step::Done(Disposition::Leave)
        })?;
        answer
    });
    let impatient = readers.submit("silent", long, once);
    silent_asked.recv_timeout(LONG).unwrap();
    waiting_asked.recv_timeout(LONG).unwrap();
    // Longer than any command may take. Both are looked at in one go: the silent one is given up, the other is not.
    clock.advance(Duration::from_secs(14));
    assert_eq!(impatient.wait(), Err(CardError::CardMute));
    touch.send(()).unwrap();
    assert_eq!(patient.wait(), Ok(vec![0x90, 0x00]));
    drop(release_silent);
}

/// A watch that looks at whoever is inside it.
struct Counted {
    inner: Box<dyn Watch>,
    inside: Arc<AtomicUsize>,
}

impl Watch for Counted {
    fn next(&mut self, limit: Duration) -> Result<Vec<ReaderStatus>, CardError> {
        // Nobody would wait this long: whoever ends it does so at once.
        self.inner.next(limit.max(LONG))
    }
    fn interrupt(&self) -> Interrupt {
        self.inner.interrupt()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

struct CountedService {
    world: MemoryReaders,
    inside: Arc<AtomicUsize>,
}

impl Service for CountedService {
    fn watch(&self) -> Result<Box<dyn Watch>, CardError> {
        self.inside.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Counted {
            inner: self.world.watch()?,
            inside: Arc::clone(&self.inside),
        }))
    }
    fn port(&self, reader: &str) -> Result<Box<dyn Port>, CardError> {
        self.world.port(reader)
    }
}

#[test]
fn when_the_last_one_is_gone_no_thread_is_inside_the_service() {
    let world = MemoryReaders::new();
    world.add("a");
    world.insert("a", Echo);
    let clock = SystemClock::new();
    for _ in 0..200 {
        let began = clock.monotonic();
        let inside = Arc::new(AtomicUsize::new(0));
        let service = CountedService {
            world: world.clone(),
            inside: Arc::clone(&inside),
        };
        let readers = Readers::start(
            Arc::new(service),
            Options::default(),
            Arc::new(SystemClock::new()),
        )
        .unwrap();
        readers.submit("a", LONG, once).wait().unwrap();
        let shared = Arc::clone(&readers.core.shared);
        drop(readers);
        assert_eq!(inside.load(Ordering::SeqCst), 0, "the watcher is gone");
        assert!(shared.lock().threads.is_empty(), "so are guard and worker");
        assert!(
            clock.monotonic().saturating_sub(began) < LAST_WAIT,
            "ended, not given up"
        );
    }
}
