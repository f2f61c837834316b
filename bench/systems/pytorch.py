"""Native PyTorch, eager, images in channels_last. Reads calls from standard input, a JSON object a line
({"method": ..., "args": [...]}), and answers each with one line ({"value": ...} or {"error": ...})."""

import json
import math
import os
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F


class Network(torch.nn.Module):
    """A network from tabgrad's specification; its images are [batch, channels, height, width]."""

    def __init__(self, spec, weights):
        super().__init__()
        self.spec = spec
        self.modules_by_name = torch.nn.ModuleDict()
        shapes = {name: value.shape for name, value in weights.items()}
        for node in spec["nodes"]:
            module = self._module(node["name"], node["layer"], shapes)
            if module is not None:
                self._fill(module, node["name"], weights)
                self.modules_by_name[node["name"]] = module

    @staticmethod
    def _module(name, layer, shapes):
        kind = layer["type"]
        bias = layer.get("useBias", True)
        if kind == "conv2d":
            height, width, channels, filters = shapes[f"{name}/kernel"]
            return torch.nn.Conv2d(channels, filters, (height, width), layer.get("strides", 1), bias=bias)
        if kind == "depthwiseConv2d":
            height, width, channels, _ = shapes[f"{name}/kernel"]
            stride = layer.get("strides", 1)
            return torch.nn.Conv2d(channels, channels, (height, width), stride, groups=channels, bias=bias)
        if kind == "dense":
            return torch.nn.Linear(*shapes[f"{name}/kernel"], bias=bias)
        if kind == "embedding":
            return torch.nn.Embedding(*shapes[f"{name}/embeddings"])
        if kind == "lstm":
            return torch.nn.LSTM(shapes[f"{name}/kernel"][0], layer["units"], batch_first=True)
        if kind == "batchNormalization":
            momentum = 1 - layer.get("momentum", 0.99)
            return torch.nn.BatchNorm2d(shapes[f"{name}/gamma"][0], layer.get("epsilon", 1e-3), momentum)
        return None

    @staticmethod
    def _fill(module, name, weights):
        if isinstance(module, torch.nn.Embedding):
            module.weight.data.copy_(torch.from_numpy(weights[f"{name}/embeddings"].copy()))
            return
        if isinstance(module, torch.nn.LSTM):
            # The gates are in the same order; of two biases one is enough.
            for ours, theirs in {"weight_ih_l0": "kernel", "weight_hh_l0": "recurrentKernel", "bias_ih_l0": "bias"}.items():
                getattr(module, ours).data.copy_(torch.from_numpy(weights[f"{name}/{theirs}"].copy()).T)
            module.bias_hh_l0.data.zero_()
            module.bias_hh_l0.requires_grad_(False)
            return
        names = {
            "weight": "gamma" if isinstance(module, torch.nn.BatchNorm2d) else "kernel",
            "bias": "beta" if isinstance(module, torch.nn.BatchNorm2d) else "bias",
            "running_mean": "movingMean",
            "running_var": "movingVariance",
        }
        with torch.no_grad():
            for ours, theirs in names.items():
                target = getattr(module, ours, None)
                if target is None:
                    continue
                value = torch.from_numpy(weights[f"{name}/{theirs}"].copy())
                if value.dim() == 4:
                    value = value.permute((3, 2, 0, 1) if module.groups == 1 else (2, 3, 0, 1))
                target.copy_(value.T if value.dim() == 2 else value)

    def forward(self, x):
        """Logits: the last layer's softmax is left to the loss."""
        values = {self.spec["inputs"][0]["name"]: x}
        for node in self.spec["nodes"]:
            name, layer = node["name"], node["layer"]
            inputs = [values[source] for source in node["inputs"]]
            values[name] = self._layer(name, layer, *inputs)
        return values[self.spec["outputs"][0]]

    def _layer(self, name, layer, x, *others):
        kind = layer["type"]
        module = self.modules_by_name[name] if name in self.modules_by_name else None
        if isinstance(module, torch.nn.Conv2d):
            x = module(self._pad(x, layer, module))
        elif isinstance(module, torch.nn.Embedding):
            x = module(x.long())
        elif isinstance(module, torch.nn.LSTM):
            x = module(x)[0][:, -1]
        elif module is not None:
            x = module(x)
        elif kind == "maxPooling2d":
            x = F.max_pool2d(x, layer.get("poolSize", 2), layer.get("strides"))
        elif kind == "globalAveragePooling2d":
            x = x.mean((2, 3))
        elif kind == "flatten":
            # Pixel by pixel, as the memory lies in channels_last: a view.
            x = x.permute(0, 2, 3, 1).flatten(1)
        elif kind == "add":
            x = x + others[0]
        elif kind != "activation":
            raise ValueError(f"there is no translation of the layer {kind!r}")
        activation = layer.get("activation", "linear")
        if activation == "relu":
            return F.relu_(x)
        if activation == "relu6":
            return F.hardtanh_(x, 0.0, 6.0)
        if activation in ("linear", "softmax"):
            return x
        raise ValueError(f"there is no translation of the activation {activation!r}")

    @staticmethod
    def _pad(x, layer, module):
        """Zeros by TensorFlow's rule; where they are the same on all sides the convolution adds them."""
        if layer.get("padding", "valid") == "valid":
            return x
        totals = [
            max(0, (math.ceil(length / stride) - 1) * stride + size - length)
            for length, stride, size in zip(x.shape[2:], module.stride, module.kernel_size)
        ]
        if all(total % 2 == 0 for total in totals):
            module.padding = tuple(total // 2 for total in totals)
            return x
        (top, left) = (total // 2 for total in totals)
        return F.pad(x, (left, totals[1] - left, top, totals[0] - top))


class System:
    """What the benchmark asks of every system."""

    def open(self, options):
        torch.set_num_threads(options["workers"])
        begun = time.perf_counter()
        path, self.batch = options["path"], options["batch"]
        with open(os.path.join(path, "workload.json"), encoding="utf-8") as file:
            workload = json.load(file)
        spec, self.samples = workload["spec"], workload["samples"]
        values = np.fromfile(os.path.join(path, "weights.bin"), np.float32)
        weights = {
            weight["name"]: values[weight["offset"] :][: math.prod(weight["shape"])].reshape(weight["shape"])
            for weight in workload["weights"]
        }
        images = np.fromfile(os.path.join(path, "inputs.bin"), np.float32)
        images = torch.from_numpy(images).reshape(-1, *spec["inputs"][0]["shape"])
        if images.dim() == 4:
            images = images.permute(0, 3, 1, 2)
        labels = torch.from_numpy(np.fromfile(os.path.join(path, "labels.bin"), np.int32)).long()
        pictures = images.dim() == 4
        self.images = images.contiguous(memory_format=torch.channels_last) if pictures else images
        self.batches = [
            (self.images[at : at + self.batch], labels[at : at + self.batch])
            for at in range(0, self.samples - self.batch + 1, self.batch)
        ]
        self.model = Network(spec, weights).to(memory_format=torch.channels_last)
        trained = [own for own in self.model.parameters() if own.requires_grad]
        self.optimizer = torch.optim.Adam(trained, 1e-3, eps=1e-7, fused=True)
        return {"version": torch.__version__, "seconds": time.perf_counter() - begun}

    def outputs(self, count):
        return self._predict(self.images[:count]).flatten().tolist()

    def loss(self, index):
        self.model.train()
        return self._step(*self.batches[index]).item()

    def train(self, seconds):
        self.model.train()
        return self._repeat(seconds, lambda count: self._step(*self.batches[count % len(self.batches)]), self.batch)

    def infer(self, seconds):
        return self._repeat(
            seconds, lambda count: self._predict(self.batches[count % len(self.batches)][0]), self.batch
        )

    def latency(self, seconds):
        image = self.images[:1]
        return self._repeat(seconds, lambda _: self._predict(image), 1)

    def memory(self):
        """The most that the process had in memory so far, in bytes."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def _step(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss

    def _predict(self, x):
        if self.model.training:
            self.model.eval()
        with torch.inference_mode():
            return self.model(x).softmax(-1)

    @staticmethod
    def _repeat(seconds, step, images):
        begun, count = time.perf_counter(), 0
        while True:
            step(count)
            count += 1
            passed = time.perf_counter() - begun
            if passed >= seconds:
                return {"count": count * images, "seconds": passed}


def main():
    system = System()
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = {"value": getattr(system, call["method"])(*call["args"])}
        except Exception as error:  # noqa: BLE001: whatever it is, the benchmark is told
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
