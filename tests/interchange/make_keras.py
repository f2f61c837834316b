"""Writes small Keras models and PyTorch state dicts with random weights, and what they answer.

    KERAS_BACKEND=torch python make_keras.py

Keras 3.15 with h5py 3.16, PyTorch 2.15 and safetensors wrote the files that are here. For each model of
`keras/` there are NAME.keras, NAME.h5.gz (the older whole-model format, packed) and NAME.json with inputs and expected
outputs; for each of `pytorch/` NAME.safetensors and NAME.json, which has the model's specification, too.
"""

import gzip
import json
import os
import zipfile

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy as np
from keras import layers

from drawn import HERE, RNG, cut, numbers, written
from pytorch_models import torch_models


def random_weights(model):
    """Weights that no initialiser gives, with statistics that matter."""
    for variable in model.variables:
        if not np.issubdtype(np.dtype(variable.dtype), np.floating):
            continue
        shape, path = tuple(variable.shape), variable.path
        if path.endswith("variance"):
            values = RNG.uniform(0.4, 2.5, shape)
        elif path.endswith("gamma"):
            values = RNG.uniform(0.5, 1.5, shape)
        elif len(shape) > 1 and "bias" not in path:
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


def save(name, model, inputs):
    random_weights(model)
    folder = HERE / "keras"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.keras"
    model.save(path)
    # One is left as Keras wrote it, unpacked; the others are packed to be small here.
    if name != "lstm":
        pack(path)
    path = folder / f"{name}.h5"
    model.save(path)
    (folder / f"{name}.h5.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    outputs = [output.detach().cpu().numpy() for output in outputs]
    case = {"inputs": [written(i) for i in inputs], "outputs": [written(o) for o in outputs]}
    (folder / f"{name}.json").write_text(json.dumps(case) + "\n")


def keras_models():
    cnn = keras.Sequential(
        [
            keras.Input((8, 9, 2), name="picture"),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.Conv2D(4, 3, padding="same", activation="relu", name="first"),
            layers.MaxPooling2D(),
            layers.Conv2D(6, (3, 2), strides=(1, 2), use_bias=False),
            layers.BatchNormalization(epsilon=1e-4),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(5, activation="gelu"),
            layers.Dense(3, activation="softmax"),
        ],
        name="cnn",
    )
    save("cnn", cnn, [cut(RNG.uniform(0, 255, (3, 8, 9, 2)))])

    def block(x, filters, stride):
        short = x
        y = layers.Conv2D(filters, 3, stride, padding="same", use_bias=False)(x)
        y = layers.BatchNormalization()(y)
        y = layers.Activation("relu")(y)
        y = layers.Conv2D(filters, 3, padding="same", use_bias=False)(y)
        y = layers.BatchNormalization()(y)
        if stride != 1:
            short = layers.Conv2D(filters, 1, stride, use_bias=False)(x)
            short = layers.BatchNormalization()(short)
        return layers.ReLU()(layers.Add()([y, short]))

    x = inputs = keras.Input((8, 8, 3))
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(4, 3)(x)
    x = block(x, 4, 1)
    x = block(x, 6, 2)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(4)(x)
    save("resnet", keras.Model(inputs, layers.Softmax()(x)), [numbers(2, 8, 8, 3)])

    x = inputs = keras.Input((8, 8, 3))
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = layers.Conv2D(4, 3, 2, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.999)(x)
    x = layers.ReLU(6.0)(x)
    y = layers.Conv2D(8, 1, use_bias=False)(x)
    y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(y)
    y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
    y = layers.Conv2D(4, 1, use_bias=False)(y)
    y = layers.BatchNormalization()(y)
    x = layers.Add()([x, y])
    x = layers.SeparableConv2D(5, 3, depth_multiplier=2, activation="silu")(x)
    x = layers.GlobalMaxPooling2D(keepdims=True)(x)
    x = layers.Conv2D(3, 1)(x)
    save("mobilenet", keras.Model(inputs, layers.Reshape((3,))(x)), [numbers(2, 8, 8, 3)])

    lstm = keras.Sequential(
        [
            keras.Input((5, 3)),
            layers.LSTM(4, return_sequences=True),
            layers.TimeDistributed(layers.Dense(3, activation="tanh")),
            layers.LSTM(3, recurrent_activation="hard_sigmoid"),
            layers.Dense(2, activation="sigmoid"),
        ]
    )
    save("lstm", lstm, [numbers(3, 5, 3)])

    gru = keras.Sequential(
        [
            keras.Input((6, 2)),
            layers.Conv1D(4, 3, padding="causal", activation="elu"),
            layers.GRU(3, return_sequences=True, go_backwards=True),
            layers.SimpleRNN(4, return_sequences=True),
            layers.LayerNormalization(),
            layers.MaxPooling1D(2),
            layers.GlobalAveragePooling1D(),
            layers.RepeatVector(2),
            layers.Permute((2, 1)),
            layers.PReLU(),
        ]
    )
    save("gru", gru, [numbers(2, 6, 2)])

    bidirectional = keras.Sequential(
        [
            keras.Input((4, 3)),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.Bidirectional(layers.GRU(2), merge_mode="sum"),
            layers.Dense(2),
        ]
    )
    save("bidirectional", bidirectional, [numbers(2, 4, 3)])

    encoder = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, 2, padding="same", activation="relu"),
            layers.GroupNormalization(2),
            layers.Flatten(),
            layers.Dense(5),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(64, activation="leaky_relu"),
            layers.Reshape((4, 4, 4)),
            layers.Conv2DTranspose(3, 3, 2, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.UpSampling2D(2, interpolation="bilinear"),
            layers.AveragePooling2D(2),
            layers.Cropping2D(((1, 0), (0, 1))),
            layers.Conv2D(1, 3, padding="same", dilation_rate=2, activation="sigmoid"),
        ],
        name="decoder",
    )
    inputs = keras.Input((8, 8, 1))
    autoencoder = keras.Model(inputs, decoder(encoder(inputs)))
    save("autoencoder", autoencoder, [numbers(2, 8, 8, 1)])

    words = keras.Input((6,), name="words")
    x = layers.Embedding(11, 4, mask_zero=True)(words)
    x = layers.SpatialDropout1D(0.2)(x)
    x = layers.Bidirectional(layers.LSTM(3))(x)
    text = keras.Model(words, layers.Dense(2, activation="softmax")(x))
    ids = RNG.integers(1, 11, (3, 6)).astype("float32")
    ids[0, 4:] = 0
    ids[1, 2:] = 0
    save("text", text, [ids])

    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    shared = layers.Dense(5, activation="relu", name="shared")
    a, b = shared(first), shared(second)
    c = layers.Concatenate()([a, b])
    d = layers.Multiply()([a, layers.Average()([a, b])])
    e = layers.Maximum()([layers.Subtract()([a, b]), d])
    one = layers.Dense(2, name="one")(c)
    two = layers.ReLU(max_value=2.0)(layers.GaussianNoise(0.1)(e))
    save("two", keras.Model([first, second], [one, two]), [numbers(3, 4), numbers(3, 4)])

    x = inputs = keras.Input((4, 6))
    y = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, y]))
    y = layers.Dense(6)(layers.Dense(8, activation="gelu")(x))
    x = layers.LayerNormalization()(x + y)
    save("attention", keras.Model(inputs, layers.GlobalMaxPooling1D()(x)), [numbers(2, 4, 6)])


    x = inner = keras.Input((6, 6, 2))
    x = layers.Conv2D(2, 3, padding="same")(x)
    x = layers.BatchNormalization()(x)
    inner = keras.Model(inner, layers.Add()([x, inner]), name="inner")
    inputs = keras.Input((6, 6, 2))
    x = inner(layers.ReLU()(inner(inputs)))
    frozen = keras.Sequential([layers.Conv2D(3, 3, trainable=False), layers.BatchNormalization()])
    x = layers.Flatten()(frozen(x))
    save("nested", keras.Model(inputs, layers.Dense(2)(x)), [numbers(2, 6, 6, 2)])

    normalization = layers.Normalization()
    normalization.adapt(RNG.normal(5, 3, (50, 4)))
    table = keras.Sequential([keras.Input((4,)), normalization, layers.Dense(3)])
    save("table", table, [numbers(3, 4)])


