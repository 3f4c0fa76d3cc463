//! The parts of a backup that a process keeps: served to operators, and fetched by them.

use crate::client::ClientError;
use crate::identity::Role;
use crate::refusal::Refused;
use crate::security::Security;
use crate::waiting::within;
use proto::v1::backups_client::BackupsClient;
use proto::v1::backups_server::{Backups, BackupsServer};
use proto::{Field, Header, Malformed, v1};
use replication::{BackupPart, PartitionId};
use std::fs::File;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, channel};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

/// Bytes in one message.
const CHUNK_BYTES: usize = 1 << 20;
/// Messages read ahead of a slow receiver.
const CHUNKS_AHEAD: usize = 4;
/// A process says what it keeps, and every further chunk comes, within this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where parts are kept.
pub trait Shelf: Send + Sync + 'static {
    /// What is kept of the backup at a mark, with its bytes.
    ///
    /// # Errors
    /// When it cannot be read.
    fn parts(&self, mark: u64) -> io::Result<Vec<(BackupPart, u64)>>;

    /// A part.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    fn open(&self, mark: u64, part: BackupPart) -> io::Result<File>;

    /// Lets go of everything that is kept of the backup at a mark.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn release(&self, mark: u64) -> io::Result<()>;
}

/// Serves what a process keeps.
#[derive(Clone)]
pub struct BackupService {
    shelf: Arc<dyn Shelf>,
    security: Security,
}

impl BackupService {
    /// In front of a shelf.
    pub fn new(shelf: Arc<dyn Shelf>, security: Security) -> Self {
        Self { shelf, security }
    }

    /// The service to add to the server.
    pub fn service(&self) -> BackupsServer<Self> {
        BackupsServer::new(self.clone())
    }

    fn admit<T>(
        &self,
        request: &Request<T>,
        header: Option<v1::RequestHeader>,
    ) -> Result<Header, Status> {
        let caller = self.security.caller(request);
        let caller = caller.ok_or_else(|| Refused::NoCertificate.status(0))?;
        let header =
            Header::from_wire(header).map_err(|error| Refused::Malformed(error).status(0))?;
        if !caller.has_role(&[Role::Operator]) {
            return Err(Refused::Role.status(header.request_id));
        }
        Ok(header)
    }
}

fn part_to_wire(part: BackupPart) -> Option<u32> {
    match part {
        BackupPart::Catalog => None,
        BackupPart::Partition(partition) => Some(partition.to_wire()),
    }
}

fn part_from_wire(partition: Option<u32>) -> Result<BackupPart, Malformed> {
    let Some(partition) = partition else { return Ok(BackupPart::Catalog) };
    Ok(BackupPart::Partition(PartitionId::from_wire(partition, "partition")?))
}

#[tonic::async_trait]
impl Backups for BackupService {
    async fn list(
        &self,
        mut request: Request<v1::BackupListRequest>,
    ) -> Result<Response<v1::BackupListResponse>, Status> {
        let header = request.get_mut().header.take();
        self.admit(&request, header)?;
        let kept = self.shelf.parts(request.into_inner().mark);
        let kept = kept.map_err(|error| Status::unavailable(error.to_string()))?;
        let part = |(part, bytes)| v1::BackupPart { partition: part_to_wire(part), bytes };
        Ok(Response::new(v1::BackupListResponse { parts: kept.into_iter().map(part).collect() }))
    }

    async fn release(
        &self,
        mut request: Request<v1::BackupListRequest>,
    ) -> Result<Response<v1::Accepted>, Status> {
        let header = request.get_mut().header.take();
        self.admit(&request, header)?;
        let released = self.shelf.release(request.into_inner().mark);
        released.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(Response::new(v1::Accepted {}))
    }

    type FetchStream = Pin<Box<dyn Stream<Item = Result<v1::BackupChunk, Status>> + Send>>;

