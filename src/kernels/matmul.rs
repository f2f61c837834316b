//! The matrix product of a dense layer and its gradients.

use std::mem::replace;

use super::Rectifier;
use super::gemm::multiply::{Epilogue, multiply};
use super::gemm::outer::{Scratch, outer};
use super::gemm::{Panels, Rows, narrow};
use super::reduce::column_sums;
use super::window::elements;
use crate::Result;

/// Rows worked on at a time; sums over the batch are made in blocks of this many.
pub(super) const BLOCK: usize = 64;

/// `C = A B` for `A` [rows, k] and `B` [k, n], with the memory it needs besides its arguments.
#[derive(Clone, Debug)]
pub struct MatMul {
    k: usize,
    n: usize,
    /// Rows of `A` and of `dC`.
    a_rows: Rows,
    dc_rows: Rows,
    b: Panels,
    b_transposed: Option<Panels>,
    scratch: Option<Scratch>,
    /// Whether the products have the `B` of the pass before.
    reuse: bool,
    /// Whether that `B` is ready for the gradient of `A`.
    ready_backward: bool,
}

impl MatMul {
    /// A product of up to `max_rows` rows, to be allocated. Without `training` only `forward` may be
    /// called.
    ///
    /// # Errors
    /// `TooLarge` where `B`, or 64 rows of `A` or `C`, would have more than 2^28 elements.
    pub fn new(max_rows: usize, k: usize, n: usize, training: bool) -> Result<Self> {
        elements("dense kernel", &[k, n])?;
        let block = max_rows.clamp(1, BLOCK);
        elements("dense input", &[block, k])?;
        elements("dense output", &[block, n])?;
        Ok(Self {
            k,
            n,
            a_rows: Rows::dense(block, k),
            dc_rows: Rows::dense(block, n),
            b: Panels::new(k, n),
            b_transposed: training.then(|| Panels::new(n, k)),
            scratch: training.then(|| Scratch::new(block, n)),
            reuse: false,
            ready_backward: false,
        })
    }

    /// Takes the memory that it needs, before the first product.
    ///
    /// # Errors
    /// `TooLarge` where there is not so much.
    pub fn allocate(&mut self) -> Result<()> {
        self.b.allocate()?;
        self.b_transposed.iter_mut().try_for_each(Panels::allocate)?;
        self.scratch.iter_mut().try_for_each(Scratch::allocate)
    }

    /// Says whether the products that follow have the `B` of the pass before, which then need not be
    /// packed again; at first they have not.
    pub fn reuse_b(&mut self, reuse: bool) {
        self.reuse = reuse;
    }

    /// How it is computed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        "gemm"
    }

    /// The memory it holds, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.b.bytes()
            + self.b_transposed.as_ref().map_or(0, Panels::bytes)
            + self.scratch.as_ref().map_or(0, Scratch::bytes)
    }

    /// `c` [rows, n] = `a` [rows, k] `b` [k, n] + `bias` [n]; then the rectifier.
    pub fn forward(
        &mut self,
        rows: usize,
        a: &[f32],
        b: &[f32],
        bias: Option<&[f32]>,
        rectifier: Rectifier,
        c: &mut [f32],
    ) {
        self.ready_backward &= self.reuse;
        if !self.reuse {
            self.b.pack(&b[..self.k * self.n]);
        }
        multiply_blocks(
            &self.a_rows,
            &self.b,
            &a[..rows * self.k],
            Epilogue { bias, rectifier },
            &mut c[..rows * self.n],
        );
    }

    /// `db` [k, n] = `a`ᵀ `dc` and `dbias` [n] = the column sums of `dc` [rows, n].
    ///
    /// # Panics
    /// If it was not made for training.
    pub fn backward_b(
        &mut self,
        rows: usize,
        a: &[f32],
        dc: &[f32],
        db: &mut [f32],
        dbias: Option<&mut [f32]>,
    ) {
        let (a, dc, db) = (&a[..rows * self.k], &dc[..rows * self.n], &mut db[..self.k * self.n]);
        let scratch = self.scratch.as_mut().expect("made for training");
        db.fill(0.0);
        if let Some(dbias) = dbias {
            column_sums(dc, dbias);
        }
        let block = self.a_rows.offsets.len();
        for (a, dc) in a.chunks(block * self.k).zip(dc.chunks(block * self.n)) {
            if narrow::is_narrow(self.k, self.n) {
                narrow::outer(a, self.k, dc, self.n, db);
            } else {
                outer(&self.a_rows, dc.len() / self.n, a, dc, self.n, scratch, db);
            }
        }
    }

    /// `da` [rows, k] = `dc` [rows, n] `b`ᵀ.
    ///
    /// # Panics
    /// If it was not made for training.
    pub fn backward_a(&mut self, rows: usize, dc: &[f32], b: &[f32], da: &mut [f32]) {
        let transposed = self.b_transposed.as_mut().expect("made for training");
        if !(self.reuse && replace(&mut self.ready_backward, true)) {
            transposed.pack_transposed(&b[..self.k * self.n]);
        }
        let epilogue = Epilogue { bias: None, rectifier: Rectifier::Linear };
        multiply_blocks(
            &self.dc_rows,
            transposed,
            &dc[..rows * self.n],
            epilogue,
            &mut da[..rows * self.k],
        );
    }
}

/// [`multiply`] for any number of rows, a block at a time.
pub(super) fn multiply_blocks(
    rows: &Rows,
    b: &Panels,
    a: &[f32],
    epilogue: Epilogue<'_>,
    c: &mut [f32],
) {
    let block = rows.offsets.len();
    for (a, c) in a.chunks(block * rows.run).zip(c.chunks_mut(block * b.columns())) {
        multiply(rows, a.len() / rows.run, a, b, epilogue, c);
    }
}
