use super::*;
use crate::ErrorKind;
use crate::rng::{Key, Purpose};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn spec(text: &str) -> AudioSpec {
    serde_json::from_str(text).unwrap()
}

fn encode(text: &str, sound: &Audio) -> crate::Result<Encoded> {
    AudioEncoder::new(spec(text))?.encode(sound)
}

fn sound(rate: u32, channels: usize, samples: Vec<f32>) -> Audio {
    Audio::new(rate, channels, samples).unwrap()
}

fn noise(len: usize) -> Vec<f32> {
    let mut random = Key::new(5, Purpose::Split).stream();
    (0..len).map(|_| 0.5 * random.uniform() - 0.25).collect()
}

#[test]
fn what_is_not_said_is_as_in_librosa_and_comes_back_as_it_was() {
    assert_eq!(spec("{}"), AudioSpec::default());
    let text = r#"{ "sampleRate": 16000, "trim": {}, "length": 16000, "align": "center",
        "features": "mfcc", "stft": { "nFft": 400, "hopLength": 160, "padMode": "reflect" },
        "power": 2, "mel": { "nMels": 40, "fMax": 7600, "htk": true, "norm": "none" },
        "decibels": { "ref": "max", "amin": 1e-5, "topDb": null }, "mfcc": { "nMfcc": 13 } }"#;
    let spec = spec(text);
    assert_eq!(spec.trim, Some(Trim::default()));
    assert_eq!(spec.decibels.top_db, None);
    let written = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<AudioSpec>(&written).unwrap(), spec);
    assert_eq!(AudioEncoder::new(spec).unwrap().shape(), Some([101, 13, 1]));
}

