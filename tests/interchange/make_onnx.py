"""ONNX files as PyTorch and Keras write them, with what ONNX Runtime computes of them.

pip install torch keras onnx onnxruntime onnxscript numpy
KERAS_BACKEND=torch python tests/interchange/make_onnx.py [NAME ...]

Writes onnx/NAME.onnx, of some onnx/NAME.onnx.data, and onnx/NAME.json beside this file: inputs and outputs as tabgrad has them, images with
their channels last. Weights are drawn at random, statistics of batch normalisations too.
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import onnx
import onnxruntime
import torch

import onnx_keras
import onnx_torch
import onnx_torch_attention  # noqa: F401, which adds its networks

FOLDER = pathlib.Path(__file__).parent / "onnx"
SAMPLES = 2
LONG = 4_000


def slimmed(path):
    """Without what names the files and lines of the program that wrote it, for a small and stable file. Numbers in a
    file beside it stay there."""
    model = onnx.load(path, load_external_data=False)
    for graph in [model.graph, *model.functions]:
        for node in graph.node:
            node.doc_string = ""
            del node.metadata_props[:]
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    return model


def shortened(model):
    """Values by numbers: the names of scopes make more of a large file than its weights."""
    names = {}
    kept = {value.name for value in [*model.graph.input, *model.graph.output]}

    def short(name):
        return name if not name or name in kept else names.setdefault(name, f"v{len(names)}")

    for number, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{number}"
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
    for tensor in model.graph.initializer:
        tensor.name = short(tensor.name)
    del model.graph.value_info[:]
    return model


def channels_last(values, layout):
    return np.moveaxis(values, 1, -1) if layout == "nchw" and values.ndim == 4 else values


def kept_input(values, layout):
    values = channels_last(values, layout)
    unit = 1 if values.dtype.kind == "i" else 16
    return {"shape": list(values.shape), "unit": 1 / unit, "values": (values * unit).astype(int).ravel().tolist()}


def kept_output(values, layout):
    values = channels_last(values, layout)
    return {"shape": list(values.shape), "values": [float(f"{v:.7g}") for v in values.ravel().tolist()]}


def samples(rng, spec):
    """`SAMPLES` samples of an input: a shape, and for ids the size of their vocabulary."""
    shape = (SAMPLES, *spec["shape"])
    if spec.get("ids"):
        return rng.integers(0, spec["ids"], shape).astype(spec.get("dtype", "int64"))
    return (rng.integers(-32, 33, shape) / 16).astype("float32")


def write(name, case, path):
    model = slimmed(path)
    for key, value in case.get("metadata", {}).items():
        model.metadata_props.add(key=key, value=value)
    if model.ByteSize() > LONG:
        model = shortened(model)
    bytes_ = model.SerializeToString()
    path.write_bytes(bytes_)
    session = onnxruntime.InferenceSession(str(path))
    rng = np.random.default_rng(5)
    inputs = [samples(rng, spec) for spec in case["inputs"]]
    feeds = {value.name: values for value, values in zip(session.get_inputs(), inputs)}
    if case.get("fixed"):
        runs = [session.run(None, {k: v[i : i + 1] for k, v in feeds.items()}) for i in range(SAMPLES)]
        outputs = [np.concatenate(parts) for parts in zip(*runs)]
    else:
        outputs = session.run(None, feeds)
    layout = case.get("layout", "nchw")
    description = {
        "by": case["by"],
        "inputs": [kept_input(values, layout) for values in inputs],
        "outputs": [kept_output(values, layout) for values in outputs],
        **({"open": True} if case.get("open_sizes") else {}),
    }
    for file in path.parent.glob(f"{name}.onnx*"):
        shutil.copy(file, FOLDER)
    (FOLDER / f"{name}.json").write_text(json.dumps(description, separators=(",", ":")) + "\n")
    ops = sorted({node.op_type for node in model.graph.node})
    print(f"{name}: {len(bytes_)} bytes, {' '.join(ops)}")


def main():
    FOLDER.mkdir(exist_ok=True)
    wanted = sys.argv[1:]
    for name, make in {**onnx_torch.CASES, **onnx_keras.CASES}.items():
        if wanted and not any(word in name for word in wanted):
            continue
        torch.manual_seed(3)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / f"{name}.onnx"
            write(name, make(path), path)


if __name__ == "__main__":
    main()
