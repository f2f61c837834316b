//! What cannot be read, all of it in one error.

use std::collections::{BTreeMap, BTreeSet};

use super::network::{Network, described, operator};
use super::{MOST_LISTED, fold, operators};
use crate::interchange::onnx::proto::NodeProto;
use crate::{Error, ErrorKind, Result};

/// What was found so far.
pub(super) struct Refusals {
    /// Operators that nothing here does, each with the first node that is one.
    unknown: BTreeMap<String, String>,
    errors: Vec<Error>,
    /// Values that are not made because of it.
    missing: BTreeSet<String>,
}

impl Refusals {
    /// Those of operators that nothing here does.
    pub fn new(network: &Network) -> Self {
        let mut unknown = BTreeMap::new();
        for node in network.nodes.iter().filter(|node| is_unknown(node)) {
            unknown.entry(operator(node)).or_insert_with(|| described(node));
        }
        Self { unknown, errors: Vec::new(), missing: BTreeSet::new() }
    }

    /// Makes layers of a node by `build`, unless it cannot be for what was refused before; whether to go on.
    pub fn attempt(&mut self, node: &NodeProto, build: impl FnOnce() -> Result<()>) -> bool {
        let mut goes_on = true;
        let is_left_out =
            is_unknown(node) || node.input.iter().any(|name| self.missing.contains(name));
        if !is_left_out {
            let Err(error) = build() else { return true };
            // Others say that the file is not whole, or too much.
            goes_on = matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Shape);
            self.errors.push(error);
        }
        self.missing.extend(node.output.iter().filter(|name| !name.is_empty()).cloned());
        goes_on
    }

    /// Whether nothing was refused.
    ///
    /// # Errors
    /// The one that was, or one that lists all.
    pub fn finish(mut self) -> Result<()> {
        if self.unknown.is_empty() && self.errors.len() <= 1 {
            return self.errors.pop().map_or(Ok(()), Err);
        }
        let kind = self.errors.iter().map(Error::kind).find(|kind| *kind != ErrorKind::Shape);
        let kind = if self.unknown.is_empty() { kind } else { Some(ErrorKind::Unsupported) };
        let mut said = Vec::new();
        if !self.unknown.is_empty() {
            said.push(format!(
                "found operators that no layer does: {}; expected those of docs/interchange.md",
                listed(self.unknown.into_values(), ", ")
            ));
        }
        if !self.errors.is_empty() {
            let plain = |error: &Error| error.message().trim_start_matches("onnx: ").to_owned();
            let count = self.errors.len();
            said.push(format!(
                "found {count} that can't be read: {}",
                listed(self.errors.iter().map(plain), "; ")
            ));
        }
        let message = format!("onnx: {}", said.join("; besides "));
        Err(Error::new(kind.unwrap_or(ErrorKind::Shape), message))
    }
}

fn is_unknown(node: &NodeProto) -> bool {
    operators::operator(node).is_none() && !fold::knows(&node.op_type)
}

/// The first of a list, and how many more there are.
pub(super) fn listed(all: impl ExactSizeIterator<Item = String>, between: &str) -> String {
    let more = all.len().saturating_sub(MOST_LISTED);
    let first: Vec<String> = all.take(MOST_LISTED).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", first.join(between))
}
