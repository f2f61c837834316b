"""Optimisers and schedules by PyTorch (2.15.0) and Keras (3.15.1, on PyTorch), beyond the shared cases.

pip install torch keras safetensors numpy; KERAS_BACKEND=torch python tests/golden/scripts/optimizer.py

Everything in float64, rounded to float32: two parameters, and gradients that do not depend on them.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from safetensors.numpy import save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

CASES = pathlib.Path(__file__).parent.parent / "cases"
STEPS = 20
MUON_STEPS = 8
keras.config.set_floatx("float64")


def numbers():
    generator = np.random.default_rng(23)
    shapes = [(7, 5), (5,)]
    params = [generator.standard_normal(shape).astype(np.float32) for shape in shapes]
    grads = [generator.standard_normal((STEPS, *shape)).astype(np.float32) for shape in shapes]
    return params, grads


def by_torch(make, attrs):
    params, grads = numbers()
    tensors = [torch.tensor(p.astype(np.float64), requires_grad=True) for p in params]
    optimizer = make(tensors, **attrs)
    after = [[], []]
    for step in range(STEPS):
        for tensor, grad in zip(tensors, grads):
            tensor.grad = torch.tensor(grad[step].astype(np.float64))
        optimizer.step()
        for kept, tensor in zip(after, tensors):
            kept.append(tensor.detach().numpy().copy())
    return params, grads, after


def by_keras(make, attrs):
    params, grads = numbers()
    variables = [keras.Variable(p.astype(np.float64), dtype="float64") for p in params]
    optimizer = make(**attrs)
    after = [[], []]
    for step in range(STEPS):
        optimizer.apply([torch.tensor(grad[step].astype(np.float64)) for grad in grads], variables)
        for kept, variable in zip(after, variables):
            kept.append(variable.numpy().copy())
    return params, grads, after


def by_muon(make, attrs):
    """Muon as its author has it (github.com/KellerJordan/Muon), whose matrices are [outputs, inputs], on kernels
    [..., inputs, outputs]; biases follow AdamW, at a rate of their own."""
    generator = np.random.default_rng(29)
    # Wide, tall, a convolution's, and a bias.
    shapes = [(5, 11), (13, 3), (3, 2, 2, 4), (5,)]
    params = [generator.standard_normal(shape).astype(np.float32) for shape in shapes]
    grads = [generator.standard_normal((MUON_STEPS, *shape)).astype(np.float32) for shape in shapes]
    weights = [torch.tensor(p.astype(np.float64), requires_grad=True) for p in params]
    momenta = [torch.zeros_like(w) for w in weights]
    others = attrs["others"]
    adamw = torch.optim.AdamW(weights[-1:], lr=others["learningRate"], weight_decay=others["weightDecay"])
    after = [[] for _ in shapes]
    for step in range(MUON_STEPS):
        for w, momentum, grad in zip(weights, momenta, grads):
            w.grad = torch.tensor(grad[step].astype(np.float64))
            if w.ndim == 1:
                adamw.step()
                continue
            momentum.lerp_(w.grad, 1 - attrs["momentum"])
            update = w.grad.lerp(momentum, attrs["momentum"]) if attrs["nesterov"] else momentum
            matrix = orthogonal(update.reshape(-1, w.shape[-1]).T, attrs["ns_steps"])
            outputs, inputs = matrix.shape
            scale = {"original": max(1, outputs / inputs) ** 0.5, "matchRmsAdamw": 0.2 * max(inputs, outputs) ** 0.5, "none": 1}
            with torch.no_grad():
                w.mul_(1 - attrs["learning_rate"] * attrs["weight_decay"])
                w.sub_(attrs["learning_rate"] * scale[attrs["adjust"]] * matrix.T.reshape(w.shape))
        for kept, w in zip(after, weights):
            kept.append(w.detach().numpy().copy())
    return params, grads, after


def orthogonal(matrix, steps):
    """`zeropower_via_newtonschulz5` of the author, in float64."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.mT if matrix.size(-2) > matrix.size(-1) else matrix
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if matrix.size(-2) > matrix.size(-1) else x


