"""Training with class weights by PyTorch (2.15.0), for `RunSpec::class_weight`.

pip install torch safetensors numpy; python tests/golden/scripts/class_weight.py

The mean over all samples of a batch of their losses times the weights of their classes, as Keras's
`fit(class_weight=...)` has it: `cross_entropy(reduction="none") * weight[y]`, averaged by the number of
samples. (PyTorch's own `weight` divides by the sum of the weights instead.)
"""

import json
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent.parent / "cases" / "class_weight"
SAMPLES, FEATURES, CLASSES, BATCH, EPOCHS = 23, 5, 3, 7, 3
WEIGHTS = [0.5, 1.0, 2.75]


def case(name, optimizer, rate):
    generator = np.random.default_rng(11)
    x = generator.standard_normal((SAMPLES, FEATURES)).astype(np.float32)
    labels = generator.choice(CLASSES, SAMPLES, p=[0.6, 0.3, 0.1]).astype(np.int32)
    assert set(labels) == set(range(CLASSES)), labels
    start = {
        "kernel": generator.standard_normal((FEATURES, CLASSES)).astype(np.float32) * np.float32(0.4),
        "bias": generator.standard_normal(CLASSES).astype(np.float32) * np.float32(0.1),
    }
    kernel, bias = (torch.tensor(start[key].astype(np.float64), requires_grad=True) for key in start)
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer]
    steps = make([kernel, bias], lr=rate)
    inputs, targets = torch.tensor(x.astype(np.float64)), torch.tensor(labels.astype(np.int64))
    weights = torch.tensor(WEIGHTS, dtype=torch.float64)
    losses = []
    for _ in range(EPOCHS):
        for begin in range(0, SAMPLES, BATCH):
            rows = slice(begin, begin + BATCH)
            each = torch.nn.functional.cross_entropy(
                inputs[rows] @ kernel + bias, targets[rows], reduction="none"
            )
            loss = (each * weights[targets[rows]]).mean()
            losses.append(loss.item())
            steps.zero_grad()
            loss.backward()
            steps.step()
    tensors = {
        "input.x": x,
        "input.labels": labels,
        "param.kernel": start["kernel"],
        "param.bias": start["bias"],
        "final.kernel": kernel.detach().numpy().astype(np.float32),
        "final.bias": bias.detach().numpy().astype(np.float32),
    }
    description = {
        "name": name,
        "group": "class_weight",
        "op": "fit",
        "attrs": {"batch_size": BATCH, "epochs": EPOCHS, "class_weight": WEIGHTS, "optimizer": optimizer,
                  "learning_rate": rate},
        "reference": f"torch {torch.__version__} float64, rounded to float32",
        "tolerance": {"abs": 2e-6, "rel_to_max": 1e-5, "loss_abs": 2e-6},
        "losses": losses,
        "tensors": {key: {"shape": list(value.shape), "dtype": str(value.dtype)} for key, value in tensors.items()},
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(description, indent=1) + "\n")
    save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, FOLDER / f"{name}.safetensors")


case("sgd", "sgd", 0.25)
case("adam", "adam", 0.02)
