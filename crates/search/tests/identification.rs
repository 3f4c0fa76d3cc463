//! What a search promises, on synthetic persons.

#![allow(clippy::unwrap_used, reason = "a test may stop here")]

mod world;

use search::{
    Decision, ExtractorRule, Options, Outcome, PositionRule, Probe, Progress, SearchError,
    Shortlist, Silent, SourceError, Stage, identify, identify_many, shortlist,
};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use vocabulary::{ExtractorVersion, FingerPosition, Template};
use world::{World, key, population, print, probe, shuffled, subject, tight};

/// The same template as if another extractor had made it.
fn extracted_by(version: u16, template: &Template) -> Template {
    let mut header = *template.header();
    header.extractor = ExtractorVersion(version);
    Template::new(header, template.minutiae().to_vec(), template.ridge_flow().cloned()).unwrap()
}

/// A print without a single minutia.
fn blank(position: u8) -> Template {
    let template = print(0, position, 0);
    Template::new(*template.header(), Vec::new(), None).unwrap()
}

#[test]
fn the_mate_comes_first_and_its_details_say_why() {
    let world = World::new();
    let shard = world.shard(&population(40, &[2, 7]));
    for person in [0, 17, 39] {
        let answer = world.search(&probe(person, &[2, 7]), &[&shard], &tight()).unwrap();
        assert_eq!(answer.outcome, Outcome::Searched);
        assert_eq!(answer.candidates.rank_of(&subject(person)), Some(1));
        let (best, detail) = answer.ranked().next().unwrap();
        assert_eq!(detail.decision, Decision::Match);
        assert!(answer.found());
        assert_eq!(detail.fingers_compared, 2);
        let positions: Vec<_> = detail.fingers.iter().map(|f| f.position.code()).collect();
        assert_eq!(positions, [2, 7]);
        assert!(detail.fingers.iter().all(|f| f.pairs.len() > 5 && f.alignment.is_some()));
        assert_eq!(best.similarity, detail.fingers.iter().map(|f| f.similarity).sum());
        assert!(answer.candidates.as_slice().len() <= 5);
    }
}

#[test]
fn a_person_who_is_not_enrolled_is_not_found() {
    let world = World::new();
    let shard = world.shard(&population(40, &[2]));
    let answer = world.search(&probe(500, &[2]), &[&shard], &tight()).unwrap();
    assert!(!answer.found());
    assert!(answer.details.iter().all(|detail| detail.decision == Decision::NoMatch));
}

#[test]
fn the_answer_says_what_it_covered() {
    let world = World::new();
    let mut references = population(20, &[2, 7]);
    references.push((key(50, 0, 0), print(50, 4, 0)));
    let shard = world.shard(&references);
    let answer = world.search(&probe(3, &[2]), &[&shard], &tight()).unwrap();
    let coverage = answer.coverage;
    assert_eq!((coverage.persons, coverage.references), (21, 41));
    // The right index fingers and the print of unknown position.
    assert_eq!((coverage.eligible_persons, coverage.eligible_references), (21, 21));
    assert_eq!(coverage.scanned_pairs, 21);
    assert_eq!(coverage.positions, PositionRule::AsLabeled);
    assert_eq!((answer.counts.rescored_persons, answer.counts.aligned_persons), (12, 6));
    let any = Options { positions: PositionRule::Any, ..tight() };
    let answer = world.search(&probe(3, &[2, 7]), &[&shard], &any).unwrap();
    assert_eq!(answer.coverage.scanned_pairs, 82);
    assert_eq!(answer.coverage.positions, PositionRule::Any);
}

#[test]
fn a_mislabeled_print_is_found_when_labels_are_not_trusted() {
    let world = World::new();
    let shard = world.shard(&population(30, &[2, 7]));
    let (truth, label) = (print(8, 2, 1), FingerPosition::new(7).unwrap());
    let impression = truth.header().impression;
    let mislabeled = Probe::single(truth.relabeled(label, impression));
    let trusted = world.search(&mislabeled, &[&shard], &tight()).unwrap();
    assert!(!trusted.found());
    let any = Options { positions: PositionRule::Any, ..tight() };
    let answer = world.search(&mislabeled, &[&shard], &any).unwrap();
    assert_eq!(answer.candidates.rank_of(&subject(8)), Some(1));
    assert!(answer.found());
}

