//! Changes of sounds: louder or softer, earlier or later, with parts of their spectra masked.

use super::Augmentation;
use super::color::mean;
use super::geometry::around_zero;
use crate::data::preprocessing::AudioSpec;
use crate::data::preprocessing::audio::Features;
use crate::rng::{Key, Stream};

/// Changes a sample `[moments, bins, channels]`. `spec` says what its numbers are, where it is a
/// sound.
pub(super) fn change(
    augmentation: &Augmentation,
    spec: Option<&AudioSpec>,
    key: Key,
    [moments, bins, channels]: [usize; 3],
    values: &mut [f32],
) {
    let mut random = key.stream();
    let row = bins * channels;
    // Always the same draws, so that one change does not decide the others.
    let [gain, shift] = [augmentation.gain, augmentation.time_shift as f32]
        .map(|end| around_zero(&mut random, end));
    if augmentation.time_shift > 0 {
        move_in_time(libm::rintf(shift) as isize * row as isize, silence(spec, values), values);
    }
    if let Some(spec) = spec.filter(|_| augmentation.gain > 0.0) {
        amplify(spec, gain, row, values);
    }
    let (times, frequencies) = (augmentation.time_masks, augmentation.frequency_masks);
    if times == 0 && frequencies == 0 {
        return;
    }
    let middle = mean(values);
    for _ in 0..times {
        let (begin, end) = masked(&mut random, moments, augmentation.time_mask);
        values[begin * row..end * row].fill(middle);
    }
    for _ in 0..frequencies {
        let (begin, end) = masked(&mut random, bins, augmentation.frequency_mask);
        for row in values.chunks_exact_mut(row) {
            row[begin * channels..end * channels].fill(middle);
        }
    }
}

/// What is heard before and after a sound.
fn silence(spec: Option<&AudioSpec>, values: &[f32]) -> f32 {
    match spec.map(|spec| spec.features) {
        None | Some(Features::Waveform) => 0.0,
        Some(_) => values.iter().fold(f32::MAX, |least, &value| least.min(value)),
    }
}

/// Moves all values by so many places.
fn move_in_time(by: isize, silence: f32, values: &mut [f32]) {
    let len = values.len();
    let by_places = by.unsigned_abs().min(len);
    if by >= 0 {
        values.copy_within(..len - by_places, by_places);
        values[..by_places].fill(silence);
    } else {
        values.copy_within(by_places.., 0);
        values[len - by_places..].fill(silence);
    }
}

/// Makes a sound louder by so many decibels: exactly what the features of the louder sound would be,
/// but for what lies below their least.
fn amplify(spec: &AudioSpec, decibels: f32, row: usize, values: &mut [f32]) {
    let exponent = match spec.features {
        Features::Waveform => 1,
        Features::Spectrogram | Features::Mel => spec.power,
        Features::LogSpectrogram | Features::LogMel => {
            values.iter_mut().for_each(|value| *value += decibels);
            return;
        }
        Features::Mfcc => {
            // A constant is in the first coefficient alone.
            let step = decibels * libm::sqrtf(spec.mel.n_mels as f32);
            values.iter_mut().step_by(row).for_each(|value| *value += step);
            return;
        }
    };
    let factor = libm::powf(10.0, decibels * exponent as f32 / 20.0);
    values.iter_mut().for_each(|value| *value *= factor);
}

/// Where a mask of 0 to `most` places begins and ends.
fn masked(random: &mut Stream, len: usize, most: u32) -> (usize, usize) {
    let most = usize::min(most as usize, len);
    let width = random.below(most as u32 + 1) as usize;
    let begin = random.below((len - width) as u32 + 1) as usize;
    (begin, begin + width)
}
