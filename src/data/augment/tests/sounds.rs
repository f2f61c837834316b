use super::super::sound;
use super::*;
use crate::data::Audio;
use crate::data::preprocessing::audio::Features;
use crate::data::preprocessing::{AudioEncoder, AudioSpec};
use crate::rng::{Key, Purpose};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn key(sample: u64) -> Key {
    Key::new(9, Purpose::Augmentation).child(sample)
}

/// What a sound becomes, this many times as loud.
fn encoded(spec: AudioSpec, factor: f32) -> (Vec<f32>, [usize; 3]) {
    let mut random = Key::new(5, Purpose::Split).stream();
    let samples = (0..3000).map(|_| factor * (random.uniform() - 0.5)).collect();
    let sound = Audio::new(22_050, 1, samples).unwrap();
    let encoded = AudioEncoder::new(spec).unwrap().encode(&sound).unwrap();
    (encoded.data, encoded.shape)
}

/// A change of the features is what the features of the changed sound are.
#[test]
fn louder_features_are_those_of_a_louder_sound() {
    let augmentation = Augmentation { gain: 12.0, ..Default::default() };
    for features in ["waveform", "spectrogram", "logSpectrogram", "mel", "logMel", "mfcc"] {
        for power in [1, 2] {
            let spec: AudioSpec = serde_json::from_str(&format!(
                r#"{{ "features": "{features}", "power": {power}, "stft": {{ "nFft": 256 }},
                    "mel": {{ "nMels": 24 }}, "decibels": {{ "topDb": null }} }}"#
            ))
            .unwrap();
            let (mut values, shape) = encoded(spec, 0.25);
            // By how much, shows a sample of ones.
            let probe = AudioSpec { features: Features::Waveform, ..spec };
            let mut one = vec![1.0];
            sound::change(&augmentation, Some(&probe), key(4), [1, 1, 1], &mut one);
            assert!(one[0] > 0.24 && one[0] < 4.0 && (one[0] - 1.0).abs() > 0.01, "{one:?}");
            let (expected, _) = encoded(spec, 0.25 * one[0]);
            sound::change(&augmentation, Some(&spec), key(4), shape, &mut values);
            let most = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            for (found, expected) in values.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-5 * most, "{features} {found} {expected}");
            }
        }
    }
}

#[test]
fn masks_hide_rows_and_columns_behind_the_mean() {
    let augmentation = Augmentation {
        time_masks: 2,
        time_mask: 3,
        frequency_masks: 1,
        frequency_mask: 4,
        ..Default::default()
    };
    let shape = [20, 11, 1];
    let source: Vec<f32> = (0..220).map(|i| (i * i % 89) as f32).collect();
    let mean = source.iter().sum::<f32>() / 220.0;
    let (mut most_rows, mut most_columns, mut unchanged) = (0, 0, 0);
    for sample in 0..400 {
        let mut values = source.clone();
        sound::change(&augmentation, None, key(sample), shape, &mut values);
        let hidden = |i: usize| (values[i] - mean).abs() < 1e-3;
        let rows: Vec<usize> = (0..20).filter(|y| (0..11).all(|x| hidden(y * 11 + x))).collect();
        let columns: Vec<usize> = (0..11).filter(|x| (0..20).all(|y| hidden(y * 11 + x))).collect();
        for (i, (found, source)) in values.iter().zip(&source).enumerate() {
            let masked = rows.contains(&(i / 11)) || columns.contains(&(i % 11));
            assert!(masked || found == source, "{sample} {i}");
        }
        // The columns of a mask are side by side.
        assert!(columns.windows(2).all(|pair| pair[1] == pair[0] + 1));
        (most_rows, most_columns) = (most_rows.max(rows.len()), most_columns.max(columns.len()));
        unchanged += usize::from(values == source);
    }
    assert_eq!((most_rows, most_columns), (6, 4));
    // All three are empty once in 4 * 4 * 5 times.
    assert!((1..16).contains(&unchanged), "{unchanged}");
    // Masks that are larger than a sample hide it whole at most.
    let augmentation = Augmentation { time_masks: 3, time_mask: 60_000, ..Default::default() };
    sound::change(&augmentation, None, key(0), shape, &mut source.clone());
}

#[test]
fn what_is_moved_in_time_leaves_silence() {
    let augmentation = Augmentation { time_shift: 3, ..Default::default() };
    let source: Vec<f32> = (0..24).map(|i| i as f32 - 100.0).collect();
    let spec = AudioSpec::default();
    let mut seen = [false; 7];
    for sample in 0..100 {
        let mut values = source.clone();
        sound::change(&augmentation, Some(&spec), key(sample), [8, 3, 1], &mut values);
        let by = (-3..=3_isize).find(|by| {
            (0..24).all(|i| {
                let from = i - 3 * by;
                let expected = usize::try_from(from).ok().and_then(|from| source.get(from));
                values[i as usize] == *expected.unwrap_or(&-100.0)
            })
        });
        seen[(by.unwrap() + 3) as usize] = true;
    }
    assert_eq!(seen, [true; 7]);
    // By more than there is, all is silence.
    let augmentation = Augmentation { time_shift: 65_535, ..Default::default() };
    let mut values = source;
    sound::change(&augmentation, None, key(1), [8, 3, 1], &mut values);
    assert_eq!(values, [0.0; 24]);
}

#[test]
fn sounds_of_a_dataset_are_changed_as_their_preprocessing_says() {
    let column = || Column::new(vec![4, 3, 1], Values::F32(vec![-7.0; 24])).unwrap();
    let data =
        |preprocessing| Dataset::new(vec![column()], Targets::None, vec![], preprocessing).unwrap();
    let augmentation = Augmentation { gain: 6.0, ..Default::default() };
    let images = data(Preprocessing::default());
    let error = Augmenter::for_dataset(augmentation, &images).unwrap_err();
    assert_eq!(
        error.message(),
        "augmentation: gain is 6, expected 0 for samples that are no sounds"
    );
    let sounds = data(Preprocessing { audio: Some(AudioSpec::default()), ..Default::default() });
    let mut augmenter = Augmenter::for_dataset(augmentation, &sounds).unwrap();
    assert!(augmenter.fits(&sounds) && !augmenter.fits(&images));
    let mut change = |sample| {
        let mut x = [0.0; 12];
        augmenter.change_numbers(draw(sample), Sample::F32(&[-7.0; 12]), &mut x);
        // Decibels: all are raised alike.
        assert!(x.iter().all(|&value| value == x[0] && (value + 7.0).abs() <= 6.0));
        x[0]
    };
    let (first, second) = (change(0), change(1));
    assert_ne!(first, second);
    assert_eq!(change(0), first);
    let loud = Augmentation { gain: 101.0, ..Default::default() };
    assert_eq!(
        loud.validate().unwrap_err().message(),
        "augmentation: gain is 101, expected 0 to 100"
    );
}
