//! The public service of a coordinator.

use crate::identity::Role;
use crate::receipt::Receipt;
use crate::refusal::{Refused, answer};
use crate::security::{Caller, Security};
use crate::statement::{self, Speaker};
use coordinator::command::{Command, ErasureTarget, Outcome};
use coordinator::{Identified, Identify, Inquiry, Request as Asked, Response as Answer};
use proto::v1::administration_server::{Administration, AdministrationServer};
use proto::v1::registration_server::{Registration, RegistrationServer};
use proto::{Field, Header, Malformed, SERVICE_MESSAGE_BYTES_MAX, v1};
use replication::Lane;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tonic::{Request, Response, Status};

/// An answer that is on its way.
pub type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The coordinator behind the service.
pub trait Desk: Send + Sync + 'static {
    /// Answers a request in `budget` or little more.
    fn request(&self, request: Asked, budget: Duration) -> Answering;

    /// Members of the cluster that are not known to know a feature level, in words.
    fn lacks_level(&self, level: u32) -> Vec<String>;

    /// How it sees the cluster; `None` once it stopped.
    fn status(&self) -> Option<v1::StatusResponse>;
}

/// Serves clients and operators at a coordinator.
#[derive(Clone)]
pub struct PublicService {
    desk: Arc<dyn Desk>,
    security: Security,
    speaker: Speaker,
    clock: Clock,
}

/// Seconds since 1970.
pub type Clock = fn() -> i64;

/// Roles that enroll and search.
const USERS: &[Role] = &[Role::Client, Role::Operator];
/// Roles that administer.
const OPERATORS: &[Role] = &[Role::Operator];

impl PublicService {
    /// In front of a coordinator, which signs receipts where it has a certificate.
    pub fn new(desk: Arc<dyn Desk>, security: Security, speaker: Speaker, clock: Clock) -> Self {
        Self { desk, security, speaker, clock }
    }

    /// For clients.
    pub fn registration(&self) -> RegistrationServer<Self> {
        RegistrationServer::new(self.clone()).max_decoding_message_size(SERVICE_MESSAGE_BYTES_MAX)
    }

    /// For operators.
    pub fn administration(&self) -> AdministrationServer<Self> {
        AdministrationServer::new(self.clone()).max_decoding_message_size(SERVICE_MESSAGE_BYTES_MAX)
    }

    /// Lets in who has one of the roles, and reads the header and the call's own deadline.
    fn admit<T>(
        &self,
        request: &Request<T>,
        header: Option<v1::RequestHeader>,
        roles: &[Role],
    ) -> Result<(Caller, Header), Status> {
        let caller = self.security.caller(request);
        let caller = caller.ok_or_else(|| Refused::NoCertificate.status(0))?;
        let mut header =
            Header::from_wire(header).map_err(|error| Refused::Malformed(error).status(0))?;
        if !caller.has_role(roles) {
            return Err(Refused::Role.status(header.request_id));
        }
        if let Some(timeout) = call_timeout_ms(request) {
            header.budget_ms = header.budget_ms.min(timeout.max(1));
        }
        Ok((caller, header))
    }

    /// Asks the coordinator and turns what is no answer into a status.
    async fn ask(
        &self,
        header: Header,
        request: Result<Asked, Malformed>,
    ) -> Result<Answer, Status> {
        let request =
            request.map_err(|error| Refused::Malformed(error).status(header.request_id))?;
        let kind = kind_of(&request);
        let started = Instant::now();
        let response = self.desk.request(request, Duration::from_millis(header.budget_ms)).await;
        let outcome = answer(response);
        let seconds = started.elapsed().as_secs_f64();
        let said = outcome.as_ref().map_or_else(Refused::code, |_| "OK");
        metrics::histogram!("tanba_request_seconds", "kind" => kind).record(seconds);
        metrics::counter!("tanba_requests_total", "kind" => kind, "outcome" => said).increment(1);
        let request_id = format_args!("{:032x}", header.request_id).to_string();
        let index = outcome.as_ref().ok().and_then(index_of);
        tracing::info!(request_id, kind, outcome = said, index, seconds, "request");
        outcome.map_err(|refused| refused.status(header.request_id))
    }

