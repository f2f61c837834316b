// The kernels without which TensorFlow.js cannot train a convolutional network or an embedding on its wasm backend.
// Their gradients exist; the backend has no code for them. Written here, that of the convolution by way of im2col and
// the backend's own matrix product, so that its training can be measured at all; the results are marked as patched.

import * as tf from "@tensorflow/tfjs-core";

/** Registers what the wasm backend lacks. */
export function patch() {
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropFilter,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => filterGradient(inputs, backend, attrs),
  });
  tf.registerKernel({
    kernelName: tf.UnsortedSegmentSum,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend, attrs }) => segmentSums(inputs, backend, attrs),
  });
}

/** Row s of the result is the sum of the rows of x whose segment is s: the gradient of an embedding. */
function segmentSums({ x, segmentIds }, backend, { numSegments }) {
  const row = x.shape.slice(segmentIds.shape.length);
  const width = row.reduce((size, length) => size * length, 1);
  const result = backend.makeOutput([numSegments, ...row], "float32");
  // Views are made after the last allocation, which may move the memory.
  const [values, ids, sums] = [x, segmentIds, result].map((tensor) => backend.typedArrayFromHeap(tensor));
  sums.fill(0);
  for (let i = 0; i < ids.length; i++) {
    const [from, to] = [i * width, ids[i] * width];
    for (let j = 0; j < width; j++) sums[to + j] += values[from + j];
  }
  return result;
}

/** dFilter [KH KW C, F] = columns(x)ᵀ [KH KW C, P] · dy [P, F], P the output's pixels of all images. */
function filterGradient({ x, dy }, backend, { strides, pad, dimRoundingMode, filterShape }) {
  const geometry = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
  const { batchSize, outHeight, outWidth, filterHeight, filterWidth, inChannels, outChannels } = geometry;
  const pixels = batchSize * outHeight * outWidth;
  const taps = filterHeight * filterWidth * inChannels;
  const columns = backend.makeOutput([taps, pixels], "float32");
  // Both views are made after the last allocation, which may move the memory.
  fillColumns(geometry, backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(columns));
  const run = (kernelName, kernelInputs, kernelAttrs) =>
    tf.getKernel(kernelName, "wasm").kernelFunc({ inputs: kernelInputs, backend, attrs: kernelAttrs });
  const rows = { dataId: dy.dataId, shape: [pixels, outChannels], dtype: dy.dtype };
  const product = run(tf.BatchMatMul, { a: columns, b: rows }, { transposeA: false, transposeB: false });
  backend.disposeData(columns.dataId);
  product.shape = filterShape;
  return product;
}

/** Row (k, l, c) of `columns` is what tap (k, l) of channel c sees at each pixel of the output. */
function fillColumns(geometry, x, columns) {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = geometry;
  const { filterHeight, filterWidth, strideHeight, strideWidth } = geometry;
  const { top, left } = geometry.padInfo;
  let at = 0;
  for (let k = 0; k < filterHeight; k++) {
    for (let l = 0; l < filterWidth; l++) {
      for (let c = 0; c < inChannels; c++) {
        for (let n = 0; n < batchSize; n++) {
          for (let i = 0; i < outHeight; i++) {
            const row = i * strideHeight + k - top;
            if (row < 0 || row >= inHeight) {
              columns.fill(0, at, at + outWidth);
              at += outWidth;
              continue;
            }
            const base = (n * inHeight + row) * inWidth * inChannels + c;
            for (let j = 0; j < outWidth; j++) {
              const column = j * strideWidth + l - left;
              columns[at++] = column >= 0 && column < inWidth ? x[base + column * inChannels] : 0;
            }
          }
        }
      }
    }
  }
}
