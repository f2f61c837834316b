//! What annotations beside pictures say: boxes, moved to where they are in the samples.

use std::collections::BTreeMap;

use super::arrange::numbered_name;
use super::layout::{FilePart, FileSample, Labels, Pictures, natural_order, part_of_path};
use super::placed::Placed;
use super::{Import, Kept, MOST_FILE_BYTES};
use crate::data::report::BoxReport;
use crate::data::{LabelledBox, clipped};
use crate::formats::annotations::{AnnotatedImage, Annotations, coco, simple, voc, yolo};
use crate::formats::archive::Limits;
use crate::formats::gzip;
use crate::formats::records::Sink;
use crate::formats::source::read_all;
use crate::{Result, err};

/// Classes of YOLO files beside which none are named.
const MOST_UNNAMED: u32 = 10_000;

/// What annotations say of samples.
pub(super) struct Annotated {
    /// The boxes of each sample; `None` where annotations say nothing of it.
    pub(super) of: Vec<Option<Vec<LabelledBox>>>,
    /// Names of the classes by their number.
    pub(super) class_names: Vec<String>,
    /// All that is known before samples have their numbers.
    pub(super) report: BoxReport,
}

impl<S: Sink> Import<S> {
    /// Reads the annotations of pictures. Those that cannot be read are left out; if none says anything
    /// of a picture, there are no boxes. Pictures of no part get that which the name of their annotations
    /// says, if those are of several.
    ///
    /// # Errors
    /// `Data` for a class that is none of those that the options name, and what the sink answers.
    pub(super) fn annotate(
        &mut self,
        samples: &mut [FileSample],
        labels: &Labels,
    ) -> Result<Option<Annotated>> {
        let mut reader = match labels {
            Labels::Annotations { files, lists } => {
                let mut reader = self.annotating(samples);
                for list in lists {
                    self.read_list(&reader, list, samples)?;
                }
                for &file in files {
                    self.read_annotations(&mut reader, file)?;
                }
                reader
            }
            Labels::Yolo { files, names, orphans, blank, lists } => {
                let mut reader = self.annotating(samples);
                for list in lists {
                    self.read_list(&reader, list, samples)?;
                }
                self.read_yolo(&mut reader, files, *names)?;
                for &(sample, _) in blank {
                    reader.of[sample as usize].get_or_insert_default();
                }
                self.leaves.forgive(blank.iter().map(|&(_, file)| file));
                for &orphan in orphans {
                    reader.report.miss(&self.leaves.get(orphan as usize).path);
                }
                reader
            }
            _ => return Ok(None),
        };
        if reader.of.iter().all(Option::is_none) {
            return Ok(None);
        }
        reader.divide(samples);
        reader.order_classes();
        let Annotating { of, classes, report, .. } = reader;
        Ok(Some(Annotated { of, class_names: classes.names, report }))
    }

    fn annotating(&self, samples: &[FileSample]) -> Annotating {
        let known = self.leaves.samples();
        let size = self.output.picture_size();
        let path = |sample: &FileSample| self.leaves.get(sample.file as usize).path.clone();
        let paths: Vec<String> = samples.iter().map(path).collect();
        let placed = |sample: &FileSample| {
            known.get(&(sample.file as usize)).map(|&record| self.places.of(record, size))
        };
        Annotating {
            pictures: Pictures::new(samples, &paths),
            placed: samples.iter().map(placed).collect(),
            size,
            classes: Classes::new(self.options.class_names.clone()),
            of: vec![None; samples.len()],
            said_by: vec![None; samples.len()],
            unordered: false,
            paths,
            report: BoxReport::default(),
        }
    }

    /// Reads a list of the images of a part, one a line; more words on it say more about it.
    fn read_list(
        &mut self,
        reader: &Annotating,
        &FilePart { file, part }: &FilePart,
        samples: &mut [FileSample],
    ) -> Result<()> {
        let path = self.leaves.get(file as usize).path.clone();
        let bytes = match self.bytes_of(file) {
            Ok(bytes) => bytes,
            Err(error) => return self.refuse(file as usize, &error),
        };
        let text = String::from_utf8_lossy(&bytes);
        for name in text.lines().filter_map(|line| line.split_ascii_whitespace().next()) {
            // A name that fits several tells nothing.
            if let Ok(Some(at)) = reader.pictures.find(&path, name) {
                samples[at].part = samples[at].part.or(part);
            }
        }
        Ok(())
    }

