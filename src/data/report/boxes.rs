//! What annotations say of pictures: how many boxes there are, of what, and what is wrong with them.

use serde::{Deserialize, Serialize};

use super::Imbalance;
use crate::Result;
use crate::data::{Boxes, LabelledBox};

/// Refused boxes and missing pictures that are listed.
const MOST_LISTED: usize = 1000;
/// Pixels of a sample from which on a side is no longer tiny: a network that halves its pictures once
/// or twice has nothing left of one that is.
const TINY: f64 = 3.0;
/// What two boxes of one thing cover both, as a share of what either does, at least.
const SAME: f32 = 0.95;
/// Boxes that one is compared with at most, so that a crowd of them does not take forever.
const MOST_COMPARED: usize = 100;

/// What annotations say of pictures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct BoxReport {
    /// How many boxes there are.
    pub count: u32,
    /// Their classes, by their number.
    pub classes: Vec<BoxCount>,
    /// How unlike the numbers of boxes of the classes are, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imbalance: Option<Imbalance>,
    /// Samples without boxes: annotations say that there is nothing to be seen.
    pub empty: Vec<u32>,
    /// Samples of which annotations say nothing.
    pub unannotated: Vec<u32>,
    /// Boxes that stuck out of their picture by more than a pixel and were clipped.
    pub clipped: u32,
    /// Boxes of which the steps of the preprocessing leave too little to be seen
    /// ([`LEAST_VISIBLE`](crate::data::LEAST_VISIBLE)).
    pub cut_off: u32,
    /// Boxes of which a side is shorter than 3 pixels of the sample.
    #[serde(default)]
    pub tiny: Vec<BoxPlace>,
    /// Boxes that cover nearly the same of their sample as an earlier one of their class: what both
    /// cover is at least 95% of what either does.
    #[serde(default)]
    pub duplicates: Vec<SameBox>,
    /// Of the boxes that were left out, those that lie outside of their picture.
    #[serde(default)]
    pub outside: u32,
    /// Of the boxes that were left out, those without width or height.
    #[serde(default)]
    pub without_area: u32,
    /// Why boxes were left out, the first 1000 of them.
    pub refused: Vec<String>,
    /// How many boxes were left out.
    pub refused_count: u32,
    /// Pictures that annotations name and that are not there, the first 1000 of them.
    pub missing: Vec<String>,
    /// How many pictures are not there.
    pub missing_count: u32,
}

/// The boxes of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct BoxCount {
    /// Its name.
    pub name: String,
    /// How many there are.
    pub boxes: u32,
    /// How many samples have any.
    pub samples: u32,
}

/// A box of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct BoxPlace {
    /// The sample.
    pub sample: u32,
    /// Which of its boxes, from 0.
    pub at: u32,
}

/// A box that is there twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SameBox {
    /// The sample.
    pub sample: u32,
    /// The later of its boxes, from 0.
    pub at: u32,
    /// The earlier one.
    pub like: u32,
}

impl BoxReport {
    /// Notes a box that is left out since it lies outside of its picture.
    pub(crate) fn refuse_outside(&mut self, reason: String) {
        self.outside = self.outside.saturating_add(1);
        self.refuse(reason);
    }

    /// Notes a box that is left out.
    pub(crate) fn refuse(&mut self, reason: String) {
        self.refused_count = self.refused_count.saturating_add(1);
        if self.refused.len() < MOST_LISTED {
            self.refused.push(reason);
        }
    }

    /// Counts boxes that are left out for reasons that are not listed.
    pub(crate) fn refuse_more(&mut self, count: u32) {
        self.refused_count = self.refused_count.saturating_add(count);
    }

    /// Notes a picture that is not there.
    pub(crate) fn miss(&mut self, name: &str) {
        self.missing_count = self.missing_count.saturating_add(1);
        if self.missing.len() < MOST_LISTED {
            self.missing.push(name.into());
        }
    }

