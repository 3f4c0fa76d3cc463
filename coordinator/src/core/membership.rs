//! Changes of who decides, each from the wish of an operator to its end, and the handing over of
//! leadership.
//!
//! Whoever is to vote first listens until it lacks next to nothing: a newcomer that must be waited
//! for could cost the majority. The change itself is one step (joint consensus; Ongaro, 2014,
//! section 4.3). A leader that is to go lets another lead before, and the operator's client finds
//! that one. A wish is answered once the members are as wished, not when it was proposed: what a
//! leader proposed may be lost with it.

use super::Coordinator;
use crate::message::{Output, Response, Unavailable};
use crate::raft::{Membership, MembershipChange, Role};
use replication::CoordinatorId;

/// A change that a client waits for.
pub(super) struct Wish {
    request: u64,
    change: MembershipChange,
    deadline: u64,
}

/// What a wish needs next.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Nothing: the members are as wished.
    Done,
    /// Time, for others to catch up or for a change under way.
    Wait,
    /// A change.
    Propose(MembershipChange),
    /// Another leader.
    HandOver(CoordinatorId),
}

impl Wish {
    pub(super) fn new(request: u64, change: MembershipChange, deadline: u64) -> Self {
        Self { request, change, deadline }
    }
}

impl Coordinator {
    /// Takes a wish, or says why not.
    pub(super) fn begin_wish(&mut self, wish: Wish, out: &mut Vec<Output>) {
        let reason = match self.member.role() {
            Role::Leader if self.member.membership().voters_after(&wish.change).is_empty() => {
                Unavailable::NoVoterLeft
            }
            Role::Leader => return self.wishes.push(wish),
            Role::Follower | Role::Candidate => Unavailable::NoLeader,
        };
        out.push(Output::Client(wish.request, Response::Unavailable(reason)));
    }

    /// Does for every wish what can be done now.
    pub(super) fn wish_on(&mut self, now: u64, out: &mut Vec<Output>) {
        for wish in std::mem::take(&mut self.wishes) {
            if self.member.role() != Role::Leader {
                // Perhaps half done, perhaps done by the next leader.
                out.push(Output::Client(wish.request, Response::Unknown));
            } else if self.grant(&wish.change) {
                out.push(Output::Client(wish.request, Response::Accepted));
            } else if now >= wish.deadline {
                out.push(Output::Client(wish.request, Response::Unknown));
            } else {
                self.wishes.push(wish);
            }
        }
    }

    /// Goes on with a change; whether it is done.
    fn grant(&mut self, change: &MembershipChange) -> bool {
        let is_current = self.catalog.applied() >= self.member.committed();
        let caught_up = |id| self.member.has_caught_up(id);
        let successor = || self.member.successor(|id| !change.removed.contains(&id));
        let (me, membership) = (self.member.id(), self.member.membership());
        match next_step(&membership, change, me, caught_up, successor) {
            Step::Done => return is_current,
            Step::Wait => {}
            Step::Propose(change) => drop(self.member.propose_membership(&change)),
            Step::HandOver(_) if self.member.is_handing_over() => {}
            Step::HandOver(to) => self.member.transfer_leadership(to),
        }
        false
    }

    /// Lets another voter lead: the one named, or the one that can take it best.
    pub(super) fn hand_over(&mut self, to: Option<CoordinatorId>) -> Response {
        if self.member.role() != Role::Leader {
            return Response::Unavailable(Unavailable::NoLeader);
        }
        let successor = match to {
            Some(to) if to == self.member.id() => return Response::Accepted,
            to => self.member.successor(|id| to.is_none_or(|to| to == id)),
        };
        let Some(successor) = successor else {
            return Response::Unavailable(Unavailable::NoSuccessor);
        };
        self.member.transfer_leadership(successor);
        Response::Accepted
    }
}

