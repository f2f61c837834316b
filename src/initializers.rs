//! What weights are before training.

use crate::json::Json;
use crate::rng::Key;

/// How a parameter is filled. The names are those of Keras, save `fanInUniform`.
///
/// Fan in and fan out are the inputs that one output sees and the outputs that one input reaches:
/// of a kernel [height, width, in, out] `height * width * in` and `height * width * out`. A bias
/// takes those of its kernel, as in PyTorch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Json)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Initializer {
    /// 0.
    Zeros,
    /// 1.
    Ones,
    /// Uniform with variance `2 / (fan in + fan out)` (Glorot and Bengio, 2010).
    #[default]
    GlorotUniform,
    /// Truncated normal with variance `2 / (fan in + fan out)`.
    GlorotNormal,
    /// Uniform with variance `2 / fan in` (He, Zhang, Ren, Sun, 2015).
    HeUniform,
    /// Truncated normal with variance `2 / fan in`.
    HeNormal,
    /// Uniform with variance `1 / fan in` (LeCun, Bottou, Orr, Müller, 1998).
    LecunUniform,
    /// Truncated normal with variance `1 / fan in`.
    LecunNormal,
    /// Uniform within `1 / sqrt(fan in)`: what PyTorch does by default, for kernels and biases.
    FanInUniform,
    /// Uniform within 0.05.
    RandomUniform,
    /// Normal with a standard deviation of 0.05.
    RandomNormal,
    /// A random matrix [fan in, other numbers] whose rows, or columns if there are fewer of them, are
    /// orthogonal and of length 1 (Saxe, McClelland and Ganguli, 2014).
    Orthogonal,
}

/// The inputs that one output sees, and the outputs that one input reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fans {
    /// Inputs of an output.
    pub fan_in: usize,
    /// Outputs of an input.
    pub fan_out: usize,
}

/// The standard deviation of a standard normal distribution cut off at two on both sides:
/// `sqrt(1 - 4 φ(2) / (2 Φ(2) - 1))`.
const TRUNCATED_DEVIATION: f64 = 0.879_625_661_034_239_8;

impl Initializer {
    /// Every initialiser, by the name it has in a specification.
    pub const NAMES: &'static [&'static str] = &[
        "zeros",
        "ones",
        "glorotUniform",
        "glorotNormal",
        "heUniform",
        "heNormal",
        "lecunUniform",
        "lecunNormal",
        "fanInUniform",
        "randomUniform",
        "randomNormal",
        "orthogonal",
    ];

    /// Fills a parameter with what this key decides.
    pub fn fill(self, fans: Fans, key: Key, values: &mut [f32]) {
        let (fan_in, fan_out) = (fans.fan_in.max(1) as f64, fans.fan_out.max(1) as f64);
        match self {
            Self::Zeros => values.fill(0.0),
            Self::Ones => values.fill(1.0),
            Self::GlorotUniform => uniform(2.0 / (fan_in + fan_out), key, values),
            Self::GlorotNormal => truncated_normal(2.0 / (fan_in + fan_out), key, values),
            Self::HeUniform => uniform(2.0 / fan_in, key, values),
            Self::HeNormal => truncated_normal(2.0 / fan_in, key, values),
            Self::LecunUniform => uniform(1.0 / fan_in, key, values),
            Self::LecunNormal => truncated_normal(1.0 / fan_in, key, values),
            Self::FanInUniform => uniform(1.0 / (3.0 * fan_in), key, values),
            Self::RandomUniform => uniform(0.05 * 0.05 / 3.0, key, values),
            Self::RandomNormal => {
                let mut stream = key.stream();
                values.fill_with(|| 0.05 * stream.normal());
            }
            Self::Orthogonal => orthogonal(fans.fan_in, key, values),
        }
    }
}

/// Uniform around 0 with this variance: within `sqrt(3 variance)`.
fn uniform(variance: f64, key: Key, values: &mut [f32]) {
    let limit = libm::sqrt(3.0 * variance) as f32;
    let mut stream = key.stream();
    values.fill_with(|| limit * (2.0 * stream.uniform() - 1.0));
}

/// Fills a matrix of so many rows; what has no such rows (a bias) is one row.
///
/// The orthogonal factor of a matrix of normal numbers, by Gram and Schmidt, each vector twice so that
/// rounding leaves nothing.
fn orthogonal(rows: usize, key: Key, values: &mut [f32]) {
    let rows = if rows > 0 && values.len().is_multiple_of(rows) { rows } else { 1 };
    let columns = values.len() / rows;
    let (count, len) = (rows.min(columns), rows.max(columns));
    let mut stream = key.stream();
    let mut vectors: Vec<f64> = (0..count * len).map(|_| f64::from(stream.normal())).collect();
    for vector in 0..count {
        let (before, rest) = vectors.split_at_mut(vector * len);
        let own = &mut rest[..len];
        for other in before.chunks_exact(len).chain(before.chunks_exact(len)) {
            let share: f64 = own.iter().zip(other).map(|(a, b)| a * b).sum();
            own.iter_mut().zip(other).for_each(|(a, b)| *a -= share * b);
        }
        let length = own.iter().map(|a| a * a).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        own.iter_mut().for_each(|a| *a /= length);
    }
    for (at, value) in values.iter_mut().enumerate() {
        let (row, column) = (at / columns, at % columns);
        let at = if rows <= columns { row * len + column } else { column * len + row };
        *value = vectors[at] as f32;
    }
}

