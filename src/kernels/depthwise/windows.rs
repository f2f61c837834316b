//! Which elements of one axis a window sees, and through which tap of the kernel.

use std::ops::Range;

/// A convolution along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowAxis {
    pub input: usize,
    pub output: usize,
    pub size: usize,
    pub stride: usize,
    pub dilation: usize,
    /// Padding before the first element.
    pub before: usize,
}

/// Windows a step apart: number `t` writes element `first + t * write_step` and sees the elements
/// `t * read_step + offset` of `read`, one for each tap, as far as they exist.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub count: usize,
    pub first: usize,
    pub write_step: usize,
    pub read_step: usize,
    read: isize,
    /// (tap of the kernel, offset), by rising offset.
    taps: Vec<(usize, isize)>,
}

impl WindowAxis {
    /// What each output sees of the input.
    pub fn forward(&self) -> Windows {
        let taps =
            (0..self.size).map(|tap| (tap, (tap * self.dilation) as isize - self.before as isize));
        Windows {
            count: self.output,
            first: 0,
            write_step: 1,
            read_step: self.stride,
            read: self.input as isize,
            taps: taps.collect(),
        }
    }

    /// Which outputs saw each input: input `i` was seen by output `(i + before - tap * dilation) /
    /// stride`, if that is a whole number. Inputs whose places leave the same remainder by the
    /// stride have the same taps, so there is one set of windows for each.
    pub fn backward(&self) -> Vec<Windows> {
        let windows = |first: usize| {
            let taps = (0..self.size).rev().filter_map(|tap| {
                let place = (first + self.before) as isize - (tap * self.dilation) as isize;
                let stride = self.stride as isize;
                (place.rem_euclid(stride) == 0).then_some((tap, place.div_euclid(stride)))
            });
            Windows {
                count: (self.input - first).div_ceil(self.stride),
                first,
                write_step: self.stride,
                read_step: 1,
                read: self.output as isize,
                taps: taps.collect(),
            }
        };
        (0..self.stride.min(self.input)).map(windows).collect()
    }
}

impl Windows {
    /// The memory it holds, in bytes.
    pub fn bytes(&self) -> usize {
        size_of_val(self.taps.as_slice())
    }

    /// All taps with their offsets.
    pub fn taps(&self) -> &[(usize, isize)] {
        &self.taps
    }

    /// The taps of a window that lie inside.
    pub fn taps_of(&self, window: usize) -> &[(usize, isize)] {
        let start = (window * self.read_step) as isize;
        let from = self.taps.partition_point(|(_, offset)| start + offset < 0);
        let to = self.taps.partition_point(|(_, offset)| start + offset < self.read);
        &self.taps[from..to.max(from)]
    }

    /// The element that a window sees at this offset; it must lie inside.
    pub fn element(&self, window: usize, offset: isize) -> usize {
        (window * self.read_step).wrapping_add_signed(offset)
    }

    /// The windows for which the element at this offset lies inside.
    pub fn windows_of(&self, offset: isize) -> Range<usize> {
        // The first that does not begin before, and the first that ends behind.
        let reach =
            |element: isize| (element.max(0) as usize).div_ceil(self.read_step).min(self.count);
        let (from, to) = (reach(-offset), reach(self.read - offset));
        from..to.max(from)
    }

    /// The windows that lie wholly inside.
    pub fn inside(&self) -> Range<usize> {
        let (Some(first), Some(last)) = (self.taps.first(), self.taps.last()) else {
            return 0..self.count;
        };
        let (from, to) = (self.windows_of(first.1).start, self.windows_of(last.1).end);
        from..to.max(from)
    }
}
