/**
 * Plain values that describe models, training and data, as they are stored with a model. Their types are
 * generated from the engine's own.
 */
export type {
  ActivationName,
  AttributeReport as LayerAttribute,
  Augmentation,
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
  OptimizerSpec,
  Padding,
  PlanReport,
  Preprocessing,
  ScheduleSpec,
  TrainerSpec,
} from "../generated/tabgrad.js";