#[test]
fn a_print_of_unknown_position_finds_any_finger() {
    let world = World::new();
    let shard = world.shard(&population(30, &[2, 7]));
    let impression = print(8, 7, 1).header().impression;
    let unknown = Probe::single(print(8, 7, 1).relabeled(FingerPosition::UNKNOWN, impression));
    let answer = world.search(&unknown, &[&shard], &tight()).unwrap();
    assert_eq!(answer.candidates.rank_of(&subject(8)), Some(1));
    assert_eq!(answer.details[0].fingers[0].position.code(), 7);
}

#[test]
fn the_answer_does_not_depend_on_the_order_of_enrollment() {
    let world = World::new();
    let references = population(30, &[2, 7]);
    let expected =
        world.search(&probe(11, &[2, 7]), &[&world.shard(&references)], &tight()).unwrap();
    for seed in 1..5 {
        let shard = world.shard(&shuffled(&references, seed));
        let answer = world.search(&probe(11, &[2, 7]), &[&shard], &tight()).unwrap();
        assert_eq!(answer, expected, "shuffle seed {seed}");
    }
}

#[test]
fn the_answer_does_not_depend_on_the_number_of_threads() {
    let world = World::new();
    let shard = world.shard(&population(30, &[2, 7]));
    let answers: Vec<_> = [1, 2, 5]
        .iter()
        .map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(*threads).build().unwrap();
            let probe = probe(4, &[2, 7]);
            pool.install(|| world.search(&probe, &[&shard], &tight()).unwrap())
        })
        .collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[test]
fn the_answer_does_not_depend_on_how_the_gallery_is_split() {
    let world = World::new();
    let references = population(30, &[2, 7]);
    let expected =
        world.search(&probe(23, &[2, 7]), &[&world.shard(&references)], &tight()).unwrap();
    for parts in [2, 3, 7, 40] {
        let shards: Vec<_> = (0..parts)
            .map(|part| {
                let here = |(key, _): &&(_, _)| {
                    let key: &vocabulary::ImpressionKey = key;
                    let number: usize = key.subject.as_str()[7..].parse().unwrap();
                    number % parts == part
                };
                world.shard(&references.iter().filter(here).cloned().collect::<Vec<_>>())
            })
            .collect();
        let shards: Vec<_> = shards.iter().collect();
        let answer = world.search(&probe(23, &[2, 7]), &shards, &tight()).unwrap();
        assert_eq!(answer, expected, "{parts} parts");
    }
}

#[test]
fn shortlists_of_parts_merge_into_that_of_the_whole() {
    let world = World::new();
    let references = population(30, &[2]);
    let probes = [probe(5, &[2])];
    let options = tight();
    let of = |references: &[_]| -> Shortlist {
        let shard = world.shard(references);
        let mut lists =
            shortlist(&probes, &shard.gallery, &world.engine(), &options, &Silent).unwrap();
        lists.pop().unwrap()
    };
    let whole = of(&references);
    assert_eq!(whole.entries().len(), options.shortlist_persons);
    assert_eq!(whole.entries()[0].subject, subject(5));
    let (a, b, c) = (of(&references[..7]), of(&references[7..9]), of(&references[9..]));
    let length = options.shortlist_persons;
    assert_eq!(a.clone().merge(b.clone(), length).merge(c.clone(), length), whole);
    assert_eq!(c.merge(a, length).merge(b, length), whole);
}

#[test]
fn several_probes_in_one_pass_are_answered_as_one_by_one() {
    let world = World::new();
    let shard = world.shard(&population(25, &[2, 7]));
    let probes =
        [probe(3, &[2]), probe(4, &[2, 7]), Probe::default(), probe(900, &[7]), probe(3, &[2])];
    let together =
        identify_many(&probes, &[shard.partition()], &world.engine(), &tight(), &Silent).unwrap();
    let alone: Vec<_> =
        probes.iter().map(|p| world.search(p, &[&shard], &tight()).unwrap()).collect();
    assert_eq!(together, alone);
}

#[test]
fn equal_persons_are_ordered_by_id_and_the_cut_respects_it() {
    let world = World::new();
    // Twenty persons with the very same print: every cut falls among equals.
    let twins: Vec<_> = (0..20).map(|person| (key(person, 2, 0), print(1, 2, 0))).collect();
    let shard = world.shard(&shuffled(&twins, 3));
    let answer = world.search(&probe(1, &[2]), &[&shard], &tight()).unwrap();
    let order: Vec<_> = answer.candidates.as_slice().iter().map(|c| c.subject.clone()).collect();
    assert_eq!(order, (0..5).map(subject).collect::<Vec<_>>());
}

