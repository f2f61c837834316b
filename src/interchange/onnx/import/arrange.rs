//! Axes in the order that a layer needs.

use super::builder::{Builder, Live};
use crate::layers::{Flatten, LayerSpec, Permute, Reshape};
use crate::{Result, err};

impl Builder {
    /// The numbers of each sample in another shape, as few layers as it takes.
    pub fn reshaped(&mut self, value: usize, shape: &[usize]) -> Result<usize> {
        let mut source = value;
        while let Some(built) = self.layer_of(source)
            && matches!(built.layer, LayerSpec::Reshape(_) | LayerSpec::Flatten(_))
        {
            source = built.inputs[0];
        }
        if self.shape(source) == shape {
            return Ok(source);
        }
        if self.shape(value) == shape {
            return Ok(value);
        }
        if let Some(&known) = self.views.get(&(source, shape.to_vec())) {
            return Ok(known);
        }
        let made = if shape.len() == 1 {
            self.push(Flatten {}, vec![source], Vec::new())?
        } else {
            let target_shape = shape.iter().map(|&size| size as i64).collect();
            self.push(Reshape { target_shape }, vec![source], Vec::new())?
        };
        self.views.insert((source, shape.to_vec()), made);
        Ok(made)
    }

    /// The value whose axes are these of ONNX's, in this order, each of them one. The others are the batch and
    /// axes of size 1.
    ///
    /// # Errors
    /// `Unsupported` where the batch is put together with other axes.
    pub fn arranged(&mut self, live: &Live, order: &[usize]) -> Result<usize> {
        let batch = self.batch_axis(live)?;
        if order.contains(&batch) {
            return Err(err!(Unsupported, "onnx: the batch is used as an axis of a sample"));
        }
        let shape = self.shape(live.value).to_vec();
        let long = |own: &usize| *own > 0 && shape[own - 1] != 1;
        let wanted = order.iter().flat_map(|&axis| live.axes[axis].iter().copied());
        let wanted: Vec<usize> = wanted.filter(long).collect();
        let own: Vec<usize> = (1..=shape.len()).filter(long).collect();
        if wanted.len() != own.len() {
            return Err(err!(Unsupported, "onnx: an axis of a sample is left out"));
        }
        let mut value = live.value;
        if wanted != own {
            let short = (1..=shape.len()).filter(|own| !long(own));
            let dims = wanted.into_iter().chain(short).collect();
            value = self.push(Permute { dims }, vec![value], Vec::new())?;
        }
        let mut target: Vec<usize> =
            order.iter().map(|&axis| self.sample_size(live, axis)).collect();
        if target.is_empty() {
            target.push(1);
        }
        self.reshaped(value, &target)
    }

    /// The axes of a sample in the order in which ONNX has them.
    pub fn sample_axes(&self, live: &Live) -> Result<Vec<usize>> {
        let batch = self.batch_axis(live)?;
        Ok((0..live.axes.len()).filter(|&axis| axis != batch).collect())
    }

    /// The axes of a sample in the order in which they lie, behind them those that are none of ours.
    pub fn stored_order(&self, live: &Live) -> Result<Vec<usize>> {
        let mut order = self.sample_axes(live)?;
        let shape = self.shape(live.value);
        order.sort_by_key(|&axis| {
            let own = live.axes[axis].iter().filter(|&&own| own > 0);
            let long = own.clone().filter(|&&own| shape[own - 1] != 1);
            long.min().or(own.min()).copied().unwrap_or(usize::MAX)
        });
        Ok(order)
    }

    /// What the axes of a value are whose sample has these of ONNX's, one each.
    pub fn ordered(rank: usize, batch: usize, order: &[usize]) -> Vec<Vec<usize>> {
        let mut axes = vec![Vec::new(); rank];
        axes[batch].push(0);
        for (place, &axis) in order.iter().enumerate() {
            axes[axis].push(place + 1);
        }
        axes
    }

    /// Values that a layer takes number by number, with sizes of 1 where some have more; and what the axes of
    /// its output are.
    ///
    /// # Errors
    /// `Unsupported` where the batch is not the same axis of all.
    pub fn aligned(&mut self, lives: &[Live]) -> Result<(Vec<usize>, Vec<Vec<usize>>)> {
        let alike = |live: &Live| {
            live.axes == lives[0].axes && self.shape(live.value) == self.shape(lives[0].value)
        };
        if lives.iter().all(alike) {
            return Ok((lives.iter().map(|live| live.value).collect(), lives[0].axes.clone()));
        }
        let rank = lives.iter().map(|live| live.axes.len()).max().unwrap_or(0);
        let mut padded = Vec::new();
        for live in lives {
            let missing = vec![Vec::new(); rank - live.axes.len()];
            padded.push(Live { axes: [missing, live.axes.clone()].concat(), ..live.clone() });
        }
        let batch = self.batch_axis(&padded[0])?;
        for live in &padded {
            if self.batch_axis(live)? != batch {
                return Err(err!(Unsupported, "onnx: the batch meets another axis"));
            }
        }
        let numbers =
            |&number: &usize| -> usize { self.shape(padded[number].value).iter().product() };
        // Of equals the first.
        let largest = (0..padded.len()).rev().max_by_key(numbers).unwrap_or(0);
        let order = self.stored_order(&padded[largest])?;
        let mut values = Vec::new();
        for (number, live) in padded.iter().enumerate() {
            // What lies in front may be missing, but of one.
            let ones = order.iter().take_while(|&&axis| self.sample_size(live, axis) == 1).count();
            let first = if number == largest { 0 } else { ones };
            values.push(self.arranged(live, &order[first..])?);
        }
        Ok((values, Self::ordered(rank, batch, &order)))
    }
}
