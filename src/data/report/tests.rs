//! Reports of datasets with faults that are known.

mod rows;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::ErrorKind;
use crate::data::Image;
use crate::data::cleaning::{ClassWeights, ColumnNames, SampleCount};
use crate::err;
use crate::rng::{Key, Purpose, Stream};

fn stream(seed: u64) -> Stream {
    Key::new(seed, Purpose::Weights).stream()
}

/// A picture of soft spots, another for each seed.
fn picture(seed: u64, side: usize, channels: usize) -> Image {
    let mut stream = stream(seed);
    let spots: Vec<[f32; 4]> = (0..8)
        .map(|_| [stream.uniform(), stream.uniform(), stream.uniform(), stream.uniform()])
        .collect();
    let mut data = Vec::with_capacity(side * side * channels);
    for at in 0..side * side {
        let (y, x) = ((at / side) as f32 / side as f32, (at % side) as f32 / side as f32);
        let sum: f32 = spots
            .iter()
            .map(|[down, right, size, strength]| {
                let square = (y - down) * (y - down) + (x - right) * (x - right);
                strength / (1.0 + square / (0.02 + 0.03 * size))
            })
            .sum();
        let shade = (sum * 60.0).min(255.0) as u8;
        data.extend((0..channels).map(|channel| shade.saturating_sub(20 * channel as u8)));
    }
    Image::new(side, side, channels, data).unwrap()
}

/// The same picture with noise of so many shades.
fn noisy(image: &Image, shades: u32, seed: u64) -> Image {
    let mut stream = stream(seed);
    let [height, width, channels] = image.shape();
    let noise =
        |&value: &u8| (u32::from(value) + stream.below(2 * shades + 1)).saturating_sub(shades);
    let data: Vec<u8> = image.data().iter().map(noise).map(|value| value.min(255) as u8).collect();
    Image::new(height, width, channels, data).unwrap()
}

/// The same picture, each pixel twice in both directions.
fn doubled(image: &Image) -> Image {
    let [height, width, channels] = image.shape();
    let pixel = |at: usize| {
        let (y, x) = (at / (2 * width) / 2, at % (2 * width) / 2);
        &image.data()[(y * width + x) * channels..][..channels]
    };
    let data = (0..4 * height * width).flat_map(pixel).copied().collect();
    Image::new(2 * height, 2 * width, channels, data).unwrap()
}

fn in_part(class: u32, part: Part) -> Observed {
    Observed { class: Some(class), part: Some(part), group: None }
}

fn alike(sample: u32, like: u32) -> Alike {
    Alike { sample, like }
}

#[test]
fn images_are_counted_and_compared() {
    let mut collector = Collector::new(vec!["a".into(), "b".into(), "c".into()]);
    let pictures: Vec<Image> = (0..30).map(|seed| picture(seed, 32, 3)).collect();
    for (at, picture) in pictures.iter().enumerate() {
        collector.image(in_part(u32::from(at >= 24), Part::Train), picture).unwrap();
    }
    // 30: the same, 31: of another class, 32: noisy, 33: larger, 34: grey paper.
    collector.image(in_part(0, Part::Train), &pictures[3]).unwrap();
    collector.image(in_part(1, Part::Test), &pictures[4]).unwrap();
    collector.image(in_part(0, Part::Test), &noisy(&pictures[5], 2, 1)).unwrap();
    collector.image(in_part(0, Part::Validation), &doubled(&pictures[6])).unwrap();
    let paper = Image::new(9, 7, 1, vec![200; 63]).unwrap();
    collector.image(Observed::default(), &paper).unwrap();
    collector.unreadable("x/broken.png", &err!(Format, "PNG: it is cut off"));
    let report = collector.finish();

    assert_eq!((report.samples, report.compared), (35, 35));
    let counts: Vec<_> = report.classes.iter().map(|class| (class.samples, class.parts)).collect();
    assert_eq!(counts, [(27, [25, 1, 1]), (7, [6, 0, 1]), (0, [0, 0, 0])]);
    let sizes: Vec<_> =
        report.sizes.iter().map(|size| (size.size.as_slice(), size.samples)).collect();
    assert_eq!(sizes, [(&[32, 32, 3][..], 33), (&[9, 7, 1], 1), (&[64, 64, 3], 1)]);
    assert_eq!(report.duplicates, [alike(30, 3), alike(31, 4)]);
    assert_eq!(report.conflicts, [alike(31, 4)]);
    assert_eq!(report.near_duplicates, [alike(32, 5), alike(33, 6)]);
    assert_eq!(report.empty, [34]);
    let leak = |sample, like, kind| Leak { sample, like, kind };
    assert_eq!(
        report.leaks,
        [leak(31, 4, LeakKind::Exact), leak(32, 5, LeakKind::Near), leak(33, 6, LeakKind::Near)]
    );
    assert_eq!(report.imbalance, Some(Imbalance { largest: 0, smallest: 2, ratio: 27.0 }));
    let unreadable = UnreadableFile {
        name: "x/broken.png".into(),
        code: "format".into(),
        message: "PNG: it is cut off".into(),
    };
    assert_eq!((report.unreadable, report.unreadable_count), (vec![unreadable], 1));
}

