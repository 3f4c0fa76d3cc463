//! What coordinators sign: it can be checked by anybody, and changed by nobody.

use crate::public_service::{identify, server};
use crate::support::Authority;
use coordinator::catalog::{AuditEvent, AuditRecord};
use coordinator::command::{Erase, ErasureTarget, Outcome};
use coordinator::search::{LoggedScope, SearchIntent, SearchOutcome, VerificationIntent};
use coordinator::{Candidate, Identified, Identify, Missing, Response};
use proto::Field;
use replication::{EncounterId, PartitionId, PersonId};
use sha2::{Digest, Sha256};
use std::time::Duration;
use transport::{Audited, Change, Client, Receipt, ReceiptError, Role};

fn found() -> Identified {
    let (person, encounter) = (PersonId(2), EncounterId(3));
    Identified {
        search: 77,
        as_of: 9,
        is_complete: false,
        eligible: 10,
        scanned: 7,
        candidates: vec![Candidate { person, encounter, score: 500, rarity: 7000 }],
        missing: vec![(PartitionId(4), Missing::NoAnswer)],
    }
}

async fn asked(authority: &Authority, question: &Identify) -> Receipt {
    let (_, address) = server(authority, 3, &[Response::Identified(found())]).await;
    let client = client(authority, address.to_string());
    let (identified, receipt) = client.identify_with_receipt(question).await.expect("as set up");
    assert_eq!(identified, found());
    receipt.expect("a coordinator with a certificate signs")
}

fn client(authority: &Authority, address: String) -> Client {
    let security = authority.issue(Role::Client, 7);
    Client::new(&[address], &security, Duration::from_secs(10), Box::new(|| 42)).expect("as set up")
}

fn pem(authority: &Authority) -> Vec<u8> {
    std::fs::read(authority.folder().join("authority.pem")).expect("as set up")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_of_a_search_says_what_was_asked_and_found_and_reads_back_from_its_file() {
    let authority = Authority::new("kz");
    let receipt = asked(&authority, &identify()).await;
    let signer = receipt.verify(&pem(&authority)).expect("signed by the coordinator");
    assert_eq!(signer.to_string(), "tanba://kz/coordinator/3");
    let probe: String =
        Sha256::digest([1; 3000]).iter().map(|byte| format!("{byte:02x}")).collect();
    for line in [
        "cluster: kz",
        &format!("cluster id: {:032x}", 77),
        // The certificate says who asks, whatever the request claims.
        &format!("asked by: {:032x}", (7u128 << 64) | 6),
        "purpose: 1",
        "case: 2",
        &format!("probe sha256: {probe}"),
        "compared with: everybody",
        "as of: 9",
        "complete: NO",
        "eligible: 10",
        "compared: 7",
        &format!("candidate 1: encounter {:032x}, similarity 500", 3),
        &format!("person 1: {:032x}, rarity 7000", 2),
        "missing partition 4: no replica answered in time",
    ] {
        assert!(receipt.text().lines().any(|said| said == line), "{line}\n{}", receipt.text());
    }
    assert_eq!(Receipt::of_file(&receipt.to_file()), Ok(receipt));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_was_changed_or_signed_by_anybody_else_is_found_out() {
    let authority = Authority::new("kz");
    let receipt = asked(&authority, &identify()).await;
    let file = receipt.to_file();
    let changed = |from: &str, to: &str| {
        assert!(file.contains(from), "{from}");
        let receipt = Receipt::of_file(&file.replacen(from, to, 1))?;
        receipt.verify(&pem(&authority))
    };
    assert_eq!(changed("similarity 500", "similarity 400"), Err(ReceiptError::Signature));
    assert_eq!(changed("complete: NO", "complete: yes"), Err(ReceiptError::Signature));
    assert_eq!(changed("answered: ", "at: "), Err(ReceiptError::Missing("answered")));
    assert!(matches!(changed("answered: 20", "answered: 30"), Err(ReceiptError::Chain(_))));
    assert_eq!(changed("-----END SIGNATURE", "-----END"), Err(ReceiptError::Form));
    assert_eq!(Receipt::of_file("no receipt\n"), Err(ReceiptError::Form));
    // Another authority, with the same name of the cluster.
    let other = Authority::new("kz");
    assert!(matches!(receipt.verify(&pem(&other)), Err(ReceiptError::Chain(_))));
    assert_eq!(receipt.verify(b"none"), Err(ReceiptError::Authority));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_chain_is_compared_with_a_receipt_word_by_word() {
    let authority = Authority::new("kz");
    let person = PersonId(6);
    let verification = Identify { person: Some(person), ..identify() };
    for (question, person) in [(identify(), None), (verification, Some(person))] {
        let receipt = asked(&authority, &question).await;
        let search = SearchIntent {
            search: 77,
            requester: (7 << 64) | 6,
            purpose: 1,
            case: 2,
            probe_digest: Sha256::digest([1; 3000]).into(),
            scope: LoggedScope(question.scope),
            threshold: 4,
        };
        let intent = |search| match person {
            Some(person) => AuditEvent::Verification(VerificationIntent { search, person }),
            None => AuditEvent::Intent(search),
        };
        let outcome = |scanned| {
            AuditEvent::Outcome(SearchOutcome {
                search: 77,
                as_of: 9,
                is_complete: false,
                eligible: 10,
                scanned,
                candidates: vec![(EncounterId(3), 500)],
            })
        };
        let is_whole = |events: [AuditEvent; 2]| {
            let mut audited = Audited::default();
            for event in events {
                let record = AuditRecord { height: 1, index: 9, time_ms: 0, event, head: [0; 32] };
                audited.see(&record, receipt.text());
            }
            audited.is_whole()
        };
        assert!(is_whole([intent(search), outcome(7)]));
        assert!(!is_whole([intent(search), outcome(8)]), "another outcome");
        let other = SearchIntent { purpose: 3, ..search };
        assert!(!is_whole([intent(other), outcome(7)]), "another purpose");
        let others = VerificationIntent { search, person: PersonId(8) };
        assert!(!is_whole([AuditEvent::Verification(others), outcome(7)]), "another person");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_is_signed_with_its_place_in_the_log_and_a_refused_one_is_not() {
    let authority = Authority::new("kz");
    let answers = [Outcome::Applied, Outcome::AlreadyApplied(5), Outcome::Gone]
        .map(|outcome| Response::Done { index: 8, outcome, state: None, is_searchable: false });
    let (_, address) = server(&authority, 3, &answers).await;
    let client = client(&authority, address.to_string());
    let target = ErasureTarget::Person(PersonId(2));
    let erase = Erase { target, basis: 17, requester: 0, approver: None };
    let mut receipts = Vec::new();
    for _ in answers {
        let done = client.change(Change::Erase(erase.to_wire())).await.expect("as set up");
        receipts.push(done.receipt);
    }
    assert_eq!(receipts.pop(), Some(None), "nothing was erased");
    for (receipt, index) in receipts.iter().flatten().zip([8, 5]) {
        receipt.verify(&pem(&authority)).expect("signed by the coordinator");
        let mut audited = Audited::default();
        let event = AuditEvent::Erasure(Erase { requester: 9, ..erase });
        let record = AuditRecord { height: 1, index, time_ms: 0, event, head: [0; 32] };
        audited.see(&AuditRecord { index: 99, ..record.clone() }, receipt.text());
        assert!(!audited.is_whole(), "another place");
        audited.see(&record, receipt.text());
        assert!(audited.is_whole());
    }
    assert_eq!(receipts.iter().flatten().count(), 2);
}
