mod geometry;
mod mixing;
mod pixels;
mod preview;
mod sounds;

use super::*;
use crate::ErrorKind;
use crate::data::{Preprocessing, Sample, Targets};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SIDE: usize = 28;

fn draw(sample: u64) -> Draw {
    Draw { seed: 3, epoch: 0, sample }
}

/// A bright bar of soft edges: wider than high, in the middle.
fn bar() -> Vec<u8> {
    let soft = |distance: f32| (1.0 - distance).clamp(0.0, 1.0);
    (0..SIDE * SIDE)
        .map(|i| ((i / SIDE) as f32 - 13.5, (i % SIDE) as f32 - 13.5))
        .map(|(y, x)| (250.0 * soft(y.abs() - 2.0) * soft(x.abs() - 8.0)) as u8)
        .collect()
}

fn changed(augmentation: Augmentation, samples: u64) -> Vec<Vec<u8>> {
    let mut augmenter = Augmenter::new(augmentation, SIDE, SIDE, 1).unwrap();
    (0..samples)
        .map(|sample| {
            let mut image = vec![0; SIDE * SIDE];
            augmenter.change(draw(sample), &bar(), &mut image);
            image
        })
        .collect()
}

fn mean_and_deviation(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (mean, (values.map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt())
}

#[test]
fn no_change_changes_nothing() {
    for (height, width, channels) in [(28, 28, 1), (1, 1, 1), (3, 7, 3), (8, 1, 2)] {
        let source: Vec<u8> = (0..height * width * channels).map(|i| (i * 37) as u8).collect();
        let mut image = vec![0; source.len()];
        let mut augmenter =
            Augmenter::new(Augmentation::default(), height, width, channels).unwrap();
        augmenter.change(draw(1), &source, &mut image);
        assert_eq!(image, source);
    }
}

#[test]
fn seed_epoch_and_sample_decide() {
    let mut augmenter = Augmenter::new(Augmentation::handwriting(), SIDE, SIDE, 1).unwrap();
    let mut change = |draw| {
        let mut image = vec![0; SIDE * SIDE];
        augmenter.change(draw, &bar(), &mut image);
        image
    };
    let first = change(draw(0));
    for other in
        [Draw { seed: 4, ..draw(0) }, Draw { epoch: 1, ..draw(0) }, Draw { sample: 1, ..draw(0) }]
    {
        assert_ne!(change(other), first, "{other:?}");
    }
    assert_eq!(change(draw(0)), first);
}

/// The same bits natively and on wasm: both run this.
#[test]
fn changed_images_have_the_same_bits_everywhere() {
    let bytes = changed(Augmentation::handwriting(), 200).concat();
    // FNV-1a, 64 bits.
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    assert_eq!(hash, 0x187e_c4f1_f26d_f956, "found 0x{hash:x}");
}

#[test]
fn datasets_are_changed_epoch_by_epoch() {
    let column = Column::new(vec![SIDE, SIDE, 1], Values::U8([bar(), bar()].concat())).unwrap();
    let targets = Targets::Classes(vec![1, 0]);
    let data = Dataset::new(vec![column], targets, vec![], Preprocessing::digits()).unwrap();
    let augmentation = Augmentation::handwriting();
    let epochs = [0, 1].map(|epoch| augmentation.apply(&data, 3, epoch).unwrap());
    assert_eq!(epochs[0].sample(0).unwrap(), Values::U8(changed(augmentation, 1).swap_remove(0)));
    assert_ne!(epochs[0].sample(0).unwrap(), epochs[0].sample(1).unwrap());
    assert_ne!(epochs[0].sample(0).unwrap(), epochs[1].sample(0).unwrap());
    assert_eq!(epochs[1].targets(), data.targets());
    assert_eq!(epochs[1].preprocessing(), data.preprocessing());
}

#[test]
fn impossible_augmentations_are_refused() {
    let rotation = Augmentation { rotation: -1.0, ..Default::default() };
    assert_eq!(
        rotation.validate().unwrap_err().message(),
        "augmentation: rotation is -1, expected 0 to 180"
    );
    let thickness = Augmentation { thickness: f32::NAN, ..Default::default() };
    assert_eq!(thickness.validate().unwrap_err().kind(), ErrorKind::Argument);
    for (height, width) in [(0, 3), (usize::MAX, 2), (1 << 31, 1 << 31)] {
        let error = Augmenter::new(Augmentation::default(), height, width, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Shape);
    }
    let data = |shape: &[usize], values| {
        let column = Column::new(shape.to_vec(), values).unwrap();
        Dataset::new(vec![column], Targets::None, vec![], Preprocessing::default()).unwrap()
    };
    for (data, kind) in [
        (data(&[4], Values::U8(vec![0; 4])), ErrorKind::Shape),
        (data(&[2, 2], Values::F32(vec![0.0; 4])), ErrorKind::Data),
    ] {
        let error = Augmentation::default().apply(&data, 0, 0).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}
