"""Random numbers of the cases, and how they are written."""

import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
RNG = np.random.default_rng(7)


def cut(array):
    """Numbers of few digits, which are the same in single precision."""
    return np.round(np.asarray(array, dtype="float64"), 6).astype("float32")


def written(array):
    return {"shape": list(array.shape), "values": [float(f"{v:.7g}") for v in array.ravel()]}


def numbers(*shape):
    return cut(RNG.normal(0, 1, shape))
