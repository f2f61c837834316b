//! The numbers that a column becomes: how many, and what each of them is.

use super::category;
use super::columns::{CategoryEncoding, DatePart, TableColumn};

/// Numbers that a column becomes.
pub(super) fn width(column: &TableColumn) -> usize {
    let (numbers, indicator) = match column {
        TableColumn::Number(column) => (1, column.missing_indicator),
        TableColumn::Boolean(column) => (1, column.missing_indicator),
        TableColumn::Category(column) => match column.encoding {
            CategoryEncoding::OneHot => (category::count(column), column.missing_indicator),
            CategoryEncoding::Ordinal => (1, column.missing_indicator),
        },
        TableColumn::Date(column) => {
            let cyclic = column.parts.iter().filter(|&&part| column.is_cyclic(part)).count();
            (column.parts.len() + cyclic, column.missing_indicator)
        }
        // Ids are an input of their own.
        TableColumn::Text(column) if column.is_input() => (0, false),
        TableColumn::Text(column) => (column.text.vocabulary.len(), false),
    };
    numbers + usize::from(indicator)
}

/// What the numbers of a column are.
pub(super) fn names(column: &TableColumn) -> Vec<String> {
    let name = column.name();
    let mut names = match column {
        TableColumn::Category(column) if column.encoding == CategoryEncoding::OneHot => {
            let other = column.other.then_some("other");
            let all = column.categories.iter().map(String::as_str).chain(other);
            all.map(|category| format!("{name}={category}")).collect()
        }
        TableColumn::Date(column) => {
            let of = |part: DatePart| {
                let part_name = part.name();
                if column.is_cyclic(part) {
                    vec![format!("{name} {part_name} sin"), format!("{name} {part_name} cos")]
                } else {
                    vec![format!("{name} {part_name}")]
                }
            };
            column.parts.iter().copied().flat_map(of).collect()
        }
        TableColumn::Text(column) if column.is_input() => Vec::new(),
        TableColumn::Text(column) => {
            column.text.vocabulary.iter().map(|word| format!("{name}: {word}")).collect()
        }
        _ => vec![name.to_owned()],
    };
    if names.len() < width(column) {
        names.push(format!("{name} missing"));
    }
    names
}

impl DatePart {
    /// As features are named.
    fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Weekday => "weekday",
            Self::DayOfYear => "dayOfYear",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Days => "days",
        }
    }

    /// The first value, and after how many it comes again.
    pub(super) fn period(self) -> (f64, f64) {
        match self {
            Self::Month => (1.0, 12.0),
            Self::Day => (1.0, 31.0),
            Self::Weekday => (0.0, 7.0),
            Self::DayOfYear => (1.0, 366.0),
            Self::Hour => (0.0, 24.0),
            Self::Minute => (0.0, 60.0),
            Self::Year | Self::Days => (0.0, f64::INFINITY),
        }
    }
}
