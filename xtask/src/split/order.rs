//! The order of functions in a part.

/// Bytes that count as a piece that functions may have in common.
const PIECE: usize = 4;

/// Functions back that a function is compared with.
const LAST: usize = 6;

/// Puts functions behind those that they have much in common with, where gzip finds it: it looks back no
/// further than 32 KB.
pub fn alike<'a>(functions: &[u32], body: impl Fn(u32) -> &'a [u8]) -> Vec<u32> {
    let mut left: Vec<(u32, Vec<u64>)> =
        functions.iter().map(|&function| (function, pieces(body(function)))).collect();
    let mut ordered: Vec<(u32, Vec<u64>)> = Vec::new();
    while !left.is_empty() {
        let last = ordered.iter().rev().take(LAST).flat_map(|(_, pieces)| pieces);
        let last = sorted(last.copied().collect());
        let likeness = |other: &Vec<u64>| {
            // Of two that have as much in common the smaller one: more of it has been there.
            common(&last, other) as f64 / (other.len() as f64 + 1.0).powf(0.75)
        };
        let all = left.iter().map(|(_, other)| likeness(other)).enumerate();
        let best = all.reduce(|best, other| if other.1 > best.1 { other } else { best });
        ordered.push(left.remove(best.map_or(0, |(index, _)| index)));
    }
    ordered.into_iter().map(|(function, _)| function).collect()
}

/// The different pieces of a function.
fn pieces(body: &[u8]) -> Vec<u64> {
    let number = |piece: &[u8]| piece.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
    sorted(body.windows(PIECE).map(number).collect())
}

fn sorted(mut pieces: Vec<u64>) -> Vec<u64> {
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// How many pieces are in both.
fn common(one: &[u64], other: &[u64]) -> usize {
    let (mut i, mut j, mut count) = (0, 0, 0);
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        count += usize::from(a == b);
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_stands_together() {
        let bodies = ["abcdefgh", "123456789", "abcdefgz", "12345678", "", "xabcdefgh"];
        let order = alike(&[0, 1, 2, 3, 4, 5], |function| bodies[function as usize].as_bytes());
        assert_eq!(order, [0, 5, 2, 1, 3, 4]);
        assert!(alike(&[], |_| unreachable!("there is none")).is_empty());
    }
}
