//! Which positions of values count: [batch, positions], booleans. What nothing asks for is left out of
//! the graph in the end.

use super::context::{Call, Context};
use crate::Result;
use crate::layers::{LayerSpec, Masking};

/// The mask of a layer's output.
///
/// # Errors
/// `TooLarge` where the file gets too large.
pub(super) fn of(
    cx: &mut Context<'_>,
    call: &Call<'_>,
    layer: &LayerSpec,
) -> Result<Option<String>> {
    let made = cx.made_mask.take();
    let first = || call.masks.first().cloned().flatten();
    Ok(match layer.layer().masking(&call.shapes) {
        Masking::Drops => None,
        Masking::First => first(),
        Masking::Keeps => {
            let mut masks: Vec<String> = call.masks.iter().flatten().cloned().collect();
            masks.sort_unstable();
            masks.dedup();
            let mut masks = masks.into_iter();
            let start = masks.next();
            start.map(|first| {
                masks.fold(first, |both, other| cx.graph.node("And", &[both, other], vec![]))
            })
        }
        Masking::Reverses => match first() {
            Some(mask) => Some(cx.graph.reverse(&mask, &[1])?),
            None => None,
        },
        Masking::Makes(_) => made,
    })
}
