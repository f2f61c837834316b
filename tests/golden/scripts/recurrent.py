"""LSTMs whose last memory nobody reads, by PyTorch (2.15.0), of the numbers of the shared cases.

pip install torch safetensors numpy; python tests/golden/scripts/recurrent.py

The shared cases send a gradient into the last memory too, which a layer without that output cannot
have. Each is computed again in float64, once as it is, to see that the same comes out, and once
without that gradient, which is kept as `rnn/NAME_outputs`.
"""

import json
import pathlib

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

RNN = pathlib.Path(__file__).parent.parent / "cases/rnn"
NAMES = ["lstm", "lstm_backwards", "lstm_initial_state", "lstm_lengths", "lstm_long"]
LEAVES = ["input.x", "input.initial_h", "input.initial_c", "param.kernel", "param.recurrent_kernel", "param.bias"]


def outputs(leaf, attrs, lengths):
    """The outputs of every step, the last one and the last memory."""
    x = leaf["input.x"]
    n, steps, _ = x.shape
    zeros = torch.zeros(n, attrs["units"], dtype=torch.float64)
    h, c = leaf.get("input.initial_h", zeros), leaf.get("input.initial_c", zeros)
    sequence = [None] * steps
    for t in reversed(range(steps)) if attrs["go_backwards"] else range(steps):
        gates = x[:, t] @ leaf["param.kernel"] + h @ leaf["param.recurrent_kernel"] + leaf["param.bias"]
        i, f, g, o = gates.chunk(4, dim=1)
        memory = f.sigmoid() * c + i.sigmoid() * g.tanh()
        counts = (t < lengths)[:, None]
        h = torch.where(counts, o.sigmoid() * memory.tanh(), h)
        c = torch.where(counts, memory, c)
        sequence[t] = torch.where(counts, h, zeros)
    return {"sequence": torch.stack(sequence, 1), "last_h": h, "last_c": c}


def gradients(tensors, attrs, names):
    leaf = {name: torch.tensor(tensors[name].astype(np.float64), requires_grad=True) for name in LEAVES if name in tensors}
    n, steps, _ = tensors["input.x"].shape
    lengths = torch.tensor(tensors.get("input.lengths", np.full(n, steps)).astype(np.int64))
    found = outputs(leaf, attrs, lengths)
    loss = sum((found[name] * torch.tensor(tensors[f"grad_output.{name}"].astype(np.float64))).sum() for name in names)
    loss.backward()
    grads = {f"grad_{name}": tensor.grad.numpy().astype(np.float32) for name, tensor in leaf.items()}
    return {f"output.{name}": value.detach().numpy().astype(np.float32) for name, value in found.items()} | grads


def main():
    for name in NAMES:
        case = json.loads((RNN / f"{name}.json").read_text())
        tensors = load_file(RNN / f"{name}.safetensors")
        for key, value in gradients(tensors, case["attrs"], ["sequence", "last_h", "last_c"]).items():
            np.testing.assert_allclose(value, tensors[key], rtol=0, atol=2e-7 * max(1, np.abs(value).max()), err_msg=f"{name}: {key}")
        del tensors["grad_output.last_c"]
        tensors |= gradients(tensors, case["attrs"], ["sequence", "last_h"])
        own = f"{name}_outputs"
        for key in ["set", "torch_f32_err"]:
            del case[key]
        case |= {
            "name": own,
            "note": f"{name} without a gradient of the last memory. {case['note']}",
            "reference": f"torch {torch.__version__.split('+')[0]} float64, rounded to float32",
            "file": f"{own}.safetensors",
            "tensors": {key: entry for key, entry in case["tensors"].items() if key in tensors},
        }
        save_file(tensors, RNN / f"{own}.safetensors")
        (RNN / f"{own}.json").write_text(json.dumps(case, indent=1) + "\n")


main()
