//! Which locals are still read.

use std::ops::Range;

use wasmparser::Operator;

use super::body::Body;

/// A set of locals.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Locals(Vec<u64>);

impl Locals {
    pub fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    pub fn add(&mut self, local: u32) {
        self.0[local as usize / 64] |= 1 << (local % 64);
    }

    fn remove(&mut self, local: u32) {
        self.0[local as usize / 64] &= !(1 << (local % 64));
    }

    pub fn join(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own |= other;
        }
    }

    pub fn meet(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own &= other;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let bits = self.0.len() as u32 * 64;
        (0..bits).filter(|local| self.0[*local as usize / 64] >> (local % 64) & 1 == 1)
    }
}

/// Before each operator of a range, the locals whose value may be read later.
pub struct Liveness {
    begin: usize,
    before: Vec<Locals>,
}

impl Liveness {
    /// `range` is a whole body without its last `end`, or a piece of one that goes up to the end of the
    /// block in which it stands; `after` are the locals that are read once it is left, by whatever way.
    pub fn of(body: &Body<'_>, range: Range<usize>, after: &Locals) -> Self {
        let mut before = vec![Locals::none(body.locals.len()); range.len()];
        before.push(after.clone());
        let mut live = Self { begin: range.start, before };
        // Loops pass on what they read to where they are entered again.
        while live.pass(body, &range, after) {}
        live
    }

    pub fn before(&self, index: usize) -> &Locals {
        &self.before[index - self.begin]
    }

    /// One way back through the operators; whether anything was found.
    fn pass(&mut self, body: &Body<'_>, range: &Range<usize>, after: &Locals) -> bool {
        let mut changed = false;
        for index in range.clone().rev() {
            let next = self.before(index + 1);
            let target = |depth: u32| self.at_label(body, range, index, depth, after);
            let mut locals = match &body.ops[index] {
                // What ends a first arm goes on behind the other.
                Operator::Else => self.before(body.close[index] + 1).clone(),
                Operator::If { .. } => {
                    let mut both = next.clone();
                    both.join(self.before(body.close[index] + 1));
                    both
                }
                Operator::Br { relative_depth } => target(*relative_depth).clone(),
                Operator::BrIf { relative_depth } => {
                    let mut both = next.clone();
                    both.join(target(*relative_depth));
                    both
                }
                Operator::BrTable { targets } => {
                    let mut all = target(targets.default()).clone();
                    for depth in targets.targets() {
                        all.join(target(depth.expect("the body has been checked")));
                    }
                    all
                }
                Operator::Return => after.clone(),
                Operator::Unreachable => Locals::none(body.locals.len()),
                _ => next.clone(),
            };
            match body.ops[index] {
                Operator::LocalGet { local_index } => locals.add(local_index),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    locals.remove(local_index);
                }
                _ => {}
            }
            let slot = &mut self.before[index - self.begin];
            changed |= *slot != locals;
            *slot = locals;
        }
        changed
    }

    /// What is read after a branch to a label.
    fn at_label<'l>(
        &'l self,
        body: &Body<'_>,
        range: &Range<usize>,
        index: usize,
        depth: u32,
        after: &'l Locals,
    ) -> &'l Locals {
        match body.openers(index).nth(depth as usize) {
            Some(opener) if opener >= range.start => match body.ops[opener] {
                Operator::Loop { .. } => self.before(opener + 1),
                _ => self.before(body.end_of(opener) + 1),
            },
            _ => after,
        }
    }
}
