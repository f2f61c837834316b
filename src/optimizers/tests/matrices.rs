//! Which parameters are matrices, and Muon's steps of them against their definition.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::json;

use super::*;
use crate::graph::Graph;

/// `C = A B` for rows of numbers.
fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let column = |j: usize| b.iter().map(move |row| row[j]);
    let dot = |row: &[f64], j| row.iter().zip(column(j)).map(|(a, b)| a * b).sum();
    a.iter().map(|row| (0..b[0].len()).map(|j| dot(row, j)).collect()).collect()
}

fn transposed(a: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..a[0].len()).map(|j| a.iter().map(|row| row[j]).collect()).collect()
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// The iteration as its author has it, on [outputs, inputs].
fn orthogonal(matrix: &[Vec<f64>], steps: u32) -> Vec<Vec<f64>> {
    let size = norm(matrix.iter().flatten().copied()) + 1e-7;
    let mut x: Vec<Vec<f64>> =
        matrix.iter().map(|row| row.iter().map(|value| value / size).collect()).collect();
    let wide = x.len() <= x[0].len();
    if !wide {
        x = transposed(&x);
    }
    for _ in 0..steps {
        let a = product(&x, &transposed(&x));
        let aa = product(&a, &a);
        let b: Vec<Vec<f64>> = (a.iter().zip(&aa))
            .map(|(a, aa)| a.iter().zip(aa).map(|(a, aa)| -4.775 * a + 2.0315 * aa).collect())
            .collect();
        let bx = product(&b, &x);
        x = (x.iter().zip(&bx))
            .map(|(x, bx)| x.iter().zip(bx).map(|(x, bx)| 3.4445 * x + bx).collect())
            .collect();
    }
    if wide { x } else { transposed(&x) }
}

#[test]
fn matrices_are_updated_as_the_author_of_muon_has_it() {
    // Wide, tall, one column, more rows than a block of the product, a kernel of a convolution.
    let sizes: [&[usize]; 5] = [&[5, 11], &[13, 3], &[7, 1], &[67, 70], &[3, 2, 3, 9]];
    for (shape, (adjust, normalize, nesterov)) in sizes.into_iter().zip([
        (MuonAdjust::Original, false, true),
        (MuonAdjust::None, true, true),
        (MuonAdjust::MatchRmsAdamw, false, false),
        (MuonAdjust::Original, true, false),
        (MuonAdjust::MatchRmsAdamw, false, true),
    ]) {
        let steps = if normalize { 3 } else { 5 };
        let muon = Muon {
            momentum: 0.6,
            nesterov,
            steps,
            weight_decay: 0.1,
            adjust,
            normalize,
            ..Muon::default()
        };
        let parameters = Parameters::of_shapes(&[&[2], shape, &[3]]);
        let len = parameters.len();
        let mut state = OptimizerState::new(muon.into(), parameters).unwrap();
        let columns = shape[shape.len() - 1];
        let number = |step: usize, i: usize| ((i * 37 + step * 91) % 101) as f64 / 64.0 - 0.75;
        let mut weights: Vec<f32> = (0..len).map(|i| number(9, i) as f32).collect();
        let rows = |values: Vec<f64>| -> Vec<Vec<f64>> {
            transposed(&values.chunks(columns).map(<[f64]>::to_vec).collect::<Vec<_>>())
        };
        let mut w = rows(weights[2..len - 3].iter().map(|w| f64::from(*w)).collect());
        let mut v = vec![vec![0.0; w[0].len()]; columns];
        for step in 0..4 {
            let g = rows((2..len - 3).map(|i| number(step, i)).collect());
            for (v, g) in v.iter_mut().flatten().zip(g.iter().flatten()) {
                *v = 0.6 * *v + g;
            }
            let mut u = v.clone();
            if nesterov {
                let of = |(g, v): (&f64, &f64)| g + 0.6 * v;
                let all = g.iter().zip(&v);
                u = all.map(|(g, v)| g.iter().zip(v).map(of).collect()).collect();
            }
            let (outputs, inputs) = (columns as f64, w[0].len() as f64);
            let scale = match adjust {
                MuonAdjust::Original => (outputs / inputs).max(1.0).sqrt(),
                MuonAdjust::MatchRmsAdamw => 0.2 * outputs.max(inputs).sqrt(),
                MuonAdjust::None => 1.0,
            };
            let size = norm(w.iter().flatten().copied());
            let keep = if normalize { outputs.sqrt() / size } else { 1.0 } * (1.0 - 0.05 * 0.1);
            let o = orthogonal(&u, steps);
            for (w, o) in w.iter_mut().flatten().zip(o.iter().flatten()) {
                *w = keep * *w - 0.05 * scale * o;
            }
            let mut gradients: Vec<f32> = (0..len).map(|i| number(step, i) as f32).collect();
            state.update(0.05, &mut weights, &mut gradients);
            let found = rows(weights[2..len - 3].iter().map(|w| f64::from(*w)).collect());
            for (found, w) in found.iter().flatten().zip(w.iter().flatten()) {
                assert!((found - w).abs() < 2e-5, "{shape:?} {step}: {found} {w}");
            }
        }
    }
}

#[test]
fn matrices_are_kernels_of_hidden_layers() {
    let model = json!({
        "inputs": [{ "name": "image", "shape": [8, 8, 3] }],
        "nodes": [
            { "name": "conv", "inputs": ["image"],
              "layer": { "type": "conv2d", "filters": 6, "kernelSize": 3 } },
            { "name": "norm", "inputs": ["conv"], "layer": { "type": "batchNormalization" } },
            { "name": "depthwise", "inputs": ["norm"],
              "layer": { "type": "depthwiseConv2d", "kernelSize": 3, "depthMultiplier": 2 } },
            { "name": "flat", "inputs": ["depthwise"], "layer": { "type": "flatten" } },
            { "name": "hidden", "inputs": ["flat"], "layer": { "type": "dense", "units": 7 } },
            { "name": "a", "inputs": ["hidden"], "layer": { "type": "dense", "units": 2 } },
            { "name": "relu", "inputs": ["a"],
              "layer": { "type": "activation", "activation": "relu" } },
            { "name": "b", "inputs": ["hidden"], "layer": { "type": "dense", "units": 3 } },
        ],
        "outputs": ["relu", "b"],
    });
    let graph = Graph::new(&serde_json::from_value(model).unwrap()).unwrap();
    let parameters = Parameters::of(&graph);
    assert_eq!(parameters.len(), graph.trained_len());
    let mut found = Vec::new();
    for slot in graph.tensors().iter().filter(|slot| slot.trainable) {
        let same = |parameter: &&Parameter| parameter.range == slot.range;
        let parameter = parameters.tensors().iter().find(same).unwrap();
        assert_eq!(parameter.is_bias, !slot.name.ends_with("/kernel"), "{}", slot.name);
        if let Some(size) = parameter.matrix {
            found.push((slot.name.as_str(), size));
        }
    }
    let expected =
        [("conv/kernel", [27, 6]), ("depthwise/kernel", [9, 12]), ("hidden/kernel", [192, 7])];
    assert_eq!(found, expected);
}
