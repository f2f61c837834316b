mod fusion;
mod gradients;
mod memory;
mod passes;
mod probe;
