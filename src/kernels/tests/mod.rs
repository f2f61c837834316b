//! Every kernel against a naive reference in double precision, over awkward sizes.

mod conv;
mod matmul;
mod reference;
