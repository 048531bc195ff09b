//! Who sits at this machine's readers: a session made with the card in a reader ends when that card leaves it.
//!
//! What is known here is this process's own: the readers are this machine's. A session of an earlier start, whose reader
//! nobody remembers, ends with the first card that leaves any reader.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{App, login};
use crate::base::time::Timestamp;
use crate::card::readers::Event;
use crate::oidc::interaction::InteractionId;
use crate::oidc::session::{ABSOLUTE_LIMIT, COUNTER_IDLE_LIMIT, SessionId};
use crate::store::db::StoreError;
use crate::store::sessions;

/// Visits and sessions by the reader whose card made them. Clones share.
#[derive(Clone, Debug, Default)]
pub struct Seats(Arc<Mutex<Vec<Seat>>>);

#[derive(Debug)]
struct Seat {
    visit: Option<InteractionId>,
    session: Option<SessionId>,
    /// `None` when it was made before this start.
    reader: Option<String>,
    since: Timestamp,
    has_card: bool,
}

impl Seats {
    /// Notes that the card in `reader` begins to work for `visit`.
    pub fn begin(&self, visit: InteractionId, reader: &str, now: Timestamp) {
        let mut seats = self.lock();
        seats.retain(|seat| seat.visit != Some(visit) && now.since(seat.since) < ABSOLUTE_LIMIT);
        seats.push(Seat {
            visit: Some(visit),
            session: None,
            reader: Some(reader.to_owned()),
            since: now,
            has_card: true,
        });
    }

    /// Notes that `visit` becomes `session`. Says whether its card is still there, as far as anybody knows.
    pub fn sit(&self, visit: InteractionId, session: SessionId, now: Timestamp) -> bool {
        let mut seats = self.lock();
        if let Some(seat) = seats.iter_mut().find(|seat| seat.visit == Some(visit)) {
            seat.session = Some(session);
            return seat.has_card;
        }
        seats.push(Seat {
            visit: Some(visit),
            session: Some(session),
            reader: None,
            since: now,
            has_card: true,
        });
        true
    }

    /// Whether the card that made `session` has left.
    pub fn has_left(&self, session: SessionId) -> bool {
        self.lock()
            .iter()
            .any(|seat| seat.session == Some(session) && !seat.has_card)
    }

    /// Takes in a session of an earlier start.
    fn adopt(&self, session: SessionId, now: Timestamp) {
        let mut seats = self.lock();
        if !seats.iter().any(|seat| seat.session == Some(session)) {
            seats.push(Seat {
                visit: None,
                session: Some(session),
                reader: None,
                since: now,
                has_card: true,
            });
        }
    }

    /// The card left `reader`: the sessions that are over with it.
    fn leave(&self, reader: &str) -> Vec<SessionId> {
        let mut over = Vec::new();
        for seat in self.lock().iter_mut().filter(|seat| {
            let is_here = seat.reader.as_deref().is_none_or(|own| own == reader);
            is_here && seat.has_card
        }) {
            seat.has_card = false;
            over.extend(seat.session);
        }
        over
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the sessions of cards that leave their reader, until `stop` completes. Cards count from this call on.
pub fn watch(app: Arc<App>, stop: impl Future<Output = ()>) -> impl Future<Output = ()> {
    let watched = app
        .counter
        .as_ref()
        .map(|counter| (counter.seats.clone(), forwarded(counter.readers.events())));
    async move {
        let Some((seats, mut events)) = watched else {
            return;
        };
        if let Err(error) = adopt(&app, &seats).await {
            tracing::error!(
                cause = error.cause(),
                "sessions of an earlier start are not watched"
            );
        }
        let mut stop = std::pin::pin!(stop);
        loop {
            let event = tokio::select! {
                () = &mut stop => return,
                event = events.recv() => event,
            };
            match event {
                None => return,
                Some(Event::CardRemoved(reader) | Event::ReaderRemoved(reader)) => {
                    for session in seats.leave(&reader) {
                        left(&app, session).await;
                    }
                }
                Some(_) => {}
            }
        }
    }
}

async fn adopt(app: &App, seats: &Seats) -> Result<(), StoreError> {
    let now = app.now();
    for session in sessions::open_at_counters(&app.db, now.minus(COUNTER_IDLE_LIMIT)).await? {
        seats.adopt(session, now);
    }
    Ok(())
}

async fn left(app: &App, session: SessionId) {
    match login::end_session(app, session, "card_removed").await {
        Ok(()) => tracing::info!(%session, "the card of a session left its reader"),
        // This process takes the session for over all the same.
        Err(error) => {
            tracing::error!(cause = error.cause(), %session, "the end of a session could not be stored");
        }
    }
}

/// The readers' events, for a task instead of a thread.
fn forwarded(events: Receiver<Event>) -> UnboundedReceiver<Event> {
    let (sender, receiver) = unbounded_channel();
    let forward = move || {
        for event in events {
            if sender.send(event).is_err() {
                return;
            }
        }
    };
    if let Err(error) = std::thread::Builder::new()
        .name("card-seats".to_owned())
        .spawn(forward)
    {
        tracing::error!(%error, "sessions will not end when their card leaves");
    }
    receiver
}
