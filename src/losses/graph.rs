//! A loss that is a graph of layers.

use serde::{Deserialize, Serialize};

use super::{Loss, LossBatch, TargetBatch, TargetKind};
use crate::graph::Graph;
use crate::memory::allocate;
use crate::model::Model;
use crate::plan::Plan;
use crate::spec::ModelSpec;
use crate::{Result, err};

/// The inputs of the graph.
const TARGET: &str = "yTrue";
const OUTPUT: &str = "yPred";

/// A loss written as a model: from its inputs `yTrue` and `yPred` to a single number, the loss of a
/// sample.
///
/// `yPred` has the shape of the model's output, or that of its last dimension: then the loss is that of
/// each position. `yTrue` has the same shape, or [1] for the number of the class; without it the loss is
/// one of the output alone, which then needs no targets. Parameters of the graph have the values that
/// its seed gives them and stay, and its layers behave as in predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct GraphLoss {
    /// The graph.
    pub model: ModelSpec,
}

impl GraphLoss {
    /// How many numbers an input of the graph has, if there is one of this name.
    fn size(&self, name: &str) -> Option<usize> {
        let input = self.model.inputs.iter().find(|input| input.name == name)?;
        Some(input.shape.iter().product())
    }
}

impl Loss for GraphLoss {
    fn takes_targets(&self) -> bool {
        self.size(TARGET).is_some()
    }

    fn goes_by_position(&self, width: usize) -> bool {
        self.size(OUTPUT) == Some(width)
    }

    fn knows_classes(&self, width: usize) -> bool {
        self.takes_targets() && self.goes_by_position(width)
    }

    /// The number of a class is not between those of two others.
    fn takes_mixed(&self) -> bool {
        self.size(TARGET).is_none_or(|size| Some(size) == self.size(OUTPUT))
    }

    fn validate(&self, width: usize, targets: TargetKind) -> Result<()> {
        let size = self.size(TARGET).unwrap_or(0);
        let fits = match targets {
            TargetKind::Classes => size == 1 || size == width,
            TargetKind::Dense => size >= width,
        };
        if fits {
            return Ok(());
        }
        let (found, expected) = match targets {
            TargetKind::Classes => ("class labels", "one number, the class, or one for each class"),
            TargetKind::Dense => ("a value for each output", "as many numbers as yPred"),
        };
        Err(err!(
            Argument,
            "loss: the targets are {found}; the graph's input yTrue has {size} numbers, expected \
             {expected}"
        ))
    }

    /// Makes a plan for it; who evaluates often keeps a [`GraphRunner`]. Losses are NaN where that
    /// cannot be made.
    fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
        let runner = GraphRunner::new(self, &[batch.width], batch.rows);
        let evaluated = runner.and_then(|mut runner| runner.evaluate(batch, losses, doutputs));
        if evaluated.is_err() {
            losses.fill(f32::NAN);
            doutputs.fill(f32::NAN);
        }
    }
}

/// A graph with buffers for its passes.
#[derive(Debug)]
pub struct GraphRunner {
    plan: Plan,
    model: Model,
    /// The gradients of the graph's parameters, which nobody asks for.
    gradients: Vec<f32>,
    /// The graph's inputs by their numbers; no target where the loss takes none.
    target: Option<usize>,
    output: usize,
    /// Numbers of the target, for each loss.
    target_size: usize,
    /// Rows of the model's output, for each loss.
    rows: usize,
    /// Whether it has run: what its weights come to is then there.
    ran: bool,
}