    async fn command(
        &self,
        header: Header,
        command: Result<Command, Malformed>,
    ) -> Result<Response<v1::CommandResponse>, Status> {
        let erased = match &command {
            Ok(Command::Erase(erase)) => Some(erase.target),
            _ => None,
        };
        let answer = self.ask(header, command.map(Asked::Command)).await?;
        let receipt = erased.and_then(|target| self.erasure_receipt(target, &answer));
        let mut response = done(answer, header)?;
        response.get_mut().receipt = receipt;
        Ok(response)
    }

    fn search_receipt(&self, asked: &Identify, found: &Identified) -> Option<v1::Receipt> {
        self.vouch(|cluster, now_s| {
            statement::of_search(asked, found, &self.speaker, cluster, now_s)
        })
    }

    fn erasure_receipt(&self, target: ErasureTarget, answer: &Answer) -> Option<v1::Receipt> {
        let Answer::Done { index, outcome, .. } = answer else { return None };
        let index = match outcome {
            Outcome::Applied => *index,
            Outcome::AlreadyApplied(before) => *before,
            _ => return None,
        };
        self.vouch(|cluster, now_s| {
            statement::of_erasure(target, index, &self.speaker, cluster, now_s)
        })
    }

    /// Signs what is said; without a certificate nobody can.
    fn vouch(&self, say: impl FnOnce(&str, i64) -> String) -> Option<v1::Receipt> {
        let Security::Mutual(own) = &self.security else { return None };
        let text = say(own.identity().cluster(), (self.clock)());
        match Receipt::sign(text, own) {
            Ok(receipt) => Some(receipt.to_wire()),
            Err(error) => {
                tracing::error!(%error, "a receipt was not signed");
                None
            }
        }
    }
}

/// What a call is for, in metrics and logs.
fn kind_of(request: &Asked) -> &'static str {
    match request {
        Asked::Enroll(..) => "enroll",
        Asked::Identify(_) => "identify",
        Asked::Fetch(_) => "fetch",
        Asked::Command(Command::Erase(_)) => "erase",
        Asked::Command(_) => "command",
        Asked::Read(_) => "read",
        Asked::Membership(_) => "membership",
        Asked::TransferLeadership(_) | Asked::HandOver => "transfer",
    }
}

/// Where in the log an answer stands, so that a line of this process finds its lines in others.
fn index_of(answer: &Answer) -> Option<u64> {
    match answer {
        Answer::Done { index, .. }
        | Answer::State { index, .. }
        | Answer::Held { index, .. }
        | Answer::Audit { index, .. } => Some(*index),
        Answer::Identified(found) => Some(found.as_of),
        Answer::Fetched { as_of, .. } => Some(*as_of),
        Answer::Accepted | Answer::Unavailable(_) | Answer::Unknown => None,
    }
}

/// The deadline that the client's library put on the call, in milliseconds (gRPC over HTTP/2,
/// "grpc-timeout": up to 8 digits and a unit).
fn call_timeout_ms<T>(request: &Request<T>) -> Option<u64> {
    let text = request.metadata().get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let value: u64 = (digits.len() <= 8).then(|| digits.parse().ok())??;
    Some(match unit {
        "H" => value * 3_600_000,
        "M" => value * 60_000,
        "S" => value * 1000,
        "m" => value,
        "u" => value / 1000,
        "n" => value / 1_000_000,
        _ => return None,
    })
}

/// Who asks, for the audit: the upper half is the id in the certificate, whatever the client
/// claims; the lower half is the client's to tell its own users apart.
fn requester(caller: &Caller, claimed: u128) -> u128 {
    (u128::from(caller.id()) << 64) | (claimed & u128::from(u64::MAX))
}

fn done(answer: Answer, header: Header) -> Result<Response<v1::CommandResponse>, Status> {
    let Answer::Done { index, outcome, state, is_searchable } = answer else {
        return Err(Refused::WrongAnswer.status(header.request_id));
    };
    let (outcome, state) = (outcome.to_wire(), state.to_wire());
    let receipt = None;
    Ok(Response::new(v1::CommandResponse { index, outcome, state, is_searchable, receipt }))
}

