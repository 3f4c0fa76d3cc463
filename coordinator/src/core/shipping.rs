//! Snapshots: taken now and then, fetched as files by members that are far behind.

use super::Coordinator;
use crate::catalog::Catalog;
use crate::message::{Alarm, Output, PeerMessage};
use crate::raft::{MessageKind, RaftMessage, SnapshotHeader, snapshot_digest};
use replication::{CoordinatorId, Payload};

/// A snapshot being fetched. The leader's message waits until the content is here.
pub(super) struct Fetch {
    message: RaftMessage,
    header: SnapshotHeader,
    content: Vec<u8>,
    is_whole: bool,
    asked_at: u64,
}

impl Coordinator {
    pub(super) fn on_raft(&mut self, message: RaftMessage, now: u64, out: &mut Vec<Output>) {
        let header = match &message.snapshot {
            Some(header) if message.kind == MessageKind::Snapshot => header.clone(),
            _ if self.member.has_lost(&message) => {
                out.push(Output::Alarm(Alarm::LogLost(message.commit)));
                out.push(Output::Halt);
                return;
            }
            _ => return self.member.receive(message),
        };
        if header.index <= self.catalog.applied() {
            // Not needed: the library answers where this member stands.
            return self.member.receive(message);
        }
        if let Some(fetch) = &mut self.fetch
            && fetch.header.digest == header.digest
        {
            // Sent again, perhaps by a new leader: the rest comes from there.
            fetch.message = message.clone();
            if fetch.is_whole {
                self.member.receive(message);
            }
            return;
        }
        let (content, is_whole) = (Vec::new(), false);
        self.fetch = Some(Fetch { message, header, content, is_whole, asked_at: now });
        self.ask_chunk(out);
    }

    fn ask_chunk(&self, out: &mut Vec<Output>) {
        if let Some(fetch) = &self.fetch {
            let (digest, offset) = (fetch.header.digest, fetch.content.len() as u64);
            let wanted = PeerMessage::ChunkWanted { digest, offset };
            out.push(Output::Peer(fetch.message.from, wanted));
        }
    }

    pub(super) fn refetch(&mut self, now: u64, out: &mut Vec<Output>) {
        let retry_ms = self.settings.retry_ms;
        let Some(fetch) = &mut self.fetch else { return };
        if now >= fetch.asked_at + retry_ms && !fetch.is_whole {
            // The source may have a newer one by now; then it sends that instead.
            fetch.asked_at = now;
            self.ask_chunk(out);
        }
    }

    pub(super) fn send_chunk(
        &self,
        to: CoordinatorId,
        digest: [u8; 32],
        offset: u64,
        out: &mut Vec<Output>,
    ) {
        let content = self.content.as_bytes();
        let Some(rest) = content.get(offset as usize..) else { return };
        if self.member.snapshot().digest != digest || rest.is_empty() {
            return;
        }
        let part = &rest[..rest.len().min(self.settings.chunk_bytes)];
        let (total, bytes) = (content.len() as u64, Payload::from(part.to_vec()));
        out.push(Output::Peer(to, PeerMessage::Chunk { digest, offset, total, bytes }));
    }

    pub(super) fn on_chunk(
        &mut self,
        (digest, offset, total): ([u8; 32], u64, u64),
        bytes: &Payload,
        now: u64,
        out: &mut Vec<Output>,
    ) {
        let Some(fetch) = &mut self.fetch else { return };
        let fits = fetch.header.digest == digest && fetch.content.len() as u64 == offset;
        if !fits || fetch.is_whole {
            return;
        }
        fetch.content.extend_from_slice(bytes.as_bytes());
        fetch.asked_at = now;
        if (fetch.content.len() as u64) < total {
            return self.ask_chunk(out);
        }
        if snapshot_digest(&fetch.content) != digest {
            self.fetch = None;
            return;
        }
        fetch.is_whole = true;
        let message = fetch.message.clone();
        self.member.receive(message);
    }

    /// The log accepted the snapshot whose content was fetched.
    pub(super) fn install(&mut self, header: SnapshotHeader, out: &mut Vec<Output>) {
        let fetched = self.fetch.take().filter(|fetch| fetch.header.digest == header.digest);
        let content = fetched.map(|fetch| fetch.content).unwrap_or_default();
        let Ok(catalog) = Catalog::from_snapshot(&content) else {
            out.push(Output::Alarm(Alarm::UnreadableEntry(header.index)));
            out.push(Output::Halt);
            return;
        };
        self.catalog = catalog;
        self.placement_changed_at = header.index;
        self.content = content.into();
        let content = self.content.clone();
        out.push(Output::StoreSnapshot { header, content, is_reset: true });
    }

    /// Takes a snapshot when the last is long ago.
    pub(super) fn take_snapshot_in_time(&mut self, out: &mut Vec<Output>) {
        let last = self.member.snapshot().index;
        if self.catalog.applied() >= last + self.settings.snapshot_every {
            self.take_snapshot(out);
        }
    }

    /// Takes a snapshot of everything that the log handed out: its members are those of now.
    pub(super) fn take_snapshot(&mut self, out: &mut Vec<Output>) {
        let applied = self.catalog.applied();
        if applied <= self.member.snapshot().index {
            return;
        }
        let content = self.catalog.to_snapshot();
        let digest = snapshot_digest(&content);
        let Some(header) = self.member.header_at(applied, digest) else { return };
        self.member.compact(header.clone());
        self.content = content.into();
        let content = self.content.clone();
        out.push(Output::StoreSnapshot { header, content, is_reset: false });
    }
}
