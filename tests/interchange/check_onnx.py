"""Computes the models that `cargo test --lib write_onnx -- --ignored` wrote, by onnxruntime.

    python tests/interchange/check_onnx.py target/onnx [part of a name]

For every NAME.onnx there is NAME.json with inputs and the engine's outputs. Prints the largest
difference of each, as a share of the largest number where that is above 1, and fails above 1e-4 for
models whose weights were written as they are.
"""

import json
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime

MOST = 1e-4
TYPES = {
    "tensor(float)": numpy.float32,
    "tensor(int64)": numpy.int64,
    "tensor(uint8)": numpy.uint8,
}


def array(tensor):
    return numpy.array(tensor["values"], dtype=numpy.float32).reshape(tensor["shape"])


def check(path):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    case = json.loads(path.with_suffix(".json").read_text())
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    types = {given.name: TYPES[given.type] for given in session.get_inputs()}
    feed = {name: array(value).astype(types[name]) for name, value in case["inputs"].items()}
    names = [output.name for output in session.get_outputs()]
    expected = case["order"]
    assert names == expected, f"outputs {names}, expected {expected}"
    largest = 0.0
    for name, found in zip(names, session.run(names, feed)):
        expected = array(case["outputs"][name])
        assert found.shape == expected.shape, f"{name}: {found.shape}, expected {expected.shape}"
        assert numpy.isfinite(found).all(), f"{name} is not finite"
        size = max(1.0, float(numpy.abs(expected).max()))
        largest = max(largest, float(numpy.abs(found - expected).max()) / size)
    return largest, case["exact"]


def main():
    folder = Path(sys.argv[1])
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    failed, checked, most = [], 0, 0.0
    for path in sorted(folder.glob("*.onnx")):
        if part not in path.name:
            continue
        checked += 1
        try:
            largest, exact = check(path)
        except Exception as error:
            print(f"{path.stem}: {str(error)[:600]}")
            failed.append(path.stem)
            continue
        print(f"{path.stem}: {largest:.1e}")
        if exact:
            most = max(most, largest)
        if exact and largest > MOST:
            failed.append(path.stem)
    print(f"{checked} models, {len(failed)} failed, largest difference {most:.1e}")
    sys.exit(1 if failed else 0)


main()
