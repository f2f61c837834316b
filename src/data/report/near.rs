//! Samples that are alike, found without comparing all with all.

use super::Alike;
use super::fingerprint::Relief;

/// Bits in which fingerprints of samples that are alike may differ.
pub(super) const MOST_DIFFERENT: u32 = 7;

/// By how many steps the regions of reliefs may differ, all together, where the fingerprint has few
/// bits, and where it has more. Of 204,480 pairs of different digits of MNIST, those of a like
/// fingerprint differ by 20 at least, and by 58 where it has 28 bits. A photo of CIFAR-10 that is
/// packed as JPEG, enlarged twice or reduced to three quarters differs by 14 or less in nine of ten
/// cases; its fingerprint has 41 bits or more in nine of ten.
const MOST_STEPS: [u32; 2] = [19, 48];
const MANY_BITS: u32 = 28;

/// Bands of a fingerprint: two that differ in fewer bits than there are bands share one at least.
const BANDS: u32 = 8;
const BAND_BITS: u32 = 128 / BANDS;

/// Bits that a fingerprint must have of either kind to say something.
const FEWEST_BITS: u32 = 12;

/// Neighbours that a sample is compared with in each band. Where more than these share a band, those
/// whose fingerprints follow each other are compared, so that the work does not grow as the square.
const NEIGHBOURS: usize = 48;

/// Samples whose content is that of an earlier one: with the first of them.
pub(super) fn duplicates(contents: &[u64]) -> Vec<Alike> {
    let mut order: Vec<u32> = (0..contents.len() as u32).collect();
    order.sort_unstable_by_key(|&at| (contents[at as usize], at));
    let mut found = Vec::new();
    for same in order.chunk_by(|&a, &b| contents[a as usize] == contents[b as usize]) {
        found.extend(same[1..].iter().map(|&sample| Alike { sample, like: same[0] }));
    }
    found.sort_unstable();
    found
}

/// Samples whose fingerprint is nearly that of an earlier one: with the first of those that are alike,
/// each like one before.
/// Those that `leave_out` are not looked at. Each fingerprint has its relief, or there are none.
pub(super) fn near_duplicates(
    fingerprints: &[u128],
    reliefs: &[Relief],
    leave_out: &[Alike],
) -> Vec<Alike> {
    let steps = |one: u32, other: u32| -> u32 {
        let relief = |at: u32| reliefs.get(at as usize).into_iter().flatten();
        relief(one).zip(relief(other)).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
    };
    let says_something =
        |fingerprint: u128| (FEWEST_BITS..=128 - FEWEST_BITS).contains(&fingerprint.count_ones());
    let mut left_out = leave_out.iter().map(|alike| alike.sample).peekable();
    let mut order: Vec<u32> = (0..fingerprints.len() as u32)
        .filter(|&at| {
            left_out.next_if_eq(&at).is_none() && says_something(fingerprints[at as usize])
        })
        .collect();
    // The earliest sample that each one is like.
    let mut like: Vec<u32> = (0..fingerprints.len() as u32).collect();
    for band in 0..BANDS {
        let shift = band * BAND_BITS;
        // By this band first, then by those behind it.
        let key = |at: u32| fingerprints[at as usize].rotate_right(shift + BAND_BITS);
        order.sort_unstable_by_key(|&at| (key(at), at));
        for (place, &one) in order.iter().enumerate() {
            for &other in order[place + 1..].iter().take(NEIGHBOURS) {
                if (key(one) ^ key(other)) >> (128 - BAND_BITS) != 0 {
                    break;
                }
                let different = fingerprints[one as usize] ^ fingerprints[other as usize];
                let bits = |at: u32| fingerprints[at as usize].count_ones();
                let most = MOST_STEPS[usize::from(bits(one).min(bits(other)) >= MANY_BITS)];
                if different.count_ones() <= MOST_DIFFERENT && steps(one, other) <= most {
                    let (early, late) = (one.min(other), one.max(other));
                    let found = &mut like[late as usize];
                    *found = early.min(*found);
                }
            }
        }
    }
    for at in 0..like.len() {
        like[at] = like[like[at] as usize];
    }
    let found = (0..).zip(like).filter(|(at, like)| at != like);
    found.map(|(sample, like)| Alike { sample, like }).collect()
}
