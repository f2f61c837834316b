//! From sounds to numbers.

use super::mel::FilterBank;
use super::resample::Resampler;
use super::stft::Transform;
use super::{Align, Audio, AudioSpec, Features};
use crate::kernels::reduce::dot;
use crate::memory::{allocate, reserve};
use crate::simd::{F32x4, LANES};
use crate::{Result, err};

/// The most numbers that a sound becomes.
const MOST_VALUES: usize = 1 << 28;

/// What a sound became.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// In row-major order.
    pub data: Vec<f32>,
    /// `[frames, bins, 1]`.
    pub shape: [usize; 3],
}

/// An [`AudioSpec`] with its tables, ready for sounds.
#[derive(Clone, Debug)]
pub struct AudioEncoder {
    spec: AudioSpec,
    transform: Transform,
    bank: FilterBank,
    bands: Vec<F32x4>,
    /// `[nMfcc, nMels]`.
    cosines: Vec<f32>,
    /// For the rate of the sound before.
    resampler: Option<Resampler>,
}

impl AudioEncoder {
    /// # Errors
    /// What [`AudioSpec::validate`] refuses, and `Argument` for an `nFft` that has too large a prime
    /// factor.
    pub fn new(spec: AudioSpec) -> Result<Self> {
        spec.validate()?;
        let transform = Transform::new(spec.stft)?;
        let bank = FilterBank::new(&spec.mel, spec.sample_rate, spec.stft.n_fft as usize);
        let bands = vec![F32x4::zero(); bank.len()];
        let cosines = match spec.features {
            Features::Mfcc => cosines(spec.mfcc.n_mfcc as usize, bank.len()),
            _ => Vec::new(),
        };
        Ok(Self { spec, transform, bank, bands, cosines, resampler: None })
    }

    /// The specification.
    #[must_use]
    pub fn spec(&self) -> &AudioSpec {
        &self.spec
    }

    /// The shape of every sound, where the specification fixes its length.
    #[must_use]
    pub fn shape(&self) -> Option<[usize; 3]> {
        self.spec.length.map(|length| self.shape_of(length as usize))
    }

    /// Numbers of a frame.
    fn width(&self) -> usize {
        match self.spec.features {
            Features::Waveform => 1,
            Features::Spectrogram | Features::LogSpectrogram => self.transform.bins(),
            Features::Mel | Features::LogMel => self.bank.len(),
            Features::Mfcc => self.spec.mfcc.n_mfcc as usize,
        }
    }

    /// The shape of a sound of so many samples.
    fn shape_of(&self, samples: usize) -> [usize; 3] {
        let frames = match self.spec.features {
            Features::Waveform => samples,
            _ => self.spec.stft.frames(samples),
        };
        [frames, self.width(), 1]
    }

    /// What a sound becomes.
    ///
    /// # Errors
    /// `Data` for a sound without samples, or shorter than a frame where frames lie within it, unless
    /// the specification fixes its length; `TooLarge` where its numbers would be more than 2^28 or
    /// than memory.
    pub fn encode(&mut self, audio: &Audio) -> Result<Encoded> {
        let samples = self.samples(audio)?;
        let shape = self.shape_of(samples.len());
        let [frames, width, _] = shape;
        if frames == 0 {
            return Err(err!(
                Data,
                "audio: found {} samples at {} a second, expected at least {}; a length fills up",
                samples.len(),
                self.spec.sample_rate,
                if samples.is_empty() { 1 } else { self.spec.stft.n_fft }
            ));
        }
        let bands = match self.spec.features {
            Features::Mfcc => self.bank.len(),
            _ => width,
        };
        let Some(values) = frames.checked_mul(bands).filter(|&values| values <= MOST_VALUES) else {
            return Err(err!(
                TooLarge,
                "audio: {frames} frames of {bands} numbers, expected at most {MOST_VALUES} in all"
            ));
        };
        let data = match self.spec.features {
            Features::Waveform => samples,
            _ => self.spectra(&samples, bands, values)?,
        };
        Ok(Encoded { data, shape })
    }