#[test]
fn of_equal_references_the_first_label_is_shown_in_whatever_order_they_come() {
    let world = World::new();
    let mut shard = world.shard(&population(5, &[2]));
    let again = (key(3, 2, 1), print(3, 2, 0));
    shard.add(&world, &again.0, &again.1);
    let before = world.search(&probe(3, &[2]), &[&shard], &tight()).unwrap();
    assert_eq!(before.details[0].fingers[0].impression, key(3, 2, 0).impression);
    shard.templates.get_mut(&subject(3)).unwrap().reverse();
    assert_eq!(world.search(&probe(3, &[2]), &[&shard], &tight()).unwrap(), before);
}

#[test]
fn an_erased_person_never_appears_in_a_candidate_list() {
    let world = World::new();
    let mut shard = world.shard(&population(20, &[2, 7]));
    assert_eq!(shard.gallery.remove_subject(&subject(6)), 2);
    let answer = world.search(&probe(6, &[2, 7]), &[&shard], &tight()).unwrap();
    assert_eq!(answer.candidates.rank_of(&subject(6)), None);
    assert_eq!(answer.coverage.persons, 19);
}

#[test]
fn a_person_erased_during_the_search_drops_out_without_an_error() {
    let world = World::new();
    let mut shard = world.shard(&population(20, &[2]));
    shard.templates.remove(&subject(6));
    let options = Options { aligned_persons: 50, ..tight() };
    let answer = world.search(&probe(6, &[2]), &[&shard], &options).unwrap();
    assert_eq!(answer.candidates.rank_of(&subject(6)), None);
    assert_eq!((answer.counts.rescored_persons, answer.counts.aligned_persons), (12, 11));
}

#[test]
fn a_probe_without_a_usable_print_is_an_outcome() {
    let world = World::new();
    let shard = world.shard(&population(5, &[2]));
    for prints in [vec![], vec![blank(2)]] {
        let unusable: Vec<_> = (0..prints.len()).collect();
        let answer = world.search(&Probe { prints }, &[&shard], &tight()).unwrap();
        assert_eq!(answer.outcome, Outcome::NothingToSearchWith);
        assert!(answer.candidates.as_slice().is_empty());
        assert_eq!(answer.unusable_prints, unusable);
        assert_eq!(answer.coverage.persons, 5);
        assert_eq!(answer.coverage.scanned_pairs, 0);
    }
}

#[test]
fn an_unusable_print_beside_a_good_one_is_named() {
    let world = World::new();
    let shard = world.shard(&population(10, &[2]));
    let probe = Probe { prints: vec![blank(2), print(4, 2, 1)] };
    let answer = world.search(&probe, &[&shard], &tight()).unwrap();
    assert_eq!(answer.unusable_prints, [0]);
    assert_eq!(answer.candidates.rank_of(&subject(4)), Some(1));
    assert_eq!(answer.details[0].fingers[0].probe_print, 1);
}

#[test]
fn an_empty_gallery_gives_an_empty_list() {
    let world = World::new();
    for shards in [vec![], vec![&world.shard(&[])]] {
        let answer = world.search(&probe(1, &[2]), &shards, &tight()).unwrap();
        assert_eq!(answer.outcome, Outcome::Searched);
        assert!(answer.candidates.as_slice().is_empty());
        assert!(!answer.found());
    }
}

#[test]
fn references_of_another_extractor_are_never_compared_silently() {
    let world = World::new();
    let mut references = population(10, &[2]);
    references[4].1 = extracted_by(9, &references[4].1);
    let shard = world.shard(&references);
    let search =
        |extractors| world.search(&probe(4, &[2]), &[&shard], &Options { extractors, ..tight() });
    match search(ExtractorRule::Refuse) {
        Err(SearchError::ExtractorVersion { found: 9, references: 1, .. }) => {}
        other => panic!("expected a refusal, not {other:?}"),
    }
    let skipped = search(ExtractorRule::Skip).unwrap();
    assert_eq!(skipped.candidates.rank_of(&subject(4)), None);
    assert_eq!((skipped.coverage.other_extractor, skipped.coverage.eligible_references), (1, 9));
    assert_eq!(skipped.coverage.eligible_persons, 9);
    assert_eq!(skipped.coverage.scanned_pairs, 9);
    let compared = search(ExtractorRule::Compare).unwrap();
    assert_eq!(compared.candidates.rank_of(&subject(4)), Some(1));
    assert_eq!((compared.coverage.other_extractor, compared.coverage.scanned_pairs), (1, 10));
}

