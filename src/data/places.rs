//! Samples of several sources, in any order: where each of them is.

use std::sync::Arc;

use crate::Result;
use crate::memory::reserve;

/// Samples of sources, in any order.
#[derive(Debug)]
pub(super) struct Places<T: ?Sized> {
    sources: Vec<Arc<T>>,
    chosen: Chosen,
}

/// Which samples.
#[derive(Clone, Debug, PartialEq)]
enum Chosen {
    /// All of the first source, so many.
    All(usize),
    /// These: the number of the source in the upper 32 bits, that of the sample in the lower.
    Listed(Arc<Vec<u64>>),
}

impl<T: ?Sized> Clone for Places<T> {
    fn clone(&self) -> Self {
        Self { sources: self.sources.clone(), chosen: self.chosen.clone() }
    }
}

impl<T: ?Sized> PartialEq for Places<T> {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, other): (&Arc<T>, &Arc<T>)| Arc::ptr_eq(one, other);
        self.chosen == other.chosen
            && self.sources.len() == other.sources.len()
            && self.sources.iter().zip(&other.sources).all(same)
    }
}

impl<T: ?Sized> Places<T> {
    /// All samples of a source, so many.
    pub(super) fn new(source: Arc<T>, samples: usize) -> Self {
        Self { sources: vec![source], chosen: Chosen::All(samples) }
    }

    pub(super) fn len(&self) -> usize {
        match &self.chosen {
            Chosen::All(samples) => *samples,
            Chosen::Listed(places) => places.len(),
        }
    }

    /// The sources that samples may be of.
    pub(super) fn sources(&self) -> &[Arc<T>] {
        &self.sources
    }

    /// Which samples these are; `None` where they are all of the first source, in its order.
    pub(super) fn listed(&self) -> Option<&[u64]> {
        match &self.chosen {
            Chosen::All(_) => None,
            Chosen::Listed(places) => Some(places),
        }
    }

    /// The place of a sample, or `None` beyond the last.
    pub(super) fn place(&self, index: u32) -> Option<u64> {
        match &self.chosen {
            Chosen::All(samples) => ((index as usize) < *samples).then_some(u64::from(index)),
            Chosen::Listed(places) => places.get(index as usize).copied(),
        }
    }

    /// The source of this place, and the number of the sample in it.
    pub(super) fn at(&self, place: u64) -> (&T, usize) {
        (&self.sources[(place >> 32) as usize], (place & 0xffff_ffff) as usize)
    }

    /// The samples at these indices, which must exist, in this order.
    pub(super) fn select(&self, indices: &[u32]) -> Result<Self> {
        let mut places = reserve("the places of the chosen samples", indices.len())?;
        places.extend(indices.iter().filter_map(|&index| self.place(index)));
        Ok(Self { sources: self.sources.clone(), chosen: Chosen::Listed(Arc::new(places)) })
    }

    /// Adds the samples of another.
    pub(super) fn append(&mut self, other: &Self) -> Result<()> {
        let mut places: Vec<u64> = reserve("the places of the samples", self.len() + other.len())?;
        let all = |of: &Self| -> Vec<u64> {
            match &of.chosen {
                Chosen::All(samples) => (0..*samples as u64).collect(),
                Chosen::Listed(places) => places.to_vec(),
            }
        };
        places.extend(all(self));
        let numbers: Vec<u64> = other.sources.iter().map(|source| self.number_of(source)).collect();
        let moved = |place: u64| (numbers[(place >> 32) as usize] << 32) | (place & 0xffff_ffff);
        places.extend(all(other).into_iter().map(moved));
        self.chosen = Chosen::Listed(Arc::new(places));
        Ok(())
    }

    /// The number of a source among these, where it is added if it is new.
    fn number_of(&mut self, source: &Arc<T>) -> u64 {
        let known = self.sources.iter().position(|own| Arc::ptr_eq(own, source));
        known.unwrap_or_else(|| {
            self.sources.push(Arc::clone(source));
            self.sources.len() - 1
        }) as u64
    }
}
