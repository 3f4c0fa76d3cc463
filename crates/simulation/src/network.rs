//! Links that lose, repeat, delay and reorder messages, and that break one way or both.

use crate::random::Random;
use coordinator::{ClientRequest, PeerMessage, Response};
use replication::{CoordinatorId, FromNode, NodeId, ToNode};
use std::collections::BTreeSet;

/// Who sends and receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A coordinator.
    Coordinator(CoordinatorId),
    /// A node.
    Node(NodeId),
    /// All clients.
    Client,
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) enum Wire {
    /// Between coordinators.
    Peer(PeerMessage),
    /// To a coordinator.
    FromNode(FromNode),
    /// To a node.
    ToNode(ToNode),
    /// To a coordinator.
    Request(ClientRequest),
    /// To a client, by the id of its request.
    Response(u64, Response),
}

/// How links behave at the moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network {
    /// Messages lost, of a thousand.
    pub(crate) lost: u64,
    /// Messages repeated, of a thousand.
    pub(crate) repeated: u64,
    /// Messages that take long, of a thousand.
    pub(crate) slow: u64,
    cut: BTreeSet<(Place, Place)>,
}

impl Network {
    /// Cuts one direction of a link.
    pub(crate) fn cut(&mut self, from: Place, to: Place) {
        self.cut.insert((from, to));
    }

    /// Mends all links; they still lose and delay.
    pub(crate) fn mend(&mut self) {
        self.cut.clear();
    }

    /// After how many milliseconds each copy of a message arrives.
    pub(crate) fn delays(&self, from: Place, to: Place, random: &mut Random) -> Vec<u64> {
        if self.cut.contains(&(from, to)) || random.chance(self.lost) {
            return Vec::new();
        }
        let copies = if random.chance(self.repeated) { 2 } else { 1 };
        let mut delay = || {
            if random.chance(self.slow) { random.range(20, 900) } else { random.range(1, 6) }
        };
        (0..copies).map(|_| delay()).collect()
    }
}
