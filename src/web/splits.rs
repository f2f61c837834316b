//! How a dataset is cut up: in two, or in folds.

use js_sys::Uint32Array;
use wasm_bindgen::prelude::*;

use super::dataset::WebDataset;
use super::value::{OrThrow, WebResult, throw, to_seed};
use crate::data::split::{group_k_fold, split_by_group};
use crate::err;

#[wasm_bindgen(js_class = Dataset)]
impl WebDataset {
    /// The indices of the samples of both parts of a split. With `groups`, the group of each sample, those
    /// of a group are in the same part.
    ///
    /// # Errors
    /// What [`split_indices`](crate::data::Dataset::split_indices) and [`split_by_group`] refuse, and `Shape`
    /// for another number of groups than samples.
    #[wasm_bindgen(
        js_name = splitIndices,
        unchecked_return_type = "[Uint32Array, Uint32Array]"
    )]
    pub fn split_indices(
        &self,
        fraction: f64,
        seed: f64,
        stratified: bool,
        groups: Option<Vec<u32>>,
    ) -> WebResult<Vec<Uint32Array>> {
        let (rest, share) = self.cut(fraction, seed, stratified, groups)?;
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
        self.check_groups(groups.as_deref())?;
        let found = match groups {
            None => self.inner().folds(folds, seed, stratified),
            Some(groups) => group_k_fold(&groups, folds, seed),
        };
        Ok(found.or_throw()?.iter().map(|fold| Uint32Array::from(fold.as_slice())).collect())
    }

    /// Two datasets: the rest, and the share of `fraction`.
    ///
    /// # Errors
    /// As [`split_indices`](Self::split_indices).
    #[wasm_bindgen(unchecked_return_type = "[Dataset, Dataset]")]
    pub fn split(
        &self,
        fraction: f64,
        seed: f64,
        stratified: bool,
        groups: Option<Vec<u32>>,
    ) -> WebResult<Vec<WebDataset>> {
        let (rest, share) = self.cut(fraction, seed, stratified, groups)?;
        [rest, share]
            .iter()
            .map(|indices| self.inner().subset(indices).or_throw().map(WebDataset::from))
            .collect()
    }
}

impl WebDataset {
    fn cut(
        &self,
        fraction: f64,
        seed: f64,
        stratified: bool,
        groups: Option<Vec<u32>>,
    ) -> WebResult<(Vec<u32>, Vec<u32>)> {
        self.check_groups(groups.as_deref())?;
        let seed = to_seed(seed)?;
        match groups {
            Some(groups) => split_by_group(&groups, fraction, seed).or_throw(),
            None => self.inner().split_indices(fraction, seed, stratified).or_throw(),
        }
    }

    fn check_groups(&self, groups: Option<&[u32]>) -> WebResult<()> {
        let (found, expected) =
            (groups.map_or(self.inner().len(), <[u32]>::len), self.inner().len());
        if found == expected {
            return Ok(());
        }
        Err(throw(&err!(Shape, "split: found {found} groups, expected {expected}, one a sample")))
    }
}