/// See the module. `me` leads.
fn next_step(
    membership: &Membership,
    change: &MembershipChange,
    me: CoordinatorId,
    caught_up: impl Fn(CoordinatorId) -> bool,
    successor: impl Fn() -> Option<CoordinatorId>,
) -> Step {
    if membership.follows(change) {
        return Step::Done;
    }
    if !membership.is_settled() {
        return Step::Wait;
    }
    let newcomers = change.voters.iter().filter(|id| !membership.contains(**id));
    let newcomers: Vec<CoordinatorId> = newcomers.copied().collect();
    if !newcomers.is_empty() {
        return Step::Propose(MembershipChange { learners: newcomers, ..Default::default() });
    }
    if !change.voters.iter().all(|id| caught_up(*id)) {
        return Step::Wait;
    }
    if membership.voters_after(change).contains(&me) {
        return Step::Propose(change.clone());
    }
    let is_vote_missing = change.voters.iter().any(|id| !membership.voters.contains(id));
    match successor() {
        Some(successor) => Step::HandOver(successor),
        // Only newcomers could lead, and they do not vote yet.
        None if is_vote_missing => {
            let voters = change.voters.clone();
            Step::Propose(MembershipChange { voters, ..Default::default() })
        }
        None => Step::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: CoordinatorId = CoordinatorId(1);

    fn ids<const N: usize>(ids: [u64; N]) -> Vec<CoordinatorId> {
        ids.map(CoordinatorId).to_vec()
    }

    fn change(voters: &[u64], removed: &[u64]) -> MembershipChange {
        let ids = |ids: &[u64]| ids.iter().copied().map(CoordinatorId).collect();
        MembershipChange { voters: ids(voters), removed: ids(removed), ..Default::default() }
    }

    fn step(membership: &Membership, change: &MembershipChange, up_to_date: &[u64]) -> Step {
        let caught_up = |id: CoordinatorId| up_to_date.contains(&id.0);
        let able = |id: &CoordinatorId| *id != ME && caught_up(*id) && !change.removed.contains(id);
        let successor = || membership.voters.iter().copied().find(able);
        next_step(membership, change, ME, caught_up, successor)
    }

    #[test]
    fn a_newcomer_listens_until_it_has_caught_up_and_then_votes() {
        let mut membership = Membership::of(ids([1, 2, 3]));
        let wish = change(&[4], &[3]);
        let listen = MembershipChange { learners: ids([4]), ..Default::default() };
        assert_eq!(step(&membership, &wish, &[2, 3]), Step::Propose(listen));
        membership.learners.extend(ids([4]));
        assert_eq!(step(&membership, &wish, &[2, 3]), Step::Wait);
        assert_eq!(step(&membership, &wish, &[2, 3, 4]), Step::Propose(wish.clone()));
        let mut joint = Membership::of(ids([1, 2, 4]));
        joint.voters_outgoing.extend(ids([1, 2, 3]));
        assert_eq!(step(&joint, &wish, &[2, 3, 4]), Step::Wait);
        assert_eq!(step(&Membership::of(ids([1, 2, 4])), &wish, &[]), Step::Done);
    }

    #[test]
    fn a_leader_that_is_to_go_lets_another_lead_who_stays() {
        let membership = Membership::of(ids([1, 2, 3]));
        let wish = change(&[], &[1, 2]);
        assert_eq!(step(&membership, &wish, &[2, 3]), Step::HandOver(CoordinatorId(3)));
        assert_eq!(step(&membership, &wish, &[2]), Step::Wait, "nobody could lead");
        let demotion = MembershipChange { learners: ids([1]), ..Default::default() };
        assert_eq!(step(&membership, &demotion, &[2]), Step::HandOver(CoordinatorId(2)));
    }

    #[test]
    fn the_only_voter_is_replaced_by_one_that_votes_first() {
        let mut membership = Membership::of([ME]);
        membership.learners.extend(ids([2]));
        let wish = change(&[2], &[1]);
        assert_eq!(step(&membership, &wish, &[2]), Step::Propose(change(&[2], &[])));
        let both = Membership::of(ids([1, 2]));
        assert_eq!(step(&both, &wish, &[2]), Step::HandOver(CoordinatorId(2)));
        assert!(membership.voters_after(&change(&[], &[1])).is_empty());
    }
}
