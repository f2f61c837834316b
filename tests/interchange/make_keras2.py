"""Writes small models of Keras 2 with random weights, and what they answer.

    python make_keras2.py

TensorFlow 2.15 with its Keras 2.15 wrote the files that are here. For each model of `keras2/` there are
NAME.keras (packed again, by deflate), NAME.h5.gz and NAME.json with inputs and expected outputs. Operations
on tensors (`x + y`, `tf.nn.relu(x)`) are in the files as TFOpLambda and SlicingOpLambda.
"""

import gzip
import json
import os
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

from drawn import HERE, RNG, cut, numbers, written


def random_weights(model):
    """Weights that no initialiser gives, with statistics that matter."""
    for variable in model.weights:
        shape, name = tuple(variable.shape), variable.name
        if "variance" in name:
            values = RNG.uniform(0.4, 2.5, shape)
        elif "gamma" in name:
            values = RNG.uniform(0.5, 1.5, shape)
        elif len(shape) > 1 and "bias" not in name:
            fan_in = np.prod(shape[:-1]) if len(shape) > 2 else shape[0]
            values = RNG.normal(0, 1 / np.sqrt(fan_in), shape)
        else:
            values = RNG.normal(0, 0.3, shape)
        variable.assign(values.astype("float32"))


def pack(path):
    """The same archive with its files by deflate."""
    with zipfile.ZipFile(path) as archive:
        files = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


def save(name, model, inputs, archive=True):
    random_weights(model)
    folder = HERE / "keras2"
    folder.mkdir(exist_ok=True)
    if archive:
        path = folder / f"{name}.keras"
        model.save(path)
        pack(path)
    path = folder / f"{name}.h5"
    model.save(path)
    (folder / f"{name}.h5.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    outputs = [output.numpy() for output in outputs]
    case = {"inputs": [written(i) for i in inputs], "outputs": [written(o) for o in outputs]}
    (folder / f"{name}.json").write_text(json.dumps(case) + "\n")


def cnn():
    model = keras.Sequential(
        [
            layers.Rescaling(1 / 127.5, offset=-1, input_shape=(8, 9, 2)),
            layers.Conv2D(4, 3, padding="same", activation="relu", name="first"),
            layers.MaxPooling2D(),
            layers.Conv2D(6, (3, 2), strides=(1, 2), use_bias=False),
            layers.BatchNormalization(epsilon=1e-4),
            layers.LeakyReLU(alpha=0.1),
            layers.AveragePooling2D((2, 1), strides=1, padding="same"),
            layers.Conv2D(3, 1, activation="hard_sigmoid"),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(5, activation=tf.nn.relu6),
            layers.Dense(3, activation="softmax"),
        ],
        name="cnn",
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    save("cnn", model, [cut(RNG.uniform(0, 255, (3, 8, 9, 2)))])


def residual():
    def block(x, filters, stride):
        y = layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(x)
        y = tf.nn.relu(layers.BatchNormalization()(y))
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        if stride != 1:
            x = layers.Conv2D(filters, 1, stride, use_bias=False)(x)
        return tf.nn.relu(x + y)

    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same")(inputs * 2)
    x = block(x, 4, 1)
    x = block(x, 6, 2)
    x = layers.GlobalAveragePooling2D()(x)
    save("residual", keras.Model(inputs, tf.nn.softmax(layers.Dense(4)(x))), [numbers(2, 8, 8, 3)])


def operations():
    """Every operation that is read."""
    inputs = x = keras.Input((6, 4, 3), name="image")
    parts = [
        x + 2.0,
        2 - x,
        x * x - [0.5, 1.0, 1.5],
        x / 3.0,
        np.array([1.0, 2.0, 4.0], "float32") * -x,
        x / [2.0, 4.0, 5.0],
        tf.square(x) - x**2,
        tf.maximum(x, 0.25),
        tf.maximum(x, 0.0),
        tf.minimum(x, 0.5),
        tf.minimum(x, tf.maximum(-x, x * 0.1)),
        tf.clip_by_value(x, -0.5, 1.0),
        tf.nn.relu6(x * 5),
        tf.nn.leaky_relu(x),
        tf.nn.leaky_relu(x, 0.3),
        tf.nn.elu(x),
        tf.nn.selu(x),
        tf.nn.silu(x),
        tf.nn.gelu(x),
        tf.nn.gelu(x, approximate=True),
        tf.sigmoid(x),
        tf.tanh(x),
        tf.exp(x),
        tf.math.softplus(x),
        tf.nn.softsign(x),
        tf.nn.softmax(x),
        tf.nn.softmax(x, axis=1),
        tf.nn.log_softmax(x),
        tf.identity(x),
        tf.cast(tf.stop_gradient(x), "float32"),
        tf.nn.bias_add(x, [1.0, 2.0, 3.0]),
        tf.add_n([x, x, x]),
        x[..., ::-1],
        x * tf.reduce_mean(x, [1, 2], keepdims=True),
        x * tf.reduce_max(x, axis=-1, keepdims=True),
        x + tf.reduce_sum(x, axis=2, keepdims=True),
        keras.activations.hard_sigmoid(x),
        keras.activations.relu(x, max_value=6),
    ]
    whole = tf.concat(parts, -1)
    flat = [
        tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, 72]),
        tf.reduce_max(x, [1, 2]),
        tf.reduce_mean(x, axis=2)[:, 1:3, -1],
        tf.reduce_sum(x[:, 0], axis=1),
        x[:, 2, -1],
        tf.squeeze(x[:, 1:2, 3:, :], [1, 2]),
        layers.Flatten()(x[:, 1:-1, 2:]),
        layers.Flatten()(x[..., 1:]),
        layers.Flatten()(tf.expand_dims(x[:, :, 1], 1)),
        layers.Flatten()(tf.pad(x, [[0, 0], [1, 0], [2, 1], [0, 0]])),
        layers.Flatten()(tf.image.resize(x, (12, 4))),
        layers.Flatten()(tf.image.resize(x, (6, 8), method="nearest")),
    ]
    model = keras.Model(inputs, [whole, tf.concat(flat, axis=1)])
    # Archives of Keras 2 have no word for an ellipsis.
    save("operations", model, [numbers(1, 6, 4, 3)], archive=False)