#[test]
fn fixes_say_what_they_drop() {
    let mut collector = Collector::new(vec!["a".into(), "b".into()]);
    let pictures: Vec<Image> = (0..6).map(|seed| picture(seed, 16, 1)).collect();
    let given = [(0, 0), (1, 0), (2, 1), (0, 0), (1, 1), (3, 0), (3, 0), (4, 0)];
    for (picture, class) in given {
        collector.image(in_part(class, Part::Train), &pictures[picture]).unwrap();
    }
    let report = collector.finish();
    let conflicts = Fix::DropConflicts(SampleCount { count: 2 });
    let duplicates = Fix::DropDuplicates(SampleCount { count: 3 });
    let weights = Fix::ClassWeights(ClassWeights { weights: vec![8.0 / 12.0, 2.0] });
    assert_eq!(report.fixes, [conflicts.clone(), duplicates.clone(), weights.clone()]);
    assert_eq!(report.kept(&[]), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(report.kept(std::slice::from_ref(&conflicts)), [0, 2, 3, 5, 6, 7]);
    assert_eq!(report.kept(std::slice::from_ref(&duplicates)), [0, 1, 2, 5, 7]);
    assert_eq!(report.kept(&[weights, duplicates, conflicts]), [0, 2, 5, 7]);
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<DataReport>(&json).unwrap(), report);
}

#[test]
fn near_duplicates_are_those_that_comparing_all_with_all_finds() {
    let mut stream = stream(5);
    let mut word = || (0..4).fold(0_u128, |all, _| all << 32 | u128::from(stream.word()));
    let mut prints: Vec<u128> = (0..400).map(|_| word()).collect();
    // Some differ from an earlier one in a few bits, over all bands.
    for at in (200..400).step_by(3) {
        let mut print = prints[at - 150];
        for _ in 0..(at % 9) {
            print ^= 1 << (word() % 128);
        }
        prints[at] = print;
    }
    // Ones that say nothing are like each other, and are not looked at.
    prints.extend([0, 1, 3, u128::MAX]);
    let mut first: Vec<usize> = (0..prints.len()).collect();
    for late in 0..400 {
        let like = (0..late)
            .find(|&early| (prints[early] ^ prints[late]).count_ones() <= near::MOST_DIFFERENT);
        first[late] = like.map_or(late, |like| first[like]);
    }
    let later = first.iter().enumerate().filter(|(late, first)| late != *first);
    let naive: Vec<Alike> = later.map(|(late, &first)| alike(late as u32, first as u32)).collect();
    assert!(naive.len() > 40);
    assert_eq!(near::near_duplicates(&prints, &[], &[]), naive);
    // Many that share bands take no more work than their number, and those that are the same are
    // found.
    let crowd = vec![0x00ff_ff00_u128; 50_000];
    assert_eq!(near::near_duplicates(&crowd, &[], &[]).len(), crowd.len() - 1);
}

#[test]
fn different_pictures_are_not_alike() {
    let mut collector = Collector::new(vec![]);
    for seed in 0..300 {
        collector.image(Observed::default(), &picture(seed, 28, 1)).unwrap();
    }
    let report = collector.finish();
    assert_eq!((report.duplicates.len(), report.near_duplicates.len()), (0, 0));
}

#[test]
fn handwritten_digits_are_not_alike() {
    let digits = crate::formats::idx::read(include_bytes!("../../../tests/golden/mnist-640.idx3"));
    let Ok(crate::formats::idx::Idx { values: crate::data::Values::U8(pixels), .. }) = digits
    else {
        unreachable!()
    };
    let mut collector = Collector::new(vec![]);
    for digit in pixels.chunks_exact(784) {
        let image = Image::new(28, 28, 1, digit.to_vec()).unwrap();
        collector.image(Observed::default(), &image).unwrap();
    }
    let report = collector.finish();
    assert_eq!(report.duplicates, []);
    assert!(report.near_duplicates.len() <= 3, "{:?}", report.near_duplicates);
}

