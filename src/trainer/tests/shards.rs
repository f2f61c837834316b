//! Steps that several trainers share: the same bits, whoever computes what.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::bits::{assert_bits, hash};
use super::*;
use crate::trainer::tree::Tree;

/// A worker's copy of its blocks, as they travel.
type Sent = Vec<(std::ops::Range<u32>, Vec<f32>, Vec<f64>)>;

fn sent(trainer: &Trainer) -> Sent {
    let blocks = trainer.blocks().iter();
    blocks.map(|block| (block.shards(), block.numbers().to_vec(), block.sums().to_vec())).collect()
}

fn receive(trainer: &mut Trainer, blocks: &Sent) -> Result<()> {
    for (shards, numbers, sums) in blocks {
        trainer.insert(shards.clone(), |to_numbers, to_sums| {
            to_numbers.copy_from_slice(numbers);
            to_sums.copy_from_slice(sums);
            Ok::<(), crate::Error>(())
        })?;
    }
    Ok(())
}

/// The samples at these indices, and one more that is not asked for.
fn rows(dataset: &Dataset, indices: &[u32]) -> Dataset {
    dataset.subset(&[indices, &[0]].concat()).unwrap()
}

/// Runs to the end by this many workers; all but the first only ever see the samples of their
/// shares, and what they send arrives backwards. Returns what each of them comes to.
pub fn shared(spec: RunSpec, train: &Dataset, workers: u32) -> Vec<u64> {
    shared_by(|| trainer(adamw()), spec, train, workers)
}

/// The same of the run of another trainer.
pub fn shared_by(
    trainer: impl FnOnce() -> Trainer,
    spec: RunSpec,
    train: &Dataset,
    workers: u32,
) -> Vec<u64> {
    shared_from(trainer, spec, train, None, workers)
}

/// The same of one that goes on from features, if there are some.
pub fn shared_from(
    trainer: impl FnOnce() -> Trainer,
    spec: RunSpec,
    train: &Dataset,
    features: Option<&Arc<Dataset>>,
    workers: u32,
) -> Vec<u64> {
    let mut first = trainer();
    first.start(spec, train).unwrap();
    let saved = first.save(&ModelInfo::default()).unwrap();
    let mut others: Vec<_> = (1..workers).map(|_| Trainer::restore(&saved).unwrap().0).collect();
    if let Some(features) = features {
        first.use_features(Arc::clone(features)).unwrap();
        others.iter_mut().for_each(|other| other.expect_features().unwrap());
    }
    let source = features.map_or(train, |features| features);
    let mut all: Vec<Trainer> = std::iter::once(first).chain(others).collect();
    loop {
        let mut blocks = Vec::new();
        for (worker, number) in (0..workers).zip(0..all.len()) {
            let part = Part { worker, workers };
            let indices = all[0].share(part, 0).unwrap().unwrap().to_vec();
            assert!(indices.len() <= all[0].max_share(workers).unwrap());
            match number {
                0 => all[0].compute(train, part).unwrap(),
                _ => all[number].compute_rows(&rows(source, &indices), part).unwrap(),
            }
            blocks.push(sent(&all[number]));
        }
        let mut finished = false;
        for (number, trainer) in all.iter_mut().enumerate() {
            for (_, blocks) in blocks.iter().enumerate().rev().filter(|(from, _)| *from != number) {
                receive(trainer, blocks).unwrap();
            }
            finished = trainer.apply().unwrap().finished;
        }
        if finished {
            return all.iter().map(|trainer| hash(trainer.model())).collect();
        }
    }
}

pub fn sharded(batch_size: u32, shards: u32) -> RunSpec {
    RunSpec { shards: Some(shards), ..RunSpec::new(2, batch_size, 3) }
}

#[test]
fn the_number_of_workers_changes_no_bit() {
    // 50 samples: the last batch has 2, and fewer shards.
    let train = bars(50);
    for (batch_size, shards) in [(16, 8), (16, 3), (20, 7), (3, 8), (1, 2), (64, 4)] {
        let spec = sharded(batch_size, shards);
        let mut alone = trainer(adamw());
        alone.start(spec.clone(), &train).unwrap();
        finish(&mut alone, &train);
        for workers in [1, 2, 3, 8] {
            for found in shared(spec.clone(), &train, workers) {
                assert_eq!(found, hash(alone.model()), "{spec:?} by {workers} workers");
            }
        }
    }
}

