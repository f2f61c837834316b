"""Writes Keras models of layers that are several of the engine's, or none, as `make_keras.py` does.

    KERAS_BACKEND=torch python make_keras_layers.py
"""

import keras
from keras import layers
from keras.src.applications.convnext import LayerScale, StochasticDepth

from drawn import cut, numbers, RNG
from make_keras import save


def sequences():
    """Layers of sequences that are those of images of one row."""
    return keras.Sequential(
        [
            keras.Input((9, 2)),
            layers.ZeroPadding1D((1, 3)),
            layers.SeparableConv1D(4, 3, 2, padding="same", depth_multiplier=2, activation="leaky_relu"),
            layers.UpSampling1D(3),
            layers.Cropping1D((1, 2)),
            layers.DepthwiseConv1D(3, depth_multiplier=2, dilation_rate=2, activation="relu"),
            layers.Conv1DTranspose(3, 3, strides=2, padding="same"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def channels():
    """Numbers of each channel in the configuration, and one that is trained."""
    inputs = keras.Input((6, 6, 3))
    x = layers.Rescaling(scale=[1 / 58, 1 / 57, 1 / 56], offset=[-2.1, -2, -1.8])(inputs)
    y = layers.Rescaling(scale=1 / 60, offset=[-2.1, -2, -1.8])(inputs)
    y = layers.Normalization(mean=[0.4, 0.5, 0.6], variance=[0.2, 0.3, 0.2])(y)
    x = layers.Normalization(axis=None, mean=0.3, variance=2, invert=True)(x)
    x = layers.Concatenate()([x, y])
    x = layers.Add()([x, LayerScale(0.5, 6)(layers.DepthwiseConv2D(3, padding="same")(x))])
    x = layers.Normalization(mean=[0.1] * 6, variance=[0.3] * 6, invert=True)(x)
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


def training():
    """What does something only while training."""
    inputs = keras.Input((6, 6, 3))
    x = layers.RandomFlip("horizontal")(inputs)
    x = layers.RandomRotation(0.1)(x)
    x = layers.RandomZoom(0.1)(x)
    x = layers.RandomTranslation(0.1, 0.1)(x)
    x = layers.RandomContrast(0.1)(x)
    y = layers.Conv2D(3, 3, padding="same")(layers.Dropout(0.2, noise_shape=(None, 1, 1, None))(x))
    y = layers.Dropout(0.2, noise_shape=(None, 1, 1, 1))(y)
    x = layers.Add()([x, StochasticDepth(0.1)(y)])
    x = layers.ActivityRegularization(0.1)(layers.GaussianDropout(0.1)(layers.Flatten()(x)))
    return keras.Model(inputs, layers.Dense(2)(layers.AlphaDropout(0.1)(x)))


def positions():
    """A table of positions that is a constant of the network."""
    inputs = keras.Input((5,))
    x = layers.Embedding(9, 4)(inputs) + RNG.normal(0, 1, (5, 4)).astype("float32")
    x = keras.ops.convert_to_tensor(RNG.normal(0, 1, (1, 5, 4)).astype("float32")) + x
    return keras.Model(inputs, layers.LSTM(3)(x))


if __name__ == "__main__":
    save("layers_sequences", sequences(), [numbers(2, 9, 2)])
    save("layers_channels", channels(), [cut(RNG.uniform(0, 255, (2, 6, 6, 3)))])
    save("layers_training", training(), [numbers(2, 6, 6, 3)])
    save("layers_positions", positions(), [RNG.integers(0, 9, (2, 5)).astype("int32")])
