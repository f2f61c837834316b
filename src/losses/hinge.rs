//! The hinge loss and its square.

use serde::{Deserialize, Serialize};

use super::rows::over_pairs;
use super::{Allowed, Form, Loss, LossBatch, TargetKind, needs_values};
use crate::Result;

macro_rules! hinge {
    ($(#[$doc:meta])* $type:ident, $name:literal, $of_margin:expr) => {
        $(#[$doc])*
        ///
        /// Targets are -1 and 1, or 0 and 1, of which 0 counts as -1. A network with a single output
        /// also takes labels, 0 and 1. Outputs above 0 say 1.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
        #[serde(deny_unknown_fields)]
        pub struct $type {}

        impl Loss for $type {
            fn is_binary(&self) -> bool {
                true
            }

            fn threshold(&self, _form: Form) -> f32 {
                0.0
            }

            fn knows_classes(&self, width: usize) -> bool {
                width == 1
            }

            fn allowed_targets(&self) -> Allowed {
                Allowed::Signs
            }

            fn takes_mixed(&self) -> bool {
                false
            }

            fn validate(&self, width: usize, targets: TargetKind) -> Result<()> {
                if width == 1 { Ok(()) } else { needs_values($name, targets) }
            }

            fn evaluate(&self, batch: &LossBatch<'_>, losses: &mut [f32], doutputs: &mut [f32]) {
                over_pairs(batch, losses, doutputs, |y, t| {
                    let sign = if t == 0.0 { -1.0 } else { t };
                    let missing = 1.0 - sign * y;
                    if missing > 0.0 { $of_margin(missing, sign) } else { (0.0, 0.0) }
                });
            }
        }
    };
}

hinge! {
    /// `max(0, 1 - t y)`, the mean over the outputs of a row.
    Hinge, "hinge", |missing: f32, sign: f32| (missing, -sign)
}
hinge! {
    /// `max(0, 1 - t y)^2`, the mean over the outputs of a row.
    SquaredHinge, "squaredHinge", |missing: f32, sign: f32| (missing * missing, -2.0 * missing * sign)
}