/// As `a_seeded_run_has_the_same_bits_everywhere`.
#[test]
fn a_sharded_run_has_the_same_bits_everywhere() {
    let run = || {
        let train = bars(50);
        let mut trainer = trainer(adamw());
        trainer.start(sharded(16, 4), &train).unwrap();
        finish(&mut trainer, &train);
        trainer
    };
    assert_bits(run, "01c8ddb781b8a77d");
}

#[test]
fn another_worker_can_compute_the_share_of_one_that_is_gone() {
    let train = bars(50);
    let spec = sharded(16, 8);
    let mut undisturbed = trainer(adamw());
    undisturbed.start(spec.clone(), &train).unwrap();
    let mut alone = trainer(adamw());
    alone.start(spec, &train).unwrap();
    for _ in 0..3 {
        undisturbed.advance(&train).unwrap();
        for worker in [1, 0, 2] {
            let part = Part { worker, workers: 3 };
            match worker {
                1 => alone.compute(&train, part).unwrap(),
                _ => alone.compute_also(&train, part).unwrap(),
            }
        }
        alone.apply().unwrap();
    }
    assert_eq!(hash(alone.model()), hash(undisturbed.model()));
}

#[test]
fn shards_add_up_to_the_gradient_of_the_batch() {
    // Without batch norm and dropout the gradient does not depend on the cut but for rounding.
    let model = json!({
        "seed": 2,
        "inputs": [{ "name": "image", "shape": [SIDE, SIDE, 1] }],
        "nodes": [
            { "name": "conv", "inputs": ["image"],
              "layer": { "type": "conv2d", "filters": 4, "kernelSize": 3, "activation": "tanh" } },
            { "name": "flat", "inputs": ["conv"], "layer": { "type": "flatten" } },
            { "name": "y", "inputs": ["flat"], "layer": { "type": "dense", "units": 3, "activation": "softmax" } },
        ],
        "outputs": ["y"],
    });
    let train = bars(13);
    let gradients = |shards| {
        let model = Model::new(serde_json::from_value(model.clone()).unwrap()).unwrap();
        let mut trainer = Trainer::new(model, adamw()).unwrap();
        trainer.start(sharded(13, shards), &train).unwrap();
        trainer.compute(&train, Part::WHOLE).unwrap();
        let [root] = trainer.blocks() else { panic!("one worker has all shards") };
        let logs = (root.sums()[0], root.sums()[1], root.sums()[2]);
        (root.numbers().to_vec(), logs)
    };
    let (whole, (loss, right, counted)) = gradients(1);
    for shards in [2, 3, 8, 13] {
        let (found, sums) = gradients(shards);
        let largest = whole.iter().fold(0.0_f32, |most, g| most.max(g.abs()));
        for (found, expected) in found.iter().zip(&whole) {
            assert!(
                (found - expected).abs() <= 1e-6 * largest,
                "{shards} shards: {found} {expected}"
            );
        }
        assert!((sums.0 - loss).abs() < 1e-5);
        assert_eq!((sums.1, sums.2), (right, counted));
    }
}

#[test]
fn running_statistics_follow_the_means_over_shards() {
    // Without momentum the running statistics are those of the step. The mean over shards of means
    // is that of the batch; that of variances lacks what the means vary by.
    let mut spec = serde_json::to_value(network().spec()).unwrap();
    spec["nodes"][1]["layer"]["momentum"] = json!(0.0);
    let train = bars(13);
    let statistics = |shards| {
        let model = Model::new(serde_json::from_value(spec.clone()).unwrap()).unwrap();
        let mut trainer = Trainer::new(model, adamw()).unwrap();
        trainer.start(sharded(13, shards), &train).unwrap();
        trainer.advance(&train).unwrap();
        let state = trainer.model().state();
        let (mean, variance) = state.split_at(state.len() / 2);
        (mean.to_vec(), variance.to_vec())
    };
    let (mean, variance) = statistics(1);
    // Shards of 3, 3, 3, 3 and 1 samples.
    let (means, variances) = statistics(5);
    for channel in 0..mean.len() {
        assert!((means[channel] - mean[channel]).abs() < 1e-5, "{means:?} {mean:?}");
        assert!(variances[channel] < variance[channel], "{variances:?} {variance:?}");
        assert!(variances[channel] > 0.5 * variance[channel], "{variances:?} {variance:?}");
    }
}

