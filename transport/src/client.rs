//! A client of the cluster: asks one coordinator after another until the deadline.

use crate::identity::Role;
use crate::receipt::Receipt;
use crate::refusal::{Advice, advice};
use crate::security::{Security, SecurityError};
use crate::waiting::within;
use coordinator::catalog::AuditRecord;
use coordinator::command::{Enroll, Outcome};
use coordinator::raft::MembershipChange;
use coordinator::{Acknowledge, Fetch, HeldRow, Identified, Identify};
use proto::v1::administration_client::AdministrationClient;
use proto::v1::registration_client::RegistrationClient;
use proto::{Field, Header, Malformed, v1};
use replication::{CoordinatorId, EncounterId, EncounterState, LogIndex, Payload};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use thiserror::Error;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

/// Why the cluster gave no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The addresses or certificates cannot be used.
    #[error(transparent)]
    Security(#[from] SecurityError),
    /// Nobody is named.
    #[error("no server is named: give the address of a coordinator, host:port")]
    NoServer,
    /// A server refused, and trying again would not help.
    #[error("{server} refused: {}", status.message())]
    Refused {
        /// Which.
        server: String,
        /// What it said.
        status: Box<Status>,
    },
    /// The deadline passed.
    #[error(
        "no answer within {seconds} s; the last server asked, {server}, said: {}. Whether it was \
         carried out is not known: ask again with the same ids",
        status.message()
    )]
    Late {
        /// How long was tried.
        seconds: u64,
        /// The last one asked.
        server: String,
        /// What it said.
        status: Box<Status>,
    },
    /// The answer is none of ours.
    #[error("the answer cannot be read: {0}")]
    Malformed(#[from] Malformed),
}

impl ClientError {
    /// How long a server that has too much to do wants to be left alone; `None` when it gave no
    /// answer for another reason. What it refused so was not carried out.
    pub fn retry_after(&self) -> Option<Duration> {
        let Self::Refused { status, .. } = self else { return None };
        match advice(status) {
            Advice::Same(wait) if status.code() == Code::ResourceExhausted => Some(wait),
            _ => None,
        }
    }

    /// Whether to ask again, with the same ids, may help.
    pub fn may_ask_again(&self) -> bool {
        match self {
            Self::Late { .. } => true,
            Self::Refused { status, .. } => advice(status) != Advice::Never,
            _ => false,
        }
    }
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Where it stands in the log.
    pub index: LogIndex,
    /// What became of it.
    pub outcome: Outcome,
    /// Of the encounter enrolled.
    pub state: Option<EncounterState>,
    /// Whether every complete replica would find it.
    pub is_searchable: bool,
    /// Of an erasure, where the coordinator has a certificate.
    pub receipt: Option<Receipt>,
}

/// A part of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// Height and head where the chain begins that is still there.
    pub sealed: (u64, [u8; 32]),
    /// Height and head where it ends.
    pub head: (u64, [u8; 32]),
    /// What follows the height asked for, as much as fits.
    pub records: Vec<AuditRecord>,
}

/// A connection to a cluster. Clones share it.
#[derive(Clone)]
pub struct Client {
    servers: Vec<(String, Channel)>,
    /// The server that answered last.
    current: Arc<AtomicUsize>,
    budget: Duration,
    asks_again: bool,
    next_request_id: Arc<dyn Fn() -> u128 + Send + Sync>,
}

/// Changes carried by `Change` of either service.
pub type Change = v1::command_request::Command;

impl Client {
    /// To any of these coordinators, host:port; connects when first asked. Every request is tried
    /// until `budget` is over. `next_request_id` draws the id of each. Needs a tokio runtime.
    ///
    /// # Errors
    /// When none is named or one cannot be used.
    pub fn new(
        servers: &[String],
        security: &Security,
        budget: Duration,
        next_request_id: Box<dyn Fn() -> u128 + Send + Sync>,
    ) -> Result<Self, ClientError> {
        let mut channels = Vec::new();
        for server in servers {
            let endpoint = security.endpoint(server, Role::Coordinator, None)?;
            channels.push((server.clone(), endpoint.connect_lazy()));
        }
        if channels.is_empty() {
            return Err(ClientError::NoServer);
        }
        Ok(Self {
            servers: channels,
            current: Arc::default(),
            budget,
            asks_again: true,
            next_request_id: next_request_id.into(),
        })
    }

    /// The same for whoever decides himself when to ask again: every request is sent to one server,
    /// and what it says is the answer; the next goes to another when that is what it advised.
    #[must_use]
    pub fn asking_once(self) -> Self {
        Self { asks_again: false, ..self }
    }

