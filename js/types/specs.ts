/**
 * Plain values that describe models, training and data, as they are stored with a model. Their types are
 * generated from the engine's own.
 */
export type {
  ActivationName,
  AttributeReport as LayerAttribute,
  Augmentation,
  Constraint,
  GenerationSpec,
  ImageStep,
  Initializer,
  InputSpec,
  LayerPlan,
  LayerReport,
  LayerSpec,
  LayerType,
  LossSpec,
  MetricSpec,
  ModelReport,
  ModelSpec,
  NodeSpec,
  NumericStep,
  OptimizerOptions,
  OptimizerSpec,
  Padding,
  PlanReport,
  Preprocessing,
  Regularizer,
  ScheduleSpec,
  TextSpec,
  TrainerSpec,
} from "../generated/tabgrad.js";
