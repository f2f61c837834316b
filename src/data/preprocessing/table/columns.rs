//! What happens to a column, by what it holds.

use serde::{Deserialize, Serialize};

use super::numeric::{Affine64, Fitted, Impute, Scaling};
use super::text::TextColumn;
use super::{MOST_CATEGORIES, category};
use crate::data::table::{ColumnKind, Field};
use crate::named::{self, read_by_type};
use crate::{Result, err};

/// A column and what happens to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum TableColumn {
    /// Numbers stay one number.
    Number(NumberColumn),
    /// Yes and no are 1 and 0.
    Boolean(BooleanColumn),
    /// Names become numbers.
    Category(CategoryColumn),
    /// Dates become their parts.
    Date(DateColumn),
    /// Texts become counts of words, or an input of ids of their own.
    Text(TextColumn),
}

read_by_type!(TableColumn {
    "number" => TableColumn::Number,
    "boolean" => TableColumn::Boolean,
    "category" => TableColumn::Category,
    "date" => TableColumn::Date,
    "text" => TableColumn::Text,
});

/// A column of numbers, which stay one number each: first what is missing is filled in, then
/// logarithms are taken, then it is scaled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct NumberColumn {
    /// Its name.
    pub name: String,
    /// Whether numbers in texts have a comma: `3,14`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub decimal_comma: bool,
    /// What stands for a missing number.
    #[serde(deserialize_with = "named::one")]
    pub impute: Impute,
    /// Whether a further number says if it was missing: 1 if so, else 0.
    pub missing_indicator: bool,
    /// Whether the logarithm of 1 + x is taken; of negative numbers -ln(1 - x).
    pub log: bool,
    /// To which range numbers are brought.
    pub scale: Scaling,
    /// What was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted: Option<Fitted>,
}

/// A column of yes and no, which become 1 and 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct BooleanColumn {
    /// Its name.
    pub name: String,
    /// What stands for a missing value.
    #[serde(deserialize_with = "named::one")]
    pub impute: Impute,
    /// Whether a further number says if it was missing: 1 if so, else 0.
    pub missing_indicator: bool,
    /// What was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted: Option<Fitted>,
}

impl Default for BooleanColumn {
    fn default() -> Self {
        Self {
            name: String::new(),
            impute: Impute::MostFrequent,
            missing_indicator: false,
            fitted: None,
        }
    }
}

/// A column of names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CategoryColumn {
    /// Its name.
    pub name: String,
    /// How a name becomes numbers.
    pub encoding: CategoryEncoding,
    /// What stands for a missing name.
    #[serde(deserialize_with = "named::one")]
    pub impute: CategoryImpute,
    /// Whether a further number says if it was missing: 1 if so, else 0.
    pub missing_indicator: bool,
    /// The most categories, the one for rare names among them.
    pub max_categories: u32,
    /// How often a name must occur not to be rare.
    pub min_count: u32,
    /// What happens to names that the training part did not have.
    pub unknown: Unknown,
    /// The names in the order of their code points; empty before they are computed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Whether there were rare names, which are a further category behind the others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub other: bool,
    /// The name that stands for a missing one, once it is computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill: Option<String>,
}

impl Default for CategoryColumn {
    fn default() -> Self {
        Self {
            name: String::new(),
            encoding: CategoryEncoding::default(),
            impute: CategoryImpute::default(),
            missing_indicator: false,
            max_categories: 64,
            min_count: 1,
            unknown: Unknown::default(),
            categories: Vec::new(),
            other: false,
            fill: None,
        }
    }
}

/// How a name becomes numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum CategoryEncoding {
    /// A number for each category: 1 for its own, 0 for the others, and for what is no category.
    #[default]
    OneHot,
    /// The category's place, from 0 on; -1 for what is no category.
    Ordinal,
}

/// What stands for a missing name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum CategoryImpute {
    /// Nothing: it is no category.
    #[default]
    None,
    /// The most frequent name; of several the first by code points.
    MostFrequent,
    /// This name.
    Constant {
        /// Which may be one that no row has.
        value: String,
    },
}

read_by_type!(CategoryImpute {
    "none" => |Plain {}| CategoryImpute::None,
    "mostFrequent" => |Plain {}| CategoryImpute::MostFrequent,
    "constant" => |Constant { value }| CategoryImpute::Constant { value },
});

/// The attributes of what has none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plain {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Constant {
    value: String,
}

/// What happens to names that the training part did not have. Where it had rare ones, which are not
/// kept, unknown ones go with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum Unknown {
    /// They are no category.
    #[default]
    Ignore,
    /// The row is refused.
    Error,
}

/// A column of dates, which become their parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct DateColumn {
    /// Its name.
    pub name: String,
    /// Whether `1/2/2024` is the first of February.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub day_first: bool,
    /// What dates become, in this order.
    pub parts: Vec<DatePart>,
    /// Whether parts that come again become two numbers, sine and cosine, so that December is beside
    /// January.
    pub cyclic: bool,
    /// What stands for a missing date; a constant is one in milliseconds since 1970.
    #[serde(deserialize_with = "named::one")]
    pub impute: Impute,
    /// Whether a further number says if it was missing: 1 if so, else 0.
    pub missing_indicator: bool,
    /// To which range parts are brought that do not become sine and cosine.
    pub scale: Scaling,
    /// What was computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted: Option<FittedDate>,
}

