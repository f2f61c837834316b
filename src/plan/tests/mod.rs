mod fusion;
mod gradients;
mod masks;
mod memory;
mod passes;
mod probe;
