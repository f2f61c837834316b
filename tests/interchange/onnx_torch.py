"""The networks of PyTorch for make_onnx.py, and the two exporters."""

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn import functional as F

CASES = {}
SETTINGS = ("fixed", "folding", "preserve", "opset", "open_sizes", "external")


def export(path, model, inputs, *, old, fixed=False, folding=True, preserve=False, opset=None, open_sizes=False,
           external=False):
    """Writes a model by the exporter of TorchScript or by that of torch.export; the batch is open, and the sides of
    pictures if asked."""
    model = model.eval()
    args = tuple(inputs)
    names = [f"input_{i}" for i in range(len(args))]
    if old:
        sides = {2: "height", 3: "width"} if open_sizes else {}
        axes = {} if fixed else {name: {0: "batch"} for name in [*names, "output"]}
        axes |= {name: {0: "batch", **sides} for name, arg in zip(names, args) if arg.ndim == 4 and sides}
        more = {"training": torch.onnx.TrainingMode.PRESERVE} if preserve else {}
        torch.onnx.export(
            model, args, str(path), dynamo=False, input_names=names, output_names=["output"],
            dynamic_axes=axes, do_constant_folding=folding, opset_version=opset, **more,
        )
    else:
        batch = torch.export.Dim("batch", min=1, max=64)
        side = {i: torch.export.Dim(f"side{i}", min=4, max=64) for i in (2, 3)} if open_sizes else {}
        shapes = None if fixed else tuple({0: batch} | (side if arg.ndim == 4 else {}) for arg in args)
        torch.onnx.export(
            model, args, str(path), dynamo=True, input_names=names, dynamic_shapes=shapes,
            external_data=external, verbose=False, optimize=folding,
        )


def case(name, shapes, *, ids=None, old=(True, False), layout="nchw", **options):
    """Registers a network under NAME_old and NAME_new, or NAME alone if one exporter is enough."""

    def register(make):
        for exporter in old:
            full = f"torch_{name}_{'old' if exporter else 'new'}"

            def run(path, exporter=exporter):
                model = make()
                randomise(model)
                batch = 1 if options.get("fixed") else 2
                inputs = [
                    torch.randint(0, ids, (batch, *shape)) if ids else torch.randn(batch, *shape)
                    for shape in shapes
                ]
                flags = {k: v for k, v in options.items() if k in SETTINGS}
                export(path, model, inputs, old=exporter, **flags)
                if "change" in options:
                    options["change"](path)
                by = f"PyTorch {torch.__version__}, torch.onnx.export(dynamo={not exporter})"
                return {
                    "by": by,
                    "layout": layout,
                    "inputs": [{"shape": shape, "ids": ids} for shape in shapes],
                    **options,
                }

            CASES[full] = run
        return make

    return register


def randomise(model):
    """Statistics and scales of normalisations as if it had been trained."""
    for layer in model.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(layer.running_mean, -0.5, 0.5)
            nn.init.uniform_(layer.running_var, 0.5, 2.0)
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.3, 0.3)


@case("cnn", [(3, 12, 12)], metadata={"class_names": '["cat", "dog", "fox"]'})
def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, stride=2, padding=1), nn.ReLU(), nn.AvgPool2d(2, stride=1),
        nn.Flatten(), nn.Linear(8 * 2 * 2, 10), nn.ReLU(), nn.Dropout(0.5), nn.Linear(10, 3),
    )


@case("external", [(3, 8, 8)], old=(False,), external=True)
def external():
    """As PyTorch writes by itself: the numbers in a file beside the model."""
    return nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))


class Sides(nn.Module):
    """Pictures of any size, and numbers beside them."""

    def __init__(self):
        super().__init__()
        self.conv, self.dense = nn.Conv2d(3, 5, 3, stride=2, padding=1), nn.Linear(9, 3)

    def forward(self, picture, numbers):
        seen = F.relu(self.conv(picture)).mean((2, 3))
        return self.dense(torch.cat([seen, numbers], 1))


@case("open", [(3, 11, 9), (4,)], open_sizes=True)
def sides():
    return Sides()


@case("mlp", [(7,)], fixed=True)
def mlp():
    return nn.Sequential(
        nn.Linear(7, 9), nn.BatchNorm1d(9), nn.GELU(), nn.Linear(9, 8, bias=False), nn.SiLU(),
        nn.Linear(8, 8), nn.GELU(approximate="tanh"), nn.Linear(8, 5), nn.Mish(), nn.LayerNorm(5),
        nn.Linear(5, 4), nn.Softmax(-1),
    )


