//! Messages to nodes, and checkpoints in parts: a checkpoint is larger than any message.

use crate::Malformed;
use crate::field::Field;
use crate::v1;
use crate::v1::to_node::Kind;
use replication::{Checkpoint, Generation, Pair, PartitionId, ToNode};

/// Bytes of keys and values in one part, about; a single pair may be larger.
pub const PART_BYTES: usize = 1 << 20;
/// Largest checkpoint, in bytes of memory: keys, values and [`PAIR_BYTES`] for each pair.
pub const CHECKPOINT_BYTES_MAX: u64 = 16 << 30;
/// Memory that a pair takes even when it is empty, in bytes.
const PAIR_BYTES: u64 = 64;

/// A message to a node as it travels: one frame, or many for a checkpoint.
pub fn to_node_frames(message: ToNode) -> Vec<v1::ToNode> {
    let kind = match message {
        ToNode::Tail(answer) => Kind::Tail(answer.to_wire()),
        ToNode::Assign(assignment) => Kind::Assign(assignment.to_wire()),
        ToNode::Scan(request) => Kind::Scan(request.to_wire()),
        ToNode::Record(wanted) => Kind::Record(wanted.to_wire()),
        ToNode::CheckpointWanted { generation, partition } => {
            let (generation, partition) = (generation.to_wire(), partition.to_wire());
            Kind::CheckpointWanted(v1::CheckpointWanted { generation, partition })
        }
        ToNode::Checkpoint { generation, partition, checkpoint } => {
            return checkpoint_frames(generation, partition, checkpoint);
        }
    };
    vec![v1::ToNode { kind: Some(kind) }]
}

fn checkpoint_frames(
    generation: Generation,
    partition: PartitionId,
    checkpoint: Checkpoint,
) -> Vec<v1::ToNode> {
    let bytes = |pair: &Pair| pair.0.len() + pair.1.len();
    let start = v1::CheckpointStart {
        generation: generation.to_wire(),
        partition: partition.to_wire(),
        index: checkpoint.index,
        summary: checkpoint.summary.to_wire(),
        pairs: checkpoint.pairs.len() as u64,
        bytes: checkpoint.pairs.iter().map(|pair| bytes(pair) as u64).sum(),
    };
    let mut frames = vec![Kind::CheckpointStart(start)];
    let (mut part, mut filled) = (Vec::new(), 0);
    for pair in checkpoint.pairs {
        if filled > 0 && filled + bytes(&pair) > PART_BYTES {
            let pairs = std::mem::take(&mut part);
            frames.push(Kind::CheckpointPart(v1::CheckpointPart { pairs }));
            filled = 0;
        }
        filled += bytes(&pair);
        part.push(v1::checkpoint_part::Pair { key: pair.0, value: pair.1 });
    }
    if !part.is_empty() {
        frames.push(Kind::CheckpointPart(v1::CheckpointPart { pairs: part }));
    }
    frames.into_iter().map(|kind| v1::ToNode { kind: Some(kind) }).collect()
}

/// Puts the frames of one stream together again.
#[derive(Default)]
pub struct ToNodeReader {
    open: Option<Open>,
}

/// A checkpoint of which parts are missing.
struct Open {
    generation: Generation,
    partition: PartitionId,
    checkpoint: Checkpoint,
    pairs_left: u64,
    bytes_left: u64,
}

impl ToNodeReader {
    /// Takes the next frame; `None` while a checkpoint is not whole.
    ///
    /// # Errors
    /// When the frame is none of ours or does not continue what the stream began; the stream must
    /// end then.
    pub fn take(&mut self, frame: v1::ToNode) -> Result<Option<ToNode>, Malformed> {
        let kind = frame.kind.ok_or(Malformed::Unknown("kind"))?;
        if self.open.is_some() && !matches!(kind, Kind::CheckpointPart(_)) {
            return Err(Malformed::Parts);
        }
        Ok(Some(match kind {
            Kind::Tail(answer) => ToNode::Tail(Field::from_wire(answer, "tail")?),
            Kind::Assign(assignment) => ToNode::Assign(Field::from_wire(assignment, "assign")?),
            Kind::Scan(request) => ToNode::Scan(Field::from_wire(request, "scan")?),
            Kind::Record(wanted) => ToNode::Record(Field::from_wire(wanted, "record")?),
            Kind::CheckpointWanted(wanted) => ToNode::CheckpointWanted {
                generation: Field::from_wire(wanted.generation, "generation")?,
                partition: Field::from_wire(wanted.partition, "partition")?,
            },
            Kind::CheckpointStart(start) => {
                self.open = Some(Open::new(start)?);
                return Ok(self.whole());
            }
            Kind::CheckpointPart(part) => {
                self.open.as_mut().ok_or(Malformed::Parts)?.take(part)?;
                return Ok(self.whole());
            }
        }))
    }

    fn whole(&mut self) -> Option<ToNode> {
        let Open { generation, partition, checkpoint, .. } =
            self.open.take_if(|open| open.pairs_left == 0)?;
        Some(ToNode::Checkpoint { generation, partition, checkpoint })
    }
}

impl Open {
    fn new(start: v1::CheckpointStart) -> Result<Self, Malformed> {
        let memory = start.pairs.saturating_mul(PAIR_BYTES).saturating_add(start.bytes);
        if memory > CHECKPOINT_BYTES_MAX {
            return Err(Malformed::Range("bytes"));
        }
        let summary = Field::from_wire(start.summary, "summary")?;
        Ok(Self {
            generation: Field::from_wire(start.generation, "generation")?,
            partition: Field::from_wire(start.partition, "partition")?,
            checkpoint: Checkpoint { index: start.index, summary, pairs: Vec::new() },
            pairs_left: start.pairs,
            bytes_left: start.bytes,
        })
    }

    fn take(&mut self, part: v1::CheckpointPart) -> Result<(), Malformed> {
        for v1::checkpoint_part::Pair { key, value } in part.pairs {
            let bytes = (key.len() + value.len()) as u64;
            self.pairs_left = self.pairs_left.checked_sub(1).ok_or(Malformed::Parts)?;
            self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(Malformed::Parts)?;
            self.checkpoint.pairs.push((key, value));
        }
        if self.pairs_left == 0 && self.bytes_left > 0 { Err(Malformed::Parts) } else { Ok(()) }
    }
}