#[test]
fn impossible_specifications_are_refused_with_their_attribute() {
    for (text, expected) in [
        (r#"{ "sampleRate": 999 }"#, "audio: sampleRate is 999, expected 1000 to 192000"),
        (r#"{ "trim": { "topDb": 0 } }"#, "audio: trim.topDb is 0, expected more than 0"),
        (r#"{ "trim": { "hopLength": 0 } }"#, "audio: trim.hopLength is 0, expected 1 to"),
        (r#"{ "length": 0 }"#, "audio: length is 0, expected 1 to"),
        (r#"{ "stft": { "nFft": 1 } }"#, "audio: stft.nFft is 1, expected 2 to 65536"),
        (r#"{ "stft": { "nFft": 2018 } }"#, "audio: stft.nFft: fft: the length is 2018, expected"),
        (
            r#"{ "stft": { "winLength": 4096 } }"#,
            "audio: stft.winLength is 4096, expected 1 to 2048",
        ),
        (r#"{ "stft": { "hopLength": 0 } }"#, "audio: stft.hopLength is 0, expected 1 to"),
        (r#"{ "power": 3 }"#, "audio: power is 3, expected 1 to 2"),
        (r#"{ "mel": { "nMels": 0 } }"#, "audio: mel.nMels is 0, expected 1 to 1024"),
        (r#"{ "mel": { "fMin": -1 } }"#, "audio: mel.fMin is -1, expected 0 or more"),
        (r#"{ "mel": { "fMax": 12000 } }"#, "audio: mel.fMax is 12000, expected more than fMin, 0"),
        (r#"{ "decibels": { "amin": 0 } }"#, "audio: decibels.amin is 0, expected a finite number"),
        (r#"{ "decibels": { "ref": -2 } }"#, "audio: decibels.ref is -2, expected a finite number"),
        (r#"{ "decibels": { "topDb": -1 } }"#, "audio: decibels.topDb is -1, expected"),
        (
            r#"{ "features": "mfcc", "mfcc": { "nMfcc": 129 } }"#,
            "audio: mfcc.nMfcc is 129, expected 1 to 128",
        ),
        (
            r#"{ "length": 2047, "stft": { "center": false } }"#,
            "audio: length is 2047, expected at least a frame, 2048",
        ),
    ] {
        let error = AudioEncoder::new(spec(text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.to_string().contains(expected), "{error}");
    }
    for text in [
        r#"{ "rate": 16000 }"#,
        r#"{ "features": "chroma" }"#,
        r#"{ "decibels": { "ref": "min" } }"#,
    ] {
        assert!(serde_json::from_str::<AudioSpec>(text).is_err(), "{text}");
    }
}

#[test]
fn sounds_that_are_none_are_refused() {
    for (sound, kind, expected) in [
        (Audio::new(999, 1, vec![]), ErrorKind::Unsupported, "found 999 frames a second"),
        (Audio::new(768_001, 1, vec![]), ErrorKind::Unsupported, "found 768001 frames a second"),
        (Audio::new(8000, 0, vec![]), ErrorKind::Unsupported, "found 0 channels, expected 1 to 64"),
        (Audio::new(8000, 2, vec![0.0; 3]), ErrorKind::Shape, "found 3 samples"),
        (Audio::new(8000, 1, vec![0.0, f32::NAN]), ErrorKind::Data, "sample 1 is NaN"),
    ] {
        let error = sound.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn empty_and_short_sounds_need_a_length() {
    let empty = sound(22_050, 1, vec![]);
    let error = encode("{}", &empty).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    assert!(error.to_string().contains("found 0 samples at 22050 a second"), "{error}");
    let short = sound(22_050, 1, noise(100));
    let whole = r#"{ "stft": { "nFft": 128, "center": false }, "mel": { "nMels": 8 } }"#;
    let error = encode(whole, &short).unwrap_err();
    assert!(error.to_string().contains("found 100 samples"), "{error}");
    // Filled up, an empty one is silence: -100 dB throughout, the least that counts.
    let silence = encode(r#"{ "length": 4000 }"#, &empty).unwrap();
    assert_eq!(silence.shape, [8, 128, 1]);
    assert!(silence.data.iter().all(|&value| (value + 100.0).abs() < 1e-4));
    // One sample is a frame too, however it is continued.
    for mode in ["constant", "reflect", "edge"] {
        let one = format!(r#"{{ "stft": {{ "padMode": "{mode}" }} }}"#);
        let encoded = encode(&one, &sound(22_050, 1, vec![0.5])).unwrap();
        assert_eq!(encoded.shape, [1, 128, 1]);
        assert!(encoded.data.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn silence_is_trimmed_from_both_ends_only_where_something_is_louder() {
    let trim = r#"{ "sampleRate": 8000, "features": "waveform", "trim": {} }"#;
    let silent = sound(8000, 1, vec![0.0; 5000]);
    assert_eq!(encode(trim, &silent).unwrap().data.len(), 5000);
    let mut samples = vec![0.0; 20_000];
    samples[9000..11_000].copy_from_slice(&noise(2000));
    let kept = encode(trim, &sound(8000, 1, samples.clone())).unwrap().data;
    assert!(kept.len() < 5200 && kept.iter().any(|&sample| sample == samples[9000]));
    assert_eq!(kept.iter().filter(|sample| **sample != 0.0).count(), 2000);
}

#[test]
fn lengths_are_cut_and_filled_where_the_specification_says() {
    let samples: Vec<f32> = (1..=5).map(|i| i as f32 / 8.0).collect();
    let sound = sound(8000, 1, samples.clone());
    let with = |length: usize, align: &str| {
        let text = format!(
            r#"{{ "sampleRate": 8000, "features": "waveform", "length": {length}, "align": "{align}" }}"#
        );
        let encoded = encode(&text, &sound).unwrap();
        assert_eq!(encoded.shape, [length, 1, 1]);
        encoded.data
    };
    assert_eq!(with(3, "start"), samples[..3]);
    assert_eq!(with(3, "center"), samples[1..4]);
    assert_eq!(with(3, "end"), samples[2..]);
    assert_eq!(with(8, "start"), [&samples[..], &[0.0; 3]].concat());
    assert_eq!(with(8, "center"), [&[0.0; 1], &samples[..], &[0.0; 2]].concat());
    assert_eq!(with(8, "end"), [&[0.0; 3], &samples[..]].concat());
}

#[test]
fn channels_are_averaged_and_rates_may_be_odd() {
    let stereo = sound(8000, 2, vec![0.5, 0.0, -0.25, 0.75]);
    let waveform = r#"{ "sampleRate": 8000, "features": "waveform" }"#;
    assert_eq!(encode(waveform, &stereo).unwrap().data, [0.25, 0.25]);
    // The encoder keeps the filter of the rate before, and makes another for another.
    let mut encoder = AudioEncoder::new(spec(waveform)).unwrap();
    for rate in [1_000, 7_919, 7_919, 8_000, 11_025, 44_100, 767_999, 768_000] {
        let constant = sound(rate, 1, vec![0.5; rate as usize]);
        let encoded = encoder.encode(&constant).unwrap();
        assert_eq!(encoded.data.len(), 8000, "{rate}");
        // Far from both ends.
        let middle = &encoded.data[3000..5000];
        assert!(middle.iter().all(|value| (value - 0.5).abs() < 2e-6), "{rate}");
    }
}

#[test]
fn a_network_of_another_shape_is_refused() {
    let text = r#"{ "length": 4096, "mel": { "nMels": 32 } }"#;
    let mut encoder = AudioEncoder::new(spec(text)).unwrap();
    assert_eq!(encoder.shape(), Some([9, 32, 1]));
    let sound = sound(22_050, 1, noise(4000));
    let encoded = encoder.encode(&sound).unwrap().data;
    for shape in [&[9, 32, 1][..], &[9, 32], &[288]] {
        assert_eq!(encoder.prepare(&sound, shape).unwrap(), encoded);
    }
    let error = encoder.prepare(&sound, &[10, 32, 1]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().ends_with("the shape [10, 32, 1], expected [9, 32, 1]"), "{error}");
    let mut free = AudioEncoder::new(AudioSpec { length: None, ..*encoder.spec() }).unwrap();
    assert_eq!(free.shape(), None);
    let error = free.prepare(&sound, &[10, 32, 1]).unwrap_err();
    assert!(
        error.to_string().ends_with("expected [8, 32, 1]; length makes all the same"),
        "{error}"
    );
}

/// Natively, on wasm, and in both builds of it.
#[test]
fn the_bits_are_the_same_everywhere() {
    let hash = |values: &[f32]| {
        values.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, value| {
            (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01b3)
        })
    };
    let sound = sound(11_025, 1, noise(5000));
    let text = r#"{ "sampleRate": 16000, "length": 8000, "stft": { "nFft": 400, "hopLength": 160 },
        "mel": { "nMels": 40 } }"#;
    let encoded = encode(text, &sound).unwrap();
    assert_eq!(encoded.shape, [51, 40, 1]);
    assert_eq!(hash(&encoded.data), 4_108_435_061_699_820_610);
}