class Block(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.first = nn.Conv2d(channels, filters, 3, stride=stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(filters)
        self.second = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)
        self.short = nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        y = F.relu(self.norm(self.first(x)))
        return F.relu(self.norm2(self.second(y)) + self.short(x))


@case("resnet", [(3, 18, 18)], folding=False, preserve=True)
def resnet():
    return nn.Sequential(
        nn.Conv2d(3, 6, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1), Block(6, 6, 1), Block(6, 8, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4),
    )


class Inverted(nn.Module):
    def __init__(self, channels, filters, stride, act, squeeze):
        super().__init__()
        wide = channels * 3
        layers = [nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide), act()]
        layers += [nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False), nn.BatchNorm2d(wide), act()]
        if squeeze:
            layers.append(Squeeze(wide))
        layers += [nn.Conv2d(wide, filters, 1, bias=False), nn.BatchNorm2d(filters)]
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and channels == filters

    def forward(self, x):
        return x + self.layers(x) if self.residual else self.layers(x)


class Squeeze(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.down, self.up = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)

    def forward(self, x):
        scale = F.adaptive_avg_pool2d(x, 1)
        return x * F.hardsigmoid(self.up(F.relu(self.down(scale))))


def mobile(act, squeeze):
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), act(),
        Inverted(4, 4, 1, act, squeeze), Inverted(4, 6, 2, act, squeeze),
        nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(1), nn.Dropout(0.2), nn.Linear(6, 3),
    )


@case("mobilenetv2", [(3, 14, 14)], old=(False,))
def mobilenetv2():
    return mobile(nn.ReLU6, False)


@case("mobilenetv3", [(3, 14, 14)], old=(True,))
def mobilenetv3():
    return mobile(nn.Hardswish, True)


class Recurrent(nn.Module):
    """Classifies a text by the last step, the last states or the mean of all steps."""

    def __init__(self, kind, take, **options):
        super().__init__()
        self.embed = nn.Embedding(11, 5)
        self.rnn = kind(5, 4, batch_first=True, **options)
        self.take = take
        self.head = nn.Linear(4 * (2 if options.get("bidirectional") else 1), 3)

    def forward(self, ids):
        output, state = self.rnn(self.embed(ids))
        state = state[0] if isinstance(state, tuple) else state
        if self.take == "last":
            features = output[:, -1]
        elif self.take == "states":
            features = torch.cat([state[-2], state[-1]], 1)
        elif self.take == "state":
            features = state[-1]
        else:
            features = output.mean(1)
        return self.head(features)


@case("lstm", [(6,)], ids=11)
def lstm():
    return Recurrent(nn.LSTM, "last", num_layers=2)


@case("gru_bidirectional", [(6,)], ids=11, old=(False,))
def gru_bidirectional():
    return Recurrent(nn.GRU, "states", bidirectional=True)


@case("lstm_bidirectional", [(6,)], ids=11, fixed=True, old=(True,))
def lstm_bidirectional():
    return Recurrent(nn.LSTM, "mean", bidirectional=True, num_layers=2)


@case("rnn", [(6,)], ids=11)
def rnn():
    return Recurrent(nn.RNN, "state")


class TextCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(13, 6)
        self.convs = nn.ModuleList([nn.Conv1d(6, 4, k) for k in (2, 3)])
        self.head = nn.Linear(8, 3)

    def forward(self, ids):
        x = self.embed(ids).transpose(1, 2)
        features = [F.relu(conv(x)).max(dim=2).values for conv in self.convs]
        return F.log_softmax(self.head(torch.cat(features, 1)), dim=1)


@case("text_cnn", [(9,)], ids=13, old=(False,))
def text_cnn():
    return TextCnn()


@case("autoencoder", [(1, 8, 8)], old=(False,))
def autoencoder():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 6, 3, 2, 1), nn.ReLU(),
        nn.Flatten(), nn.Linear(24, 5), nn.Linear(5, 24), nn.Unflatten(1, (6, 2, 2)),
        nn.ConvTranspose2d(6, 4, 2, 2), nn.ReLU(), nn.ConvTranspose2d(4, 4, 3, 2, 1, 1), nn.Tanh(),
        nn.ConvTranspose2d(4, 1, 3, 1, 1), nn.Sigmoid(),
    )


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.mid, self.up = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(8, 2, 1)
        self.slope = nn.PReLU(4)

    def forward(self, x):
        a = self.slope(self.down(x))
        b = F.interpolate(F.leaky_relu(self.mid(F.max_pool2d(a, 2)), 0.1), scale_factor=2, mode="nearest")
        c = F.interpolate(F.avg_pool2d(a, 2), scale_factor=2, mode="bilinear", align_corners=False)
        return torch.sigmoid(self.up(torch.cat([b, c], 1)))


@case("unet", [(2, 8, 8)], old=(False,))
def unet():
    return Unet()