    /// Enrolls; asking again with the same content changes nothing.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn enroll(&self, enroll: &Enroll, ack: Acknowledge) -> Result<Done, ClientError> {
        let acknowledge = ack.to_wire();
        let call = |channel, header| {
            let enroll = enroll.clone().to_wire();
            let request = v1::EnrollRequest { header: Some(header), enroll, acknowledge };
            async move { RegistrationClient::new(channel).enroll(timed(request)).await }
        };
        done(self.ask(call).await?)
    }

    /// Searches.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn identify(&self, identify: &Identify) -> Result<Identified, ClientError> {
        self.identify_with_receipt(identify).await.map(|(identified, _)| identified)
    }

    /// Searches, and keeps what the coordinator signed, where it has a certificate.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn identify_with_receipt(
        &self,
        identify: &Identify,
    ) -> Result<(Identified, Option<Receipt>), ClientError> {
        let call = |channel, header| {
            let request =
                v1::IdentifyRequest { header: Some(header), ..identify.clone().to_wire() };
            async move {
                let client = RegistrationClient::new(channel);
                let mut client = client.max_decoding_message_size(RESPONSE_BYTES_MAX);
                client.identify(timed(request)).await
            }
        };
        let mut answer = self.ask(call).await?;
        let receipt = answer.receipt.take().map(Receipt::from_wire);
        Ok((Field::from_wire(answer, "identified")?, receipt))
    }

    /// What was enrolled, for somebody to look at; `None` when it is not, or not any more.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn fetch(&self, fetch: &Fetch) -> Result<Option<Payload>, ClientError> {
        let call = |channel, header| {
            let request = v1::FetchRequest { header: Some(header), ..fetch.to_wire() };
            async move {
                let client = RegistrationClient::new(channel);
                let mut client = client.max_decoding_message_size(RESPONSE_BYTES_MAX);
                client.fetch(timed(request)).await
            }
        };
        Ok(Field::from_wire(self.ask(call).await?.payload, "payload")?)
    }

    /// The state of an encounter, not older than the call.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn read(
        &self,
        encounter: EncounterId,
    ) -> Result<Option<EncounterState>, ClientError> {
        let call = |channel, header| {
            let encounter = encounter.to_wire();
            let request = v1::ReadRequest { header: Some(header), encounter };
            async move { RegistrationClient::new(channel).read(timed(request)).await }
        };
        Ok(Field::from_wire(self.ask(call).await?.state, "state")?)
    }

    /// Encounters that wait for a human, those with higher ids than `after`, and whether there are
    /// none after them.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn held(
        &self,
        after: Option<EncounterId>,
    ) -> Result<(Vec<HeldRow>, bool), ClientError> {
        let call = |channel, header| {
            let request = v1::HeldRequest { header: Some(header), after: after.to_wire() };
            async move { RegistrationClient::new(channel).held(timed(request)).await }
        };
        let answer = self.ask(call).await?;
        Ok((Field::from_wire(answer.rows, "rows")?, answer.is_last))
    }

    /// Erases, adjudicates, merges, unlinks or sets galleries.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn change(&self, command: Change) -> Result<Done, ClientError> {
        let call = |channel, header| {
            let command = Some(command.clone());
            let request = v1::CommandRequest { header: Some(header), command };
            async move { RegistrationClient::new(channel).change(timed(request)).await }
        };
        done(self.ask(call).await?)
    }

    /// How the leader sees the cluster, or else the coordinator that knows most. Operators only, as
    /// all that follow.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn status(&self) -> Result<v1::StatusResponse, ClientError> {
        let answers = self.statuses().await;
        let answers = answers.into_iter().filter_map(|(_, answer)| answer.ok());
        match answers.max_by_key(knowledge) {
            Some(status) => Ok(status),
            // One after the other, for as long as there is time, and for why there is no answer.
            None => self.ask(status_of).await,
        }
    }

    /// How every coordinator sees the cluster, by its address; those that do not answer soon say
    /// why.
    pub async fn statuses(&self) -> Vec<(String, Result<v1::StatusResponse, ClientError>)> {
        let mut asked = tokio::task::JoinSet::new();
        for (server, channel) in self.servers.clone() {
            let budget_ms = LOOK.as_millis() as u64;
            let header = Header { request_id: (self.next_request_id)(), budget_ms }.to_wire();
            asked.spawn(async move {
                let answer = status_of(channel, header).await.map(tonic::Response::into_inner);
                let answer = answer.map_err(|status| ClientError::Refused {
                    server: server.clone(),
                    status: Box::new(status),
                });
                (server, answer)
            });
        }
        asked.join_all().await
    }

    /// Registers a node, sets its state, places replicas, marks, or sets the policy.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn administer(&self, command: Change) -> Result<Done, ClientError> {
        let call = |channel, header| {
            let command = Some(command.clone());
            let request = v1::CommandRequest { header: Some(header), command };
            async move { AdministrationClient::new(channel).change(timed(request)).await }
        };
        done(self.ask(call).await?)
    }

    /// The audit chain above a height, as much as fits an answer.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn audit(&self, after: u64) -> Result<AuditPage, ClientError> {
        let call = |channel, header| {
            let request = v1::AuditRequest { header: Some(header), after };
            async move { AdministrationClient::new(channel).audit(timed(request)).await }
        };
        let answer = self.ask(call).await?;
        Ok(AuditPage {
            sealed: Field::from_wire(answer.sealed, "sealed")?,
            head: Field::from_wire(answer.head, "head")?,
            records: Field::from_wire(answer.records, "records")?,
        })
    }

    /// Changes who decides; asks until the leader is met.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn change_membership(&self, change: &MembershipChange) -> Result<(), ClientError> {
        let call = |channel, header| {
            let change = change.clone().to_wire();
            let request = v1::MembershipRequest { header: Some(header), change };
            async move {
                let mut client = AdministrationClient::new(channel);
                client.change_membership(timed(request)).await
            }
        };
        self.ask(call).await.map(drop)
    }

    /// Hands leadership over; asks until the leader is met.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn transfer_leadership(&self, to: CoordinatorId) -> Result<(), ClientError> {
        let call = |channel, header| async move {
            let request = v1::TransferRequest { header: Some(header), to: to.0 };
            AdministrationClient::new(channel).transfer_leadership(timed(request)).await
        };
        self.ask(call).await.map(drop)
    }

    /// Asks one server after another as they advise, with one request id, until the budget is over.
    async fn ask<T, F, C>(&self, call: C) -> Result<T, ClientError>
    where
        C: Fn(Channel, v1::RequestHeader) -> F,
        F: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        let deadline = Instant::now() + self.budget;
        let request_id = (self.next_request_id)();
        loop {
            let current = self.current.load(Ordering::Relaxed) % self.servers.len();
            let (server, channel) = &self.servers[current];
            let left = deadline.saturating_duration_since(Instant::now());
            // No server gets all the time: one that lost its leader may not know it yet.
            let share = if self.asks_again { (self.budget / 4).max(SHARE_MIN) } else { left };
            let share = share.min(left);
            let budget_ms = share.as_millis().clamp(1, u128::from(proto::BUDGET_MS_MAX)) as u64;
            let header = Header { request_id, budget_ms }.to_wire();
            let limit = share + GRACE;
            let status = match within(limit, call(channel.clone(), header)).await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => status,
            };
            let (server, status) = (server.clone(), Box::new(status));
            let wait = match advice(&status) {
                Advice::Never => return Err(ClientError::Refused { server, status }),
                Advice::Same(wait) => wait,
                Advice::Elsewhere(wait) => {
                    self.current.store(current + 1, Ordering::Relaxed);
                    wait
                }
            };
            if !self.asks_again {
                return Err(ClientError::Refused { server, status });
            }
            if Instant::now() + wait >= deadline {
                let seconds = self.budget.as_secs();
                return Err(ClientError::Late { seconds, server, status });
            }
            tokio::time::sleep(wait).await;
        }
    }
}