#[test]
fn pictures_of_every_size_and_opacity_have_a_fingerprint() {
    for (height, width, channels) in [(1, 1, 1), (1, 9, 3), (8, 2, 4), (9, 9, 1), (300, 5, 3)] {
        let data = vec![77; height * width * channels];
        let image = Image::new(height, width, channels, data).unwrap();
        let found = fingerprint::of_image(&image);
        assert!(found.empty && found.likeness == 0 && found.relief == [128; 36]);
    }
    // What cannot be seen does not count: both are white paper.
    let clear = |shade| Image::new(4, 4, 4, [shade, shade, shade, 0].repeat(16)).unwrap();
    let [one, other] = [clear(0), clear(90)].map(|image| fingerprint::of_image(&image));
    assert_eq!((one.traits, one.likeness), (other.traits, other.likeness));
    assert_eq!(one.traits, [255, 0]);
    assert_ne!(one.content, other.content);
}

#[test]
fn what_is_far_from_the_others_is_an_outlier() {
    let mut collector = Collector::new(vec![]);
    for seed in 0..60 {
        let mut image = picture(seed, 16, 1);
        if seed == 41 {
            image = Image::new(16, 16, 1, vec![255; 256]).unwrap();
        }
        collector.image(Observed::default(), &image).unwrap();
    }
    let report = collector.finish();
    let samples: Vec<_> = report.outliers.iter().map(|outlier| outlier.sample).collect();
    assert!(samples.contains(&41) && samples.len() <= 3, "{:?}", report.outliers);
    let counts = |values: &[u8]| {
        let mut counts = [0; 256];
        values.iter().for_each(|&value| counts[usize::from(value)] += 1);
        counts
    };
    // The median is 100, the deviations from it are 0 to 10, and their median is 5.
    let values: Vec<u8> = (90..=110).collect();
    let fences = outliers::Fences::of(&counts(&values)).unwrap();
    assert_eq!(fences.distance(110), None);
    assert_eq!(fences.distance(100 + 37), None);
    let far = fences.distance(100 + 38).unwrap();
    assert!((far - 38.0 / (1.4826 * 5.0)).abs() < 1e-9, "{far}");
    assert_eq!(outliers::Fences::of(&counts(&[1, 2, 200])), None);
}

#[test]
fn sound_is_compared_by_its_loudness() {
    let mut collector = Collector::new(vec!["a".into()]);
    let sound = |seed: u64, gain: f32| -> Vec<f32> {
        let mut stream = stream(seed);
        let loud: Vec<f32> = (0..40).map(|_| stream.uniform()).collect();
        (0..16000).map(|at| gain * loud[at / 400] * (stream.uniform() - 0.5)).collect()
    };
    for seed in 0..30 {
        collector.audio(Observed::default(), 1, 16000, &sound(seed, 1.0)).unwrap();
    }
    collector.audio(Observed::default(), 1, 16000, &sound(7, 0.5)).unwrap();
    collector.audio(Observed::default(), 1, 16000, &sound(8, 1.0)).unwrap();
    collector.audio(Observed::default(), 1, 8000, &[0.0; 800]).unwrap();
    collector.audio(Observed::default(), 2, 44100, &[]).unwrap();
    let report = collector.finish();
    assert_eq!(report.near_duplicates, [alike(30, 7)]);
    assert_eq!(report.duplicates, [alike(31, 8)]);
    assert_eq!(report.empty, [32, 33]);
    assert_eq!(report.sizes[0], SizeCount { size: vec![1, 16000], samples: 32 });
    let length = report.length.unwrap();
    assert_eq!((length.min, length.max), (0.0, 1.0));
    assert!((length.mean - 32.1 / 34.0).abs() < 1e-9);
    let far: Vec<_> = report.outliers.iter().map(|far| (far.sample, far.what.as_str())).collect();
    assert_eq!(far, [(32, "level"), (33, "level"), (32, "length"), (33, "length")]);
}

