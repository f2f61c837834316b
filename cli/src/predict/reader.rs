//! The inputs of a prediction, one after the other, whatever they are: files are looked at and not named.

use std::fs::{self, File};
use std::path::Path;

use tabgrad::data::preprocessing::Preprocessing;
use tabgrad::data::table::ColumnKind;
use tabgrad::err;
use tabgrad::formats::archive::{self, Limits};
use tabgrad::formats::source::{Seekable, Shared, Source, SourceReader};
use tabgrad::formats::table::TableOptions;
use tabgrad::formats::text::{Texts, Unit};
use tabgrad::formats::{Kind, gzip, sniff};

use super::crew::Crew;
use super::rows::ROWS;
use super::worker::{Content, Work};
use crate::arguments::{Predict, TextUnit};
use crate::failure::{Failure, Result, told};
use crate::files::{self, Scratch};
use crate::models::Loaded;
use crate::named::{self, Named};

/// Files, or texts, that are answered together.
const AT_ONCE: usize = 64;
/// Bytes of files that are answered together.
const MOST_BYTES: u64 = 16 << 20;
/// Names of files that need not be looked at on their way to a worker.
const PLAIN: &[&str] = &["png", "jpg", "jpeg", "webp", "gif", "bmp", "wav"];

/// What the model makes its input of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    Rows,
    Texts,
    Sounds,
    Pictures,
    /// Several inputs by their names.
    Named,
}

/// What reads inputs.
pub struct Reader {
    pub(super) takes: Takes,
    pub(super) table: TableOptions,
    /// The columns that the model needs.
    pub(super) columns: Vec<String>,
    pub(super) id: Option<String>,
    texts: Option<TextUnit>,
    /// The column of texts in tables.
    pub(super) column: Option<String>,
    /// What the model takes.
    pub(super) inputs: Vec<Named>,
    /// Files, or texts, that wait for others.
    files: Vec<(String, Content)>,
    file_bytes: u64,
    /// Bytes of the inputs that lie behind.
    pub(super) position: u64,
    /// What is to be said in the end, in sentences.
    pub notes: Vec<String>,
}

impl Reader {
    /// A reader of what a model can be asked about.
    pub fn new(loaded: &Loaded, arguments: &Predict) -> Result<Self> {
        let Preprocessing { table: spec, text, audio, .. } = &loaded.info.preprocessing;
        let takes = match (spec, text, audio) {
            (Some(_), ..) => Takes::Rows,
            (None, Some(_), _) => Takes::Texts,
            (None, None, Some(_)) => Takes::Sounds,
            (None, None, None) => Takes::Pictures,
        };
        let inputs = Named::inputs(loaded.model.graph());
        let by_name = inputs.len() > 1 && takes != Takes::Rows;
        let takes = if by_name { Takes::Named } else { takes };
        let given = arguments.table.as_deref().map(|given| files::json("--table", given));
        let mut table: TableOptions = given.transpose()?.unwrap_or_default();
        table.batch = Some(table.batch.unwrap_or(ROWS));
        let fields = spec.as_ref().map(|spec| spec.fields()).unwrap_or_default();
        let mut columns: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        if takes == Takes::Named {
            columns = inputs.iter().flat_map(Named::columns).collect();
            named::as_numbers(inputs.iter(), &mut table);
        }
        // The user's word on a column of texts or names; the model's on its own.
        for name in arguments.id.iter().chain(&arguments.column) {
            table.kinds.insert(name.clone(), ColumnKind::Text);
        }
        table.kinds.extend(fields.into_iter().map(|field| (field.name, field.kind)));
        Ok(Self {
            takes,
            table,
            columns,
            id: arguments.id.clone(),
            texts: arguments.texts,
            column: arguments.column.clone(),
            inputs,
            files: Vec::new(),
            file_bytes: 0,
            position: 0,
            notes: Vec::new(),
        })
    }

    /// Hands everything in an input to the crew.
    pub fn read(&mut self, input: &Path, crew: &mut Crew<'_>) -> Result<()> {
        if input.as_os_str() == "-" {
            let source = Scratch::of_standard_input()?;
            let bytes = source.len();
            self.source("-", Box::new(source), true, crew)?;
            self.position += bytes;
            return Ok(());
        }
        self.visit(input, &input.display().to_string(), true, crew)
    }

    /// Hands over files that wait for others.
    pub fn flush(&mut self, crew: &mut Crew<'_>) -> Result<()> {
        self.file_bytes = 0;
        if self.files.is_empty() {
            return Ok(());
        }
        crew.give(Work::Files(std::mem::take(&mut self.files)), self.position)
    }

    fn visit(&mut self, path: &Path, name: &str, named: bool, crew: &mut Crew<'_>) -> Result<()> {
        let about = match fs::metadata(path) {
            Ok(about) => about,
            Err(error) => return self.file(name, Content::None(told(&error)), 0, crew),
        };
        if about.is_dir() {
            let names = match files::names(path) {
                Ok(names) => names,
                Err(Failure::Error(error)) => {
                    return self.file(name, Content::None(error), 0, crew);
                }
                Err(error) => return Err(error),
            };
            for inner in names {
                let inner_name =
                    format!("{}/{}", name.trim_end_matches('/'), inner.to_string_lossy());
                self.visit(&path.join(&inner), &inner_name, false, crew)?;
            }
            return Ok(());
        }
        let bytes = about.len();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let plain = ending.is_some_and(|ending| PLAIN.contains(&&*ending));
        if plain && matches!(self.takes, Takes::Pictures | Takes::Sounds) {
            self.file(name, Content::Path(path.into()), bytes, crew)?;
        } else {
            let source = File::open(path).map_err(|error| err!(Format, "{}", told(&error)));
            match source.and_then(Seekable::new) {
                Ok(source) => self.source(name, Box::new(source), named, crew)?,
                Err(error) => self.file(name, Content::None(error.to_string()), 0, crew)?,
            }
        }
        self.position += bytes;
        Ok(())
    }

