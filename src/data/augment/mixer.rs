//! Samples that are mixed with one another, and their targets in the same proportion.

use super::{Augmentation, Draw};
use crate::Result;
use crate::memory::allocate;
use crate::rng::{Key, Stream};

/// Child of the key of a shard's first sample.
const MIX: u64 = 2;

/// Mixes the samples of a shard: `share` of each stays, the rest is of its partner. Nothing is
/// allocated once it is made.
#[derive(Clone, Debug)]
pub struct Mixer {
    mixup: f32,
    cutmix: f32,
    shape: [usize; 3],
    /// A copy of what is mixed.
    copy: Vec<f32>,
    pairs: Vec<Pair>,
}

/// What a sample is mixed with.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair {
    partner: usize,
    /// What stays of the sample.
    share: f32,
    /// Rows and columns of the partner's rectangle; none where whole images are mixed.
    rectangle: Option<[[usize; 2]; 2]>,
}

impl Mixer {
    /// For up to `samples` samples of `[height, width, channels]`, whose targets are `targets` numbers;
    /// `None` if nothing is to be mixed.
    ///
    /// # Errors
    /// `TooLarge` where there is no memory for it.
    pub fn new(
        augmentation: &Augmentation,
        shape: [usize; 3],
        samples: usize,
        targets: usize,
    ) -> Result<Option<Self>> {
        let Augmentation { mixup, cutmix, .. } = *augmentation;
        if mixup == 0.0 && cutmix == 0.0 {
            return Ok(None);
        }
        let width = usize::max(shape.iter().product(), targets);
        let copy = allocate("mixed samples", width.saturating_mul(samples))?;
        Ok(Some(Self { mixup, cutmix, shape, copy, pairs: Vec::with_capacity(samples) }))
    }

    /// Mixes the images of a shard, `[samples, height, width, channels]`, of which `first` is the
    /// draw of the first. A single one stays as it is.
    pub fn mix_images(&mut self, first: Draw, images: &mut [f32]) {
        let [height, width, channels] = self.shape;
        let size = height * width * channels;
        self.draw(first.key().child(MIX), images.len() / size);
        self.copy[..images.len()].copy_from_slice(images);
        for (image, pair) in images.chunks_exact_mut(size).zip(&self.pairs) {
            let other = &self.copy[pair.partner * size..(pair.partner + 1) * size];
            match pair.rectangle {
                None => blend(image, other, pair.share),
                Some([rows, columns]) => {
                    for y in rows[0]..rows[1] {
                        let begin = y * width * channels;
                        let row = begin + columns[0] * channels..begin + columns[1] * channels;
                        image[row.clone()].copy_from_slice(&other[row]);
                    }
                }
            }
        }
    }

    /// Mixes the targets, as many numbers a sample, of the images that were mixed last.
    pub fn mix_targets(&mut self, targets: &mut [f32]) {
        let size = targets.len() / self.pairs.len().max(1);
        if size == 0 {
            return;
        }
        self.copy[..targets.len()].copy_from_slice(targets);
        for (target, pair) in targets.chunks_exact_mut(size).zip(&self.pairs) {
            blend(target, &self.copy[pair.partner * size..(pair.partner + 1) * size], pair.share);
        }
    }

    /// Chooses partners and proportions.
    fn draw(&mut self, key: Key, samples: usize) {
        self.pairs.clear();
        let mut random = key.stream();
        let away = if samples > 1 { 1 + random.below(samples as u32 - 1) as usize } else { 0 };
        for sample in 0..samples {
            let partner = (sample + away) % samples;
            let cuts = random.uniform() < 0.5;
            let cuts =
                if self.mixup == 0.0 || self.cutmix == 0.0 { self.mixup == 0.0 } else { cuts };
            let pair = if cuts {
                let share = beta(self.cutmix, &mut random);
                self.cut(partner, share, &mut random)
            } else {
                Pair { partner, share: beta(self.mixup, &mut random), rectangle: None }
            };
            self.pairs.push(pair);
        }
    }

    /// A rectangle of the image's aspect whose area is what does not stay, its middle anywhere; what
    /// is left of it at the edges decides the share.
    fn cut(&self, partner: usize, share: f32, random: &mut Stream) -> Pair {
        let [height, width, _] = self.shape;
        let side = libm::sqrtf(1.0 - share);
        let mut range = |len: usize| {
            let middle = random.below(len as u32) as usize;
            let cut = (side * len as f32 + 0.5) as usize;
            [middle.saturating_sub(cut / 2), usize::min(middle + cut.div_ceil(2), len)]
        };
        let rectangle = [range(height), range(width)];
        let cut = rectangle.map(|[begin, end]| (end - begin) as f32);
        let share = 1.0 - cut[0] * cut[1] / (height * width) as f32;
        Pair { partner, share, rectangle: Some(rectangle) }
    }
}

/// `share` of the values and the rest of the others.
fn blend(values: &mut [f32], others: &[f32], share: f32) {
    for (value, other) in values.iter_mut().zip(others) {
        *value = share * *value + (1.0 - share) * other;
    }
}

/// A number of the distribution Beta(alpha, alpha), for an alpha of up to 2 (Jöhnk, 1964). In
/// logarithms, since the powers of a small alpha are too small to be numbers.
fn beta(alpha: f32, random: &mut Stream) -> f32 {
    let power = 1.0 / f64::from(alpha);
    loop {
        let mut draw = || power * libm::log((f64::from(random.word()) + 0.5) / 4_294_967_296.0);
        let (x, y) = (draw(), draw());
        if libm::exp(x) + libm::exp(y) <= 1.0 {
            return (1.0 / (1.0 + libm::exp(y - x))) as f32;
        }
    }
}
