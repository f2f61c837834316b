//! What has to be computed from the training part.

use super::TableSpec;
use super::category::CategoryFit;
use super::columns::{
    BooleanColumn, DateColumn, DatePart, FittedDate, NumberColumn, TableColumn, of_column,
};
use super::numeric::{Fitted, Impute, ImputeFit, ScaleFit, Scaling, log};
use super::text::TextColumn;
use crate::data::preprocessing::text::TextFit;
use crate::data::table::Batch;
use crate::data::table::date::{DAY, Parts};
use crate::{Error, Result, err};

/// Computes a [`TableSpec`] from the rows of the training part, batch by batch, in memory that does
/// not grow with them.
#[derive(Clone, Debug)]
pub struct TableFit {
    columns: Vec<ColumnFit>,
    target: Option<String>,
    rows: u64,
    /// The numbers of a batch that are used and there.
    numbers: Vec<f64>,
}

#[derive(Clone, Debug)]
enum ColumnFit {
    Number(Box<NumericFit>),
    Category(Box<CategoryFit>),
    Text(Box<(String, TextFit)>),
}

/// Of a column of numbers, booleans or dates.
#[derive(Clone, Debug)]
struct NumericFit {
    column: TableColumn,
    impute: ImputeFit,
    /// What numbers become before they are scaled, and how they are then.
    scales: Vec<(Map, ScaleFit)>,
    missing: u64,
}

/// What numbers become before they are scaled.
#[derive(Clone, Copy, Debug)]
pub(super) enum Map {
    Identity,
    Log,
    Part(DatePart),
}

impl Map {
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Self::Identity => x,
            Self::Log => log(x),
            Self::Part(DatePart::Days) => x / DAY,
            Self::Part(part) => part.of(&Parts::new(x)),
        }
    }
}

impl DatePart {
    /// The part of a date, which is not [`Days`](Self::Days).
    pub(super) fn of(self, parts: &Parts) -> f64 {
        match self {
            Self::Year => parts.year as f64,
            Self::Month => parts.month.into(),
            Self::Day => parts.day.into(),
            Self::Weekday => parts.weekday.into(),
            Self::DayOfYear => parts.day_of_year.into(),
            Self::Hour => parts.hour.into(),
            Self::Minute => parts.minute.into(),
            Self::Days => f64::NAN,
        }
    }
}

impl NumberColumn {
    pub(super) fn map(&self) -> Map {
        if self.log { Map::Log } else { Map::Identity }
    }
}

impl DateColumn {
    /// The parts that are scaled.
    fn scaled(&self) -> impl Iterator<Item = DatePart> {
        self.parts.iter().copied().filter(|&part| !self.is_cyclic(part))
    }
}

impl TableFit {
    /// What there was computed is computed anew.
    ///
    /// # Errors
    /// What [`TableSpec::validate`] refuses.
    pub fn new(spec: &TableSpec) -> Result<Self> {
        spec.validate()?;
        let columns = spec.columns.iter().map(ColumnFit::new).collect::<Result<_>>()?;
        Ok(Self { columns, target: spec.target.clone(), rows: 0, numbers: Vec::new() })
    }

    /// Takes the rows of a batch that `used` says belong to the training part.
    ///
    /// # Errors
    /// `NotFound` for a column that the table does not have, `Data` for one that holds something
    /// else, each with its name.
    pub fn add(&mut self, batch: &Batch, used: impl Fn(usize) -> bool) -> Result<()> {
        for column in &mut self.columns {
            match column {
                ColumnFit::Number(fit) => {
                    let expected = fit.column.field();
                    let (_, cells) = batch.column(&expected.name)?;
                    let numbers = cells.numbers().ok_or_else(|| unlike(&fit.column))?;
                    let rows = numbers.iter().enumerate().filter(|(row, _)| used(*row));
                    self.numbers.clear();
                    for (_, &number) in rows {
                        if number.is_nan() {
                            fit.missing += 1;
                        } else {
                            self.numbers.push(number);
                        }
                    }
                    fit.add(&mut self.numbers);
                }
                ColumnFit::Category(fit) => {
                    let name = &fit.column().name;
                    let texts = batch.column(name)?.1.texts();
                    let texts = texts
                        .ok_or_else(|| unlike(&TableColumn::Category(fit.column().clone())))?;
                    for (_, text) in texts.iter().enumerate().filter(|(row, _)| used(*row)) {
                        fit.add(text);
                    }
                }
                ColumnFit::Text(column) => {
                    let (name, fit) = &mut **column;
                    let texts = batch.column(name)?.1.texts();
                    let texts = texts.ok_or_else(|| {
                        err!(Data, "column \"{name}\": found no texts, expected some")
                    })?;
                    for (_, text) in texts.iter().enumerate().filter(|(row, _)| used(*row)) {
                        _ = fit.add(text);
                    }
                }
            }
        }
        self.rows += (0..batch.rows()).filter(|&row| used(row)).count() as u64;
        Ok(())
    }

