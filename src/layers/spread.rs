//! Numbers that stand for all along an axis: shapes whose sizes are 1 where others' are not.

use super::Shape;
use super::shapes::len;
use crate::kernels::elementwise::accumulate;
use crate::kernels::reduce::sum;

/// The shape of what is made of these, aligned at the last axis; `None` where sizes differ and
/// neither is 1.
pub(super) fn broadcast(shapes: &[Shape]) -> Option<Shape> {
    let rank = shapes.iter().map(Vec::len).max()?;
    let mut all = vec![1; rank];
    for shape in shapes {
        for (size, &own) in all[rank - shape.len()..].iter_mut().zip(shape) {
            match (*size, own) {
                (1, own) => *size = own,
                (size, own) if own == size || own == 1 => {}
                _ => return None,
            }
        }
    }
    Some(all)
}

/// How the numbers of a small shape lie among those of a large one.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    /// Of every axis of the large shape but the last, from the inside: its size, and how far apart
    /// its numbers lie in the small one (0: one for all).
    axes: Vec<(usize, usize)>,
    /// The size of the last axis.
    width: usize,
    /// Whether the small shape has as many numbers along it, or one for all.
    is_row: bool,
    small_len: usize,
}

impl Spread {
    /// Of shapes that [`broadcast`] accepts, the second of which it gave.
    pub(super) fn new(small: &[usize], large: &[usize]) -> Self {
        let mut stride = 1;
        let own = small.iter().rev().copied().chain(std::iter::repeat(1));
        let mut axes = large.iter().rev().zip(own).map(|(&size, own)| {
            let axis = (size, if own == 1 { 0 } else { stride });
            stride *= own;
            axis
        });
        let (width, apart) = axes.next().unwrap_or((1, 0));
        Self { axes: axes.collect(), width, is_row: apart != 0, small_len: len(small) }
    }

    /// The numbers of the small shape.
    pub(super) fn small_len(&self) -> usize {
        self.small_len
    }

    /// Where the numbers of a row of the large shape begin in the small one.
    fn offset(&self, mut row: usize) -> usize {
        let mut at = 0;
        for &(size, apart) in &self.axes {
            at += row % size * apart;
            row /= size;
        }
        at
    }

    /// Writes the small numbers wherever they stand in the large shape.
    pub(super) fn expand(&self, small: &[f32], large: &mut [f32]) {
        for (row, large) in large.chunks_exact_mut(self.width).enumerate() {
            let at = self.offset(row);
            if self.is_row {
                large.copy_from_slice(&small[at..][..self.width]);
            } else {
                large.fill(small[at]);
            }
        }
    }

    /// Writes into each small number the sum of the large ones that it stands for: the gradient of
    /// [`Spread::expand`].
    pub(super) fn reduce(&self, large: &[f32], small: &mut [f32]) {
        small.fill(0.0);
        for (row, large) in large.chunks_exact(self.width).enumerate() {
            let at = self.offset(row);
            if self.is_row {
                accumulate(large, &mut small[at..][..self.width]);
            } else {
                small[at] += sum(large) as f32;
            }
        }
    }
}