    /// Counts boxes by their class, and finds those that are tiny or there twice.
    pub(crate) fn tally(&mut self, boxes: &Boxes) {
        let named = |name: &String| BoxCount { name: name.clone(), ..BoxCount::default() };
        self.count = boxes.all().len() as u32;
        self.classes = boxes.class_names().iter().map(named).collect();
        let mut last = vec![usize::MAX; self.classes.len()];
        let mut order = Vec::new();
        for sample in 0..boxes.samples() {
            let of = boxes.of(sample);
            self.duplicates.extend(duplicates(sample as u32, of, &mut order));
            for (at, labelled) in (0..).zip(of) {
                let [.., width, height] = labelled.extent();
                if width.min(height) < TINY {
                    self.tiny.push(BoxPlace { sample: sample as u32, at });
                }
                let class = labelled.class as usize;
                self.classes[class].boxes += 1;
                if last[class] != sample {
                    last[class] = sample;
                    self.classes[class].samples += 1;
                }
            }
        }
        let counts = self.classes.iter().map(|class| class.boxes);
        self.imbalance = Imbalance::of(&counts.collect::<Vec<_>>());
    }

    /// The same of these samples, ascending: `number` says the new number of one that stays. What is
    /// counted stays as it is.
    pub(super) fn renumber(&mut self, number: impl Fn(u32) -> Option<u32>) {
        let renumbered = |sample: &mut u32| number(*sample).map(|at| *sample = at).is_some();
        self.empty.retain_mut(renumbered);
        self.unannotated.retain_mut(renumbered);
        self.tiny.retain_mut(|found| renumbered(&mut found.sample));
        self.duplicates.retain_mut(|found| renumbered(&mut found.sample));
    }
}

/// Boxes of a sample that are there twice, each with the earlier one.
fn duplicates(sample: u32, boxes: &[LabelledBox], order: &mut Vec<u32>) -> Vec<SameBox> {
    let of = |at: u32| &boxes[at as usize];
    order.clear();
    order.extend(0..boxes.len() as u32);
    // What is the same begins at nearly the same place.
    order.sort_by(|&a, &b| {
        let (one, other) = (of(a), of(b));
        one.class.cmp(&other.class).then(one.corners[0].total_cmp(&other.corners[0]))
    });
    // For each, the place of the first of those that are the same.
    let mut firsts: Vec<usize> = Vec::with_capacity(order.len());
    // For the first of them, the earliest.
    let mut earliest: Vec<u32> = order.clone();
    for (position, &at) in order.iter().enumerate() {
        let labelled = of(at);
        let [x1, _, x2, _] = labelled.corners;
        let near = |&before: &usize| {
            let other = of(order[before]);
            other.class == labelled.class && x1 - other.corners[0] <= (1.0 / SAME - 1.0) * (x2 - x1)
        };
        let mut before = (0..position).rev().take(MOST_COMPARED).take_while(near);
        let same = before.find(|&before| overlap(of(order[before]), labelled) >= SAME);
        let first = same.map_or(position, |before| firsts[before]);
        firsts.push(first);
        earliest[first] = earliest[first].min(at);
    }
    let all = order.iter().zip(&firsts).map(|(&at, &first)| (at, earliest[first]));
    let later = all.filter(|(at, like)| at != like);
    let mut found: Vec<SameBox> = later.map(|(at, like)| SameBox { sample, at, like }).collect();
    found.sort_unstable();
    found
}

/// What two boxes cover both, as a share of what either does.
fn overlap(one: &LabelledBox, other: &LabelledBox) -> f32 {
    let area = |[x1, y1, x2, y2]: [f32; 4]| (x2 - x1).max(0.0) * (y2 - y1).max(0.0);
    let [a, b] = [one.corners, other.corners];
    let both = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    both / (area(a) + area(b) - both)
}

/// The boxes of samples that come one after the other.
#[derive(Debug, Default)]
pub struct BoxCollector {
    class_names: Vec<String>,
    counts: Vec<u32>,
    all: Vec<LabelledBox>,
    unannotated: Vec<u32>,
}

impl BoxCollector {
    /// No boxes yet, of these classes.
    #[must_use]
    pub fn new(class_names: Vec<String>) -> Self {
        Self { class_names, ..Self::default() }
    }

    /// The boxes of the next sample; `None` where nobody knows what is to be seen.
    pub fn take(&mut self, boxes: Option<&[LabelledBox]>) {
        if boxes.is_none() {
            self.unannotated.push(self.counts.len() as u32);
        }
        let boxes = boxes.unwrap_or_default();
        self.counts.push(boxes.len() as u32);
        self.all.extend_from_slice(boxes);
    }

