//! What the two focal cross-entropies share.

use crate::kernels::vecmath;
use crate::{Result, err};

/// `base^gamma` of a base between 0 and 1; 0^0 is 1.
pub(super) fn power(base: f32, gamma: f32) -> f32 {
    if gamma == 0.0 {
        1.0
    } else if gamma == 2.0 {
        // Nearly everybody's.
        base * base
    } else if base > 0.0 {
        vecmath::exp_scalar(gamma * vecmath::ln_scalar(base))
    } else {
        0.0
    }
}

/// Refuses an alpha that is no share, and a gamma that is negative.
pub(super) fn check(loss: &str, alpha: f32, gamma: f32) -> Result<()> {
    if !(0.0..=1.0).contains(&alpha) {
        return Err(err!(Argument, "{loss}: alpha is {alpha}, expected a number from 0 to 1"));
    }
    if !gamma.is_finite() || gamma < 0.0 {
        return Err(err!(Argument, "{loss}: gamma is {gamma}, expected a finite number from 0 on"));
    }
    Ok(())
}
