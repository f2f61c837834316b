//! The rows of a head among those of all.

/// Which head of which sample, in [samples, positions, heads * dim].
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub sample: usize,
    pub head: usize,
    pub heads: usize,
}

impl Head {
    /// Its number among those of all samples.
    pub fn number(self) -> usize {
        self.sample * self.heads + self.head
    }

    /// Copies its rows [positions, dim] out of all, times a factor.
    pub fn take(self, all: &[f32], dim: usize, factor: f32, own: &mut [f32]) {
        let (len, stride) = (own.len() / dim, self.heads * dim);
        let rows = all[self.sample * len * stride..].chunks_exact(stride);
        for (own, row) in own.chunks_exact_mut(dim).zip(rows) {
            let from = &row[self.head * dim..][..dim];
            own.iter_mut().zip(from).for_each(|(own, x)| *own = factor * x);
        }
    }

    /// Copies them back, times a factor.
    pub fn put(self, own: &[f32], dim: usize, factor: f32, all: &mut [f32]) {
        let (len, stride) = (own.len() / dim, self.heads * dim);
        let rows = all[self.sample * len * stride..].chunks_exact_mut(stride);
        for (own, row) in own.chunks_exact(dim).zip(rows) {
            let to = &mut row[self.head * dim..][..dim];
            to.iter_mut().zip(own).for_each(|(to, x)| *to = factor * x);
        }
    }
}

/// The part of what is kept that belongs to a head: of a buffer for all heads its own, else the whole.
pub(super) fn part(room: &mut [f32], number: usize, len: usize) -> &mut [f32] {
    let at = if room.len() > len { number * len } else { 0 };
    &mut room[at..at + len]
}
