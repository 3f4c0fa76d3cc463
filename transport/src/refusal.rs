//! Why a call is refused, as it crosses the wire and as the client reads it.

use coordinator::{Response as Answer, Unavailable};
use proto::{ERROR_TRAILER, Malformed, Message, v1};
use std::time::Duration;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

/// Why a call has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The caller shows no certificate of this cluster.
    NoCertificate,
    /// The caller's role does not allow it.
    Role,
    /// The request is none.
    Malformed(Malformed),
    /// No leader is known, or the request is for the leader and this is not it.
    NoLeader,
    /// Too much waits to be committed.
    Overloaded,
    /// A disk that an enrollment would go to is nearly full.
    DiskScarce,
    /// The cluster was not raised to the feature level of the command yet.
    FeatureLevel,
    /// Not every member is connected and known to know the feature level.
    FeatureLevelUnknown,
    /// Nobody would vote after the change.
    NoVoterLeft,
    /// Who is to lead cannot.
    NoSuccessor,
    /// Nobody knows whether it was carried out.
    Unknown,
    /// The coordinator stopped.
    Stopped,
    /// The coordinator answered another question: a fault of ours.
    WrongAnswer,
}

/// An answer, or why there is none.
pub(crate) fn answer(answer: Answer) -> Result<Answer, Refused> {
    match answer {
        Answer::Unavailable(Unavailable::NoLeader) => Err(Refused::NoLeader),
        Answer::Unavailable(Unavailable::Overloaded) => Err(Refused::Overloaded),
        Answer::Unavailable(Unavailable::DiskScarce) => Err(Refused::DiskScarce),
        Answer::Unavailable(Unavailable::FeatureLevel) => Err(Refused::FeatureLevel),
        Answer::Unavailable(Unavailable::NoVoterLeft) => Err(Refused::NoVoterLeft),
        Answer::Unavailable(Unavailable::NoSuccessor) => Err(Refused::NoSuccessor),
        Answer::Unknown => Err(Refused::Unknown),
        answer => Ok(answer),
    }
}

impl Refused {
    /// Stable; clients may rely on it.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NoCertificate => "NO_CERTIFICATE",
            Self::Role => "ROLE",
            Self::Malformed(_) => "MALFORMED",
            Self::NoLeader => "NO_LEADER",
            Self::Overloaded => "OVERLOADED",
            Self::DiskScarce => "DISK_SCARCE",
            Self::FeatureLevel => "FEATURE_LEVEL",
            Self::FeatureLevelUnknown => "FEATURE_LEVEL_UNKNOWN",
            Self::NoVoterLeft => "NO_VOTER_LEFT",
            Self::NoSuccessor => "NO_SUCCESSOR",
            Self::Unknown => "OUTCOME_UNKNOWN",
            Self::Stopped => "STOPPED",
            Self::WrongAnswer => "WRONG_ANSWER",
        }
    }

    fn text(self) -> String {
        match self {
            Self::NoCertificate => "show a certificate of this cluster".into(),
            Self::Role => "the role in the certificate does not allow this".into(),
            Self::Malformed(error) => error.to_string(),
            Self::NoLeader => "no leader is known here; try again, or another coordinator".into(),
            Self::Overloaded => "too much waits to be committed; try again later".into(),
            Self::DiskScarce => "a disk is nearly full, so nothing is enrolled; searches and \
                                 erasures go on: see `tanba cluster doctor`"
                .into(),
            Self::FeatureLevel => {
                "the cluster does not do this before its feature level is raised: when all \
                 processes are of one release, `tanba cluster upgrade`"
                    .into()
            }
            Self::FeatureLevelUnknown => {
                "not every coordinator and node is connected here and of a release that knows \
                 this feature level: `tanba cluster upgrade --dry-run` says who lacks"
                    .into()
            }
            Self::NoVoterLeft => "no coordinator would be left to vote; add another first".into(),
            Self::NoSuccessor => {
                "it is no voter, or not up to date: see `tanba cluster status`".into()
            }
            Self::Unknown => {
                "nobody knows whether it was carried out; ask again with the same ids".into()
            }
            Self::Stopped => "this coordinator stopped; try another".into(),
            Self::WrongAnswer => "the coordinator answered another question".into(),
        }
    }

    /// With its detail in the trailers.
    pub(crate) fn status(self, request_id: u128) -> Status {
        use v1::{Fault, Retry};
        let (code, fault, retry, retry_after_ms) = match self {
            Self::NoCertificate => (Code::Unauthenticated, Fault::Caller, Retry::Never, 0),
            Self::Role => (Code::PermissionDenied, Fault::Caller, Retry::Never, 0),
            Self::Malformed(_) => (Code::InvalidArgument, Fault::Caller, Retry::Never, 0),
            Self::NoLeader => (Code::Unavailable, Fault::Cluster, Retry::Elsewhere, 200),
            Self::Overloaded => (Code::ResourceExhausted, Fault::Cluster, Retry::Same, 500),
            Self::DiskScarce => (Code::ResourceExhausted, Fault::Cluster, Retry::Same, 5000),
            Self::FeatureLevel => (Code::FailedPrecondition, Fault::Caller, Retry::Never, 0),
            Self::FeatureLevelUnknown => {
                (Code::FailedPrecondition, Fault::Cluster, Retry::Never, 0)
            }
            Self::NoVoterLeft => (Code::FailedPrecondition, Fault::Caller, Retry::Never, 0),
            Self::NoSuccessor => (Code::FailedPrecondition, Fault::Caller, Retry::Never, 0),
            Self::Unknown => (Code::DeadlineExceeded, Fault::Cluster, Retry::Same, 0),
            Self::Stopped => (Code::Unavailable, Fault::Server, Retry::Elsewhere, 0),
            Self::WrongAnswer => (Code::Internal, Fault::Server, Retry::Never, 0),
        };
        let detail = v1::ErrorDetail {
            code: self.code().to_owned(),
            fault: fault.into(),
            retry: retry.into(),
            retry_after_ms,
            request_id: request_id.to_be_bytes().to_vec(),
        };
        let mut status = Status::new(code, self.text());
        let bytes = MetadataValue::from_bytes(&detail.encode_to_vec());
        status.metadata_mut().insert_bin(ERROR_TRAILER, bytes);
        status
    }
}

