//! How many searches run at once, and the waiting for one's turn.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

use super::error::EngineError;
use super::queue::{Purpose, Queue};
use crate::id::UserId;

/// With the longest search and its grace this stays below the time limit of a call.
const PATIENCE: Duration = Duration::from_secs(12);
const LONGEST_QUEUE: usize = 256;
const LONGEST_QUEUE_OF_ONE: usize = 16;

/// A bound on running searches.
#[derive(Debug)]
pub(super) struct Slots {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    slots: usize,
    replies: usize,
    analyses: usize,
    queue: Queue<UserId, oneshot::Sender<Slot>>,
    closed: bool,
}

/// The right to run one search; given back on drop.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    purpose: Purpose,
}

impl State {
    fn has_room(&self, purpose: Purpose) -> bool {
        // One slot stays free of analyses, where there is more than one.
        let room = self.replies + self.analyses < self.slots;
        room && (purpose == Purpose::Reply || self.analyses < (self.slots - 1).max(1))
    }

    fn count(&mut self, purpose: Purpose) -> &mut usize {
        match purpose {
            Purpose::Reply => &mut self.replies,
            Purpose::Analysis => &mut self.analyses,
        }
    }
}

impl Slots {
    pub(super) fn new(slots: usize) -> Arc<Self> {
        let queue = Queue::new(LONGEST_QUEUE, LONGEST_QUEUE_OF_ONE);
        let state = State {
            slots: slots.max(1),
            replies: 0,
            analyses: 0,
            queue,
            closed: false,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            changed: Notify::new(),
        })
    }

    /// Waits for this person's turn.
    pub(super) async fn enter(
        self: &Arc<Self>,
        person: UserId,
        purpose: Purpose,
    ) -> Result<Slot, EngineError> {
        let (sender, turn) = oneshot::channel();
        self.line_up(person, purpose, sender)?;
        self.admit();
        match timeout(PATIENCE, turn).await {
            Ok(turn) => turn.map_err(|_| EngineError::ShuttingDown),
            Err(_) => Err(EngineError::Busy),
        }
    }

    /// A slot, if one is free at once.
    pub(super) fn try_enter(self: &Arc<Self>, purpose: Purpose) -> Option<Slot> {
        let mut state = self.lock();
        if state.closed || !state.has_room(purpose) {
            return None;
        }
        *state.count(purpose) += 1;
        Some(Slot {
            slots: Arc::clone(self),
            purpose,
        })
    }

    /// How many searches run.
    pub(super) fn running(&self) -> usize {
        let state = self.lock();
        state.replies + state.analyses
    }

    /// How many searches run, and how many wait.
    pub(super) fn load(&self) -> (usize, usize) {
        let mut state = self.lock();
        state.queue.retain(|waiter| !waiter.is_closed());
        (state.replies + state.analyses, state.queue.len())
    }

    /// Turns everybody away who waits or comes, and waits for those who run.
    pub(super) async fn close(&self) {
        {
            let mut state = self.lock();
            state.closed = true;
            state.queue.retain(|_| false);
        }
        loop {
            let changed = self.changed.notified();
            if self.running() == 0 {
                return;
            }
            changed.await;
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn line_up(
        &self,
        person: UserId,
        purpose: Purpose,
        sender: oneshot::Sender<Slot>,
    ) -> Result<(), EngineError> {
        let mut state = self.lock();
        if state.closed {
            return Err(EngineError::ShuttingDown);
        }
        state.queue.retain(|waiter| !waiter.is_closed());
        state
            .queue
            .push(person, purpose, sender)
            .map_err(|_| EngineError::Busy)
    }

    /// Lets in whoever is next, as long as there is room.
    fn admit(self: &Arc<Self>) {
        while let Some((slot, waiter)) = self.next() {
            // Outside the lock: a slot that nobody takes is dropped here, and comes back through `leave`.
            drop(waiter.send(slot));
        }
    }

    fn next(self: &Arc<Self>) -> Option<(Slot, oneshot::Sender<Slot>)> {
        let mut state = self.lock();
        if !state.has_room(Purpose::Reply) {
            return None;
        }
        state.queue.retain(|waiter| !waiter.is_closed());
        let analyses = state.has_room(Purpose::Analysis);
        let (purpose, waiter) = state.queue.pop(analyses)?;
        *state.count(purpose) += 1;
        Some((
            Slot {
                slots: Arc::clone(self),
                purpose,
            },
            waiter,
        ))
    }

    fn leave(self: &Arc<Self>, purpose: Purpose) {
        *self.lock().count(purpose) -= 1;
        self.admit();
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.leave(self.purpose);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn person(number: u8) -> UserId {
        UserId::new(Timestamp::from_seconds(1_700_000_000), [number; 10])
    }

    /// Polls once, so that it stands in the queue.
    async fn waiting(
        slots: &Arc<Slots>,
        who: u8,
        purpose: Purpose,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Slot, EngineError>>>> {
        let slots = Arc::clone(slots);
        let mut entering: std::pin::Pin<Box<dyn Future<Output = _>>> =
            Box::pin(async move { slots.enter(person(who), purpose).await });
        std::future::poll_fn(|cx| {
            assert!(entering.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        entering
    }

    #[tokio::test(start_paused = true)]
    async fn a_slot_stays_free_of_analyses() {
        let slots = Slots::new(2);
        let first = slots.enter(person(1), Purpose::Analysis).await.unwrap();
        let second = waiting(&slots, 2, Purpose::Analysis).await;
        let reply = slots.enter(person(3), Purpose::Reply).await.unwrap();
        drop(reply);
        drop(first);
        second.await.unwrap();
        let only = Slots::new(1);
        drop(only.enter(person(1), Purpose::Analysis).await.unwrap());
        assert_eq!(only.running(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_went_away_takes_no_slot() {
        let slots = Slots::new(1);
        let first = slots.enter(person(1), Purpose::Reply).await.unwrap();
        let gone = waiting(&slots, 2, Purpose::Reply).await;
        let stays = waiting(&slots, 3, Purpose::Reply).await;
        let admitted_then_gone = waiting(&slots, 4, Purpose::Reply).await;
        drop(gone);
        drop(first);
        drop(stays.await.unwrap());
        assert_eq!(slots.running(), 1, "the last one was let in");
        drop(admitted_then_gone);
        assert_eq!(slots.running(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_and_the_queue_is_bounded() {
        let slots = Slots::new(1);
        let _first = slots.enter(person(1), Purpose::Reply).await.unwrap();
        let mut line = Vec::new();
        for _ in 0..LONGEST_QUEUE_OF_ONE {
            line.push(waiting(&slots, 1, Purpose::Reply).await);
        }
        assert!(matches!(
            slots.enter(person(1), Purpose::Reply).await,
            Err(EngineError::Busy)
        ));
        assert!(matches!(line.remove(0).await, Err(EngineError::Busy)));
    }

    #[tokio::test(start_paused = true)]
    async fn closing_turns_away_who_waits_and_waits_for_who_runs() {
        let slots = Slots::new(1);
        let running = slots.enter(person(1), Purpose::Reply).await.unwrap();
        let waiter = waiting(&slots, 2, Purpose::Reply).await;
        let closing = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { slots.close().await }
        });
        assert!(matches!(waiter.await, Err(EngineError::ShuttingDown)));
        assert!(!closing.is_finished());
        drop(running);
        closing.await.unwrap();
        assert!(matches!(
            slots.enter(person(1), Purpose::Reply).await,
            Err(EngineError::ShuttingDown)
        ));
    }
}
