"""Layers that the shared cases leave out, by PyTorch (2.15.0).

pip install torch safetensors numpy; python tests/golden/scripts/layers.py

Everything in float64 from numbers that are exact in float32, rounded to float32. Layouts are Keras's: the
last axis is that of the channels, kernels are [height, width, out, in] (transposed convolution), [in, out]
(dense), [in, heads, dim] and [heads, dim, out] (attention).
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

CASES = pathlib.Path(__file__).parent.parent / "cases"
generator = np.random.default_rng(31)


def normal(*shape):
    return generator.standard_normal(shape).astype(np.float32)


def case(group, name, op, attrs, run, inputs, params=None, whole=None, note=""):
    """Runs a function of inputs and parameters, by name, that gives outputs by name; whole numbers go along."""
    leaves = {f"input.{key}": value for key, value in inputs.items()}
    leaves |= {f"param.{key}": value for key, value in (params or {}).items()}
    leaf = {key: torch.tensor(value.astype(np.float64), requires_grad=True) for key, value in leaves.items()}
    whole = whole or {}
    given = {key: torch.tensor(value.astype(np.int64)) for key, value in whole.items()}
    outputs = run(**{key.split(".")[1]: tensor for key, tensor in leaf.items()}, **given)
    upstream = {key: normal(*value.shape) for key, value in outputs.items()}
    sum((value * torch.tensor(upstream[key].astype(np.float64))).sum() for key, value in outputs.items()).backward()
    tensors = dict(leaves)
    tensors |= {f"input.{key}": value.astype(np.int32) for key, value in whole.items()}
    tensors |= {f"output.{key}": value.detach().numpy().astype(np.float32) for key, value in outputs.items()}
    tensors |= {f"grad_output.{key}": value for key, value in upstream.items()}
    tensors |= {f"grad_{key}": tensor.grad.numpy().astype(np.float32) for key, tensor in leaf.items()}
    tensors = {key: np.ascontiguousarray(value) for key, value in tensors.items()}
    description = {
        "name": name,
        "group": group,
        "op": op,
        "attrs": attrs,
        "note": note,
        "reference": f"torch {torch.__version__.split('+')[0]} float64, rounded to float32",
        "tolerance": {"abs": 2e-06, "rel_to_max": 2e-05},
        "tensors": {key: {"shape": list(value.shape), "dtype": str(value.dtype)} for key, value in tensors.items()},
    }
    folder = CASES / group
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(description, indent=1) + "\n")
    save_file(tensors, folder / f"{name}.safetensors")


# Softmax over axes that are not the last.
x = normal(2, 3, 4, 5)
case("activation", "softmax_axis_1", "softmax_over", {"axis": 1}, lambda x: {"y": x.softmax(1)}, {"x": x})
case("activation", "softmax_axes_3_1", "softmax_over", {"axis": [3, 1]},
     lambda x: {"y": (x - x.logsumexp((3, 1), keepdim=True)).exp()}, {"x": x})

# The smallest of several.
case("merge", "minimum", "minimum", {}, lambda x0, x1, x2: {"y": x0.minimum(x1).minimum(x2)},
     {f"x{number}": normal(2, 3, 4, 2) for number in range(3)})


# Layers at every step.
def convolved(x, kernel, bias):
    images = x.flatten(0, 1).permute(0, 3, 1, 2)
    y = F.conv2d(images, kernel.permute(3, 2, 0, 1), bias).relu()
    return {"y": y.permute(0, 2, 3, 1).unflatten(0, x.shape[:2])}


case("time_distributed", "dense", "time_distributed", {"layer": {"type": "dense", "units": 4, "activation": "softmax"}},
     lambda x, kernel, bias: {"y": F.linear(x, kernel.T, bias).softmax(-1)}, {"x": normal(2, 3, 5)},
     {"kernel": normal(5, 4), "bias": normal(4)})
case("time_distributed", "conv2d", "time_distributed",
     {"layer": {"type": "conv2d", "filters": 4, "kernelSize": [3, 2], "activation": "relu"}}, convolved,
     {"x": normal(2, 3, 5, 4, 2)}, {"kernel": normal(3, 2, 2, 4), "bias": normal(4)})

# Positions: vectors that are added, and waves (Vaswani et al., 2017).
numbers = torch.arange(5, dtype=torch.float64)
angles = torch.arange(6)[:, None] / 10000 ** (numbers // 2 * 2 / 5)
waves = torch.where(numbers % 2 == 0, angles.sin(), angles.cos())
case("position_embedding", "learned", "position_embedding", {"encoding": "learned"},
     lambda x, embeddings: {"y": x + embeddings}, {"x": normal(2, 6, 5)}, {"embeddings": normal(6, 5)})
case("position_embedding", "sinusoidal", "position_embedding", {"encoding": "sinusoidal"},
     lambda x: {"y": x + waves}, {"x": normal(2, 6, 5)})


# Transposed convolutions whose windows or whose borders are others.
def transposed(strides, dilation, more, same):
    def run(x, kernel, bias):
        y = F.conv_transpose2d(x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), bias, strides, 0,
                               more or 0, 1, dilation)
        y = y.permute(0, 2, 3, 1)
        if same:
            # Keras cuts off evenly, and one more at the end.
            for axis in (1, 2):
                span = (kernel.shape[axis - 1] - 1) * dilation[axis - 1] + 1
                out = (x.shape[axis] - 1) * strides[axis - 1] + span % 2 + more[axis - 1]
                whole = (x.shape[axis] - 1) * strides[axis - 1] + span
                y = y.narrow(axis, (whole - out) // 2, out)
        return {"y": y}
    return run


for name, size, strides, dilation, more, padding in [
    ("t_k3_s3x2_output_padding", (3, 3), (3, 2), (1, 1), (2, 1), "valid"),
    ("t_k4x3_s3x2_same_output_padding", (4, 3), (3, 2), (1, 1), (1, 0), "same"),
    ("t_k5_s2_same_output_padding", (5, 5), (2, 2), (1, 1), (1, 1), "same"),
    ("t_k2x3_dilated", (2, 3), (1, 1), (2, 3), None, "valid"),
]:
    attrs = {"filters": 2, "kernel_size": size, "strides": strides, "dilation_rate": dilation, "padding": padding}
    attrs |= {"output_padding": more} if more else {}
    case("conv2d_transpose", name, "conv2d_transpose", attrs, transposed(strides, dilation, more, padding == "same"),
         {"x": normal(2, 3, 4, 3)}, {"kernel": normal(*size, 2, 3), "bias": normal(2)})


# Attention with values of another size, and with keys that are not the values.
def attention(causal):
    def run(query, query_kernel, query_bias, key_kernel, key_bias, value_kernel, value_bias, output_kernel, output_bias,
            value=None, key=None):
        value = query if value is None else value
        key = value if key is None else key
        project = lambda x, kernel, bias: torch.einsum("npw,whd->nphd", x, kernel) + bias
        q, k, v = project(query, query_kernel, query_bias), project(key, key_kernel, key_bias), project(value, value_kernel, value_bias)
        heads = F.scaled_dot_product_attention(*(x.transpose(1, 2) for x in (q, k, v)), is_causal=causal)
        return {"y": torch.einsum("nhqd,hdw->nqw", heads, output_kernel) + output_bias}
    return run


for name, heads, key_dim, value_dim, causal, shapes in [
    ("self_value_dim", 2, 3, 5, True, {"query": (4, 6)}),
    ("three_inputs", 3, 2, 4, False, {"query": (4, 6), "value": (7, 5), "key": (7, 3)}),
]:
    width = {role: shapes.get(role, shapes.get("value", shapes["query"]))[1] for role in ("query", "value", "key")}
    dims = {"query": key_dim, "key": key_dim, "value": value_dim}
    params = {}
    for role, dim in dims.items():
        params |= {f"{role}_kernel": normal(width[role], heads, dim), f"{role}_bias": normal(heads, dim)}
    params |= {"output_kernel": normal(heads, value_dim, width["query"]), "output_bias": normal(width["query"])}
    attrs = {"num_heads": heads, "key_dim": key_dim, "value_dim": value_dim, "use_causal_mask": causal}
    # Small enough for shares that are not all or nothing.
    params = {key: value / 4 for key, value in params.items()}
    case("attention", name, "multi_head_attention", attrs, attention(causal),
         {role: normal(2, *shape) for role, shape in shapes.items()}, params)


# What stands behind an embedding passes over the word 0.
def lstm(kernel, recurrent_kernel, bias):
    """PyTorch's parameters of Keras's, whose gates are in the same order."""
    return [kernel.T, recurrent_kernel.T, bias, torch.zeros_like(bias)]


def directions(x, lengths, *params):
    """The outputs of every step, zero behind the ends, and the last states, of one direction or of two."""
    names = [f"{part}_l0{end}" for end in ("", "_reverse") for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    layer = torch.nn.LSTM(x.shape[2], params[1].shape[1], batch_first=True, bidirectional=len(params) > 4).double()
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    y, (last, _) = torch.func.functional_call(layer, dict(zip(names, params)), (packed,))
    return pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])[0], last


words = np.array([[3, 1, 4, 0, 0], [6, 0, 0, 0, 0], [2, 2, 5, 1, 6]])
lengths = torch.tensor([3, 1, 5])
case("embedding", "masked_average", "embedding",
     {"input_dim": 7, "output_dim": 4, "mask_zero": True, "then": {"type": "globalAveragePooling1d"}},
     lambda embeddings, indices: {"y": F.embedding(indices, embeddings).mul((indices != 0)[..., None]).sum(1) / lengths[:, None]},
     {}, {"embeddings": normal(7, 4)}, {"indices": words})
case("embedding", "masked_lstm", "embedding",
     {"input_dim": 7, "output_dim": 4, "mask_zero": True, "then": {"type": "lstm", "units": 3}},
     lambda embeddings, kernel, recurrent_kernel, bias, indices: {
         "y": directions(F.embedding(indices, embeddings), lengths, *lstm(kernel, recurrent_kernel, bias))[1][0]},
     {}, {"embeddings": normal(7, 4), "kernel": normal(4, 12), "recurrent_kernel": normal(3, 12), "bias": normal(12)},
     {"indices": words})


# Both directions, of which the mean is taken.
def mean_of_directions(x, fw_kernel, fw_recurrent_kernel, fw_bias, bw_kernel, bw_recurrent_kernel, bw_bias, lengths):
    forwards, backwards = lstm(fw_kernel, fw_recurrent_kernel, fw_bias), lstm(bw_kernel, bw_recurrent_kernel, bw_bias)
    y, last = directions(x, lengths, *forwards, *backwards)
    return {"sequence": (y[..., :3] + y[..., 3:]) / 2, "last": last.mean(0)}


sizes = {"kernel": (4, 12), "recurrent_kernel": (3, 12), "bias": (12,)}
case("rnn", "bi_lstm_ave_lengths", "bidirectional", {"layer": "lstm", "units": 3, "merge_mode": "ave"}, mean_of_directions,
     {"x": normal(3, 5, 4)}, {f"{way}_{key}": normal(*size) for way in ("fw", "bw") for key, size in sizes.items()},
     {"lengths": np.array([5, 2, 4])}, note="as in bi_gru_sum_lengths")
