//! Cuts a module in two: what the first prediction runs, and the rest, which is loaded later.
//!
//! The first part keeps memory, data and table. A function that went into the rest leaves a stub
//! behind wherever it can be called from: the stub has the rest loaded if it is not there yet and
//! calls the function through its slot in the table. The rest imports everything that it shares
//! with the first part and puts its functions into those slots as it is instantiated. So it does
//! not matter for what a program computes where the cut lies; which functions stay is found by
//! running the predictions (`marks`).

mod cut;
mod marks;
mod module;
#[cfg(test)]
mod tests;

pub use cut::{Parts, cut};
pub use marks::mark;
