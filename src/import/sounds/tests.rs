use super::super::{Import, Summary};
use super::*;
use crate::ErrorKind;
use crate::data::Dataset;
use crate::data::preprocessing::audio::Features;
use crate::formats::records::{Part as RecordPart, Records};
use crate::formats::wav;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A WAV file of a tone of so many hertz.
fn tone(hertz: f32, seconds: f32, rate: u32) -> Vec<u8> {
    let step = std::f32::consts::TAU * hertz / rate as f32;
    let samples: Vec<f32> =
        (0..(seconds * rate as f32) as u32).map(|at| 0.5 * libm::sinf(step * at as f32)).collect();
    wav::write(1, rate, &samples)
}

fn import(options: &Options, files: &[(&str, Vec<u8>)]) -> Result<(Records, Summary)> {
    let mut import = Import::new(options.clone(), "test", Vec::new())?;
    for (path, bytes) in files {
        import.add(path, bytes.clone())?;
    }
    import.close()?;
    while !import.advance()? {}
    let (file, summary) = import.finish()?;
    Ok((Records::open(file)?, summary))
}

fn tones() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("set/high/1.wav", tone(3000.0, 1.0, 8000)),
        ("set/low/1.wav", tone(300.0, 0.5, 16_000)),
        ("set/low/2.wav", tone(320.0, 1.0, 44_100)),
        ("set/low/cut.wav", tone(300.0, 1.0, 8000)[..300].to_vec()),
        ("set/high/2.wav", tone(2800.0, 1.0, 8000)),
        ("set/high/nothing.wav", tone(2800.0, 0.0, 8000)),
    ]
}

/// The band that is loudest on the whole.
fn loudest(data: &Dataset, sample: u32) -> usize {
    let Values::F32(values) = data.sample(sample).unwrap() else { panic!("bytes") };
    let bands = data.inputs()[0].shape()[1];
    let sum = |band: usize| values.iter().skip(band).step_by(bands).sum::<f32>();
    (0..bands).max_by(|&a, &b| sum(a).total_cmp(&sum(b))).unwrap()
}

#[test]
fn recordings_become_samples_of_the_class_of_their_folder() {
    let (records, summary) = import(&Options::default(), &tones()).unwrap();
    // A second of 16,000 samples: 63 frames, 256 samples apart.
    assert_eq!((summary.samples, &summary.shape[..]), (4, &[63, 64, 1][..]));
    let reasons: Vec<_> =
        summary.unreadable.iter().map(|file| (file.name.as_str(), file.code.as_str())).collect();
    assert_eq!(reasons, [("set/high/nothing.wav", "data"), ("set/low/cut.wav", "format")]);
    let report = &records.foot().report;
    assert_eq!(report["sizes"][0], serde_json::json!({ "size": [1, 8000], "samples": 2 }));
    assert_eq!(report["length"]["max"], 1.0);
    let data = records.into_dataset(true).unwrap();
    assert_eq!(data.class_names(), ["high", "low"]);
    assert_eq!(data.labels(), Some(&[0, 0, 1, 1][..]));
    for sample in 0..4 {
        let band = loudest(&data, sample);
        let high = data.labels().unwrap()[sample as usize] == 0;
        assert_eq!(band > 32, high, "sample {sample}: band {band}");
    }
    // What a model stores makes the same of a recording, and the numbers that it sees are of mean 0.
    let steps = data.preprocessing();
    let mut encoder = AudioEncoder::new(steps.audio.unwrap()).unwrap();
    let sound = read_sound(tone(320.0, 1.0, 44_100)).unwrap();
    assert_eq!(Values::F32(encoder.encode(&sound).unwrap().data), data.sample(3).unwrap());
    let mut seen = vec![0.0; 4 * 63 * 64];
    data.input_into(0, &[0, 1, 2, 3], &mut seen).unwrap();
    let mean = seen.iter().sum::<f32>() / seen.len() as f32;
    assert!(mean.abs() < 1e-3, "{mean}");
}

#[test]
fn options_say_what_a_network_gets() {
    let audio = SoundOptions {
        sample_rate: Some(8000),
        seconds: Some(0.5),
        features: Some(Features::Mfcc),
        coefficients: Some(13),
        ..SoundOptions::default()
    };
    let (records, summary) = import(&Options { audio, ..Options::default() }, &tones()).unwrap();
    // 4000 samples, frames of 256 that are 128 apart.
    assert_eq!(summary.shape, [32, 13, 1]);
    let steps = records.head().preprocessing.clone();
    // Another set is prepared just so, whatever is in it.
    let options = Options { preprocessing: Some(steps.clone()), ..Options::default() };
    let (again, _) = import(&options, &tones()[1..2]).unwrap();
    assert_eq!(again.head().preprocessing, steps);
    let (one, other) = (records.into_dataset(true).unwrap(), again.into_dataset(true).unwrap());
    assert_eq!(one.sample(2).unwrap(), other.sample(0).unwrap());
    for wrong in [
        SoundOptions { seconds: Some(0.0), ..SoundOptions::default() },
        SoundOptions { seconds: Some(f64::NAN), ..SoundOptions::default() },
        SoundOptions { sample_rate: Some(1), ..SoundOptions::default() },
        SoundOptions { mels: Some(0), ..SoundOptions::default() },
    ] {
        let error = import(&Options { audio: wrong, ..Options::default() }, &tones());
        assert_eq!(error.map(drop).unwrap_err().kind(), ErrorKind::Argument, "{wrong:?}");
    }
}

#[test]
fn statistics_are_those_of_the_training_part() {
    let files = [
        ("set/train/a/1.wav", tone(300.0, 1.0, 8000)),
        ("set/train/b/1.wav", tone(900.0, 1.0, 8000)),
        ("set/test/a/1.wav", tone(3900.0, 3.0, 8000)),
    ];
    let (records, summary) = import(&Options::default(), &files).unwrap();
    assert_eq!(records.parts(), [RecordPart::Test, RecordPart::Train, RecordPart::Train]);
    // Neither its length nor its loudness counts.
    let (alone, _) = import(&Options::default(), &files[..2]).unwrap();
    assert_eq!(summary.shape, [63, 64, 1]);
    assert_eq!(alone.head().preprocessing, records.head().preprocessing);
}

#[test]
fn no_good_recording_is_an_error() {
    let cut = tone(300.0, 1.0, 8000)[..30].to_vec();
    let error = import(&Options::default(), &[("a/1.wav", cut)]).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert!(error.message().contains("a/1.wav"), "{error}");
}

#[test]
fn sounds_of_other_formats_are_the_callers_to_read() {
    let mut import = Import::new(Options::default(), "test", Vec::new()).unwrap();
    for (path, loud) in [("set/a/1.mp3", 0.5), ("set/b/1.mp3", 0.25), ("set/b/2.mp3", f32::NAN)] {
        import.add(path, b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90".to_vec()).unwrap();
        let foreign = import.take_foreign().unwrap();
        assert!(foreign.is_sound);
        let sound = Audio::new(16_000, 1, vec![loud; 16_000]);
        import.add_foreign_sound(&foreign, sound).unwrap();
    }
    import.close().unwrap();
    while !import.advance().unwrap() {}
    let (file, summary) = import.finish().unwrap();
    assert_eq!((summary.samples, &summary.class_names[..]), (2, &["a".into(), "b".into()][..]));
    assert_eq!(summary.unreadable[0].name, "set/b/2.mp3");
    assert_eq!(Records::open(file).unwrap().foot().samples, 2);
}
