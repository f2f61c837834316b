//! What a recurrent layer computes at a step of one sample.

/// What every kind of cell answers. Slices are rows of one sample: gates of [gates * units] in
/// Keras's order, states of [units]; those that a cell does not have are empty.
pub trait Cell: Send {
    /// The kernel's name.
    fn name(&self) -> &'static str;

    /// How many blocks of `units` the kernels have.
    fn gates(&self) -> usize;

    /// Whether there is a memory besides the state.
    fn has_memory(&self) -> bool {
        false
    }

    /// Whether something besides gates and states is kept for the backward pass.
    fn saves(&self) -> bool {
        false
    }

    /// Whether what the state adds to the gates has another gradient than what the inputs add.
    fn recurrent_gradient(&self) -> bool {
        false
    }

    /// From the state before a step the one after it.
    fn forward(&self, row: ForwardRow<'_>);

    /// From the gradients of the state after a step those of the gates and of the state before it.
    fn backward(&self, row: BackwardRow<'_>);
}

/// The rows of a forward step.
pub struct ForwardRow<'a> {
    /// Numbers of the state.
    pub units: usize,
    /// What the input adds to the gates; the gates afterwards.
    pub gates: &'a mut [f32],
    /// What the state adds to them.
    pub recurrent: &'a [f32],
    /// The state before.
    pub h_before: &'a [f32],
    /// The memory before.
    pub c_before: &'a [f32],
    /// The state after.
    pub h: &'a mut [f32],
    /// The memory after.
    pub c: &'a mut [f32],
    /// What is kept.
    pub saved: &'a mut [f32],
}

/// The rows of a backward step.
pub struct BackwardRow<'a> {
    /// Numbers of the state.
    pub units: usize,
    /// The gates; the gradient of what the input adds to them afterwards.
    pub gates: &'a mut [f32],
    /// The gradient of what the state adds to them, if that is another.
    pub recurrent: &'a mut [f32],
    /// The state before the step.
    pub h_before: &'a [f32],
    /// The memory before the step.
    pub c_before: &'a [f32],
    /// What was kept.
    pub saved: &'a [f32],
    /// The gradient of the state after the step; afterwards of the one before, but for what goes
    /// through the recurrent kernel.
    pub dh: &'a mut [f32],
    /// The gradient of the memory after the step; afterwards of the one before.
    pub dc: &'a mut [f32],
}
