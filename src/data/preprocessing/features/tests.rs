use super::eigen::symmetric_eigen;
use super::*;
use crate::ErrorKind;
use crate::data::Preprocessing;
use crate::rng::{Key, Purpose};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn image(height: usize, width: usize, pixel: impl Fn(usize, usize) -> u8) -> Image {
    let data = (0..height * width).map(|i| pixel(i / width, i % width)).collect();
    Image::new(height, width, 1, data).unwrap()
}

fn symmetric(n: usize) -> Vec<f64> {
    let mut random = Key::new(3, Purpose::Split).stream();
    let mut matrix = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let value = f64::from(random.normal());
            (matrix[i * n + j], matrix[j * n + i]) = (value, value);
        }
    }
    matrix
}

#[test]
fn eigenvectors_are_orthonormal_and_rebuild_their_matrix() {
    let mut all: Vec<(usize, Vec<f64>)> =
        [1, 2, 3, 4, 7, 16, 33].into_iter().map(|n| (n, symmetric(n))).collect();
    // With equal eigenvalues, and without anything.
    all.push((5, (0..25).map(|i| f64::from(u8::from(i % 6 == 0)) * 2.0).collect()));
    all.push((4, vec![0.0; 16]));
    all.push((6, vec![1.0; 36]));
    for (n, matrix) in all {
        let (values, vectors) = symmetric_eigen(matrix.clone(), n);
        assert!(values.is_sorted_by(|a, b| a >= b));
        let row = |i: usize| &vectors[i * n..(i + 1) * n];
        for i in 0..n {
            for j in 0..n {
                let product: f64 = row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum();
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12, "{n} {i} {j}");
                let rebuilt: f64 = (0..n).map(|k| values[k] * row(k)[i] * row(k)[j]).sum();
                assert!((rebuilt - matrix[i * n + j]).abs() < 1e-12 * n as f64, "{n} {i} {j}");
            }
        }
    }
}

#[test]
fn edges_fall_into_the_bins_of_their_directions() {
    let hog = Hog { orientations: 4, pixels_per_cell: 4, cells_per_block: 1 };
    // Brightness that grows to the right, downwards, along either diagonal; each gradient has one
    // direction.
    for (bin, pixel) in [
        (0, (|_, x| 20 * x as u8) as fn(usize, usize) -> u8),
        (1, |y, x| (10 * (x + y)) as u8),
        (2, |y, _| 20 * y as u8),
        (3, |y, x| (120 + 10 * x - 10 * y) as u8),
    ] {
        let found = hog.apply(&image(12, 12, pixel)).unwrap();
        assert_eq!(found.len(), 36);
        // The cell in the middle, away from the edges, where differences are missing.
        let middle = &found[4 * 4..5 * 4];
        for (i, value) in middle.iter().enumerate() {
            assert!((value - f32::from(u8::from(i == bin))).abs() < 1e-3, "{bin}: {middle:?}");
        }
    }
    assert!(hog.apply(&image(12, 12, |_, _| 99)).unwrap().iter().all(|&value| value == 0.0));
}

#[test]
fn components_find_the_line_on_which_samples_lie() {
    let mut fit = PcaFit::new(Pca::new(2), 3).unwrap();
    for i in 0..50 {
        let along = i as f32 / 10.0;
        fit.add(&[1.0 - 2.0 * along, 5.0, along]).unwrap();
    }
    let pca = fit.finish().unwrap();
    let root = 5.0_f32.sqrt();
    for (found, expected) in pca.axes.iter().zip([2.0 / root, 0.0, -1.0 / root]) {
        assert!((found - expected).abs() < 1e-6, "{:?}", pca.axes);
    }
    assert!(pca.variances[1].abs() < 1e-6);
    let origin = pca.mean.clone();
    assert!(pca.transform(&origin).unwrap().iter().all(|value| value.abs() < 1e-6));
    // What does not vary is not divided by nothing.
    let whitened = Pca { whiten: true, variances: vec![pca.variances[0], 0.0], ..pca };
    assert!(whitened.transform(&[0.0, 5.0, 0.5]).unwrap().iter().all(|value| value.is_finite()));
}

#[test]
fn what_is_impossible_is_refused() {
    let refused = |text: &str| {
        let steps: Preprocessing =
            serde_json::from_str(&format!(r#"{{ "features": [{text}] }}"#)).unwrap();
        let error = steps.prepare_values(image(16, 16, |y, _| y as u8), &[36]).unwrap_err();
        (error.kind(), error.message().to_owned())
    };
    for (text, kind, expected) in [
        (
            r#"{ "type": "hog", "orientations": 0 }"#,
            ErrorKind::Argument,
            "hog: orientations is 0, expected 1 to 180",
        ),
        (
            r#"{ "type": "hog" }"#,
            ErrorKind::Shape,
            "hog: found an image of 16x16 pixels, expected at least 24x24, a block of 3x3 cells",
        ),
        (
            r#"{ "type": "hog", "cellsPerBlock": 1 }, { "type": "hog" }"#,
            ErrorKind::Argument,
            "hog: found it at place 1, expected it first",
        ),
        (
            r#"{ "type": "hog", "cellsPerBlock": 2, "orientations": 3 }"#,
            ErrorKind::Shape,
            "features: the network's input has the shape [36], expected [12]",
        ),
        (r#"{ "type": "pca", "components": 0 }"#, ErrorKind::Argument, "pca: components is 0"),
        (
            r#"{ "type": "pca", "components": 3 }"#,
            ErrorKind::Argument,
            "pca: the components are not computed",
        ),
        (
            r#"{ "type": "pca", "components": 1, "mean": [0, 0], "axes": [1], "variances": [1] }"#,
            ErrorKind::Argument,
            "pca: found 2 of mean, 1 of axes and 1 of variances for 1 components",
        ),
        (
            r#"{ "type": "pca", "components": 1, "mean": [0, 0], "axes": [1, 0], "variances": [1] }"#,
            ErrorKind::Shape,
            "pca: found 256 numbers, expected 2, of which it was computed",
        ),
    ] {
        let (found, message) = refused(text);
        assert_eq!(found, kind, "{message}");
        assert!(message.contains(expected), "{message}");
    }
    let fit = |components, values| PcaFit::new(Pca::new(components), values);
    assert_eq!(fit(3, 2).unwrap_err().kind(), ErrorKind::Argument);
    assert_eq!(fit(3, 1025).unwrap_err().kind(), ErrorKind::TooLarge);
    let mut few = fit(3, 4).unwrap();
    assert_eq!(few.add(&[0.0; 3]).unwrap_err().kind(), ErrorKind::Shape);
    few.add(&[0.0; 4]).unwrap();
    few.add(&[1.0; 4]).unwrap();
    let error = few.finish().unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Data, "pca: found 2 samples, expected at least 3")
    );
}
