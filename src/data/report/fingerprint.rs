//! What is kept of a sample: a hash of its content, and a fingerprint that is alike for samples that
//! look, sound or read alike.
//!
//! An image's fingerprint is its difference hash (Krawetz, "Kind of like that", 2013) in both
//! directions: whether each of 8 x 8 regions is darker than the next one to the right, and than the
//! next one below. Drawings share that more often than photos, so the brightness of 6 x 6 regions has
//! to agree, too. Sound has the same of its loudness over time; that of a text is a SimHash of its
//! pairs of words (Charikar, "Similarity estimation techniques from rounding algorithms", 2002).

use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

use crate::data::{Image, Values};

/// Comparisons of a row of regions, and of a column.
const COMPARED: usize = 8;
/// Cells of an image in each direction: 2 x 2 are a region of the difference hash, 3 x 3 one of the
/// relief.
const CELLS: usize = 18;
/// Regions of the relief in each direction.
const RELIEF: usize = 6;
/// Steps of the relief for a standard deviation of its regions.
const STEPS: f32 = 32.0;
/// Pixels of a cell that are looked at in each direction, at most.
const LOOKED_AT: usize = 4;
/// Shades that a region must be brighter by, so that noise on even ground is none.
const NOISE: f32 = 2.0;
/// Stretches of sound that are compared.
const STRETCHES: usize = 129;
/// Words that a text must have to be compared by what it says.
const FEWEST_WORDS: usize = 8;

/// Brightness of 6 x 6 regions in steps of 1/32 standard deviation, from 128 on.
pub(super) type Relief = [u8; RELIEF * RELIEF];

/// What is kept of a sample's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint {
    /// Of the exact content.
    pub content: u64,
    /// Of what it is like; 0 where that says nothing.
    pub likeness: u128,
    /// How bright regions of an image are, relative to all of them; zeros for anything else.
    pub relief: Relief,
    /// Two numbers by which outliers are found: brightness and contrast of an image, level and
    /// length of sound, length of a text.
    pub traits: [u8; 2],
    /// Whether it has no content: one colour, silence, no character.
    pub empty: bool,
}

impl Fingerprint {
    /// That of what can only be the same or not.
    pub fn of_content(content: u64) -> Self {
        Self { content, likeness: 0, relief: [0; RELIEF * RELIEF], traits: [0; 2], empty: false }
    }
}

/// That of an image.
pub(super) fn of_image(image: &Image) -> Fingerprint {
    let [height, width, channels] = image.shape();
    let mut hash = Xxh3::new();
    for size in [height, width, channels] {
        hash.update(&(size as u64).to_le_bytes());
    }
    hash.update(image.data());
    let content = hash.digest();

    let (rows, columns) = (looks(height), looks(width));
    let mut cells = [[0.0_f32; CELLS]; CELLS];
    let (mut sum, mut squares) = (0.0, 0.0);
    for (row, places) in cells.iter_mut().zip(&rows) {
        for (cell, across) in row.iter_mut().zip(&columns) {
            for &(y, down) in places {
                for &(x, right) in across {
                    let at = (y * width + x) * channels;
                    let shade = f32::from(shade(&image.data()[at..at + channels]));
                    *cell += down * right * shade;
                    squares += f64::from(down * right * shade * shade);
                }
            }
            sum += f64::from(*cell);
        }
    }
    let count = (CELLS * CELLS) as f64;
    let mean = sum / count;
    let contrast = libm::sqrt((squares / count - mean * mean).max(0.0));
    let regions = means::<{ COMPARED + 1 }>(&cells);
    let likeness = bits((0..COMPARED * COMPARED).flat_map(|at| {
        let (down, right) = (at / COMPARED, at % COMPARED);
        let here = regions[down][right] + NOISE;
        [regions[down][right + 1] > here, regions[down + 1][right] > here]
    }));
    let first = &image.data()[..channels];
    let empty = image.data().chunks_exact(channels).all(|pixel| pixel == first);
    let traits = [mean.round() as u8, contrast.round() as u8];
    Fingerprint { content, likeness, relief: relief(&means(&cells), mean as f32), traits, empty }
}

/// Where to look in each cell of a side of so many pixels, and how much what is there counts: all
/// pixels by the part of them in the cell, or some of many.
fn looks(pixels: usize) -> Vec<Vec<(usize, f32)>> {
    let span = pixels as f32 / CELLS as f32;
    let cell = |cell: usize| {
        let (begin, end) = (cell as f32 * span, (cell + 1) as f32 * span);
        if span > LOOKED_AT as f32 {
            let step = span / LOOKED_AT as f32;
            let place = |at: usize| ((begin + (at as f32 + 0.5) * step) as usize).min(pixels - 1);
            let weight = 1.0 / LOOKED_AT as f32;
            return (0..LOOKED_AT).map(|at| (place(at), weight)).collect();
        }
        let all = begin as usize..(end.ceil() as usize).min(pixels);
        let part = |at: usize| (end.min((at + 1) as f32) - begin.max(at as f32)).max(0.0) / span;
        all.map(|at| (at, part(at))).collect()
    };
    (0..CELLS).map(cell).collect()
}