def averaged(make, attrs):
    """PyTorch's `AveragedModel` beside a run: its weights, of the first update and then of every `ema_every`th."""
    attrs = dict(attrs)
    every, momentum = attrs.pop("ema_every"), attrs.pop("ema_momentum")
    del attrs["use_ema"]
    params, grads, after = by_torch(make, attrs)
    model = torch.nn.ParameterList([torch.tensor(p.astype(np.float64)) for p in params])
    mean = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(momentum))
    averages = [[], []]
    for step in range(STEPS):
        for own, values in zip(model, after):
            own.data.copy_(torch.tensor(values[step]))
        if step == 0 or (step + 1) % every == 0:
            mean.update_parameters(model)
        for kept, tensor in zip(averages, mean.module):
            kept.append(tensor.detach().numpy().copy())
    return params, grads, after, averages


def sparing(make, attrs):
    """Without weight decay of the bias."""
    rest = {key: value for key, value in attrs.items() if key not in ("decay_biases", "weight_decay")}
    groups = lambda tensors: [{"params": tensors[:1], "weight_decay": attrs["weight_decay"]},
                              {"params": tensors[1:], "weight_decay": 0.0}]
    return by_torch(lambda tensors, **rest: make(groups(tensors), **rest), rest)


def optimizer(name, kind, run, make, attrs):
    params, grads, after, *averages = run(make, attrs)
    tensors = {}
    for number in range(len(params)):
        tensors[f"param.w{number}"] = params[number]
        tensors[f"input.grads{number}"] = grads[number]
        tensors[f"output.w{number}_after_each_step"] = np.stack(after[number]).astype(np.float32)
        for average in averages:
            tensors[f"output.w{number}_average"] = np.stack(average[number]).astype(np.float32)
    frameworks = {by_keras: f"keras.optimizers {keras.__version__}", by_muon: f"KellerJordan/Muon, torch {torch.__version__}"}
    framework = frameworks.get(run, f"torch.optim {torch.__version__}")
    description = {
        "name": name,
        "group": "optimizer",
        "op": "optimizer",
        "attrs": {"optimizer": kind, "framework_of_reference": framework, **attrs},
        "variant": "keras" if run is by_keras else "torch",
        "steps": len(grads[0]),
        "tolerance": {"abs": 2e-06, "rel_to_max": 2e-05},
        "reference": "float64, rounded to float32",
        "tensors": {key: {"shape": list(value.shape), "dtype": str(value.dtype)} for key, value in tensors.items()},
    }
    folder = CASES / "optimizer"
    (folder / f"{name}.json").write_text(json.dumps(description, indent=1) + "\n")
    save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, folder / f"{name}.safetensors")


def schedule(name, op, attrs, rates, note):
    description = {
        "name": name,
        "group": "schedule",
        "op": op,
        "attrs": attrs,
        "learning_rate_per_step": [float(rate) for rate in rates],
        "note": note,
        "tolerance": {"abs": 1e-9, "rel": 1e-5},
    }
    (CASES / "schedule" / f"{name}.json").write_text(json.dumps(description, indent=1) + "\n")


def of_torch(make, initial, steps):
    weight = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    descent = torch.optim.SGD([weight], lr=initial)
    schedule = make(descent)
    rates = []
    for _ in range(steps):
        rates.append(schedule.get_last_lr()[0])
        descent.step()
        schedule.step()
    return rates


def of_keras(schedule, steps):
    return [float(schedule(np.float64(step))) for step in range(steps)]


torch_rms = {"lr": 0.01, "alpha": 0.9, "eps": 1e-4, "momentum": 0.8, "centered": True, "weight_decay": 0.1}
optimizer("torch_rmsprop_all", "RMSprop", by_torch, torch.optim.RMSprop, torch_rms)
optimizer("torch_adadelta", "Adadelta", by_torch, torch.optim.Adadelta, {"lr": 1.0})
optimizer("torch_nadam", "NAdam", by_torch, torch.optim.NAdam, {"lr": 0.01})
optimizer("torch_nadam_weight_decay", "NAdam", by_torch, torch.optim.NAdam,
          {"lr": 0.01, "weight_decay": 0.1, "momentum_decay": 0.3})
