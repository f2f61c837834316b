//! Pictures: a file is a sample, as it comes; what it is of is said when all files are known.

use std::collections::{BTreeMap, BTreeSet};

use super::arrange::{number_of, part_of};
use super::boxes::Annotated;
use super::layout::{FileSample, Labels, natural_order};
use super::{Import, is_of_place};
use crate::data::report::{BoxReport, DataReport, Impression, Observed};
use crate::data::{Boxes, Gathered, Image, Part};
use crate::formats::image;
use crate::formats::records::{self, Finish, Sink};
use crate::{Result, err};

impl<S: Sink> Import<S> {
    pub(super) fn picture(&mut self, leaf: usize, bytes: &[u8]) -> Result<()> {
        match image::read_turned(bytes) {
            Ok((image, orientation)) => self.sample(leaf, image, orientation),
            Err(error) => self.refuse(leaf, &error),
        }
    }

    /// A picture that was turned by this EXIF orientation.
    pub(super) fn sample(&mut self, leaf: usize, image: Image, orientation: u8) -> Result<()> {
        let seen = Impression::of_image(&image);
        let from = self.leaves.get(leaf);
        match self.output.image(&self.options, leaf, from, (image, orientation), &seen) {
            Ok(placed) => {
                let size = self.output.picture_size();
                self.places.push(self.leaves.sample_count(), placed, size);
                self.leaves.is_sample(leaf);
                self.collector.take(Observed::default(), &seen)
            }
            Err(error) if is_of_place(&error) => Err(error),
            Err(error) => self.refuse(leaf, &error),
        }
    }

    /// Gives the pictures, which are samples already, their classes and parts.
    pub(super) fn name_pictures(
        &mut self,
        mut samples: Vec<FileSample>,
        classes: Vec<String>,
        labels: &Labels,
    ) -> Result<()> {
        let annotated = self.annotate(&mut samples, labels)?;
        let classes = classes_of_folders(&mut samples, annotated.as_ref()).unwrap_or(classes);
        let names = self.options.class_names.clone();
        let numbers: Vec<u32> = match &names {
            None => (0..classes.len() as u32).collect(),
            Some(names) => {
                classes.iter().map(|name| number_of(name, names)).collect::<Result<_>>()?
            }
        };
        let known = self.leaves.samples();
        let count = self.leaves.sample_count();
        let labelled = samples.iter().any(|sample| sample.class.is_some());
        let answered = samples.iter().any(|sample| sample.number.is_some());
        let mut numbered = vec![0; count];
        let mut answers = vec![0.0; if answered { count } else { 0 }];
        let mut parts = vec![records::Part::LeftOut; count];
        for sample in &samples {
            let Some(&record) = known.get(&(sample.file as usize)) else { continue };
            match sample.class {
                Some(class) => numbered[record] = numbers[class as usize],
                None if labelled => {
                    let error = err!(Data, "it is in no folder, whose name would be its class");
                    self.refuse(sample.file as usize, &error)?;
                    continue;
                }
                None => {}
            }
            if let (Some(number), Some(answer)) = (sample.number, answers.get_mut(record)) {
                *answer = number;
            }
            parts[record] = part_of(sample.part);
        }
        let boxes = match annotated {
            Some(annotated) => Some(self.boxes_of(annotated, &samples, &parts)?),
            None => None,
        };
        if parts.iter().all(|part| *part == records::Part::All) {
            parts.clear();
        }
        let labels = match (labelled, answered) {
            (true, _) => records::Labels::Classes(numbered),
            (_, true) => records::Labels::Numbers { shape: vec![1], values: answers },
            _ => records::Labels::Nothing,
        };
        let class_names = if labelled { names.unwrap_or(classes) } else { Vec::new() };
        let mut report = self.report_of(class_names.clone(), &labels, &parts)?;
        let boxes = boxes.map(|(boxes, found)| {
            report.boxes = Some(found);
            boxes
        });
        self.report = Some(report);
        let report = serde_json::Value::Null;
        self.output.answer(Finish { labels, class_names, parts, boxes, report });
        Ok(())
    }