#[test]
fn shards_follow_the_size_of_the_batch_and_are_recorded() {
    let by_rule = |batch_size| RunSpec::new(1, batch_size, 0).shard_count();
    assert_eq!([1, 15, 16, 31, 32, 64, 128, 4096].map(by_rule), [1, 1, 1, 1, 2, 4, 8, 8]);
    let train = bars(70);
    let mut trainer = trainer(adamw());
    trainer.start(RunSpec::new(2, 64, 0), &train).unwrap();
    assert_eq!(trainer.run().unwrap().shards, Some(4));
    let saved = trainer.save(&ModelInfo::default()).unwrap();
    assert_eq!(Trainer::restore(&saved).unwrap().0.run().unwrap().shards, Some(4));
}

#[test]
fn the_order_of_additions_depends_on_the_tree_alone() {
    /// The sum over leaves by the definition of the tree.
    fn sum(leaves: &[f64], first: usize, size: usize) -> f64 {
        if size == 1 || first + 1 == leaves.len() {
            return leaves[first];
        }
        let half = size / 2;
        let left = sum(leaves, first, half);
        if first + half < leaves.len() { left + sum(leaves, first + half, half) } else { left }
    }
    let mut stream = Key::new(1, Purpose::Augmentation).stream();
    for count in 1..=MAX_SHARDS {
        let leaves: Vec<f64> = (0..count).map(|_| 1.0 / f64::from(1 + stream.below(999))).collect();
        let expected = sum(&leaves, 0, 64);
        for _ in 0..4 {
            let mut tree = Tree::new(0, 1, count).unwrap();
            tree.begin(count);
            let mut order: Vec<u32> = (0..count).collect();
            stream.shuffle(&mut order);
            for leaf in order {
                assert!(tree.root_mut().is_none());
                let mut block = tree.take().unwrap();
                block.sums[0] = leaves[leaf as usize];
                tree.insert(block, leaf..leaf + 1).unwrap();
            }
            assert_eq!(tree.root_mut().unwrap().sums()[0].to_bits(), expected.to_bits());
        }
    }
}

#[test]
fn blocks_that_do_not_belong_are_refused_and_the_run_goes_on() {
    let train = bars(50);
    let mut trainer = trainer(adamw());
    let kind = |result: Result<()>| result.unwrap_err().kind();
    let part = Part { worker: 0, workers: 2 };
    assert_eq!(kind(trainer.compute(&train, part)), ErrorKind::Argument);
    assert_eq!(
        kind(receive(&mut trainer, &vec![(0..1, Vec::new(), Vec::new())])),
        ErrorKind::Argument
    );
    assert_eq!(kind(trainer.apply().map(|_| ())), ErrorKind::Argument);
    trainer.start(sharded(16, 4), &train).unwrap();
    assert_eq!(kind(trainer.apply().map(|_| ())), ErrorKind::Argument);
    let none = Part { worker: 2, workers: 2 };
    assert_eq!(kind(trainer.compute(&train, none)), ErrorKind::Argument);
    assert_eq!(kind(trainer.compute_rows(&bars(7), part)), ErrorKind::Argument);
    trainer.compute(&train, part).unwrap();
    let missing = trainer.apply().unwrap_err();
    assert!(missing.message().contains("[0..2], expected all 4"), "{missing}");
    let own = sent(&trainer);
    assert_eq!(kind(receive(&mut trainer, &own)), ErrorKind::Argument);
    for shards in [1..3, 3..5, 3..3] {
        let wrong = vec![(shards, own[0].1.clone(), own[0].2.clone())];
        assert_eq!(kind(receive(&mut trainer, &wrong)), ErrorKind::Argument);
    }
    trainer.compute_also(&train, Part { worker: 1, workers: 2 }).unwrap();
    assert_eq!(trainer.apply().unwrap().batch, 0);
}

#[test]
fn every_worker_diverges_at_the_same_step() {
    let train = bars(50);
    let wild = spec(json!({ "type": "sgd", "learningRate": 1e30 }));
    let mut trainers = [trainer(wild.clone()), trainer(wild)];
    for trainer in &mut trainers {
        trainer.start(sharded(16, 4), &train).unwrap();
    }
    for _ in 0..9 {
        for (worker, trainer) in (0..2).zip(&mut trainers) {
            trainer.compute(&train, Part { worker, workers: 2 }).unwrap();
        }
        let blocks = [sent(&trainers[0]), sent(&trainers[1])];
        receive(&mut trainers[0], &blocks[1]).unwrap();
        receive(&mut trainers[1], &blocks[0]).unwrap();
        let [left, right] = trainers.each_mut().map(Trainer::apply);
        assert_eq!(left, right);
        assert_eq!(hash(trainers[0].model()), hash(trainers[1].model()));
        if let Err(error) = left {
            assert_eq!(error.kind(), ErrorKind::Diverged);
            return;
        }
    }
    panic!("it did not diverge");
}