#[tonic::async_trait]
impl Registration for PublicService {
    async fn enroll(
        &self,
        mut request: Request<v1::EnrollRequest>,
    ) -> Result<Response<v1::CommandResponse>, Status> {
        let header = request.get_mut().header.take();
        let (_, header) = self.admit(&request, header, USERS)?;
        let v1::EnrollRequest { enroll, acknowledge, .. } = request.into_inner();
        let asked = Field::from_wire(enroll, "enroll").and_then(|enroll| {
            Ok(Asked::Enroll(enroll, Field::from_wire(acknowledge, "acknowledge")?))
        });
        done(self.ask(header, asked).await?, header)
    }

    async fn identify(
        &self,
        mut request: Request<v1::IdentifyRequest>,
    ) -> Result<Response<v1::IdentifyResponse>, Status> {
        let header = request.get_mut().header.take();
        let (caller, header) = self.admit(&request, header, USERS)?;
        let asked = coordinator::Identify::from_wire(request.into_inner(), "identify");
        let asked = asked.and_then(|mut identify| {
            identify.requester = requester(&caller, identify.requester);
            match identify.purpose {
                0 => Err(Malformed::Range("purpose")),
                _ if identify.lane == Lane::Check => Err(Malformed::Range("lane")),
                _ => Ok(identify),
            }
        });
        // The receipt says what was asked; the probe is shared, not copied.
        let wanted = asked.as_ref().ok().cloned();
        match (self.ask(header, asked.map(Asked::Identify)).await?, wanted) {
            (Answer::Identified(found), Some(wanted)) => {
                let receipt = self.search_receipt(&wanted, &found);
                Ok(Response::new(v1::IdentifyResponse { receipt, ..found.to_wire() }))
            }
            _ => Err(Refused::WrongAnswer.status(header.request_id)),
        }
    }

    async fn fetch(
        &self,
        mut request: Request<v1::FetchRequest>,
    ) -> Result<Response<v1::FetchResponse>, Status> {
        let header = request.get_mut().header.take();
        let (caller, header) = self.admit(&request, header, USERS)?;
        let asked = coordinator::Fetch::from_wire(request.into_inner(), "fetch");
        let asked = asked.and_then(|mut fetch| {
            fetch.requester = requester(&caller, fetch.requester);
            match fetch.purpose {
                0 => Err(Malformed::Range("purpose")),
                _ => Ok(Asked::Fetch(fetch)),
            }
        });
        match self.ask(header, asked).await? {
            Answer::Fetched { as_of, payload } => {
                Ok(Response::new(v1::FetchResponse { as_of, payload: payload.to_wire() }))
            }
            _ => Err(Refused::WrongAnswer.status(header.request_id)),
        }
    }

    async fn read(
        &self,
        mut request: Request<v1::ReadRequest>,
    ) -> Result<Response<v1::ReadResponse>, Status> {
        let header = request.get_mut().header.take();
        let (_, header) = self.admit(&request, header, USERS)?;
        let encounter = Field::from_wire(request.into_inner().encounter, "encounter");
        match self.ask(header, encounter.map(Inquiry::State).map(Asked::Read)).await? {
            Answer::State { index, state } => {
                Ok(Response::new(v1::ReadResponse { index, state: state.to_wire() }))
            }
            _ => Err(Refused::WrongAnswer.status(header.request_id)),
        }
    }

    async fn held(
        &self,
        mut request: Request<v1::HeldRequest>,
    ) -> Result<Response<v1::HeldResponse>, Status> {
        let header = request.get_mut().header.take();
        let (_, header) = self.admit(&request, header, USERS)?;
        let after = Field::from_wire(request.into_inner().after, "after");
        match self.ask(header, after.map(Inquiry::Held).map(Asked::Read)).await? {
            Answer::Held { index, rows, is_last } => {
                Ok(Response::new(v1::HeldResponse { index, rows: rows.to_wire(), is_last }))
            }
            _ => Err(Refused::WrongAnswer.status(header.request_id)),
        }
    }

