"""Small PyTorch networks as state dicts, with the specification of the same network here; `make_keras.py` writes them."""

import json

import numpy as np
import torch
from safetensors.torch import save_file

from drawn import HERE, RNG, cut, numbers, written


class Torch(torch.nn.Module):
    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)


def torch_case(name, module, run, spec, inputs, names=None, dtype=None):
    folder = HERE / "pytorch"
    folder.mkdir(exist_ok=True)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for key, value in module.state_dict().items():
            if not value.is_floating_point():
                continue
            if key.endswith("running_var"):
                value.copy_(torch.rand(value.shape, generator=generator) * 2 + 0.4)
            else:
                spread = 0.3 if value.dim() < 2 else 1 / np.sqrt(max(value[0].numel(), 1))
                value.copy_(torch.randn(value.shape, generator=generator) * spread)
        if dtype is not None:
            for value in module.state_dict().values():
                if value.is_floating_point():
                    value.copy_(value.to(dtype).float())
        module.eval()
        outputs = [run(module, *[torch.from_numpy(i) for i in inputs]).numpy()]
    state = {
        key: (value.to(dtype) if dtype is not None and value.is_floating_point() else value).contiguous()
        for key, value in module.state_dict().items()
    }
    save_file(state, folder / f"{name}.safetensors")
    case = {
        "spec": spec,
        "names": names or [],
        "inputs": [written(i) for i in inputs],
        "outputs": [written(o) for o in outputs],
    }
    (folder / f"{name}.json").write_text(json.dumps(case) + "\n")


def sequence(shape, *types):
    """A specification of layers one after the other, named by their place."""
    nodes, last = [], "input"
    for number, layer in enumerate(types):
        name = layer.pop("name", f"layer{number}")
        nodes.append({"name": name, "layer": layer, "inputs": [last]})
        last = name
    return {"inputs": [{"name": "input", "shape": shape}], "nodes": nodes, "outputs": [last]}


def nhwc(array):
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1))


def torch_models():
    nn = torch.nn
    cnn = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.PReLU(4),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, groups=4),
        nn.ReLU(),
        nn.ConvTranspose2d(4, 3, 2, 2),
        nn.GroupNorm(3, 3),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(3 * 4 * 6, 5),
        nn.Tanh(),
        nn.Linear(5, 3),
    )
    spec = sequence(
        [8, 10, 2],
        {"type": "conv2d", "filters": 4, "kernelSize": 3, "padding": "same"},
        {"type": "batchNormalization", "epsilon": 1e-5},
        {"type": "prelu", "sharedAxes": [1, 2]},
        {"type": "maxPooling2d"},
        {"type": "depthwiseConv2d", "kernelSize": 3, "activation": "relu"},
        {"type": "conv2dTranspose", "filters": 3, "kernelSize": 2, "strides": 2},
        {"type": "groupNormalization", "groups": 3, "epsilon": 1e-5},
        {"type": "flatten"},
        {"type": "dropout", "rate": 0.5},
        {"type": "dense", "units": 5, "activation": "tanh"},
        {"type": "dense", "units": 3},
    )

    def run(module, x):
        return module(x.permute(0, 3, 1, 2))

    torch_case("cnn", cnn, run, spec, [numbers(2, 8, 10, 2)])

    mlp = nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6), nn.ReLU(), nn.Linear(6, 6), nn.Linear(6, 6))
    spec = sequence(
        [4],
        {"type": "dense", "units": 6},
        {"type": "layerNormalization", "epsilon": 1e-5},
        {"type": "activation", "activation": "relu"},
        {"type": "dense", "units": 6},
        {"type": "dense", "units": 6},
    )
    torch_case("mlp-f16", mlp, lambda m, x: m(x), spec, [numbers(3, 4)], dtype=torch.float16)
    torch_case("mlp-bf16", mlp, lambda m, x: m(x), spec, [numbers(3, 4)], dtype=torch.bfloat16)

    text = Torch(
        words=nn.Embedding(9, 4),
        lstm=nn.LSTM(4, 3, num_layers=2, batch_first=True),
        gru=nn.GRU(3, 4, batch_first=True, bidirectional=True),
        rnn=nn.RNN(8, 3, batch_first=True),
        head=nn.Linear(3, 2),
    )

    def read(module, ids):
        x = module.words(ids.long())
        x, _ = module.lstm(x)
        x, _ = module.gru(x)
        _, h = module.rnn(x)
        return module.head(h[-1])

    spec = sequence(
        [5],
        {"type": "embedding", "inputDim": 9, "outputDim": 4, "name": "words"},
        {"type": "lstm", "units": 3, "returnSequences": True, "name": "below"},
        {"type": "lstm", "units": 3, "returnSequences": True, "name": "above"},
        {"type": "bidirectional", "layer": {"type": "gru", "units": 4, "returnSequences": True}},
        {"type": "simpleRnn", "units": 3},
        {"type": "dense", "units": 2, "name": "head"},
    )
    names = [["below", "lstm"], ["above", "lstm.l1"]]
    ids = RNG.integers(0, 9, (3, 5)).astype("float32")
    torch_case("text", text, read, spec, [ids], names)

    attention = Torch(attention=nn.MultiheadAttention(6, 2, batch_first=True), head=nn.Linear(6, 2))

    def attend(module, x):
        return module.head(module.attention(x, x, x, need_weights=False)[0])

    spec = sequence(
        [4, 6],
        {"type": "multiHeadAttention", "numHeads": 2, "keyDim": 3},
        {"type": "dense", "units": 2},
    )
    torch_case("attention", attention, attend, spec, [numbers(2, 4, 6)])