#[test]
fn texts_are_compared_by_their_words() {
    let mut collector = Collector::new(vec![]);
    let text = |seed: u64, words: usize| -> String {
        let mut stream = stream(seed);
        (0..words).map(|_| format!("word{} ", stream.below(500))).collect()
    };
    for seed in 0..30 {
        collector.text(Observed::default(), &text(seed, 200)).unwrap();
    }
    collector.text(Observed::default(), &text(3, 200).to_uppercase().replace(' ', "  ")).unwrap();
    collector.text(Observed::default(), &format!("{} more", text(4, 200))).unwrap();
    collector.text(Observed::default(), "A short one.").unwrap();
    collector.text(Observed::default(), "a short, one").unwrap();
    collector.text(Observed::default(), " \n").unwrap();
    let report = collector.finish();
    assert_eq!(report.near_duplicates, [alike(30, 3), alike(31, 4), alike(33, 32)]);
    assert_eq!((report.empty.as_slice(), report.duplicates.len()), (&[34][..], 0));
    assert_eq!(report.length.unwrap().min, 2.0);
}

#[test]
fn groups_leak_between_parts() {
    let mut collector = Collector::new(vec![]);
    let groups =
        [(1, Part::Train), (2, Part::Test), (1, Part::Test), (2, Part::Test), (3, Part::Test)];
    let more = [(3, Part::Validation), (1, Part::Train)];
    for (at, (group, part)) in groups.into_iter().chain(more).enumerate() {
        let observed = Observed { group: Some(group), part: Some(part), class: None };
        collector.text(observed, &format!("text {at}")).unwrap();
    }
    let report = collector.finish();
    let leak = |sample, like| Leak { sample, like, kind: LeakKind::Group };
    assert_eq!(report.leaks, [leak(2, 0), leak(4, 5)]);
    assert_eq!(report.fixes, [Fix::DropLeaks(SampleCount { count: 2 })]);
    assert_eq!(report.kept(&report.fixes), [0, 1, 3, 5, 6]);
}

#[test]
fn leaks_are_found_in_a_later_division_too() {
    let mut collector = Collector::new(vec![]);
    for text in ["one", "two", "one", "two", "three"] {
        collector.text(Observed::default(), text).unwrap();
    }
    let report = collector.finish();
    assert!(report.leaks.is_empty());
    let [train, test] = [Some(Part::Train), Some(Part::Test)];
    let leak = |sample, like| Leak { sample, like, kind: LeakKind::Exact };
    assert_eq!(report.leaks_between(&[train, test, test, train, train]), [leak(2, 0), leak(1, 3)]);
    assert_eq!(report.leaks_between(&[train, test, train, test]), []);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let mut collector = Collector::new(vec!["a".into()]);
    collector.text(Observed::default(), "a").unwrap();
    let image = Image::new(1, 1, 1, vec![0]).unwrap();
    for error in [
        collector.image(Observed::default(), &image),
        collector.row(Observed::default(), &[Cell::Missing]),
        collector.text(in_part(1, Part::Train), "b"),
    ] {
        assert!(matches!(error.unwrap_err().kind(), ErrorKind::Argument | ErrorKind::Shape));
    }
    assert_eq!(collector.finish().samples, 1);
    let empty = Collector::new(vec![]).finish();
    assert_eq!(empty, DataReport::default());
}

#[test]
fn classes_and_parts_may_be_said_at_the_end() {
    let shades = [10, 200, 10, 90];
    let image = |shade: u8| Image::new(2, 2, 1, vec![shade, shade, 0, 255]).unwrap();
    let observed = [
        Observed { class: Some(1), part: Some(Part::Train), group: None },
        Observed { class: Some(0), part: Some(Part::Train), group: None },
        Observed { class: Some(1), part: Some(Part::Test), group: None },
        Observed { class: Some(1), part: None, group: None },
    ];
    let names = || vec!["a".to_owned(), "b".to_owned()];
    let (mut early, mut late) = (Collector::new(names()), Collector::new(vec![]));
    for (shade, observed) in shades.into_iter().zip(observed) {
        early.image(observed, &image(shade)).unwrap();
        late.image(Observed::default(), &image(shade)).unwrap();
    }
    assert!(late.describe(names(), &observed[1..]).is_err());
    assert!(late.describe(vec![], &observed).is_err());
    late.describe(names(), &observed).unwrap();
    let report = early.finish();
    assert_eq!(late.finish(), report);
    assert_eq!(report.duplicates, [Alike { sample: 2, like: 0 }]);

    let kept = report.clone().of_kept(&[0, 2, 3]);
    assert_eq!(kept.duplicates, [Alike { sample: 1, like: 0 }]);
    assert_eq!((kept.samples, kept.leaks[0].sample, kept.leaks[0].like), (3, 1, 0));
    assert!(report.of_kept(&[1, 2]).duplicates.is_empty());
}
