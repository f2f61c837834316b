"""The networks of Keras for make_onnx.py."""

import keras
import numpy as np
from keras import layers as L

CASES = {}


def case(name, shape, *, ids=None):
    def register(make):
        def run(path):
            keras.utils.set_random_seed(3)
            model = make(keras.Input(shape, dtype="int32" if ids else "float32"))
            rng = np.random.default_rng(4)
            for layer in model.layers:
                if isinstance(layer, (L.BatchNormalization, L.GroupNormalization)):
                    layer.set_weights([rng.uniform(0.4, 1.6, w.shape) for w in layer.get_weights()])
            model(np.zeros((2, *shape), "int32" if ids else "float32"))
            model.export(str(path), format="onnx", verbose=False)
            return {
                "by": f"Keras {keras.__version__} on PyTorch, Model.export",
                "layout": "nhwc",
                "inputs": [{"shape": shape, "ids": ids, "dtype": "int32"}],
            }

        CASES[f"keras_{name}"] = run
        return make

    return register


def chain(x, *layers):
    y = x
    for layer in layers:
        y = layer(y)
    return keras.Model(x, y)


@case("cnn", (12, 12, 3))
def cnn(x):
    return chain(
        x, L.Rescaling(0.5, 0.25), L.Conv2D(6, 3, padding="same", activation="relu"), L.MaxPooling2D(),
        L.Conv2D(8, 3, strides=2, padding="same", use_bias=False), L.BatchNormalization(), L.ReLU(),
        L.Flatten(), L.Dense(10, "relu"), L.Dropout(0.3), L.Dense(4, "softmax"),
    )


@case("separable", (11, 11, 3))
def separable(x):
    y = L.SeparableConv2D(6, 3, padding="same", activation="swish")(x)
    z = L.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2)(y)
    z = L.LeakyReLU()(L.BatchNormalization()(z))
    z = L.AveragePooling2D(2, padding="same")(z)
    z = L.concatenate([L.Conv2D(4, 1)(z), L.UpSampling2D(1)(z)])
    scale = L.GlobalAveragePooling2D(keepdims=True)(z)
    z = z * L.Dense(16, "sigmoid")(scale)
    return keras.Model(x, L.Dense(3)(L.GlobalMaxPooling2D()(z)))


@case("autoencoder", (8, 8, 1))
def autoencoder(x):
    return chain(
        x, L.Conv2D(4, 3, strides=2, padding="same", activation="gelu"), L.ZeroPadding2D(1), L.Cropping2D(1),
        L.Flatten(), L.Dense(7), L.Dense(16 * 4), L.Reshape((4, 4, 4)),
        L.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu"),
        L.UpSampling2D(2), L.Conv2D(1, 3, padding="same", activation="sigmoid"),
    )


@case("text", (9,), ids=12)
def text(x):
    return chain(
        x, L.Embedding(12, 6), L.Conv1D(5, 3, padding="same", activation="relu"), L.MaxPooling1D(2),
        L.GlobalAveragePooling1D(), L.Dense(3, "softmax"),
    )


@case("lstm", (4, 3))
def lstm(x):
    return chain(x, L.LSTM(3), L.Dense(2))


@case("gru", (4, 3))
def gru(x):
    return chain(x, L.GRU(3), L.Dense(2))


@case("lstm_dropout", (3, 3))
def lstm_dropout(x):
    """With a mask for the states, which has the exporter cut the kernels into gates."""
    return chain(x, L.LSTM(2, dropout=0.1, recurrent_dropout=0.1), L.Dense(2))


@case("rnn", (4, 3))
def rnn(x):
    return chain(x, L.SimpleRNN(3, return_sequences=True), L.SimpleRNN(2), L.Dense(2))


@case("groups", (4, 5, 3))
def groups(x):
    return chain(x, L.Conv2D(6, 2), L.GroupNormalization(3), L.Conv2D(2, 2), L.Flatten(), L.Dense(2))


@case("bilinear", (4, 5, 3))
def bilinear(x):
    return chain(x, L.UpSampling2D(2, interpolation="bilinear"), L.Conv2D(2, 3), L.GlobalMaxPooling2D())


@case("attention", (5, 6))
def attention(x):
    y = x + L.MultiHeadAttention(2, 3)(x, x)
    return keras.Model(x, L.Dense(2)(L.GlobalAveragePooling1D()(y)))