    /// What was seen of the pictures, with their classes and parts.
    fn report_of(
        &mut self,
        class_names: Vec<String>,
        labels: &records::Labels,
        parts: &[records::Part],
    ) -> Result<DataReport> {
        let groups = self.groups()?;
        let part = |sample: usize| parts.get(sample).copied().unwrap_or_default();
        let class = |sample: usize| match labels {
            records::Labels::Classes(classes) => classes.get(sample).copied(),
            _ => None,
        };
        let observed = |sample: usize| {
            let group = groups.get(sample).copied().flatten();
            match part(sample) {
                records::Part::LeftOut => Observed { group, ..Observed::default() },
                part => Observed { class: class(sample), part: layout_part(part), group },
            }
        };
        let observed: Vec<Observed> = (0..self.leaves.sample_count()).map(observed).collect();
        let mut collector = std::mem::take(&mut self.collector);
        collector.describe(class_names, &observed)?;
        let kept: Vec<u32> = (0..observed.len())
            .filter(|&sample| part(sample) != records::Part::LeftOut)
            .map(|sample| sample as u32)
            .collect();
        Ok(collector.finish().of_kept(&kept))
    }

    /// The boxes of all records, of those that are left out, too, and what there is to say of them.
    fn boxes_of(
        &self,
        annotated: Annotated,
        samples: &[FileSample],
        parts: &[records::Part],
    ) -> Result<(Boxes, BoxReport)> {
        let Annotated { of, class_names, mut report } = annotated;
        let known = self.leaves.samples();
        let mut of_record = vec![None; parts.len()];
        for (sample, boxes) in samples.iter().zip(of) {
            if let Some(&record) = known.get(&(sample.file as usize)) {
                of_record[record] = boxes;
            }
        }
        let count = of_record.iter().flatten().map(Vec::len).sum();
        let mut gathered = Gathered::new(parts.len(), count)?;
        let mut number = 0;
        for (boxes, part) in of_record.iter().zip(parts) {
            let is_kept = *part != records::Part::LeftOut;
            let kept = boxes.as_deref().filter(|_| is_kept);
            gathered.add(kept.unwrap_or_default())?;
            match kept {
                None if is_kept => report.unannotated.push(number),
                Some([]) => report.empty.push(number),
                _ => {}
            }
            number += u32::from(is_kept);
        }
        let boxes = gathered.finish(class_names);
        report.tally(&boxes);
        Ok((boxes, report))
    }
}

/// Gives pictures the classes of their folders, where annotations say nothing or boxes have all of those
/// classes, too; their names in natural order.
fn classes_of_folders(
    samples: &mut [FileSample],
    annotated: Option<&Annotated>,
) -> Option<Vec<String>> {
    let folders: BTreeSet<&str> =
        samples.iter().map(|sample| sample.folder.as_deref()).collect::<Option<_>>()?;
    let of_boxes = |folder: &str| {
        annotated.is_none_or(|annotated| annotated.class_names.iter().any(|name| name == folder))
    };
    if !folders.iter().all(|folder| of_boxes(folder)) {
        return None;
    }
    let mut classes: Vec<String> = folders.into_iter().map(str::to_owned).collect();
    classes.sort_by(|a, b| natural_order(a, b));
    let numbers: BTreeMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
    for sample in samples {
        sample.class = sample.folder.as_deref().map(|folder| numbers[folder]);
    }
    Some(classes)
}

pub(super) fn layout_part(part: records::Part) -> Option<Part> {
    match part {
        records::Part::Train => Some(Part::Train),
        records::Part::Validation => Some(Part::Validation),
        records::Part::Test => Some(Part::Test),
        records::Part::All | records::Part::LeftOut => None,
    }
}