/// How much a coordinator knows: the leader most, else by term and what is applied.
pub fn knowledge(status: &v1::StatusResponse) -> (bool, u64, u64) {
    (status.leader == Some(status.coordinator), status.term, status.applied)
}

async fn status_of(
    channel: Channel,
    header: v1::RequestHeader,
) -> Result<tonic::Response<v1::StatusResponse>, Status> {
    let client = AdministrationClient::new(channel);
    let mut client = client.max_decoding_message_size(RESPONSE_BYTES_MAX);
    let request = timed(v1::StatusRequest { header: Some(header) });
    within(LOOK + GRACE, client.status(request)).await
}

/// A coordinator that does not say within this time how it is, and 1.5 s more, is not listened to.
const LOOK: Duration = Duration::from_millis(500);
/// An answer may take so much longer than the server was given.
const GRACE: Duration = Duration::from_millis(1500);
/// One server is given at least so long, where there is so much left.
const SHARE_MIN: Duration = Duration::from_secs(3);
/// Longest answer, in bytes: ten thousand candidates, or the status of a large cluster.
const RESPONSE_BYTES_MAX: usize = 64 << 20;

/// A call that also ends at this side, a little after the server should have answered.
fn timed<T: Budget>(message: T) -> Request<T> {
    let timeout = Duration::from_millis(message.budget_ms()) + GRACE;
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}

/// A request with a header.
trait Budget {
    fn budget_ms(&self) -> u64;
}

macro_rules! budgets {
    ($($request:ident)*) => {$(
        impl Budget for v1::$request {
            fn budget_ms(&self) -> u64 {
                self.header.as_ref().map_or(0, |header| header.budget_ms)
            }
        }
    )*};
}
budgets! {
    EnrollRequest IdentifyRequest ReadRequest CommandRequest StatusRequest MembershipRequest
    TransferRequest HeldRequest AuditRequest FetchRequest
}

fn done(response: v1::CommandResponse) -> Result<Done, ClientError> {
    Ok(Done {
        index: response.index,
        outcome: Field::from_wire(response.outcome, "outcome")?,
        state: Field::from_wire(response.state, "state")?,
        is_searchable: response.is_searchable,
        receipt: response.receipt.map(Receipt::from_wire),
    })
}