impl GraphRunner {
    /// A graph for up to so many samples of a model's output of this shape.
    ///
    /// # Errors
    /// `Argument` or `Shape` for a graph whose inputs or output are not those of a loss; what the
    /// graph itself is refused for; `TooLarge` where there is no memory.
    pub fn new(loss: &GraphLoss, shape: &[usize], samples: usize) -> Result<Self> {
        let model = Model::new(loss.model.clone())?;
        let graph = model.graph();
        let find = |name: &str| graph.inputs().iter().position(|input| input.name == name);
        let target = find(TARGET);
        let wanted = 1 + usize::from(target.is_some());
        let Some(output) = find(OUTPUT).filter(|_| graph.inputs().len() == wanted) else {
            let found: Vec<&str> = graph.inputs().iter().map(|input| input.name.as_str()).collect();
            return Err(err!(
                Argument,
                "loss: the graph's inputs are {}, expected yTrue and yPred, or yPred alone",
                found.join(", ")
            ));
        };
        check_answer(graph)?;
        let row = shape.last().map_or(1, |&width| width);
        let positions: usize = shape.iter().rev().skip(1).product();
        let found = graph.shape(output);
        let rows = if found == [row] {
            1
        } else if found == shape {
            positions
        } else {
            return Err(err!(
                Shape,
                "loss: yPred has the shape {found:?}, expected {shape:?}, that of the model's output, \
                 or [{row}], that of one position"
            ));
        };
        let found = target.map_or(&[][..], |target| graph.shape(target));
        let target_size = found.iter().product();
        if target.is_some() && target_size != 1 && found != graph.shape(output) {
            return Err(err!(
                Shape,
                "loss: yTrue has the shape {found:?}, expected {:?} as yPred, or [1] for a class",
                graph.shape(output)
            ));
        }
        let plan = Plan::with_input_gradients(graph, samples.max(1) * positions / rows)?;
        let gradients = allocate("gradients of the loss", model.weights().len())?;
        Ok(Self { plan, gradients, target, output, target_size, rows, ran: false, model })
    }

    /// As [`Loss::evaluate`].
    ///
    /// # Errors
    /// `Shape` for targets that are not what the graph takes.
    pub fn evaluate(
        &mut self,
        batch: &LossBatch<'_>,
        losses: &mut [f32],
        doutputs: &mut [f32],
    ) -> Result<()> {
        let LossBatch { rows, outputs, scale, .. } = *batch;
        let n = rows / self.rows;
        self.plan.input_mut(self.output)[..outputs.len()].copy_from_slice(outputs);
        if let Some(target) = self.target {
            self.take_targets(target, batch)?;
        }
        let (weights, state) = (self.model.weights(), self.model.state());
        if self.ran {
            self.plan.infer_unchanged(n, weights, state)?;
        } else {
            self.plan.infer(n, weights, state)?;
            self.ran = true;
        }
        for (losses, &loss) in losses.chunks_exact_mut(self.rows).zip(self.plan.output(0)) {
            losses.fill(loss);
        }
        // The loss of several rows stands at each of them.
        self.plan.output_grad_mut(0).fill(scale * self.rows as f32);
        self.plan.backward(n, weights, &mut self.gradients)?;
        match self.plan.input_grad(self.output) {
            Some(gradient) => doutputs.copy_from_slice(gradient),
            None => doutputs.fill(0.0),
        }
        Ok(())
    }

    /// Puts the targets of a batch into the graph's input of this number.
    fn take_targets(&mut self, target: usize, batch: &LossBatch<'_>) -> Result<()> {
        let LossBatch { rows, width, targets, .. } = *batch;
        let to = &mut self.plan.input_mut(target)[..rows / self.rows * self.target_size];
        match targets {
            TargetBatch::Dense(values) if values.len() == to.len() => to.copy_from_slice(values),
            TargetBatch::Classes(labels) if labels.len() == to.len() => {
                for (to, &label) in to.iter_mut().zip(labels) {
                    *to = label as f32;
                }
            }
            TargetBatch::Classes(labels) if labels.len() * width == to.len() => {
                to.fill(0.0);
                for (row, &label) in to.chunks_exact_mut(width).zip(labels) {
                    row[label as usize] = 1.0;
                }
            }
            _ => {
                return Err(err!(
                    Shape,
                    "loss: the targets of {rows} rows do not fit yTrue, which has {} numbers",
                    self.target_size
                ));
            }
        }
        Ok(())
    }
}

/// Refuses a graph that answers with anything but one number.
fn check_answer(graph: &Graph) -> Result<()> {
    let shapes: Vec<&[usize]> = graph.outputs().iter().map(|&id| graph.shape(id)).collect();
    match shapes.as_slice() {
        [shape] if shape.iter().product::<usize>() == 1 => Ok(()),
        _ => Err(err!(
            Shape,
            "loss: the graph's outputs have the shapes {shapes:?}, expected one of shape [1]"
        )),
    }
}
