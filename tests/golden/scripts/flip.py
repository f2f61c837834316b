"""Images whose left and right are exchanged, by PyTorch (2.15.0).

pip install torch safetensors numpy; python tests/golden/scripts/flip.py
"""

import json
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file

SHAPE = pathlib.Path(__file__).parent.parent / "cases/shape"

generator = np.random.default_rng(7)
x, upstream = (generator.standard_normal((2, 3, 5, 2)).astype(np.float32) for _ in range(2))
leaf = torch.tensor(x, requires_grad=True)
y = torch.flip(leaf, dims=[2])
y.backward(torch.tensor(upstream))
tensors = {"input.x": x, "output.y": y.detach().numpy(), "grad_output.y": upstream, "grad_input.x": leaf.grad.numpy()}
tensors = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
case = {
    "name": "flip",
    "group": "shape",
    "op": "flip",
    "attrs": {"axis": 2},
    "reference": f"torch {torch.__version__.split('+')[0]}",
    "tolerance": {"abs": 0, "rel_to_max": 0, "rule": "|got-ref| <= abs + rel_to_max*max|ref| per tensor"},
    "scalar_outputs_have_grad_1": [],
    "file": "flip.safetensors",
    "tensors": {name: {"shape": list(values.shape), "dtype": "float32"} for name, values in tensors.items()},
}
save_file(tensors, SHAPE / "flip.safetensors")
(SHAPE / "flip.json").write_text(json.dumps(case, indent=1) + "\n")