impl Default for DateColumn {
    fn default() -> Self {
        Self {
            name: String::new(),
            day_first: false,
            parts: vec![DatePart::Days, DatePart::Month, DatePart::Weekday],
            cyclic: true,
            impute: Impute::default(),
            missing_indicator: false,
            scale: Scaling::default(),
            fitted: None,
        }
    }
}

/// A number of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub enum DatePart {
    /// By the Gregorian calendar.
    Year,
    /// 1 to 12; comes again after 12.
    Month,
    /// Of the month, 1 to 31; comes again after 31.
    Day,
    /// 0 is Monday; comes again after 7.
    Weekday,
    /// 1 to 366; comes again after 366.
    DayOfYear,
    /// 0 to 23; comes again after 24.
    Hour,
    /// 0 to 59; comes again after 60.
    Minute,
    /// Days since 1970, with the time of day as a fraction.
    Days,
}

/// What was computed for dates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(deny_unknown_fields)]
pub struct FittedDate {
    /// What stands for a missing date, in milliseconds since 1970.
    pub fill: f64,
    /// For each part that does not become sine and cosine, how it is scaled.
    pub parts: Vec<Affine64>,
}

impl TableColumn {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Number(column) => &column.name,
            Self::Boolean(column) => &column.name,
            Self::Category(column) => &column.name,
            Self::Date(column) => &column.name,
            Self::Text(column) => &column.name,
        }
    }

    /// What a table's column of this name must hold, and how its cells are read.
    pub fn field(&self) -> Field {
        let new = |kind| Field::new(self.name(), kind);
        match self {
            Self::Number(NumberColumn { decimal_comma, .. }) => {
                Field { decimal_comma: *decimal_comma, ..new(ColumnKind::Number) }
            }
            Self::Boolean(_) => new(ColumnKind::Boolean),
            Self::Category(_) => new(ColumnKind::Category),
            Self::Date(DateColumn { day_first, .. }) => {
                Field { day_first: *day_first, ..new(ColumnKind::Date) }
            }
            Self::Text(_) => new(ColumnKind::Text),
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        let name = self.name();
        let found = match self {
            Self::Number(NumberColumn { impute, fitted, .. })
            | Self::Boolean(BooleanColumn { impute, fitted, .. }) => {
                impute.validate().and_then(|()| fitted.map_or(Ok(()), |fitted| fitted.validate()))
            }
            Self::Category(column) => column.validate(),
            Self::Date(column) => column.validate(),
            Self::Text(column) => column.validate(),
        };
        found.map_err(|error| of_column(name, &error))
    }
}

/// The error, with the column at which it arose.
pub(super) fn of_column(name: &str, error: &crate::Error) -> crate::Error {
    crate::Error::new(error.kind(), format!("column \"{name}\": {}", error.message()))
}

impl CategoryColumn {
    fn validate(&self) -> Result<()> {
        let check = |attribute: &str, value: u32, most: u32| {
            if (1..=most).contains(&value) {
                return Ok(());
            }
            Err(err!(Argument, "{attribute} is {value}, expected 1 to {most}"))
        };
        check("maxCategories", self.max_categories, MOST_CATEGORIES)?;
        check("minCount", self.min_count, u32::MAX)?;
        let found = category::count(self);
        if found > self.max_categories as usize {
            let most = self.max_categories;
            return Err(err!(Argument, "found {found} categories, expected at most {most}"));
        }
        if let Some([a, b]) = self.categories.array_windows().find(|[a, b]| a >= b) {
            return Err(err!(
                Argument,
                "categories holds {a:?} before {b:?}, expected each once, by its code points"
            ));
        }
        Ok(())
    }
}

impl DateColumn {
    /// Whether a part becomes sine and cosine.
    pub(super) fn is_cyclic(&self, part: DatePart) -> bool {
        self.cyclic && !matches!(part, DatePart::Year | DatePart::Days)
    }

    fn validate(&self) -> Result<()> {
        if self.parts.is_empty() || self.parts.len() > 8 {
            let found = self.parts.len();
            return Err(err!(Argument, "found {found} parts, expected 1 to 8"));
        }
        self.impute.validate()?;
        let Some(fitted) = &self.fitted else { return Ok(()) };
        let scaled = self.parts.iter().filter(|part| !self.is_cyclic(**part)).count();
        if fitted.parts.len() != scaled || !fitted.fill.is_finite() {
            return Err(err!(
                Argument,
                "fitted has {} parts and {} for missing dates, expected {scaled} and a finite number",
                fitted.parts.len(),
                fitted.fill
            ));
        }
        fitted.parts.iter().try_for_each(|part| part.validate())
    }
}
