//! What the columns of a table are for.

use super::groups::GroupBy;
use super::options::Options;
use crate::data::preprocessing::table::TableSpec;
use crate::data::table::{ColumnKind, Field};
use crate::{Error, Result, err};

/// Names of columns that are to be answered, those that say so most clearly first.
const TARGETS: &[&str] = &[
    "target",
    "label",
    "class",
    "targets",
    "labels",
    "classes",
    "y",
    "species",
    "category",
    "outcome",
    "diagnosis",
    "survived",
    "sentiment",
    "quality",
    "price",
];

/// What the columns of a table are for.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What is to be answered.
    pub(super) target: Option<Field>,
    /// The column of texts that is the input, in place of all others.
    pub(super) text: Option<String>,
    /// The columns that are inputs, and how they are encoded.
    pub(super) spec: TableSpec,
    /// Columns that are ignored, with the reason.
    pub(super) ignored: Vec<(String, String)>,
}

impl Plan {
    /// A plan for a table of these columns.
    ///
    /// # Errors
    /// `NotFound` for a column that is named and not there, `Argument` for one that is named twice or
    /// for two things, `Data` where nothing is left to be an input.
    pub(super) fn of(fields: &[Field], options: &Options) -> Result<Self> {
        let by = match &options.group {
            Some(GroupBy::Column(name)) => Some(name),
            _ => None,
        };
        let named = [options.target.as_ref(), options.text.as_ref(), by].into_iter().flatten();
        for name in named.chain(options.columns.iter().flatten()).chain(&options.ignore) {
            find(fields, name)?;
        }
        let target = target(fields, options)?;
        let given = options.preprocessing.as_ref().and_then(|steps| steps.table.clone());
        let mut plan = Self { target, ..Self::default() };
        if let Some(spec) = given.filter(|_| options.text.is_none()) {
            plan.take(fields, spec)?;
            return Ok(plan);
        }
        let inputs = plan.inputs(fields, options)?;
        plan.text = text(&inputs, options)?;
        if let Some(text) = plan.text.clone() {
            let others = inputs.iter().filter(|field| field.name != text);
            plan.ignored.extend(
                others.map(|field| {
                    (field.name.clone(), format!("the input is the text of \"{text}\""))
                }),
            );
            return Ok(plan);
        }
        if inputs.is_empty() {
            return Err(nothing(&plan, fields));
        }
        plan.spec = TableSpec::for_fields(&inputs, &[]);
        plan.spec.target = plan.target.as_ref().map(|target| target.name.clone());
        Ok(plan)
    }

    /// Takes a specification that was given.
    fn take(&mut self, fields: &[Field], spec: TableSpec) -> Result<()> {
        spec.validate()?;
        for field in spec.fields() {
            find(fields, &field.name)?;
            if self.target.as_ref().is_some_and(|target| target.name == field.name) {
                return Err(twice(&field.name));
            }
        }
        let used = |field: &&Field| {
            let is_target = self.target.as_ref().is_some_and(|target| target.name == field.name);
            is_target || spec.columns.iter().any(|column| column.name() == field.name)
        };
        let others = fields.iter().filter(|field| !used(field));
        self.ignored = others
            .map(|field| (field.name.clone(), "preprocessing.table does not have it".into()))
            .collect();
        let target = self.target.as_ref().map(|target| target.name.clone());
        self.spec = TableSpec { target: target.or_else(|| spec.target.clone()), ..spec };
        Ok(())
    }

    /// The columns that may be inputs.
    fn inputs(&mut self, fields: &[Field], options: &Options) -> Result<Vec<Field>> {
        let is_target = |name: &str| self.target.as_ref().is_some_and(|target| target.name == name);
        if let Some(columns) = &options.columns {
            if let Some(name) = columns.iter().find(|name| is_target(name)) {
                return Err(twice(name));
            }
            let chosen: Result<Vec<Field>> =
                columns.iter().map(|name| find(fields, name).cloned()).collect();
            let others = fields.iter().filter(|field| !is_target(&field.name));
            let others = others.filter(|field| !columns.contains(&field.name));
            self.ignored
                .extend(others.map(|field| (field.name.clone(), "`columns` lacks it".into())));
            return chosen;
        }
        let mut inputs = Vec::new();
        for field in fields.iter().filter(|field| !is_target(&field.name)) {
            let is_text = options.text.as_ref() == Some(&field.name);
            if options.ignore.contains(&field.name) {
                self.ignored.push((field.name.clone(), "`ignore` has it".into()));
            } else if matches!(&options.group, Some(GroupBy::Column(name)) if *name == field.name) {
                let reason = "it says which rows belong together; `columns` takes it in";
                self.ignored.push((field.name.clone(), reason.into()));
            } else if !is_text && numbers_rows(&field.name) {
                let reason = "it seems to number the rows; `columns` takes it in";
                self.ignored.push((field.name.clone(), reason.into()));
            } else {
                inputs.push(field.clone());
            }
        }
        Ok(inputs)
    }
}