class ConvNext(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 2, 2)
        self.depth = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.norm = nn.LayerNorm(6, eps=1e-6)
        self.wide, self.back = nn.Linear(6, 12), nn.Linear(12, 6)
        self.scale = nn.Parameter(torch.randn(6))
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = self.stem(x)
        y = self.norm(self.depth(x).permute(0, 2, 3, 1))
        y = self.scale * self.back(F.gelu(self.wide(y)))
        x = x + y.permute(0, 3, 1, 2)
        return self.head(x.mean([-2, -1]))


@case("convnext", [(3, 8, 8)], old=(False,))
def convnext():
    return ConvNext()


class Functions(nn.Module):
    def forward(self, x):
        parts = [F.elu(x), F.selu(x), F.softplus(x), F.softsign(x), F.leaky_relu(x, 0.2), F.hardsigmoid(x)]
        parts += [torch.exp(x), torch.maximum(x, -x), torch.minimum(x, 2 * x + 1), x * torch.tanh(x), 3 - x, x / 4]
        return torch.cat(parts, 1), x.reshape(x.shape[0], 2, 3).transpose(1, 2)


@case("functions", [(6,)], old=(False,))
def functions():
    return Functions()


@case("groupnorm", [(4, 5, 5)], old=(True,))
def groupnorm():
    return nn.Sequential(
        nn.Conv2d(4, 4, 3, groups=2), nn.GroupNorm(2, 4), nn.ReLU(), nn.InstanceNorm2d(4), nn.ZeroPad2d((1, 2, 0, 1)),
        nn.Conv2d(4, 3, (2, 3), padding=(1, 0), dilation=(1, 2)), nn.MaxPool2d(2, 1, ceil_mode=False), nn.Flatten(),
    )


class SqueezeDense(nn.Module):
    """Scales of channels by dense layers, repeated to the size of the picture; scales of pixels by the channels."""

    def __init__(self):
        super().__init__()
        self.conv, self.down, self.up = nn.Conv2d(3, 6, 3, 2, 1), nn.Linear(6, 2), nn.Linear(2, 6)
        self.pixels, self.head = nn.Conv2d(6, 1, 1), nn.Linear(6, 3)

    def forward(self, x):
        y = F.relu(self.conv(x))
        b, c, h, w = y.shape
        scale = torch.sigmoid(self.up(F.relu(self.down(F.adaptive_avg_pool2d(y, 1).view(b, c))))).view(b, c, 1, 1)
        y = y * scale.expand_as(y)
        y = torch.cat([y, scale.expand(b, c, h, w) * torch.sigmoid(self.pixels(y))], 2)
        return self.head(y.mean((2, 3)))


@case("squeeze_dense", [(3, 6, 6)])
def squeeze_dense():
    return SqueezeDense()


@case("written_out", [(6,)], old=(True,), opset=13)
def written_out():
    """Of version 13, which has no operators for most of these."""
    return nn.Sequential(
        nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 8), nn.GELU(approximate="tanh"), nn.LayerNorm(8), nn.Linear(8, 6),
        nn.Hardswish(), nn.Linear(6, 5), nn.Hardsigmoid(), nn.Linear(5, 5), nn.Mish(), nn.Softsign(), nn.ReLU6(),
    )


@case("pools", [(4, 11, 10)], old=(True,))
def pools():
    """Borders as no layer has them, over numbers below zero."""
    return nn.Sequential(
        nn.Conv2d(4, 5, 1), nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1, count_include_pad=False),
        nn.Conv2d(5, 4, 3, padding=2), nn.MaxPool2d(2, 2, ceil_mode=True), nn.Conv2d(4, 4, 1), nn.ReLU(),
        nn.MaxPool2d(2, 2, 1), nn.Flatten(),
    )


def packed(path):
    """Kernels of float16, and of int8 with a scale for each filter."""
    model = onnx.load(path)
    tensors, nodes = {tensor.name: tensor for tensor in model.graph.initializer}, []
    for name, tensor in tensors.items():
        values = onnx.numpy_helper.to_array(tensor)
        if values.ndim == 4:
            tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype("float16"), f"{name}_half"))
            nodes.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=1))
        elif values.ndim == 2:
            scales = np.abs(values).max(1) / 127
            numbers = np.rint(values / scales[:, None]).astype("int8")
            tensor.CopyFrom(onnx.numpy_helper.from_array(numbers, f"{name}_bytes"))
            more = {"scale": scales.astype("float32"), "zero": np.zeros(len(scales), "int8")}
            model.graph.initializer.extend(onnx.numpy_helper.from_array(v, f"{name}_{k}") for k, v in more.items())
            inputs = [f"{name}_bytes", f"{name}_scale", f"{name}_zero"]
            nodes.append(onnx.helper.make_node("DequantizeLinear", inputs, [name], axis=0))
    nodes.extend(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


case("packed", [(3, 12, 12)], old=(True,), change=packed)(cnn)