    async fn change(
        &self,
        mut request: Request<v1::CommandRequest>,
    ) -> Result<Response<v1::CommandResponse>, Status> {
        let header = request.get_mut().header.take();
        let (caller, header) = self.admit(&request, header, USERS)?;
        let command = proto::registration_command(request.into_inner().command);
        let command = command.map(|command| match command {
            Command::Erase(mut erase) => {
                erase.requester = requester(&caller, erase.requester);
                Ok(Command::Erase(erase))
            }
            Command::Adjudicate(mut decision) => {
                decision.examiner = requester(&caller, decision.examiner);
                decision.approver = requester(&caller, decision.approver);
                // Two people decide.
                let two = decision.examiner != decision.approver;
                two.then_some(Command::Adjudicate(decision)).ok_or(Malformed::Range("approver"))
            }
            command => Ok(command),
        });
        let command = command.and_then(|command| command);
        self.command(header, command).await
    }
}

#[tonic::async_trait]
impl Administration for PublicService {
    async fn status(
        &self,
        mut request: Request<v1::StatusRequest>,
    ) -> Result<Response<v1::StatusResponse>, Status> {
        let header = request.get_mut().header.take();
        let (_, header) = self.admit(&request, header, OPERATORS)?;
        let status = self.desk.status();
        status.map(Response::new).ok_or_else(|| Refused::Stopped.status(header.request_id))
    }

    async fn change(
        &self,
        mut request: Request<v1::CommandRequest>,
    ) -> Result<Response<v1::CommandResponse>, Status> {
        let header = request.get_mut().header.take();
        let (_, header) = self.admit(&request, header, OPERATORS)?;
        let command = proto::operator_command(request.into_inner().command);
        if let Ok(Command::SetFeatureLevel(change)) = &command
            && !self.desk.lacks_level(change.level).is_empty()
        {
            return Err(Refused::FeatureLevelUnknown.status(header.request_id));
        }
        self.command(header, command).await
    }

    async fn audit(
        &self,
        mut request: Request<v1::AuditRequest>,
    ) -> Result<Response<v1::AuditResponse>, Status> {
        let header = request.get_mut().header.take();
        let (_, header) = self.admit(&request, header, OPERATORS)?;
        let asked = Asked::Read(Inquiry::Audit(request.into_inner().after));
        match self.ask(header, Ok(asked)).await? {
            Answer::Audit { index, sealed, head, records } => {
                let (sealed, head) = (sealed.to_wire(), head.to_wire());
                let records = records.to_wire();
                Ok(Response::new(v1::AuditResponse { index, sealed, head, records }))
            }
            _ => Err(Refused::WrongAnswer.status(header.request_id)),
        }
    }

    async fn change_membership(
        &self,
        mut request: Request<v1::MembershipRequest>,
    ) -> Result<Response<v1::Accepted>, Status> {
        let header = request.get_mut().header.take();
        let (_, header) = self.admit(&request, header, OPERATORS)?;
        let change = Field::from_wire(request.into_inner().change, "change");
        self.ask(header, change.map(Asked::Membership)).await?;
        Ok(Response::new(v1::Accepted {}))
    }

    async fn transfer_leadership(
        &self,
        mut request: Request<v1::TransferRequest>,
    ) -> Result<Response<v1::Accepted>, Status> {
        let header = request.get_mut().header.take();
        let (_, header) = self.admit(&request, header, OPERATORS)?;
        let to = Field::from_wire(request.into_inner().to, "to");
        self.ask(header, to.map(Asked::TransferLeadership)).await?;
        Ok(Response::new(v1::Accepted {}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_of_a_call_is_read_in_every_unit() {
        let read = |text: &'static str| {
            let mut request = Request::new(());
            request.metadata_mut().insert("grpc-timeout", text.parse().unwrap());
            call_timeout_ms(&request)
        };
        assert_eq!(read("2H"), Some(7_200_000));
        assert_eq!(read("3S"), Some(3000));
        assert_eq!(read("99999999m"), Some(99_999_999));
        assert_eq!(read("2500u"), Some(2));
        assert_eq!(["", "S", "5", "123456789S", "-1S"].map(read), [None; 5]);
    }

    #[test]
    fn nobody_searches_in_the_name_of_another_certificate() {
        let identity = crate::Identity::new("kz", Role::Client, 7).unwrap();
        let claimed = (99u128 << 64) | 5;
        assert_eq!(requester(&Caller::Known(identity), claimed), (7u128 << 64) | 5);
        assert_eq!(requester(&Caller::Local, claimed), 5);
    }
}
