//! Tensors with their axes in another order.

/// A permutation of the axes of tensors of one shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permutation {
    /// Of each axis of the result but those that stay the last, from the inside: its size, and how
    /// far apart its numbers lie in the source.
    axes: Vec<[usize; 2]>,
    /// The numbers that stay together.
    run: usize,
    len: usize,
}

impl Permutation {
    /// Axis `i` of the result is axis `order[i]` of a tensor of this shape.
    #[must_use]
    pub fn new(shape: &[usize], order: &[usize]) -> Self {
        let kept = (0..shape.len()).rev().take_while(|&axis| order[axis] == axis).count();
        let apart = |axis: usize| shape[axis + 1..].iter().product();
        let moved = order[..shape.len() - kept].iter().rev();
        Self {
            axes: moved.map(|&axis| [shape[axis], apart(axis)]).collect(),
            run: shape[shape.len() - kept..].iter().product(),
            len: shape.iter().product(),
        }
    }

    /// The numbers of a tensor.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.len
    }

    /// Whether the result is the source.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.axes.is_empty()
    }

    /// Writes the tensor `x` with its axes in the other order.
    pub fn apply(&self, x: &[f32], y: &mut [f32]) {
        match self.run {
            // Without a call for every number.
            1 => self.runs(|to, from| y[to] = x[from]),
            run => self.runs(|to, from| y[to..][..run].copy_from_slice(&x[from..][..run])),
        }
    }

    /// Writes what [`Permutation::apply`] read.
    pub fn invert(&self, y: &[f32], x: &mut [f32]) {
        match self.run {
            1 => self.runs(|to, from| x[from] = y[to]),
            run => self.runs(|to, from| x[from..][..run].copy_from_slice(&y[to..][..run])),
        }
    }

    /// Calls `each(place in the result, place in the source)` for every run.
    #[inline(always)]
    fn runs(&self, mut each: impl FnMut(usize, usize)) {
        let [size, apart] = self.axes.first().copied().unwrap_or([1, 0]);
        for row in 0..self.len / self.run / size {
            let (mut rest, mut from) = (row, 0);
            for &[size, apart] in self.axes.iter().skip(1) {
                from += rest % size * apart;
                rest /= size;
            }
            for place in 0..size {
                each((row * size + place) * self.run, from + place * apart);
            }
        }
    }
}
