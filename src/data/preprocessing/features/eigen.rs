//! Eigenvalues of symmetric matrices, in double precision: Householder's reduction to three
//! diagonals, then the implicit QL algorithm (Martin, Reinsch, Wilkinson 1968; Bowdler et al. 1968).
//! Linear algebra packages choose their kernels by the processor, whose last digits differ.

/// Eigenvalues of a symmetric matrix `[n, n]`, the largest first, and their vectors, the rows of
/// `[n, n]`.
pub(super) fn symmetric_eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut diagonal, mut beside) = (vec![0.0; n], vec![0.0; n]);
    reduce(&mut a, n, &mut diagonal, &mut beside);
    // Vectors as rows, so that a rotation runs along memory.
    let mut vectors: Vec<f64> = (0..n * n).map(|i| a[i % n * n + i / n]).collect();
    diagonalize(&mut vectors, n, &mut diagonal, &mut beside);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| diagonal[j].total_cmp(&diagonal[i]));
    let rows = order.iter().flat_map(|&i| &vectors[i * n..(i + 1) * n]).copied().collect();
    (order.iter().map(|&i| diagonal[i]).collect(), rows)
}

/// Makes of `a` the orthogonal matrix whose transposed, `a` and itself multiply to three diagonals:
/// `diagonal`, and `beside` from index 1 on.
fn reduce(a: &mut [f64], n: usize, diagonal: &mut [f64], beside: &mut [f64]) {
    for i in (1..n).rev() {
        let scale: f64 = a[i * n..i * n + i].iter().map(|x| x.abs()).sum();
        if i == 1 || scale == 0.0 {
            beside[i] = a[i * n + i - 1];
            diagonal[i] = 0.0;
            continue;
        }
        let mut h = 0.0;
        for x in &mut a[i * n..i * n + i] {
            *x /= scale;
            h += *x * *x;
        }
        let f = a[i * n + i - 1];
        let g = if f >= 0.0 { -libm::sqrt(h) } else { libm::sqrt(h) };
        beside[i] = scale * g;
        h -= f * g;
        a[i * n + i - 1] = f - g;
        // p = A u / h, by the lower triangle.
        let (above, below) = a.split_at_mut(i * n);
        let u = &below[..i];
        let p = &mut beside[..i];
        p.fill(0.0);
        for j in 0..i {
            let row = &above[j * n..j * n + j + 1];
            let mut sum = row[j] * u[j];
            for k in 0..j {
                sum += row[k] * u[k];
                p[k] += row[k] * u[j];
            }
            p[j] += sum;
        }
        let mut product = 0.0;
        for (p, u) in p.iter_mut().zip(u) {
            *p /= h;
            product += *p * u;
        }
        let half = product / (h + h);
        for (p, u) in p.iter_mut().zip(u) {
            *p -= half * u;
        }
        for j in 0..i {
            let (uj, pj) = (u[j], p[j]);
            for ((x, u), p) in above[j * n..j * n + j + 1].iter_mut().zip(u).zip(&*p) {
                *x -= uj * p + pj * u;
            }
        }
        for j in 0..i {
            above[j * n + i] = u[j] / h;
        }
        diagonal[i] = h;
    }
    beside[0] = 0.0;
    diagonal[0] = 0.0;
    let mut sums = vec![0.0; n];
    for i in 0..n {
        if diagonal[i] != 0.0 {
            let (above, below) = a.split_at_mut(i * n);
            let u = &below[..i];
            let sums = &mut sums[..i];
            sums.fill(0.0);
            for (k, &u) in u.iter().enumerate() {
                for (sum, x) in sums.iter_mut().zip(&above[k * n..]) {
                    *sum += u * x;
                }
            }
            for k in 0..i {
                let factor = above[k * n + i];
                for (x, sum) in above[k * n..].iter_mut().zip(&*sums) {
                    *x -= sum * factor;
                }
            }
        }
        diagonal[i] = a[i * n + i];
        a[i * n + i] = 1.0;
        for j in 0..i {
            a[j * n + i] = 0.0;
            a[i * n + j] = 0.0;
        }
    }
}

/// Rotates `vectors` (rows) until only the diagonal is left.
fn diagonalize(vectors: &mut [f64], n: usize, d: &mut [f64], e: &mut [f64]) {
    e.rotate_left(1);
    for l in 0..n {
        // It converges within a few rounds; the bound is for what no finite matrix does.
        for _ in 0..60 {
            let negligible = |m: &usize| {
                let size = d[*m].abs() + d[m + 1].abs();
                e[*m].abs() <= f64::EPSILON * size
            };
            let m = (l..n - 1).find(negligible).unwrap_or(n - 1);
            if m == l {
                break;
            }
            let g = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let r = libm::sqrt(g * g + 1.0);
            let mut g = d[m] - d[l] + e[l] / (g + if g >= 0.0 { r } else { -r });
            let (mut sin, mut cos, mut p) = (1.0, 1.0, 0.0);
            let mut underflow = false;
            for i in (l..m).rev() {
                let (f, b) = (sin * e[i], cos * e[i]);
                let r = libm::sqrt(f * f + g * g);
                e[i + 1] = r;
                if r == 0.0 {
                    d[i + 1] -= p;
                    e[m] = 0.0;
                    underflow = true;
                    break;
                }
                (sin, cos) = (f / r, g / r);
                g = d[i + 1] - p;
                let r = (d[i] - g) * sin + 2.0 * cos * b;
                p = sin * r;
                d[i + 1] = g + p;
                g = cos * r - b;
                let (one, other) = vectors[i * n..].split_at_mut(n);
                for (x, y) in one.iter_mut().zip(other) {
                    (*x, *y) = (cos * *x - sin * *y, sin * *x + cos * *y);
                }
            }
            if !underflow {
                d[l] -= p;
                e[l] = g;
                e[m] = 0.0;
            }
        }
    }
}