    /// A sound as a sample of a network whose input has the shape `[frames, bins, 1]`,
    /// `[frames, bins]`, or one number that is their product.
    ///
    /// # Errors
    /// As [`encode`](Self::encode), and `Shape` where the sound has another one.
    pub fn prepare(&mut self, audio: &Audio, shape: &[usize]) -> Result<Vec<f32>> {
        let encoded = self.encode(audio)?;
        let own = encoded.shape;
        if shape != own && shape != &own[..2] && shape != [encoded.data.len()] {
            let advice =
                if self.spec.length.is_some() { "" } else { "; length makes all the same" };
            return Err(err!(
                Shape,
                "audio: the network's input has the shape {shape:?}, expected {own:?}{advice}"
            ));
        }
        Ok(encoded.data)
    }

    /// One channel at the rate and of the length of the specification.
    fn samples(&mut self, audio: &Audio) -> Result<Vec<f32>> {
        let mut samples = audio.mono()?;
        if audio.rate() != self.spec.sample_rate {
            let resampler = match self.resampler.take() {
                Some(own) if own.from() == audio.rate() => own,
                _ => Resampler::new(audio.rate(), self.spec.sample_rate),
            };
            samples = self.resampler.insert(resampler).resample(&samples)?;
        }
        if self.spec.trim.is_none() && self.spec.length.is_none() {
            return Ok(samples);
        }
        let kept = self.spec.trim.map_or(&samples[..], |trim| trim.apply(&samples));
        let length = self.spec.length.map_or(kept.len(), |length| length as usize);
        let mut fixed = allocate("the sound", length)?;
        let (surplus, missing) =
            (kept.len().saturating_sub(length), length.saturating_sub(kept.len()));
        let share = |of: usize| match self.spec.align {
            Align::Start => 0,
            Align::Center => of / 2,
            Align::End => of,
        };
        let count = usize::min(kept.len(), length);
        fixed[share(missing)..][..count].copy_from_slice(&kept[share(surplus)..][..count]);
        Ok(fixed)
    }

    /// The spectra of all frames, `bands` numbers each, and what follows.
    fn spectra(&mut self, samples: &[f32], bands: usize, values: usize) -> Result<Vec<f32>> {
        let Self { spec, transform, bank, bands: four, .. } = self;
        let mels = matches!(spec.features, Features::Mel | Features::LogMel | Features::Mfcc);
        let logarithm = !matches!(spec.features, Features::Spectrogram | Features::Mel);
        let mut data = allocate("the spectra", values)?;
        let mut magnitudes =
            vec![F32x4::zero(); if spec.power == 1 { transform.bins() } else { 0 }];
        transform.run(samples, |first, power| {
            let mut spectrum = power;
            if spec.power == 1 {
                for (magnitude, power) in magnitudes.iter_mut().zip(power) {
                    *magnitude = power.sqrt();
                }
                spectrum = &magnitudes;
            }
            if mels {
                bank.apply(spectrum, four);
                spectrum = four;
            }
            let rows = data[first * bands..].chunks_exact_mut(bands).take(LANES);
            for (lane, row) in rows.enumerate() {
                for (value, four) in row.iter_mut().zip(spectrum) {
                    *value = four.to_array()[lane];
                }
            }
        })?;
        if logarithm {
            if spec.power == 1 {
                data.iter_mut().for_each(|value| *value *= *value);
            }
            spec.decibels.apply(&mut data);
        }
        if spec.features != Features::Mfcc {
            return Ok(data);
        }
        let coefficients = spec.mfcc.n_mfcc as usize;
        let mut cepstra = reserve("the spectra", values / bands * coefficients)?;
        for row in data.chunks_exact(bands) {
            cepstra.extend(self.cosines.chunks_exact(bands).map(|cosines| dot(row, cosines)));
        }
        Ok(cepstra)
    }
}

/// The first rows of the orthonormal DCT-II of `len` values.
fn cosines(rows: usize, len: usize) -> Vec<f32> {
    let all = (0..rows).flat_map(|k| (0..len).map(move |i| (k, i)));
    all.map(|(k, i)| {
        let angle = std::f64::consts::PI * (k * (2 * i + 1)) as f64 / (2 * len) as f64;
        let scale = if k == 0 { 1.0 } else { 2.0 };
        (libm::sqrt(scale / len as f64) * libm::cos(angle)) as f32
    })
    .collect()
}
