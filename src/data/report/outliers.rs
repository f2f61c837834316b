//! Samples that are far from the others, by the median and the median absolute deviation (Iglewicz
//! and Hoaglin, "How to detect and handle outliers", 1993).

/// The standard deviation of a normal distribution whose median absolute deviation is 1.
const NORMAL: f64 = 1.4826;

/// Standard deviations from the median that are far.
const FAR: f64 = 5.0;

/// The least deviation that is taken for one: values are rounded to whole numbers.
const LEAST: f64 = 2.0;

/// Fewest samples of which some can be said to be far from the others.
const FEWEST: u32 = 20;

/// What is far among bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fences {
    median: f64,
    deviation: f64,
}

impl Fences {
    /// Those of values of which there are so many each; `None` for too few to tell.
    pub fn of(counts: &[u32; 256]) -> Option<Self> {
        let total: u32 = counts.iter().sum();
        if total < FEWEST {
            return None;
        }
        let median = median(counts.iter().copied(), total);
        let mut distances = [0; 256];
        for (value, &count) in counts.iter().enumerate() {
            distances[value.abs_diff(median)] += count;
        }
        let deviation = NORMAL * self::median(distances.iter().copied(), total) as f64;
        Some(Self { median: median as f64, deviation: deviation.max(LEAST) })
    }

    /// How many standard deviations a value is from the median, if that is far.
    pub fn distance(&self, value: u8) -> Option<f64> {
        let distance = (f64::from(value) - self.median).abs() / self.deviation;
        (distance > FAR).then_some(distance)
    }
}

/// The value in the middle, of so many of each.
fn median(counts: impl Iterator<Item = u32>, total: u32) -> usize {
    let mut before = 0;
    let found = counts.enumerate().find(|(_, count)| {
        before += count;
        before > total / 2
    });
    found.map_or(0, |(value, _)| value)
}
