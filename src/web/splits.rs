//! How a dataset is cut up: in two, or in folds.

use js_sys::Uint32Array;
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::value::{OrThrow, WebResult, to_seed};
use crate::data::split::group_k_fold;
use crate::err;

#[wasm_bindgen(js_class = Dataset)]
impl WebDataset {
    /// The indices of the samples of both parts of a split.
    ///
    /// # Errors
    /// What [`split_indices`](crate::data::Dataset::split_indices) refuses.
    #[wasm_bindgen(
        js_name = splitIndices,
        unchecked_return_type = "[Uint32Array, Uint32Array]"
    )]
    pub fn split_indices(
        &self,
        fraction: f64,
        seed: f64,
        stratified: bool,
    ) -> WebResult<Vec<Uint32Array>> {
        let (rest, share) =
            self.inner().split_indices(fraction, to_seed(seed)?, stratified).or_throw()?;
        Ok([rest, share].map(|indices| Uint32Array::from(indices.as_slice())).to_vec())
    }

    /// The indices of the samples of each fold. With `groups`, the group of each sample, those of a
    /// group are in the same fold.
    ///
    /// # Errors
    /// What [`folds`](crate::data::Dataset::folds) and [`group_k_fold`] refuse, and `Shape` for another number of groups than
    /// samples.
    pub fn folds(
        &self,
        folds: u32,
        seed: f64,
        stratified: bool,
        groups: Option<Vec<u32>>,
    ) -> WebResult<Vec<Uint32Array>> {
        let (folds, seed) = (folds as usize, to_seed(seed)?);
        let found = match groups {
            None => self.inner().folds(folds, seed, stratified),
            Some(groups) if groups.len() != self.inner().len() => {
                let (found, expected) = (groups.len(), self.inner().len());
                Err(err!(Shape, "folds: found {found} groups, expected {expected}, one a sample"))
            }
            Some(groups) => group_k_fold(&groups, folds, seed),
        };
        Ok(found.or_throw()?.iter().map(|fold| Uint32Array::from(fold.as_slice())).collect())
    }

    /// Two datasets: the rest, and the share of `fraction`.
    ///
    /// # Errors
    /// What [`split`](crate::data::Dataset::split) refuses.
    #[wasm_bindgen(unchecked_return_type = "[Dataset, Dataset]")]
    pub fn split(&self, fraction: f64, seed: f64, stratified: bool) -> WebResult<Vec<WebDataset>> {
        let (rest, share) = self.inner().split(fraction, to_seed(seed)?, stratified).or_throw()?;
        Ok(vec![rest.into(), share.into()])
    }
}
