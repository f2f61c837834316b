//! What each column holds, told from a sample of its cells.

use std::collections::BTreeSet;

use super::{Cell, ColumnKind, Field, boolean, date, number};

/// The share of the cells of a sample, one in so many, that may be of another kind: files say
/// "unknown" in the middle of numbers.
const ODD_ONE_IN: usize = 20;

/// Different texts that are a category however few rows there are.
const FEW: usize = 20;

/// The most words that names of categories have on average.
const WORDS: usize = 4;

/// What was seen of a column.
#[derive(Clone, Debug, Default)]
struct Seen {
    present: usize,
    numbers: usize,
    comma_numbers: usize,
    /// Numbers with a comma that does not stand before three digits: no mark of thousands.
    certain_commas: usize,
    booleans: [usize; 2],
    long_booleans: usize,
    /// With the month first, and with the day first.
    dates: [usize; 2],
    /// Dates that can only have the month first, and only the day.
    orders: [usize; 2],
    words: usize,
    different: BTreeSet<Box<str>>,
}

impl Seen {
    fn add(&mut self, cell: Cell<'_>) {
        let text = match cell {
            Cell::Missing => return,
            Cell::Number(number) => {
                self.numbers += 1;
                &number.to_string()
            }
            Cell::Boolean(value) => {
                self.booleans[usize::from(value)] += 1;
                self.long_booleans += 1;
                if value { "true" } else { "false" }
            }
            Cell::Text(text) => {
                self.add_text(text);
                text
            }
        };
        self.present += 1;
        self.words += text.split_ascii_whitespace().count();
        if !self.different.contains(text) {
            self.different.insert(text.into());
        }
    }

    fn add_text(&mut self, text: &str) {
        self.numbers += usize::from(number(text, false).is_some());
        if number(text, true).is_some() {
            self.comma_numbers += 1;
            let after = text.split_once(',').map(|(_, after)| after.len());
            self.certain_commas += usize::from(after.is_some_and(|digits| digits != 3));
        }
        if let Some(value) = boolean(text) {
            self.booleans[usize::from(value)] += 1;
            self.long_booleans += usize::from(text.len() > 1);
        }
        for (count, day_first) in self.dates.iter_mut().zip([false, true]) {
            *count += usize::from(date::parse(text, day_first).is_some());
        }
        if let Some(day_first) = date::has_day_first(text) {
            self.orders[usize::from(day_first)] += 1;
        }
    }

    /// The column, by what most of its cells are.
    fn field(&self, name: String) -> Field {
        let odd = |count: usize| self.present - count.min(self.present);
        let most = |count: usize| self.present > 0 && odd(count) * ODD_ONE_IN <= self.present;
        let mut field = Field::new(name, ColumnKind::Category);
        field.day_first = self.orders[1] > self.orders[0];
        field.decimal_comma = self.comma_numbers > self.numbers && self.certain_commas > 0;
        let [no, yes] = self.booleans;
        let different = self.different.len();
        if most(if field.decimal_comma { self.comma_numbers } else { self.numbers }) {
            field.kind = ColumnKind::Number;
        } else if most(no + yes) && (no.min(yes) > 0 || self.long_booleans > 0) {
            field.kind = ColumnKind::Boolean;
        } else if most(self.dates[0].max(self.dates[1])) {
            field.kind = ColumnKind::Date;
        } else if different > FEW
            && (different * 2 > self.present || self.words > WORDS * self.present)
        {
            field.kind = ColumnKind::Text;
        }
        field
    }
}

/// Columns whose kinds are told from a sample, which is not kept.
#[derive(Clone, Debug)]
pub struct Inference(Vec<Seen>);

impl Inference {
    /// Nothing is known of any of so many columns.
    pub fn new(columns: usize) -> Self {
        Self(vec![Seen::default(); columns])
    }

    /// One cell of the sample.
    pub fn add(&mut self, column: usize, cell: Cell<'_>) {
        if let Some(seen) = self.0.get_mut(column) {
            seen.add(cell);
        }
    }

    /// The columns, which have these names: numbers, booleans and dates where 19 of 20 cells are
    /// some; otherwise categories, where there are at most 20 or where each occurs twice on average
    /// and has at most four words; else texts. A column without any cells has categories.
    ///
    /// Numbers are written with a comma if one certainly is, which one before three digits is not.
    /// How they and dates are written is told for columns of other kinds, too; see [`Field::tidy`].
    pub fn fields(&self, names: Vec<String>) -> Vec<Field> {
        names.into_iter().zip(&self.0).map(|(name, seen)| seen.field(name)).collect()
    }
}