/// The column that is to be answered.
pub(super) fn target(fields: &[Field], options: &Options) -> Result<Option<Field>> {
    if options.untargeted {
        return Ok(None);
    }
    if let Some(name) = &options.target {
        return find(fields, name).cloned().map(Some);
    }
    let steps = options.preprocessing.as_ref();
    let spec = steps.and_then(|steps| steps.table.as_ref());
    let of_spec = spec.and_then(|spec| spec.target.as_ref());
    if let Some(field) = of_spec.and_then(|name| find(fields, name).ok()) {
        return Ok(Some(field.clone()));
    }
    let is_free = |field: &&Field| {
        let name = &field.name;
        let of_spec =
            spec.is_some_and(|spec| spec.columns.iter().any(|column| column.name() == name));
        let chosen = options.columns.as_ref().is_some_and(|columns| columns.contains(name))
            || matches!(&options.group, Some(GroupBy::Column(group)) if group == name);
        !of_spec && !chosen && !options.ignore.contains(name) && options.text.as_ref() != Some(name)
    };
    let by_name = TARGETS.iter().find_map(|name| {
        fields.iter().filter(is_free).find(|field| field.name.eq_ignore_ascii_case(name))
    });
    // What a specification is for need not have a column to be answered.
    if by_name.is_some() || spec.is_some() || fields.len() < 2 {
        return Ok(by_name.cloned());
    }
    let can_be = |field: &&Field| !matches!(field.kind, ColumnKind::Text | ColumnKind::Date);
    let last = fields.iter().filter(is_free).rfind(can_be);
    Ok(last.filter(|field| !numbers_rows(&field.name)).cloned())
}

/// The column of texts that is the input, if one is.
fn text(inputs: &[Field], options: &Options) -> Result<Option<String>> {
    if let Some(name) = &options.text {
        if !inputs.iter().any(|field| field.name == *name) {
            return Err(twice(name));
        }
        return Ok(Some(name.clone()));
    }
    let mut texts = inputs.iter().filter(|field| field.kind == ColumnKind::Text);
    let first = texts.next().filter(|_| texts.next().is_none());
    let asked = options.preprocessing.as_ref().is_some_and(|steps| steps.text.is_some());
    Ok(first.filter(|_| asked || inputs.len() == 1).map(|field| field.name.clone()))
}

pub(super) fn find<'a>(fields: &'a [Field], name: &str) -> Result<&'a Field> {
    fields.iter().find(|field| field.name == name).ok_or_else(|| {
        let names: Vec<_> =
            fields.iter().take(20).map(|field| format!("\"{}\"", field.name)).collect();
        let more = if fields.len() > names.len() { ", ..." } else { "" };
        err!(NotFound, "column \"{name}\": the table has {}{more}", names.join(", "))
    })
}

fn twice(name: &str) -> Error {
    err!(Argument, "column \"{name}\": found for two things, expected it as input or as target")
}

fn nothing(plan: &Plan, fields: &[Field]) -> Error {
    let mut reasons: Vec<String> =
        plan.ignored.iter().take(5).map(|(name, reason)| format!("\"{name}\": {reason}")).collect();
    reasons.extend(plan.target.as_ref().map(|target| format!("\"{}\" is the target", target.name)));
    err!(
        Data,
        "table: found no column that can be an input among {}; {}",
        fields.len(),
        reasons.join("; ")
    )
}

/// Whether a column of this name is likely to say which row it is, and nothing else.
fn numbers_rows(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is = ["id", "index", "idx", "rowid", "row", "unnamed: 0"].contains(&lower.as_str());
    is || name.ends_with("_id") || name.ends_with("Id") || name.ends_with("ID")
}