def text():
    words = keras.Input((7,), name="words")
    x = layers.Embedding(11, 4, mask_zero=True)(words)
    x = layers.SpatialDropout1D(0.2)(x)
    masked = layers.Bidirectional(layers.LSTM(3))(x)
    gates = layers.GRU(3, recurrent_activation="hard_sigmoid", return_sequences=True)(x)
    # Operations end masks: what is behind them counts every step.
    unmasked = layers.LSTM(2, recurrent_activation="hard_sigmoid")(x * 1.5)
    gates = layers.GRU(2)(gates)
    mean = tf.reduce_mean(x, axis=1)
    x = layers.Concatenate()([masked, gates, unmasked, mean])
    model = keras.Model(words, layers.Dense(2, activation="softmax")(x))
    ids = RNG.integers(1, 11, (3, 7)).astype("float32")
    ids[0, 4:] = 0
    ids[1, 2:] = 0
    save("text", model, [ids])


def mobilenet():
    """As transfer learning has it: a frozen network within, behind what prepares its images."""

    def conv(x, filters, kernel, stride=1):
        x = layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False)(x)
        return layers.BatchNormalization(momentum=0.999)(x)

    x = inner = keras.Input((8, 8, 3))
    x = layers.ReLU(6.0)(conv(x, 4, 3, 2))
    y = layers.ReLU(6.0)(conv(x, 8, 1))
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(y)
    y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
    x = layers.Add()([x, conv(y, 4, 1)])
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.DepthwiseConv2D(3, 2, use_bias=False, name="down")(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    base = keras.Model(inner, conv(x, 6, 1), name="base")
    base.trainable = False
    for layer in base.layers[-2:]:
        layer.trainable = True

    inputs = keras.Input((8, 8, 3))
    x = keras.applications.mobilenet_v2.preprocess_input(inputs)
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    images = cut(RNG.uniform(0, 255, (2, 8, 8, 3)))
    save("mobilenet", keras.Model(inputs, layers.Dense(3)(x)), [images])


cnn()
residual()
operations()
text()
mobilenet()