    async fn fetch(
        &self,
        mut request: Request<v1::BackupFetchRequest>,
    ) -> Result<Response<Self::FetchStream>, Status> {
        let header = request.get_mut().header.take();
        let header = self.admit(&request, header)?;
        let v1::BackupFetchRequest { mark, partition, .. } = request.into_inner();
        let part = part_from_wire(partition);
        let part = part.map_err(|error| Refused::Malformed(error).status(header.request_id))?;
        let file = self.shelf.open(mark, part);
        let file = file.map_err(|error| Status::not_found(format!("{part}: {error}")))?;
        let (chunks, receiver) = channel(CHUNKS_AHEAD);
        tokio::task::spawn_blocking(move || send(file, &chunks));
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }
}

/// Sends a file to its end, or until nobody listens any more.
fn send(mut file: File, chunks: &Sender<Result<v1::BackupChunk, Status>>) {
    loop {
        let mut content = Vec::new();
        let read = (&mut file).take(CHUNK_BYTES as u64).read_to_end(&mut content);
        let chunk = match read {
            Ok(0) => return,
            Ok(_) => Ok(v1::BackupChunk { content }),
            Err(error) => Err(Status::data_loss(error.to_string())),
        };
        let is_last = chunk.is_err();
        if chunks.blocking_send(chunk).is_err() || is_last {
            return;
        }
    }
}

/// Fetches what one process keeps.
pub struct BackupClient {
    server: String,
    client: BackupsClient<Channel>,
    request_id: u128,
}

impl BackupClient {
    /// To the process of a role at an address, host:port. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the address or the certificates cannot be used.
    pub fn new(
        security: &Security,
        address: &str,
        role: Role,
        request_id: u128,
    ) -> Result<Self, ClientError> {
        let channel = security.endpoint(address, role, None)?.connect_lazy();
        let client = BackupsClient::new(channel).max_decoding_message_size(2 * CHUNK_BYTES);
        Ok(Self { server: address.to_owned(), client, request_id })
    }

    fn header(&self) -> v1::RequestHeader {
        let budget_ms = PATIENCE.as_millis() as u64;
        Header { request_id: self.request_id, budget_ms }.to_wire()
    }

    fn refused(&self, status: Status) -> ClientError {
        ClientError::Refused { server: self.server.clone(), status: Box::new(status) }
    }

    /// What it keeps of the backup at a mark, with its bytes.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn parts(&self, mark: u64) -> Result<Vec<(BackupPart, u64)>, ClientError> {
        let request = v1::BackupListRequest { header: Some(self.header()), mark };
        let mut client = self.client.clone();
        let answer = within(PATIENCE, client.list(request)).await.map_err(|e| self.refused(e))?;
        let parts = answer.into_inner().parts.into_iter();
        let part = |part: v1::BackupPart| Ok((part_from_wire(part.partition)?, part.bytes));
        Ok(parts.map(part).collect::<Result<_, Malformed>>()?)
    }

    /// Has it let go of what it keeps of the backup at a mark.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn release(&self, mark: u64) -> Result<(), ClientError> {
        let request = v1::BackupListRequest { header: Some(self.header()), mark };
        let mut client = self.client.clone();
        within(PATIENCE, client.release(request)).await.map(drop).map_err(|e| self.refused(e))
    }

    /// Writes a part to `out` and returns its bytes. `progress` is told of every chunk.
    ///
    /// # Errors
    /// When no answer came, it ended early, or `out` takes no more.
    pub async fn fetch(
        &self,
        mark: u64,
        part: BackupPart,
        out: &mut impl Write,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, ClientError> {
        let header = Some(self.header());
        let request = v1::BackupFetchRequest { header, mark, partition: part_to_wire(part) };
        let mut client = self.client.clone();
        let answer = within(PATIENCE, client.fetch(request)).await.map_err(|e| self.refused(e))?;
        let (mut chunks, mut bytes) = (answer.into_inner(), 0);
        loop {
            let next = tokio::time::timeout(PATIENCE, chunks.message()).await;
            let late = |_| Err(Status::unavailable("it stopped in the middle"));
            let next = next.unwrap_or_else(late).map_err(|e| self.refused(e))?;
            let Some(v1::BackupChunk { content }) = next else { return Ok(bytes) };
            let written = out.write_all(&content);
            written.map_err(|e| self.refused(Status::aborted(e.to_string())))?;
            bytes += content.len() as u64;
            progress(content.len() as u64);
        }
    }
}