/// The means of N x N regions of the cells.
fn means<const N: usize>(cells: &[[f32; CELLS]; CELLS]) -> [[f32; N]; N] {
    let each = CELLS / N;
    let mut means = [[0.0; N]; N];
    for (down, row) in means.iter_mut().enumerate() {
        for (right, mean) in row.iter_mut().enumerate() {
            let rows = &cells[down * each..(down + 1) * each];
            let within = rows.iter().flat_map(|row| &row[right * each..(right + 1) * each]);
            *mean = within.sum::<f32>() / (each * each) as f32;
        }
    }
    means
}

fn relief(regions: &[[f32; RELIEF]; RELIEF], mean: f32) -> Relief {
    let all = || regions.iter().flatten();
    let squares: f32 = all().map(|region| (region - mean) * (region - mean)).sum();
    // Where nothing stands out, noise is not made to.
    let deviation = (squares / (RELIEF * RELIEF) as f32).sqrt().max(NOISE);
    let mut relief = [0; RELIEF * RELIEF];
    for (step, region) in relief.iter_mut().zip(all()) {
        *step = ((region - mean) / deviation * STEPS + 128.0).round() as u8;
    }
    relief
}

/// How bright a pixel is, on white paper: the luma of ITU-R BT.601.
fn shade(pixel: &[u8]) -> u8 {
    let luma = |red: u8, green: u8, blue: u8| {
        (299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) + 500) / 1000
    };
    match *pixel {
        [red, green, blue, opacity] => {
            let opacity = u32::from(opacity);
            ((luma(red, green, blue) * opacity + 255 * (255 - opacity)) / 255) as u8
        }
        [red, green, blue] => luma(red, green, blue) as u8,
        _ => pixel.first().copied().unwrap_or_default(),
    }
}

/// That of sound: samples of -1..1, frame after frame.
pub(super) fn of_audio(channels: usize, rate: u32, samples: &[f32]) -> Fingerprint {
    let mut hash = Xxh3::new();
    hash.update(&(channels as u64).to_le_bytes());
    hash.update(&u64::from(rate).to_le_bytes());
    let content = hash_of(hash, samples);
    let power = |samples: &[f32]| -> f64 {
        samples.iter().map(|&sample| f64::from(sample) * f64::from(sample)).sum::<f64>()
    };
    let total = power(samples);
    let mean = total / samples.len().max(1) as f64;
    // 10 dB a tenth: 0 for full scale, 100 and more for silence.
    let level = if mean > 0.0 { (-10.0 * libm::log10(mean)).clamp(0.0, 255.0) } else { 255.0 };
    let stretch = samples.len() / STRETCHES;
    let empty = samples.iter().all(|&sample| sample == 0.0);
    let likeness = if stretch < 8 || empty {
        0
    } else {
        let powers: Vec<f64> = samples.chunks_exact(stretch).take(STRETCHES).map(power).collect();
        // A tenth louder is louder, however loud all of it is; so is what follows silence.
        let quiet = mean * stretch as f64 * 1e-3;
        bits(powers.windows(2).map(|pair| pair[1] > 1.1 * pair[0] + quiet))
    };
    let frames = samples.len() / channels.max(1);
    let traits = [level as u8, octaves(frames)];
    Fingerprint { likeness, traits, empty, ..Fingerprint::of_content(content) }
}

/// That of a text.
pub(super) fn of_text(text: &str) -> Fingerprint {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let likeness = match words.len() {
        0 => 0,
        // Too few to vote: alike are those with the same words.
        few if few < FEWEST_WORDS => xxh3_128(words.join(" ").as_bytes()),
        _ => {
            let mut votes = [0_i32; 128];
            for pair in words.windows(2) {
                let hash = xxh3_128(pair.join(" ").as_bytes());
                for (bit, votes) in votes.iter_mut().enumerate() {
                    *votes += if hash >> bit & 1 == 1 { 1 } else { -1 };
                }
            }
            bits(votes.iter().map(|&votes| votes > 0))
        }
    };
    Fingerprint {
        likeness,
        traits: [octaves(text.chars().count()), 0],
        empty: text.trim().is_empty(),
        ..Fingerprint::of_content(xxh3_64(text.as_bytes()))
    }
}

/// That of numbers of which nothing else is known. A few numbers side by side may well be equal; where
/// there are more directions, nothing is in them then.
pub(super) fn of_values(directions: usize, values: &Values) -> Fingerprint {
    let (content, even) = match values {
        Values::U8(bytes) => (xxh3_64(bytes), all_same(bytes)),
        Values::F32(numbers) => (hash_of(Xxh3::new(), numbers), all_same(numbers)),
    };
    Fingerprint { empty: even && directions > 1, ..Fingerprint::of_content(content) }
}

fn all_same<T: PartialEq>(values: &[T]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

/// The hash of these numbers after what it took before.
fn hash_of(mut hash: Xxh3, numbers: &[f32]) -> u64 {
    let mut bytes = Vec::with_capacity(4096);
    for block in numbers.chunks(1024) {
        bytes.clear();
        bytes.extend(block.iter().flat_map(|number| number.to_le_bytes()));
        hash.update(&bytes);
    }
    hash.digest()
}

/// How long something is, in eighths of octaves, so that 255 are more than is ever there.
fn octaves(length: usize) -> u8 {
    (8.0 * libm::log2(length as f64 + 1.0)).round() as u8
}

fn bits(bits: impl Iterator<Item = bool>) -> u128 {
    bits.zip(0..).fold(0, |all, (bit, at)| all | u128::from(bit) << at)
}
