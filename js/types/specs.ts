/**
 * Plain values that describe models, training and data, as they are stored with a model. Their types are
 * generated from the engine's own.
 */
export type {
  ActivationName,
  AttributeReport as LayerAttribute,
  Augmentation,
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
  ScheduleSpec,
  TextSpec,
  TrainerSpec,
} from "../generated/tabgrad.js";
