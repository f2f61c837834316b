//! Cuts a module in two: what the first prediction runs, and the rest, which is loaded later.
//!
//! What runs is found by running it (`marks`). Blocks that did not run in functions that did become
//! functions (`outline`), and all functions that did not run, with the read-only data that only they
//! reach (`constants`), go into the rest (`cut`). The first part keeps memory and table. Calls of what
//! went into the rest lead through the table, after the rest was loaded if it was not there yet. The
//! rest imports everything that it shares with the first part and puts its functions and its data into
//! their places as it is instantiated. So it does not matter for what a program computes where the cut
//! lies.

mod body;
mod constants;
mod cut;
mod data;
mod linker;
mod liveness;
mod loading;
mod marks;
mod module;
mod numbers;
mod operators;
mod order;
mod outline;
mod region;
#[cfg(test)]
mod tests;
mod types;

pub use constants::{Constants, show};
pub use cut::{Parts, cut};
pub use linker::without_notes;
pub use marks::mark;
pub use outline::outline;
