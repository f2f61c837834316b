//! Configurations without a file, for fuzzing.

use super::weights::{Wanted, Weights};
use super::{Dialect, assemble, parse};
use crate::Result;
use crate::formats::hdf5::Numbers;
use crate::interchange::Imported;

/// Zeros for every parameter.
struct Zeros;

impl Weights for Zeros {
    fn of(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Numbers>> {
        let zeros = wanted.iter().map(|wanted| Numbers {
            shape: wanted.shape.clone(),
            values: vec![0.0; wanted.shape.iter().product()],
        });
        Ok(zeros.collect())
    }

    fn most(&self) -> usize {
        1 << 16
    }
}

/// The model of a configuration, in either dialect by its length.
pub(crate) fn read(bytes: &[u8]) -> Result<Imported> {
    let dialect = if bytes.len().is_multiple_of(2) { Dialect::Two } else { Dialect::Three };
    assemble(&parse("the configuration", bytes)?, dialect, &[], &Zeros)
}
