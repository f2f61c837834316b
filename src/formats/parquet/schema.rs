//! The schema: the columns, from a tree that is written in the order of its branches.

use super::metadata::{Column, Meaning, Physical};
use super::thrift::{Kind, Thrift};
use crate::data::table::MOST_COLUMNS;
use crate::{Result, err};

/// The longest name with the names of what it is in.
const LONGEST_NAME: usize = 4096;

/// How deep columns may be nested.
const DEEPEST: usize = 32;

/// One element of the schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    physical: Option<i64>,
    len: i64,
    repetition: i64,
    name: String,
    children: i64,
    converted: Option<i64>,
    scale: i64,
    logical: Option<Logical>,
}

/// What the newer of two annotations says.
#[derive(Clone, Copy, Debug)]
enum Logical {
    Decimal(i64),
    Date,
    Timestamp(i64),
    Unsigned,
    Half,
    Other,
}

impl Element {
    pub fn read(kind: Kind, thrift: &mut Thrift<'_>) -> Result<Self> {
        let mut element = Self::default();
        thrift.structure(kind, |id, kind, thrift| {
            match id {
                1 => element.physical = Some(thrift.integer(kind)?),
                2 => element.len = thrift.integer(kind)?,
                3 => element.repetition = thrift.integer(kind)?,
                4 => element.name = String::from_utf8_lossy(thrift.binary(kind)?).into_owned(),
                5 => element.children = thrift.integer(kind)?,
                6 => element.converted = Some(thrift.integer(kind)?),
                7 => element.scale = thrift.integer(kind)?,
                10 => element.logical = Logical::read(kind, thrift)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(element)
    }

    fn physical(&self) -> Option<Physical> {
        Some(match self.physical? {
            0 => Physical::Boolean,
            1 => Physical::Int32,
            2 => Physical::Int64,
            3 => Physical::Int96,
            4 => Physical::Float,
            5 => Physical::Double,
            6 => Physical::Bytes,
            7 => Physical::Fixed(usize::try_from(self.len).ok().filter(|len| *len <= 1 << 20)?),
            _ => return None,
        })
    }

    /// `None` for what has no place in a table.
    fn meaning(&self, physical: Physical) -> Option<Meaning> {
        // 10^22 is the last power of ten that is exact.
        let power = |scale: i64| (0..scale.clamp(0, 300)).fold(1.0, |power, _| power * 10.0);
        let meaning = match (self.logical, self.converted) {
            (Some(Logical::Decimal(scale)), _) => Meaning::Decimal(power(scale)),
            (Some(Logical::Date), _) | (None, Some(6)) => Meaning::Days,
            (Some(Logical::Timestamp(per_millisecond)), _) => Meaning::Timestamp(per_millisecond),
            (Some(Logical::Unsigned), _) | (None, Some(11..=14)) => Meaning::Unsigned,
            (Some(Logical::Half), _) => Meaning::Half,
            (None, Some(5)) => Meaning::Decimal(power(self.scale)),
            (None, Some(9)) => Meaning::Timestamp(1),
            (None, Some(10)) => Meaning::Timestamp(1000),
            _ => Meaning::Plain,
        };
        use Physical::{Boolean, Bytes, Double, Fixed, Float, Int32, Int64, Int96};
        let fits = match meaning {
            Meaning::Plain => !matches!(physical, Fixed(_)),
            Meaning::Unsigned => matches!(physical, Int32 | Int64),
            Meaning::Decimal(_) => match physical {
                Int32 | Int64 | Bytes => true,
                Fixed(len) => len > 0,
                Boolean | Int96 | Float | Double => false,
            },
            Meaning::Days => physical == Int32,
            Meaning::Timestamp(_) => physical == Int64,
            Meaning::Half => physical == Fixed(2),
        };
        fits.then_some(meaning)
    }
}

impl Logical {
    fn read(kind: Kind, thrift: &mut Thrift<'_>) -> Result<Option<Self>> {
        let mut found = None;
        thrift.structure(kind, |id, kind, thrift| {
            let mut logical = Self::Other;
            thrift.structure(kind, |field, kind, thrift| {
                match (id, field) {
                    (5, 1) => logical = Self::Decimal(thrift.integer(kind)?),
                    (8, 2) => thrift.structure(kind, |unit, _, _| {
                        logical = Self::Timestamp(match unit {
                            1 => 1,
                            2 => 1000,
                            _ => 1_000_000,
                        });
                        Ok(false)
                    })?,
                    (10, 2) => {
                        if !thrift.boolean(kind)? {
                            logical = Self::Unsigned;
                        }
                    }
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
            found = Some(match id {
                6 => Self::Date,
                15 => Self::Half,
                _ => logical,
            });
            Ok(true)
        })?;
        Ok(found)
    }
}

/// The columns that can be read, why others can't, and how many there are together.
pub(super) fn columns(elements: &[Element]) -> Result<(Vec<Column>, Vec<String>, usize)> {
    let (mut columns, mut unread, mut leaves) = (Vec::new(), Vec::new(), 0);
    // Children to come, the name's length, the level, and whether there may be several.
    let mut inside: Vec<(i64, usize, u32, bool)> = Vec::new();
    let mut path = String::new();
    for (at, element) in elements.iter().enumerate() {
        let (level, repeated) = match inside.last_mut() {
            Some((children, len, level, repeated)) => {
                *children -= 1;
                path.truncate(*len);
                (*level, *repeated)
            }
            None if at == 0 => (0, false),
            None => return Err(err!(Format, "Parquet: the schema has more elements than it says")),
        };
        let level = level + u32::from(at > 0 && element.repetition != 0);
        let repeated = repeated || (at > 0 && element.repetition == 2);
        if at > 0 {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(&element.name);
        }
        if path.len() > LONGEST_NAME || inside.len() > DEEPEST || leaves > MOST_COLUMNS {
            return Err(err!(
                TooLarge,
                "Parquet: found more than {MOST_COLUMNS} columns, names of more than {LONGEST_NAME} \
                 bytes, or columns nested more than {DEEPEST} deep"
            ));
        }
        if element.children > 0 || at == 0 {
            inside.push((element.children, path.len(), level, repeated));
        } else {
            let physical = element.physical();
            let meaning = physical.and_then(|physical| element.meaning(physical));
            match physical.zip(meaning).filter(|_| !repeated) {
                Some((physical, meaning)) => columns.push(Column {
                    name: path.clone(),
                    leaf: leaves,
                    physical,
                    meaning,
                    most_defined: level,
                }),
                None => {
                    let found = if repeated { "lists" } else { "bytes" };
                    unread
                        .push(format!("column \"{path}\": found {found}, expected single values"));
                }
            }
            leaves += 1;
        }
        while inside.last().is_some_and(|(children, ..)| *children <= 0) {
            inside.pop();
        }
    }
    if !inside.is_empty() {
        return Err(err!(Format, "Parquet: the schema has fewer elements than it says"));
    }
    Ok((columns, unread, leaves))
}
