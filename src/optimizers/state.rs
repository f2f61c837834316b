//! An optimiser at work: its specification and its state.

use std::ops::Range;

use super::{Matrix, OptimizerSpec, Parameters, Step};
use crate::kernels::clip::{clip_by_norm, clip_by_value};
use crate::kernels::elementwise;
use crate::kernels::orthogonal::Orthogonal;
use crate::memory::allocate;
use crate::simd::F32x4;
use crate::{Result, err};

/// The most slots that an optimiser has.
const MAX_SLOTS: usize = 3;
/// The names of what the options keep, behind the slots.
const GATHERED: &str = "gathered";
const AVERAGE: &str = "average";

/// Where an optimiser stands, besides its buffers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Updates made.
    pub updates: u64,
    /// Batches gathered since the last.
    pub gathered: u32,
    /// Updates that the average knows of.
    pub averaged: u64,
    /// Whether the weights that it updates have changed places with their average.
    pub is_shown: bool,
}

/// What is updated in one go.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    range: Range<usize>,
    decays: bool,
    /// The number of its size, rows and columns.
    matrix: Option<[usize; 3]>,
}

/// An optimiser at work: its specification and its state.
#[derive(Clone, Debug)]
pub struct OptimizerState {
    spec: OptimizerSpec,
    parameters: Parameters,
    groups: Vec<Group>,
    position: Position,
    slots: Vec<Vec<f32>>,
    /// The sum of the gradients of the batches that are to make an update.
    gathered: Vec<f32>,
    average: Vec<f32>,
    room: Orthogonal,
    /// Of the largest matrix.
    direction: Vec<f32>,
}

impl OptimizerState {
    /// The state before the first step.
    ///
    /// # Errors
    /// What [`OptimizerSpec::validate`] refuses, and `TooLarge` where there is no memory for it.
    pub fn new(spec: OptimizerSpec, parameters: Parameters) -> Result<Self> {
        spec.validate()?;
        let names = spec.buffers();
        let buffers = names.iter().map(|name| allocate(name, parameters.len()));
        let buffers = buffers.collect::<Result<_>>()?;
        let mut state = Self::with_buffers(spec, parameters, buffers)?;
        state.reset();
        Ok(state)
    }

    /// A state that was kept: where it stood, and its buffers in the order of
    /// [`OptimizerSpec::buffers`].
    ///
    /// # Errors
    /// What [`OptimizerSpec::validate`] refuses; `Format` if the kept values do not belong to this
    /// optimiser and these parameters.
    pub fn restore(
        spec: OptimizerSpec,
        parameters: Parameters,
        position: Position,
        buffers: Vec<Vec<f32>>,
    ) -> Result<Self> {
        spec.validate()?;
        let (names, len) = (spec.buffers(), parameters.len());
        if buffers.len() != names.len() || buffers.iter().any(|buffer| buffer.len() != len) {
            return Err(err!(
                Format,
                "optimizer state: found {} buffers, expected {} of {len} numbers",
                buffers.len(),
                names.len()
            ));
        }
        let Position { gathered, averaged, is_shown, .. } = position;
        let options = &spec.options;
        if gathered >= options.gradient_accumulation_steps
            || !options.use_ema && (averaged > 0 || is_shown)
        {
            return Err(err!(
                Format,
                "optimizer state: found {gathered} batches gathered and {averaged} updates \
                 averaged, which its options do not allow"
            ));
        }
        let mut state = Self::with_buffers(spec, parameters, buffers)?;
        state.position = position;
        Ok(state)
    }

    fn with_buffers(
        spec: OptimizerSpec,
        parameters: Parameters,
        mut buffers: Vec<Vec<f32>>,
    ) -> Result<Self> {
        let mut take = |is_there: bool| is_there.then(|| buffers.pop()).flatten();
        let average = take(spec.options.use_ema).unwrap_or_default();
        let gathered = take(spec.gathers()).unwrap_or_default();
        let mut room = Orthogonal::default();
        let groups = groups(&spec, &parameters, &mut room);
        room.allocate()?;
        let matrices = groups.iter().filter(|group| group.matrix.is_some());
        let largest = matrices.map(|group| group.range.len()).max().unwrap_or(0);
        let direction = allocate("the direction of a matrix", largest)?;
        let position = Position::default();
        let slots = buffers;
        Ok(Self { spec, parameters, groups, position, slots, gathered, average, room, direction })
    }

    /// Back to the state before the first step.
    pub fn reset(&mut self) {
        self.position = Position::default();
        let initial = self.spec.optimizer().initial();
        self.slots.iter_mut().for_each(|slot| slot.fill(initial));
        self.gathered.fill(0.0);
        self.average.fill(0.0);
    }