#[test]
fn once_the_references_of_another_extractor_are_gone_nothing_is_refused() {
    let world = World::new();
    let mut references = population(10, &[2]);
    references[4].1 = extracted_by(9, &references[4].1);
    let mut shard = world.shard(&references);
    assert!(world.search(&probe(3, &[2]), &[&shard], &tight()).is_err());
    assert!(shard.gallery.remove(&key(4, 2, 0)));
    let answer = world.search(&probe(3, &[2]), &[&shard], &tight()).unwrap();
    assert_eq!(answer.candidates.rank_of(&subject(3)), Some(1));
}

#[test]
fn prints_of_one_probe_come_from_one_extractor() {
    let world = World::new();
    let shard = world.shard(&population(3, &[2]));
    let prints = vec![print(1, 2, 1), extracted_by(9, &print(1, 7, 1))];
    let error = world.search(&Probe { prints }, &[&shard], &tight()).unwrap_err();
    assert!(matches!(error, SearchError::MixedProbe { second: 9, .. }), "{error}");
}

#[test]
fn a_gallery_packed_under_other_parameters_is_refused() {
    let world = World::new();
    let shard = world.shard(&population(3, &[2]));
    let mut other = World::new();
    other.parameters.stage1.bias += 1;
    let error = other.search(&probe(1, &[2]), &[&shard], &tight()).unwrap_err();
    assert!(matches!(error, SearchError::Parameters), "{error}");
}

#[test]
fn a_failing_source_names_the_person() {
    let world = World::new();
    let mut shard = world.shard(&population(8, &[2]));
    shard.broken = Some(subject(5));
    let error = world.search(&probe(1, &[2]), &[&shard], &tight()).unwrap_err();
    assert!(error.to_string().contains("person-005"), "{error}");
    let SearchError::Source { cause, .. } = error else { panic!("not a failure of the source") };
    assert_eq!(cause, SourceError::Store("the disk is gone".to_owned()));
}

/// Cancels at the first report of a stage.
struct CancelAt(Stage, AtomicUsize);

impl Progress for CancelAt {
    fn advance(&self, stage: Stage, _done: u64, _total: u64) {
        if stage == self.0 {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn cancelled(&self) -> bool {
        self.1.load(Ordering::Relaxed) > 0
    }
}

#[test]
fn a_search_stops_in_any_stage_when_its_caller_cancels() {
    let world = World::new();
    let shard = world.shard(&population(20, &[2]));
    for stage in [Stage::Scan, Stage::Rescore, Stage::Align] {
        let progress = CancelAt(stage, AtomicUsize::new(0));
        let partitions = [shard.partition()];
        let result = identify(&probe(1, &[2]), &partitions, &world.engine(), &tight(), &progress);
        assert!(matches!(result, Err(SearchError::Cancelled)), "{stage:?}");
    }
}

#[derive(Default)]
struct Reports(Mutex<Vec<(Stage, u64, u64)>>);

impl Progress for Reports {
    fn advance(&self, stage: Stage, done: u64, total: u64) {
        self.0.lock().unwrap().push((stage, done, total));
    }
}

#[test]
fn progress_ends_at_the_announced_total_of_every_stage() {
    let world = World::new();
    let references = population(20, &[2, 7]);
    let (a, b) = (world.shard(&references[..10]), world.shard(&references[10..]));
    let reports = Reports::default();
    let partitions = [a.partition(), b.partition()];
    identify(&probe(1, &[2, 7]), &partitions, &world.engine(), &tight(), &reports).unwrap();
    let reports = reports.0.into_inner().unwrap();
    for (stage, expected) in [(Stage::Scan, 40), (Stage::Rescore, 12), (Stage::Align, 6)] {
        let of_stage = || reports.iter().filter(|(s, ..)| *s == stage);
        assert_eq!(of_stage().map(|r| r.1).max(), Some(expected), "{stage:?}");
        let totals: BTreeSet<_> = of_stage().map(|r| r.2).collect();
        assert_eq!(totals, BTreeSet::from([expected]), "{stage:?}");
    }
}

#[test]
fn debug_output_of_an_answer_shows_no_minutia() {
    let world = World::new();
    let shard = world.shard(&population(3, &[2]));
    let answer = world.search(&probe(1, &[2]), &[&shard], &tight()).unwrap();
    let text = format!("{answer:?} {:?} {:?}", probe(1, &[2]), shard.gallery);
    assert!(!text.contains("MinutiaPair") && !text.contains("Alignment"), "{text}");
}
