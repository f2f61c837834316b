//! Where pictures lie in the samples that they became.

use serde::{Deserialize, Serialize};

use crate::data::LabelledBox;
use crate::data::preprocessing::Placement;
use crate::formats::image::{is_sideways, turned_box};
use crate::{Result, err};

/// The share by which the aspect of two sizes of a picture may differ, since sizes are whole pixels.
const SAME_ASPECT: f64 = 0.01;

/// Where a picture lies in its sample.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Placed {
    /// Height and width of the picture as it is shown.
    shown: [u16; 2],
    /// The EXIF orientation by which its file was turned to be shown so.
    pub(super) orientation: u8,
    scale: [f32; 2],
    offset: [f32; 2],
}

impl Placed {
    /// A picture of `[height, width]` that was turned and placed so.
    pub(super) fn new(shown: [usize; 2], orientation: u8, placement: Placement) -> Self {
        Self {
            shown: shown.map(|side| side as u16),
            orientation,
            scale: placement.scale.map(|scale| scale as f32),
            offset: placement.offset.map(|offset| offset as f32),
        }
    }

    /// One that fills its sample.
    pub(super) fn stretched(shown: [usize; 2], sample: [usize; 2]) -> Self {
        Self::new(shown, 1, Placement::stretched(shown, sample))
    }

    /// Height and width of the picture as it is shown.
    pub(super) fn shown(&self) -> [u32; 2] {
        self.shown.map(u32::from)
    }

    /// Pixels of the sample for one of the picture, where there are most.
    pub(super) fn largest_scale(&self) -> f32 {
        self.scale[0].max(self.scale[1])
    }

    /// Where a box of the picture is in its sample of this size, if enough of it is there.
    pub(super) fn place(&self, labelled: LabelledBox, sample: [usize; 2]) -> Option<LabelledBox> {
        let placement =
            Placement { scale: self.scale.map(f64::from), offset: self.offset.map(f64::from) };
        let corners = placement.place(labelled.corners, sample)?;
        Some(LabelledBox { corners, ..labelled })
    }

    /// Boxes of a picture that annotations take to be of this size, in pixels of the picture as it is
    /// shown: that may be smaller or larger than what was annotated, and turned where annotations go by
    /// the file's own pixels.
    ///
    /// # Errors
    /// `Data` for a size of another aspect.
    pub(super) fn to_shown(
        self,
        boxes: &mut [LabelledBox],
        annotated: Option<[u32; 2]>,
    ) -> Result<()> {
        let shown = self.shown();
        let Some(size @ [height, width]) = annotated.filter(|&size| size != shown) else {
            return Ok(());
        };
        if is_sideways(self.orientation) && [width, height] == shown {
            for labelled in boxes {
                labelled.corners = turned_box(self.orientation, size, labelled.corners);
            }
            return Ok(());
        }
        let [down, right] = [0, 1].map(|axis| f64::from(shown[axis]) / f64::from(size[axis]));
        if (down / right - 1.0).abs() > SAME_ASPECT {
            return Err(err!(
                Data,
                "the annotations are of {height}x{width} pixels, but the picture has {}x{}",
                shown[0],
                shown[1]
            ));
        }
        for LabelledBox { corners, .. } in boxes {
            let scales = [right, down, right, down];
            for (edge, scale) in corners.iter_mut().zip(scales) {
                *edge = (f64::from(*edge) * scale) as f32;
            }
        }
        Ok(())
    }
}

/// Where the pictures lie in their samples, of those that are not as large as these and upright.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// With the number of the sample, ascending.
    moved: Vec<(u32, Placed)>,
}

impl Places {
    /// Notes a picture that became the next sample.
    pub(super) fn push(&mut self, sample: usize, placed: Placed, size: [usize; 2]) {
        if placed != Placed::stretched(size, size) {
            self.moved.push((sample as u32, placed));
        }
    }

    /// Where the picture of a sample of this size lies in it.
    pub(super) fn of(&self, sample: usize, size: [usize; 2]) -> Placed {
        match self.moved.binary_search_by_key(&(sample as u32), |&(sample, _)| sample) {
            Ok(at) => self.moved[at].1,
            Err(_) => Placed::stretched(size, size),
        }
    }
}