/// What a client does about a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// Give up.
    Never,
    /// Ask this one again.
    Same(Duration),
    /// Ask another.
    Elsewhere(Duration),
}

/// Follows the detail; a connection that broke is worth another try elsewhere.
pub(crate) fn advice(status: &Status) -> Advice {
    let detail = status
        .metadata()
        .get_bin(ERROR_TRAILER)
        .and_then(|value| value.to_bytes().ok())
        .and_then(|bytes| v1::ErrorDetail::decode(bytes).ok());
    let Some(detail) = detail else {
        return match status.code() {
            Code::Unavailable | Code::Cancelled | Code::Unknown => {
                Advice::Elsewhere(Duration::from_millis(100))
            }
            // Nobody said this: the connection broke on this side.
            _ if std::error::Error::source(status).is_some() => {
                Advice::Elsewhere(Duration::from_millis(100))
            }
            _ => Advice::Never,
        };
    };
    let after = Duration::from_millis(detail.retry_after_ms.min(10_000));
    match detail.retry() {
        v1::Retry::Same => Advice::Same(after),
        v1::Retry::Elsewhere => Advice::Elsewhere(after),
        _ => Advice::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_reads_what_the_server_advises() {
        let read = |refused: Refused| advice(&refused.status(1));
        assert_eq!(read(Refused::NoLeader), Advice::Elsewhere(Duration::from_millis(200)));
        assert_eq!(read(Refused::Overloaded), Advice::Same(Duration::from_millis(500)));
        assert_eq!(read(Refused::Unknown), Advice::Same(Duration::ZERO));
        assert_eq!(read(Refused::Malformed(Malformed::Missing("probe"))), Advice::Never);
        assert_eq!(advice(&Status::invalid_argument("bare")), Advice::Never);
        let elsewhere = Advice::Elsewhere(Duration::from_millis(100));
        assert_eq!(advice(&Status::unavailable("bare")), elsewhere);
        assert_eq!(advice(&Status::internal("said by a server")), Advice::Never);
        let mut broken = Status::internal("the stream ended");
        broken.set_source(std::sync::Arc::new(std::io::Error::other("reset")));
        assert_eq!(advice(&broken), elsewhere);
    }
}