/// Normal around 0 without what lies beyond two deviations of the uncut distribution; the cut one
/// has this variance.
fn truncated_normal(variance: f64, key: Key, values: &mut [f32]) {
    let deviation = (libm::sqrt(variance) / TRUNCATED_DEVIATION) as f32;
    let mut stream = key.stream();
    values.fill_with(|| {
        loop {
            let x = stream.normal();
            if x.abs() <= 2.0 {
                return deviation * x;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn all() -> impl Iterator<Item = Initializer> {
        Initializer::NAMES.iter().map(|name| {
            serde_json::from_value((*name).into()).unwrap_or_else(|error| panic!("{name}: {error}"))
        })
    }

    #[test]
    fn each_has_its_variance_and_bounds() {
        let fans = Fans { fan_in: 50, fan_out: 150 };
        for initializer in all() {
            // Variance, and the largest value over the standard deviation.
            let (variance, mean, reach) = match initializer {
                Initializer::Zeros => (0.0, 0.0, 0.0),
                Initializer::Ones => (0.0, 1.0, 0.0),
                Initializer::GlorotUniform => (2.0 / 200.0, 0.0, 3f64.sqrt()),
                Initializer::GlorotNormal => (2.0 / 200.0, 0.0, 2.0 / TRUNCATED_DEVIATION),
                Initializer::HeUniform => (2.0 / 50.0, 0.0, 3f64.sqrt()),
                Initializer::HeNormal => (2.0 / 50.0, 0.0, 2.0 / TRUNCATED_DEVIATION),
                Initializer::LecunUniform => (1.0 / 50.0, 0.0, 3f64.sqrt()),
                Initializer::LecunNormal => (1.0 / 50.0, 0.0, 2.0 / TRUNCATED_DEVIATION),
                Initializer::FanInUniform => (1.0 / 150.0, 0.0, 3f64.sqrt()),
                Initializer::RandomUniform => (0.05 * 0.05 / 3.0, 0.0, 3f64.sqrt()),
                // Checked by itself.
                Initializer::RandomNormal | Initializer::Orthogonal => continue,
            };
            let mut values = vec![f32::NAN; 100_000];
            initializer.fill(fans, Key::new(5, Purpose::Weights), &mut values);
            let n = values.len() as f64;
            let found = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
            assert!((found - mean).abs() <= 0.02 * f64::sqrt(variance), "{initializer:?}: {found}");
            let spread = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
            assert!((spread - variance).abs() <= 0.02 * variance, "{initializer:?}: {spread}");
            let limit = reach * variance.sqrt() * 1.000_001;
            let largest = values.iter().map(|&v| (f64::from(v) - mean).abs()).fold(0.0, f64::max);
            assert!(largest <= limit && largest >= 0.99 * limit, "{initializer:?}: {largest}");
        }
    }

    #[test]
    fn orthogonal_matrices_are() {
        for (rows, columns) in [(4, 4), (3, 12), (8, 3), (1, 5)] {
            let mut values = vec![f32::NAN; rows * columns];
            let fans = Fans { fan_in: rows, fan_out: columns };
            Initializer::Orthogonal.fill(fans, Key::new(3, Purpose::Weights), &mut values);
            let (count, len) = (rows.min(columns), rows.max(columns));
            let at = |vector: usize, i: usize| match rows <= columns {
                true => f64::from(values[vector * columns + i]),
                false => f64::from(values[i * columns + vector]),
            };
            for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
                let product: f64 = (0..len).map(|i| at(a, i) * at(b, i)).sum();
                let expected = f64::from(u8::from(a == b));
                assert!((product - expected).abs() < 1e-6, "{rows}x{columns}: {product}");
            }
        }
    }

    #[test]
    fn normal_numbers_have_their_deviation() {
        let mut values = vec![f32::NAN; 100_000];
        let fans = Fans { fan_in: 1, fan_out: 1 };
        Initializer::RandomNormal.fill(fans, Key::new(3, Purpose::Weights), &mut values);
        let squares = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
        assert!(((squares / 1e5).sqrt() - 0.05).abs() < 0.001);
    }

    #[test]
    fn the_key_decides() {
        let fans = Fans { fan_in: 3, fan_out: 4 };
        let fill = |seed| {
            let mut values = [0.0; 12];
            Initializer::HeNormal.fill(fans, Key::new(seed, Purpose::Weights), &mut values);
            values
        };
        assert_eq!(fill(1), fill(1));
        assert_ne!(fill(1), fill(2));
    }

    #[test]
    fn the_list_of_names_is_complete() {
        for (name, initializer) in Initializer::NAMES.iter().zip(all()) {
            assert_eq!(serde_json::to_value(initializer).ok(), Some((*name).into()));
        }
        assert_eq!(all().count(), 12, "as many as the match in `fill` has");
    }
}
