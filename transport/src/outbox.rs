//! What waits to be sent to one peer: bounded in bytes, and dropped rather than waited for. Who
//! sends asks again in time, as after any loss on the way.

use proto::Message;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::{Stream, StreamExt};

/// A queue to one peer. It takes messages while a connection is open or being opened.
pub(crate) struct Outbox<T> {
    bytes_max: usize,
    open: Mutex<Option<Open<T>>>,
    opened: AtomicU64,
}

struct Open<T> {
    sender: mpsc::UnboundedSender<(T, usize)>,
    bytes: Arc<AtomicUsize>,
    number: u64,
}

impl<T: Message + 'static> Outbox<T> {
    /// Takes so many bytes, and always one message however long.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, open: Mutex::new(None), opened: AtomicU64::new(0) }
    }

    /// Starts anew: what waited for a connection before is gone, and its stream ends. The number
    /// closes it again.
    pub(crate) fn open(&self) -> (u64, impl Stream<Item = T> + Send + use<T>) {
        let number = self.opened.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, receiver) = mpsc::unbounded_channel();
        let bytes = Arc::new(AtomicUsize::new(0));
        *self.locked() = Some(Open { sender, bytes: bytes.clone(), number });
        let taken = move |(frame, length)| {
            bytes.fetch_sub(length, Ordering::Relaxed);
            frame
        };
        (number, UnboundedReceiverStream::new(receiver).map(taken))
    }

    /// Ends the stream with that number, unless a newer one took its place.
    pub(crate) fn close(&self, number: u64) -> bool {
        self.locked().take_if(|open| open.number == number).is_some()
    }

    /// Takes the frames of one message, all or none.
    pub(crate) fn push(&self, frames: Vec<T>) -> bool {
        let length: usize = frames.iter().map(Message::encoded_len).sum();
        let taken = self.locked().as_ref().is_some_and(|open| {
            let waiting = open.bytes.load(Ordering::Relaxed);
            let fits = waiting == 0 || waiting + length <= self.bytes_max;
            fits && {
                open.bytes.fetch_add(length, Ordering::Relaxed);
                let send = |frame: T| {
                    let length = frame.encoded_len();
                    open.sender.send((frame, length)).is_ok()
                };
                frames.into_iter().all(send)
            }
        });
        if !taken {
            metrics::counter!("tanba_link_dropped_messages_total").increment(1);
        }
        taken
    }

    /// Whether a connection is open or being opened.
    pub(crate) fn is_open(&self) -> bool {
        self.locked().is_some()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Option<Open<T>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::Chunk;

    fn chunk(length: usize) -> Vec<Chunk> {
        vec![Chunk { bytes: vec![0; length], ..Chunk::default() }]
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_room_comes_back_when_it_is_sent() {
        let outbox = Outbox::new(1000);
        assert!(!outbox.push(chunk(1)), "nobody is connected");
        let (_, mut stream) = outbox.open();
        assert!(outbox.push(chunk(5000)), "one message always fits");
        assert!(!outbox.push(chunk(1)));
        let next = |stream: &mut _| next_of(stream);
        assert_eq!(next(&mut stream).map(|c: Chunk| c.bytes.len()), Some(5000));
        assert!(outbox.push(chunk(400)) && outbox.push(chunk(400)) && !outbox.push(chunk(400)));
    }

    #[test]
    fn a_new_connection_ends_the_old_one_and_starts_empty() {
        let outbox = Outbox::new(1000);
        let (first, mut old) = outbox.open();
        assert!(outbox.push(chunk(1)));
        let (second, mut new) = outbox.open();
        assert!(!outbox.close(first), "it was replaced");
        assert!(outbox.push(chunk(2)));
        assert_eq!(next_of(&mut old).map(|c: Chunk| c.bytes.len()), Some(1));
        assert!(next_of(&mut old).is_none());
        assert_eq!(next_of(&mut new).map(|c: Chunk| c.bytes.len()), Some(2));
        assert!(outbox.close(second) && !outbox.is_open());
    }

    /// What the stream holds now; every frame of these tests is there before it is asked for.
    fn next_of<T>(stream: &mut (impl Stream<Item = T> + Unpin)) -> Option<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(stream.next())
    }
}