optimizer("torch_adamw_amsgrad", "AdamW", by_torch, torch.optim.AdamW,
          {"lr": 0.01, "betas": [0.8, 0.7], "amsgrad": True})
keras_rms = {"learning_rate": 0.01, "rho": 0.9, "epsilon": 1e-4, "momentum": 0.8, "centered": True,
             "weight_decay": 0.1}
optimizer("keras_rmsprop_all", "RMSprop", by_keras, keras.optimizers.RMSprop, keras_rms)
optimizer("keras_adadelta", "Adadelta", by_keras, keras.optimizers.Adadelta, {"learning_rate": 0.5})
optimizer("keras_nadam", "Nadam", by_keras, keras.optimizers.Nadam, {"learning_rate": 0.01, "weight_decay": 0.1})
optimizer("keras_lion", "Lion", by_keras, keras.optimizers.Lion,
          {"learning_rate": 0.01, "beta_1": 0.9, "beta_2": 0.99, "weight_decay": 0.1})
optimizer("keras_adagrad_weight_decay", "Adagrad", by_keras, keras.optimizers.Adagrad,
          {"learning_rate": 0.1, "weight_decay": 0.1})
optimizer("keras_adam_gathered", "Adam", by_keras, keras.optimizers.Adam,
          {"learning_rate": 0.01, "gradient_accumulation_steps": 4, "global_clipnorm": 1.5})

others = {"type": "adamw", "learningRate": 0.01, "weightDecay": 0.05}
muon = {"learning_rate": 0.02, "momentum": 0.95, "nesterov": True, "ns_steps": 5, "weight_decay": 0.0, "adjust": "original",
        "others": others}
optimizer("muon", "Muon", by_muon, None, muon)
optimizer("muon_match_rms", "Muon", by_muon, None, muon | {"nesterov": False, "weight_decay": 0.1, "adjust": "matchRmsAdamw"})
optimizer("muon_unadjusted", "Muon", by_muon, None, muon | {"momentum": 0.8, "ns_steps": 3, "adjust": "none"})
average = {"lr": 0.1, "momentum": 0.9, "use_ema": True, "ema_momentum": 0.8}
optimizer("torch_ema", "SGD", averaged, torch.optim.SGD, average | {"ema_every": 1})
optimizer("torch_ema_every_3", "SGD", averaged, torch.optim.SGD, average | {"ema_every": 3})
optimizer("torch_adamw_biases_spared", "AdamW", sparing, torch.optim.AdamW,
          {"lr": 0.01, "weight_decay": 0.5, "decay_biases": False})

# Keras calculates schedules in float32, so its rates are only looked at; what is kept is of PyTorch, or the
# definition in float64.
restarts = {"initial": 0.1, "first_decay_steps": 6, "t_mul": 2.0, "m_mul": 1.0, "alpha": 0.1}
rates = of_torch(lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 6, 2, eta_min=0.01), 0.1, 40)
seen = of_keras(keras.optimizers.schedules.CosineDecayRestarts(0.1, 6, t_mul=2.0, m_mul=1.0, alpha=0.1), 40)
assert np.allclose(rates, seen, atol=1e-6), (rates, seen)
schedule("cosine_restarts", "cosine_restarts", restarts, rates, "torch CosineAnnealingWarmRestarts; Keras agrees")
rates = of_torch(lambda o: torch.optim.lr_scheduler.PolynomialLR(o, total_iters=25, power=1.5), 0.1, 30)
seen = of_keras(keras.optimizers.schedules.PolynomialDecay(0.1, 25, end_learning_rate=0.0, power=1.5), 30)
assert np.allclose(rates, seen, atol=1e-6), (rates, seen)
schedule("polynomial", "polynomial_decay", {"initial": 0.1, "end": 0.0, "power": 1.5, "decay_steps": 25}, rates,
         "torch PolynomialLR; Keras agrees")