def operations():
    """What is done to tensors outside of layers."""
    ops = keras.ops
    x = inputs = keras.Input((4, 3))
    parts = [
        x * 2.0,
        2.0 - x,
        x / 4 + x,
        -x,
        ops.relu(x),
        ops.relu6(x * 5.0),
        ops.sigmoid(x),
        ops.tanh(x),
        ops.silu(x),
        ops.square(x),
        ops.maximum(x, 0.5),
        ops.minimum(0.5, x),
        ops.softplus(x),
        ops.exp(x),
        ops.selu(x),
        ops.softsign(x),
        ops.add(x, 1),
    ]
    save("operations", keras.Model(inputs, layers.Concatenate()(parts)), [numbers(2, 4, 3)])


def arrays():
    """Arrays as HDF5 can have them, for the reader of the engine."""
    folder = HERE.parents[1] / "src" / "formats" / "hdf5"
    with h5py.File(folder / "arrays.h5", "w") as file:
        values = np.arange(35, dtype="float32").reshape(5, 7)
        file["contiguous"] = values
        for dtype in ["f2", "f8", ">f4", "i1", "u2", "i8"]:
            file[f"types/{dtype.replace('>', 'big ')}"] = np.array([0, 1, 100], dtype)
        file["number"] = np.float32(2.5)
        file["empty"] = np.zeros((0, 3), "float32")
        for name, options in {
            "plain": {},
            "packed": {"compression": "gzip", "shuffle": True, "fletcher32": True},
        }.items():
            file.create_dataset(f"chunks/{name}", data=values, chunks=(2, 3), **options)
        many = file.create_group("many")
        for number in range(12):
            many[f"a name of {number}"] = np.float32(number)
        file.attrs["one"] = "a text"
        file.attrs["texts"] = ["a", "", "ccc"]
        file.attrs["fixed"] = np.array([b"ab", b"c"])
        file.attrs["number"] = 3
    with h5py.File(folder / "links.h5", "w", libver="latest") as file:
        file["group/array"] = np.array([1, 2], "float32")
        file.attrs["one"] = "a text"


if __name__ == "__main__":
    keras_models()
    torch_models()
    arrays()
    operations()
