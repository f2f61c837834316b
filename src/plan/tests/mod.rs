mod gradients;
mod passes;
mod probe;