    /// One step with this learning rate; whether the weights moved, or the batch was gathered only.
    /// Weights and gradients are as long as the parameters; the gradients are no longer the same
    /// afterwards.
    pub fn update(
        &mut self,
        learning_rate: f64,
        weights: &mut [f32],
        gradients: &mut [f32],
    ) -> bool {
        if !self.gather(gradients) {
            return false;
        }
        self.clip(gradients);
        self.position.updates += 1;
        let (optimizer, count) = (self.spec.optimizer(), self.slots.len());
        for Group { range, decays, matrix } in &self.groups {
            let mut slots: [&mut [f32]; MAX_SLOTS] = Default::default();
            for (part, slot) in slots.iter_mut().zip(&mut self.slots) {
                *part = &mut slot[range.clone()];
            }
            let step = Step {
                learning_rate: learning_rate as f32,
                number: self.position.updates,
                decays: *decays,
                matrix: matrix.map(|[size, rows, columns]| Matrix {
                    size,
                    rows,
                    columns,
                    room: &mut self.room,
                    direction: &mut self.direction,
                }),
            };
            let slots = &mut slots[..count];
            optimizer.update(step, &mut weights[range.clone()], &gradients[range.clone()], slots);
        }
        true
    }

    /// Adds a batch to those that are to make an update; true if they do now, and `gradients` is
    /// their mean.
    fn gather(&mut self, gradients: &mut [f32]) -> bool {
        let batches = self.spec.options.gradient_accumulation_steps;
        if batches == 1 {
            return true;
        }
        self.position.gathered += 1;
        if self.position.gathered < batches {
            elementwise::accumulate(gradients, &mut self.gathered);
            return false;
        }
        let share = F32x4::splat(1.0 / batches as f32);
        elementwise::update(gradients, &self.gathered, |g, sum| (sum + g) * share);
        self.position.gathered = 0;
        self.gathered.fill(0.0);
        true
    }

    fn clip(&self, gradients: &mut [f32]) {
        let options = &self.spec.options;
        if let Some(limit) = options.clip_value {
            clip_by_value(limit as f32, gradients);
        }
        if let Some(limit) = options.clip_norm {
            for parameter in self.parameters.tensors() {
                clip_by_norm(limit, &mut gradients[parameter.range.clone()]);
            }
        }
        if let Some(limit) = options.global_clip_norm {
            clip_by_norm(limit, gradients);
        }
    }

    /// Takes the weights after an update into their average, if one is made.
    pub fn average(&mut self, weights: &[f32]) {
        let options = &self.spec.options;
        if !options.use_ema {
            return;
        }
        self.position.averaged += 1;
        let (number, every) = (self.position.averaged, u64::from(options.ema_every));
        if number == 1 {
            self.average.copy_from_slice(weights);
        } else if number.is_multiple_of(every) {
            let momentum = options.ema_momentum as f32;
            let [keep, take] = [momentum, 1.0 - momentum].map(F32x4::splat);
            elementwise::update(&mut self.average, weights, |a, w| keep * a + take * w);
        }
    }

    /// Lets the weights and their average change places, if there is one and they have not; true if
    /// they have now.
    pub fn show_average(&mut self, weights: &mut [f32]) -> bool {
        self.position.averaged > 0 && !self.position.is_shown && self.change_places(weights)
    }

    /// Lets them change back.
    pub fn hide_average(&mut self, weights: &mut [f32]) -> bool {
        self.position.is_shown && self.change_places(weights)
    }

    fn change_places(&mut self, weights: &mut [f32]) -> bool {
        self.average.swap_with_slice(weights);
        self.position.is_shown ^= true;
        true
    }

    /// Whether the weights have changed places with their average.
    pub fn shows_average(&self) -> bool {
        self.position.is_shown
    }

    /// Forgets the average: the next one begins with the weights after the next update.
    pub fn forget_average(&mut self) {
        self.position.averaged = 0;
        self.position.is_shown = false;
        self.average.fill(0.0);
    }

    /// The specification.
    pub fn spec(&self) -> &OptimizerSpec {
        &self.spec
    }

    /// Updates made.
    pub fn steps(&self) -> u64 {
        self.position.updates
    }

    /// Where it stands.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The buffers with their names.
    pub fn buffers(&self) -> impl Iterator<Item = (&'static str, &[f32])> {
        let options = [&self.gathered, &self.average].into_iter().filter(|b| !b.is_empty());
        let buffers = self.slots.iter().chain(options).map(Vec::as_slice);
        self.spec.buffers().into_iter().zip(buffers)
    }
}

impl OptimizerSpec {
    fn gathers(&self) -> bool {
        self.options.gradient_accumulation_steps > 1
    }

    /// The names of the buffers that it keeps, each as long as the parameters.
    #[must_use]
    pub fn buffers(&self) -> Vec<&'static str> {
        let mut names = self.optimizer().slots().to_vec();
        names.extend(self.gathers().then_some(GATHERED));
        names.extend(self.options.use_ema.then_some(AVERAGE));
        names
    }
}

/// What is updated in one go: a matrix, or neighbours that are treated alike.
fn groups(spec: &OptimizerSpec, parameters: &Parameters, room: &mut Orthogonal) -> Vec<Group> {
    let takes_matrices = spec.optimizer().takes_matrices();
    let mut groups: Vec<Group> = Vec::new();
    for parameter in parameters.tensors() {
        let range = parameter.range.clone();
        let decays = spec.options.decay_biases || !parameter.is_bias;
        let matrix = parameter.matrix.filter(|_| takes_matrices);
        let matrix = matrix.map(|[rows, columns]| [room.add(rows, columns), rows, columns]);
        match groups.last_mut() {
            Some(last) if matrix.is_none() && last.matrix.is_none() && last.decays == decays => {
                last.range.end = range.end;
            }
            _ => groups.push(Group { range, decays, matrix }),
        }
    }
    groups
}