    /// What there is to say of them.
    ///
    /// # Errors
    /// As [`Boxes::new`].
    pub fn finish(self) -> Result<BoxReport> {
        let Self { class_names, counts, all, unannotated } = self;
        let boxes = Boxes::new(class_names, &counts, all)?;
        let unknown = |sample: &u32| unannotated.binary_search(sample).is_ok();
        let empty = (0..).zip(&counts).filter(|&(_, &count)| count == 0).map(|(sample, _)| sample);
        let empty = empty.filter(|sample| !unknown(sample)).collect();
        let mut report = BoxReport { empty, unannotated, ..BoxReport::default() };
        report.tally(&boxes);
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn labelled(corners: [f32; 4], class: u32) -> LabelledBox {
        LabelledBox { corners, class }
    }

    fn collected(samples: &[Option<&[LabelledBox]>]) -> BoxReport {
        let mut collector = BoxCollector::new(vec!["cat".into(), "dog".into(), "owl".into()]);
        samples.iter().for_each(|boxes| collector.take(*boxes));
        collector.finish().unwrap()
    }

    #[test]
    fn boxes_are_counted_by_class_and_by_sample() {
        let (cat, dog) = (labelled([0.0, 0.0, 9.0, 9.0], 0), labelled([20.0, 0.0, 40.0, 9.0], 1));
        let far = labelled([50.0, 0.0, 59.0, 9.0], 0);
        let report = collected(&[Some(&[cat, far, dog]), Some(&[]), None, Some(&[cat])]);
        let counts: Vec<_> = report.classes.iter().map(|of| (of.boxes, of.samples)).collect();
        assert_eq!((report.count, counts), (4, vec![(3, 2), (1, 1), (0, 0)]));
        assert_eq!((report.empty, report.unannotated), (vec![1], vec![2]));
        let imbalance = report.imbalance.unwrap();
        assert_eq!((imbalance.largest, imbalance.smallest, imbalance.ratio), (0, 2, 3.0));
        assert!(report.tiny.is_empty() && report.duplicates.is_empty());
    }

    #[test]
    fn tiny_boxes_and_those_that_are_there_twice_are_found() {
        let whole = labelled([10.0, 10.0, 110.0, 60.0], 1);
        let same = labelled([11.0, 10.0, 111.0, 60.0], 1);
        let boxes = [
            labelled([0.0, 0.0, 2.9, 50.0], 0),
            whole,
            labelled([0.0, 0.0, 3.0, 3.0], 0),
            // Of another class, and half as high.
            labelled([10.0, 10.0, 110.0, 60.0], 2),
            labelled([10.0, 10.0, 110.0, 35.0], 1),
            same,
            whole,
        ];
        let report = collected(&[Some(&[]), Some(&boxes)]);
        assert_eq!(report.tiny, [BoxPlace { sample: 1, at: 0 }]);
        let twice: Vec<_> =
            report.duplicates.iter().map(|of| (of.sample, of.at, of.like)).collect();
        assert_eq!(twice, [(1, 5, 1), (1, 6, 1)]);
        let mut kept = report;
        kept.renumber(|sample| sample.checked_sub(1));
        assert_eq!((kept.tiny[0].sample, kept.duplicates[0].sample, kept.empty), (0, 0, vec![]));
    }

    #[test]
    fn a_crowd_of_boxes_takes_no_time_to_compare() {
        let same = vec![labelled([1.0, 1.0, 9.0, 9.0], 0); 50_000];
        assert_eq!(collected(&[Some(&same)]).duplicates.len(), 49_999);
        let column = |at| labelled([1.0, 20.0 * at as f32, 9.0, 20.0 * at as f32 + 9.0], 0);
        let column: Vec<_> = (0..50_000).map(column).collect();
        assert!(collected(&[Some(&column)]).duplicates.is_empty());
    }

    #[test]
    fn a_box_of_no_class_is_refused() {
        let mut collector = BoxCollector::new(vec!["cat".into()]);
        collector.take(Some(&[labelled([0.0, 0.0, 1.0, 1.0], 1)]));
        assert!(collector.finish().is_err());
    }
}