    /// Reads a file of COCO, Pascal VOC or the like.
    fn read_annotations(&mut self, reader: &mut Annotating, file: u32) -> Result<()> {
        let leaf = self.leaves.get(file as usize);
        let (path, format) = (leaf.path.clone(), leaf.format.map_or("", |format| format.name));
        let read = self.bytes_of(file).and_then(|bytes| match format {
            "COCO" => coco::read(&bytes, &path),
            "Pascal VOC" => voc::read(&bytes, &path),
            _ => simple::read(&bytes, &path),
        });
        let of_one = format == "Pascal VOC";
        reader.unordered |= of_one;
        let read = match read {
            Ok(annotations) => reader.take(&path, annotations, of_one)?,
            Err(error) => Err(error),
        };
        read.or_else(|error| self.refuse(file as usize, &error))
    }

    /// Reads the files of YOLO, each of one sample.
    fn read_yolo(
        &mut self,
        reader: &mut Annotating,
        files: &[(u32, u32)],
        names: Option<u32>,
    ) -> Result<()> {
        let mut named = None;
        if let Some(file) = names {
            let path = self.leaves.get(file as usize).path.clone();
            match self.bytes_of(file).and_then(|bytes| yolo::names(&bytes, &path)) {
                Ok(names) => named = Some(names),
                Err(error) => self.refuse(file as usize, &error)?,
            }
        }
        for &(sample, file) in files {
            let (at, path) = (sample as usize, self.leaves.get(file as usize).path.clone());
            let Some(placed) = reader.placed[at] else { continue };
            let picture = reader.paths[at].clone();
            let read = self.bytes_of(file).and_then(|bytes| {
                let names = match &named {
                    Some(names) => names,
                    None => &yolo::numbers(&bytes, MOST_UNNAMED),
                };
                yolo::read(&bytes, &path, &picture, placed.shown(), names)
            });
            match read {
                Ok(mut annotations) => {
                    let numbers = reader.begin(&mut annotations)?;
                    for image in annotations.images {
                        reader.add(at, &path, image, &numbers, None);
                    }
                }
                Err(error) => self.refuse(file as usize, &error)?,
            }
        }
        Ok(())
    }

    /// All bytes of a kept file, unpacked.
    fn bytes_of(&mut self, file: u32) -> Result<Vec<u8>> {
        let Kept { packed, source } = self.taken(file)?;
        if packed {
            gzip::unpack(source, Limits::default())
        } else {
            read_all("annotations", &mut { source }, MOST_FILE_BYTES)
        }
    }
}

/// What annotations came to so far.
struct Annotating {
    pictures: Pictures,
    /// Of each sample: its path, where its picture lies in it, its boxes, and the file that gave the last of
    /// them, by its path.
    paths: Vec<String>,
    placed: Vec<Option<Placed>>,
    of: Vec<Option<Vec<LabelledBox>>>,
    said_by: Vec<Option<String>>,
    /// Height and width of all samples.
    size: [usize; 2],
    classes: Classes,
    /// Whether the order of classes is only that in which they came.
    unordered: bool,
    report: BoxReport,
}

impl Annotating {
    /// Takes what a file says; an error of its own if that is nothing of any picture.
    fn take(
        &mut self,
        path: &str,
        mut annotations: Annotations,
        of_one: bool,
    ) -> Result<Result<()>> {
        let numbers = self.begin(&mut annotations)?;
        let found = |image: &AnnotatedImage| match self.pictures.beside(path).filter(|_| of_one) {
            Some(at) => Ok(Some(at)),
            None => self.pictures.find(path, &image.name),
        };
        let places: Vec<Result<Option<usize>>> = annotations.images.iter().map(found).collect();
        let first = annotations.images.first().map(|image| image.name.clone());
        if let Some(first) = first.filter(|_| !of_one && places.iter().all(|at| at == &Ok(None))) {
            let such = self.paths.first().map_or("", String::as_str);
            return Ok(Err(err!(
                Data,
                "{path}: found no picture of any of its names (the first is {first:?}), expected such \
                 as {such:?}"
            )));
        }
        for (image, at) in annotations.images.into_iter().zip(places) {
            match at {
                Ok(Some(at)) => {
                    let size = image.size;
                    self.add(at, path, image, &numbers, size);
                }
                Ok(None) => self.report.miss(&image.name),
                Err(error) => self.report.refuse(format!("{path}: {error}")),
            }
        }
        Ok(Ok(()))
    }