    /// Adds a file to those that wait.
    pub(super) fn file(
        &mut self,
        name: &str,
        content: Content,
        bytes: u64,
        crew: &mut Crew<'_>,
    ) -> Result<()> {
        self.files.push((name.into(), content));
        self.file_bytes += bytes;
        if self.files.len() == AT_ONCE || self.file_bytes >= MOST_BYTES {
            self.flush(crew)?;
        }
        Ok(())
    }

    /// Hands over what is in a file. What is wrong with it gets a row.
    fn source(
        &mut self,
        name: &str,
        source: Box<dyn Source>,
        named: bool,
        crew: &mut Crew<'_>,
    ) -> Result<()> {
        let mut source = Shared::new(source);
        let read = match self.kind(&mut source) {
            Ok(Kind::Archive) => self.archive(name, source, crew),
            Ok(Kind::Packed) if archive::is_packed(&mut source) => self.archive(name, source, crew),
            Ok(Kind::Packed) => match gzip::unpack(source, Limits::default()) {
                // What is packed again is no file that anybody has.
                Ok(bytes) if gzip_begins(&bytes) => {
                    Err(Failed::File("gzip: it is packed twice".into()))
                }
                Ok(bytes) => return self.source(name, Box::new(bytes), named, crew),
                Err(error) => Err(error.into()),
            },
            Ok(Kind::Table | Kind::Text | Kind::Annotation) if self.takes == Takes::Texts => {
                self.texts(name, source, named, crew)
            }
            Ok(Kind::Table | Kind::Text | Kind::Annotation) if self.takes == Takes::Rows => {
                self.rows(name, source, crew)
            }
            Ok(Kind::Table) if matches!(self.takes, Takes::Pictures | Takes::Named) => {
                self.rows(name, source, crew)
            }
            Ok(Kind::Tensor) => self.array(name, source, crew),
            Ok(_) if self.takes == Takes::Named => Err(Failed::File(named::expected(&self.inputs))),
            Ok(_) => self.whole(name, &mut source, crew),
            Err(error) => Err(error.into()),
        };
        match read {
            Ok(()) => Ok(()),
            Err(Failed::Crew(failure)) => Err(failure),
            Err(Failed::File(error)) => self.file(name, Content::None(error), 0, crew),
        }
    }

    fn kind(&self, source: &mut Shared) -> tabgrad::Result<Kind> {
        match sniff(source) {
            Ok(format) => Ok(format.kind),
            // Texts may be anything.
            Err(_) if self.takes == Takes::Texts && !source.is_empty() => Ok(Kind::Text),
            Err(error) => Err(error),
        }
    }

    /// A file that is one sample.
    fn whole(&mut self, name: &str, source: &mut Shared, crew: &mut Crew<'_>) -> Outcome {
        let most = Limits::default().entry_bytes;
        let bytes = tabgrad::formats::source::read_all("file", source, most)?;
        let len = bytes.len() as u64;
        Ok(self.file(name, Content::Bytes(bytes), len, crew)?)
    }

    fn archive(&mut self, name: &str, source: Shared, crew: &mut Crew<'_>) -> Outcome {
        let begin = self.position;
        let mut archive = archive::open(source, Limits::default())?;
        let mut bytes = Vec::new();
        while let Some(item) = archive.next(&mut bytes)? {
            self.position = begin + archive.progress().0;
            let inner = format!("{name}/{}", item.path);
            match item.content {
                Ok(()) => {
                    self.source(&inner, Box::new(std::mem::take(&mut bytes)), false, crew)?;
                }
                Err(error) => self.file(&inner, Content::None(error.to_string()), 0, crew)?,
            }
        }
        // The rest of it counts when the file does.
        self.position = begin;
        Ok(())
    }

    fn texts(
        &mut self,
        name: &str,
        mut source: Shared,
        named: bool,
        crew: &mut Crew<'_>,
    ) -> Outcome {
        if self.column.is_some() {
            return self.rows(name, source, crew);
        }
        let unit = self.texts.unwrap_or(if named { TextUnit::Line } else { TextUnit::File });
        if unit == TextUnit::File {
            return self.whole(name, &mut source, crew);
        }
        self.flush(crew)?;
        let mut texts = Texts::new(SourceReader::new(source), Unit::Line);
        let (mut some, mut bytes) = (Vec::new(), 0);
        let mut number = 0;
        while let Some(text) = texts.next_sample()? {
            number += 1;
            bytes += text.len() as u64 + 1;
            some.push((format!("{name}#{number}"), text));
            if some.len() == AT_ONCE {
                crew.give(Work::Texts(std::mem::take(&mut some)), self.position + bytes)?;
            }
        }
        if !some.is_empty() {
            crew.give(Work::Texts(some), self.position + bytes)?;
        }
        Ok(())
    }
}

fn gzip_begins(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Why a file was not read to its end.
pub(super) enum Failed {
    /// It is the file's own fault.
    File(String),
    /// The command ends.
    Crew(Failure),
}

pub(super) type Outcome = std::result::Result<(), Failed>;

impl From<tabgrad::Error> for Failed {
    fn from(error: tabgrad::Error) -> Self {
        Self::File(error.to_string())
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Crew(failure)
    }
}
