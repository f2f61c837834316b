"""Computes the models that `cargo test --lib write_onnx -- --ignored` wrote, by onnxruntime and by PyTorch.

    python tests/interchange/check_onnx.py target/onnx [part of a name]

For every NAME.onnx there is NAME.json with inputs and the engine's outputs. onnx2torch makes a module
of PyTorch of each file. Prints the largest difference of each, as a share of the largest number where
that is above 1, and fails above 1e-4 for models whose weights were written as they are. Models of which
onnx2torch has not all operators, or not all of their settings, are listed in the end by what it lacks.
"""

import json
import sys
import warnings
from collections import defaultdict
from pathlib import Path

import numpy
import onnx
import onnxruntime
import torch
from onnx2torch import convert
from onnx2torch.node_converters.registry import get_converter

MOST = 1e-4
TYPES = {
    "tensor(float)": numpy.float32,
    "tensor(int64)": numpy.int64,
    "tensor(uint8)": numpy.uint8,
}


class NotRead(Exception):
    """What onnx2torch has not."""


def array(tensor):
    return numpy.array(tensor["values"], dtype=numpy.float32).reshape(tensor["shape"])


def by_onnxruntime(path, feed):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    types = {given.name: TYPES[given.type] for given in session.get_inputs()}
    feed = {name: value.astype(types[name]) for name, value in feed.items()}
    return names, feed, session.run(names, feed)


def lacking(model):
    """What onnx2torch has no converter for."""
    versions = {opset.domain: opset.version for opset in model.opset_import}
    names = set()
    for node in model.graph.node:
        try:
            get_converter(node.op_type, versions[node.domain], node.domain)
        except NotImplementedError:
            names.add(node.op_type)
    if names:
        return "operators " + ", ".join(sorted(names))
    constants = {constant.name for constant in model.graph.initializer}
    kernels = [n for n in model.graph.node if n.op_type in ("Conv", "ConvTranspose")]
    if any(node.input[1] not in constants for node in kernels):
        return "kernels that a Cast gives"
    if {value.name for value in model.graph.input} & {value.name for value in model.graph.output}:
        return "outputs that are inputs"
    return None


def by_pytorch(model, feed):
    missing = lacking(model)
    if missing:
        raise NotRead(missing)
    try:
        module = convert(model).eval()
    except NotImplementedError as error:
        raise NotRead(f"settings: {error}") from error
    with torch.no_grad():
        found = module(*(torch.from_numpy(feed[given.name]) for given in model.graph.input))
    found = [found] if isinstance(found, torch.Tensor) else found
    return [output.numpy() for output in found]


def difference(case, names, found):
    expected = case["order"]
    assert names == expected, f"outputs {names}, expected {expected}"
    assert len(found) == len(names), f"{len(found)} outputs, expected {len(names)}"
    largest = 0.0
    for name, found in zip(names, found):
        expected = array(case["outputs"][name])
        assert found.shape == expected.shape, f"{name}: {found.shape}, expected {expected.shape}"
        assert numpy.isfinite(found).all(), f"{name} is not finite"
        size = max(1.0, float(numpy.abs(expected).max()))
        largest = max(largest, float(numpy.abs(found - expected).max()) / size)
    return largest


def main():
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    systems = ["onnxruntime", "PyTorch"]
    failed, not_read = [], defaultdict(list)
    checked, most = dict.fromkeys(systems, 0), dict.fromkeys(systems, (0.0, "none"))
    for path in sorted(folder.glob("*.onnx")):
        if part not in path.name:
            continue
        case = json.loads(path.with_suffix(".json").read_text())
        feed = {name: array(value) for name, value in case["inputs"].items()}
        model = onnx.load(path)
        line = []
        for system in systems:
            try:
                if system == "onnxruntime":
                    onnx.checker.check_model(model, full_check=True)
                    names, feed, found = by_onnxruntime(path, feed)
                else:
                    found = by_pytorch(model, feed)
                largest = difference(case, names, found)
            except NotRead as error:
                not_read[str(error)].append(path.stem)
                line.append(f"{system} has not all of it")
                continue
            except Exception as error:
                line.append(f"{system} {type(error).__name__} {str(error)[:600]}")
                failed.append(f"{path.stem} ({system})")
                continue
            line.append(f"{system} {largest:.1e}")
            checked[system] += 1
            if case["exact"]:
                most[system] = max(most[system], (largest, path.stem))
                if largest > MOST:
                    failed.append(f"{path.stem} ({system})")
        print(f"{path.stem}: {', '.join(line)}")
    for what, names in sorted(not_read.items()):
        print(f"onnx2torch has not {what}: {len(names)} models: {', '.join(names)}")
    for system in systems:
        largest, name = most[system]
        print(f"{system}: {checked[system]} models, largest difference {largest:.1e} ({name})")
    print(f"{len(failed)} failed{': ' if failed else ''}{', '.join(failed)}")
    sys.exit(1 if failed else 0)


main()