    /// The specification with what was computed.
    ///
    /// # Errors
    /// `Data` for no rows, and for a column of which all values are missing, with its name.
    pub fn finish(self) -> Result<TableSpec> {
        let (spec, left_out) = self.finish_known()?;
        match left_out.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(spec),
        }
    }

    /// The specification of the columns of which something is known, and those of which all values are
    /// missing, by name, with the error that each is.
    ///
    /// # Errors
    /// `Data` for no rows.
    pub fn finish_known(self) -> Result<(TableSpec, Vec<(String, Error)>)> {
        if self.rows == 0 {
            return Err(err!(Data, "table: found no rows to learn from, expected at least 1"));
        }
        let (mut columns, mut left_out) = (Vec::new(), Vec::new());
        for column in self.columns {
            let name = column.name().to_owned();
            match column.finish() {
                Ok(column) => columns.push(column),
                Err(error) => left_out.push((name, error)),
            }
        }
        Ok((TableSpec { columns, target: self.target }, left_out))
    }
}

/// The error of a column that holds something else.
pub(super) fn unlike(column: &TableColumn) -> Error {
    let (name, kind) = (column.name(), column.field().kind.value());
    err!(Data, "column \"{name}\": the table has another kind of it, expected each to be {kind}")
}

impl ColumnFit {
    fn new(column: &TableColumn) -> Result<Self> {
        let numeric = |impute: Impute, scales: Vec<(Map, ScaleFit)>| {
            let impute = ImputeFit::new(impute);
            let column = column.clone();
            Self::Number(Box::new(NumericFit { column, impute, scales, missing: 0 }))
        };
        Ok(match column {
            TableColumn::Number(number) => {
                numeric(number.impute, vec![(number.map(), ScaleFit::new(number.scale))])
            }
            TableColumn::Boolean(BooleanColumn { impute, .. }) => {
                numeric(*impute, vec![(Map::Identity, ScaleFit::new(Scaling::None))])
            }
            TableColumn::Date(date) => {
                let scale = |part| (Map::Part(part), ScaleFit::new(date.scale));
                numeric(date.impute, date.scaled().map(scale).collect())
            }
            TableColumn::Category(category) => {
                Self::Category(Box::new(CategoryFit::new(category.clone())))
            }
            TableColumn::Text(TextColumn { name, text }) => {
                Self::Text(Box::new((name.clone(), TextFit::new(text.clone())?)))
            }
        })
    }

    fn name(&self) -> &str {
        match self {
            Self::Number(fit) => fit.column.name(),
            Self::Category(fit) => &fit.column().name,
            Self::Text(column) => &column.0,
        }
    }

    fn finish(self) -> Result<TableColumn> {
        match self {
            Self::Number(fit) => {
                let name = fit.column.name().to_owned();
                fit.finish().map_err(|error| of_column(&name, &error))
            }
            Self::Category(fit) => {
                let name = fit.column().name.clone();
                let column = fit.finish().map_err(|error| of_column(&name, &error))?;
                Ok(TableColumn::Category(column))
            }
            Self::Text(column) => {
                let (name, fit) = *column;
                let text = fit.finish().map_err(|error| of_column(&name, &error))?;
                Ok(TableColumn::Text(TextColumn { name, text }))
            }
        }
    }
}

impl NumericFit {
    /// Numbers that are there; they are overwritten.
    fn add(&mut self, numbers: &mut [f64]) {
        self.impute.add(numbers);
        let Some((last, others)) = self.scales.split_last_mut() else { return };
        for (map, scale) in others {
            let mapped: Vec<f64> = numbers.iter().map(|&number| map.apply(number)).collect();
            scale.add(&mapped);
        }
        let (map, scale) = last;
        if !matches!(map, Map::Identity) {
            numbers.iter_mut().for_each(|number| *number = map.apply(*number));
        }
        scale.add(numbers);
    }

    fn finish(self) -> Result<TableColumn> {
        let Self { mut column, impute, scales, missing } = self;
        let fill = impute.finish().filter(|fill| fill.is_finite()).ok_or_else(|| {
            err!(Data, "all values are missing or too large, expected at least 1 that is not")
        })?;
        let scales: Vec<_> =
            scales.into_iter().map(|(map, scale)| scale.finish(map.apply(fill), missing)).collect();
        scales.iter().try_for_each(|scale| scale.validate())?;
        let fitted =
            scales.first().map(|first| Fitted { fill, center: first.center, spread: first.spread });
        match &mut column {
            TableColumn::Number(column) => column.fitted = fitted,
            TableColumn::Boolean(column) => column.fitted = fitted,
            TableColumn::Date(column) => {
                column.fitted = Some(FittedDate { fill, parts: scales });
            }
            TableColumn::Category(_) | TableColumn::Text(_) => {}
        }
        Ok(column)
    }
}