    /// Takes what a file says of itself; the numbers that its classes have here.
    fn begin(&mut self, annotations: &mut Annotations) -> Result<Vec<u32>> {
        self.report.clipped += annotations.clipped;
        self.report.outside += annotations.outside;
        self.report.without_area += annotations.without_area;
        let untold = annotations.refused_count - annotations.refused.len() as u32;
        for refused in annotations.refused.drain(..) {
            self.report.refuse(refused.to_string());
        }
        self.report.refuse_more(untold);
        annotations.classes.iter().map(|name| self.classes.number(name)).collect()
    }

    /// Takes the boxes that a file has of a sample, in pixels of a picture of this size, if it says any.
    fn add(
        &mut self,
        at: usize,
        path: &str,
        mut image: AnnotatedImage,
        numbers: &[u32],
        annotated: Option<[u32; 2]>,
    ) {
        let Some(placed) = self.placed[at] else { return };
        if let Err(error) = placed.to_shown(&mut image.boxes, annotated) {
            let name = &image.name;
            image.boxes.iter().for_each(|_| {
                self.report.refuse(format!("{path}: {name:?}: {error}"));
            });
            return;
        }
        let shown = placed.shown().map(|side| side as usize);
        // Several files may have the same, as those of a picture's objects and of their key points.
        let before = match &self.said_by[at] {
            Some(last) if last != path => self.of[at].as_ref().map_or(0, Vec::len),
            _ => 0,
        };
        let same = 1.0 + placed.largest_scale();
        let boxes = self.of[at].get_or_insert_default();
        for LabelledBox { corners, class } in image.boxes {
            let Some(inside) = clipped(corners, shown) else {
                let [height, width] = shown;
                self.report.refuse_outside(format!(
                    "{path}: {:?}: the box {corners:?} lies outside of the picture of \
                     {height}x{width} pixels",
                    image.name
                ));
                continue;
            };
            let far = corners.iter().zip(inside).any(|(one, other)| (one - other).abs() > 1.01);
            self.report.clipped += u32::from(far);
            let labelled = LabelledBox { corners: inside, class: numbers[class as usize] };
            match placed.place(labelled, self.size) {
                None => self.report.cut_off += 1,
                Some(found) if boxes[..before].iter().any(|one| is_same(one, &found, same)) => {}
                Some(found) => boxes.push(found),
            }
        }
        self.said_by[at] = Some(path.to_owned());
    }

    /// Gives samples of no part that of the annotations which name them, if those are of several parts.
    fn divide(&self, samples: &mut [FileSample]) {
        let parts: Vec<_> =
            self.said_by.iter().map(|path| path.as_deref().map(part_of_path)).collect();
        let mut found = parts.iter().flatten();
        let first = found.next();
        if found.any(|part| Some(part) != first) {
            for (sample, part) in samples.iter_mut().zip(parts) {
                sample.part = sample.part.or(part.flatten());
            }
        }
    }

    /// Puts classes that have no order of their own into that of their names.
    fn order_classes(&mut self) {
        if !self.unordered || self.classes.chosen {
            return;
        }
        let names = &mut self.classes.names;
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|&a, &b| natural_order(&names[a], &names[b]));
        let mut numbers = vec![0; names.len()];
        order.iter().zip(0..).for_each(|(&at, number)| numbers[at] = number);
        names.sort_by(|a, b| natural_order(a, b));
        for labelled in self.of.iter_mut().flatten().flatten() {
            labelled.class = numbers[labelled.class as usize];
        }
    }
}

/// Whether two boxes are of one thing: of one class, and nowhere further apart than this.
fn is_same(one: &LabelledBox, other: &LabelledBox, apart: f32) -> bool {
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= apart;
    one.class == other.class && one.corners.iter().zip(&other.corners).all(near)
}

/// Classes by their names.
struct Classes {
    names: Vec<String>,
    numbers: BTreeMap<String, u32>,
    /// Whether the names were given, and there are no others.
    chosen: bool,
}

impl Classes {
    fn new(chosen: Option<Vec<String>>) -> Self {
        let names = chosen.clone().unwrap_or_default();
        let numbers = names.iter().cloned().zip(0..).collect();
        Self { names, numbers, chosen: chosen.is_some() }
    }

    fn number(&mut self, name: &str) -> Result<u32> {
        if let Some(&number) = self.numbers.get(name) {
            return Ok(number);
        }
        if self.chosen {
            return numbered_name("class of boxes", name, &self.names);
        }
        let number = self.names.len() as u32;
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        Ok(number)
    }
}
