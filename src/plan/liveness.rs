//! Which values may lie in one buffer: those that are never wanted at the same time.

/// A value between its first write and its last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Floats of a sample.
    pub len: usize,
    /// When it is first written.
    pub from: usize,
    /// When it is last read.
    pub to: usize,
}

impl Span {
    /// Lets it live at this time too.
    pub fn reach(&mut self, time: usize) {
        self.from = self.from.min(time);
        self.to = self.to.max(time);
    }

    fn meets(&self, other: &Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// Gives each value a buffer; returns their numbers and the lengths of the buffers.
///
/// Of two ways the one that takes less: from the largest value to the smallest ("greedy by size" of
/// Pisarchyk and Lee, 2020), and in the order of time, which never takes more buffers than there are
/// values at once.
pub(super) fn share(spans: &[Span]) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|&value| (std::cmp::Reverse(spans[value].len), value));
    let by_size = share_in(&order, spans);
    order.sort_by_key(|&value| (spans[value].from, value));
    let by_time = share_in(&order, spans);
    let total = |(_, buffers): &(Vec<usize>, Vec<usize>)| buffers.iter().sum::<usize>();
    if total(&by_time) < total(&by_size) { by_time } else { by_size }
}

/// In this order each value takes, of the buffers that are free while it lives, the one that has to
/// grow least, and of those the smallest.
fn share_in(order: &[usize], spans: &[Span]) -> (Vec<usize>, Vec<usize>) {
    let mut buffers: Vec<(usize, Vec<Span>)> = Vec::new();
    let mut places = vec![0; spans.len()];
    for &value in order {
        let span = spans[value];
        let free = buffers
            .iter()
            .enumerate()
            .filter(|(_, (_, others))| !others.iter().any(|other| other.meets(&span)));
        let best = free.min_by_key(|(_, (len, _))| (span.len.saturating_sub(*len), *len));
        places[value] = best.map_or(buffers.len(), |(buffer, _)| buffer);
        if places[value] == buffers.len() {
            buffers.push((0, Vec::new()));
        }
        let (len, others) = &mut buffers[places[value]];
        *len = span.len.max(*len);
        others.push(span);
    }
    (places, buffers.into_iter().map(|(len, _)| len).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn span(len: usize, from: usize, to: usize) -> Span {
        Span { len, from, to }
    }

    #[test]
    fn a_chain_needs_two_buffers() {
        let chain: Vec<Span> = (0..9).map(|i| span(10 + i % 3, i, i + 1)).collect();
        let (places, buffers) = share(&chain);
        assert_eq!(buffers, [12, 12]);
        assert!(places.windows(2).all(|pair| pair[0] != pair[1]), "{places:?}");
    }

    #[test]
    fn values_that_meet_never_share() {
        let mut state = 1_u64;
        let mut number = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % below as usize
        };
        let spans: Vec<Span> = (0..200)
            .map(|_| {
                let from = number(60);
                span(1 + number(50), from, from + number(20))
            })
            .collect();
        let (places, buffers) = share(&spans);
        for (i, a) in spans.iter().enumerate() {
            assert!(a.len <= buffers[places[i]]);
            for (j, b) in spans.iter().enumerate().filter(|(j, _)| *j != i) {
                assert!(places[i] != places[j] || !a.meets(b), "{a:?} and {b:?}");
            }
        }
        let all: usize = spans.iter().map(|span| span.len).sum();
        assert!(buffers.iter().sum::<usize>() < all / 2);
    }
}
