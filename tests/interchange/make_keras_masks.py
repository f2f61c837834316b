"""Writes Keras models whose masks go other ways than those of the engine's own layers, as `make_keras.py` does.

    KERAS_BACKEND=torch python make_keras_masks.py
"""

import keras
import numpy as np
from keras import layers

from drawn import RNG
from make_keras import save


def words(count, steps=7):
    """Texts of different lengths, with padding within one of them, too."""
    texts = RNG.integers(1, 12, (count, steps)).astype("int32")
    for number, text in enumerate(texts):
        text[steps - number :] = 0
    texts[0, 2] = 0
    return texts


def embedding(width=4):
    return layers.Embedding(12, width, mask_zero=True)


def masked(ends):
    """What `ends` makes of an embedding whose padding is masked."""
    inputs = keras.Input((7,))
    return keras.Model(inputs, ends(embedding()(inputs)))


def pooling(x):
    """The largest number counts hidden steps, the mean does not."""
    mean = layers.GlobalAveragePooling1D()(layers.Dense(3)(x))
    last = layers.LSTM(3)(layers.Add()([x, layers.Embedding(12, 4)(x_ids(x))]))
    return [layers.GlobalMaxPooling1D()(x), mean, last]


def x_ids(x):
    return x._keras_history.operation.input


def zeros(x):
    """Bidirectional gives zeros at hidden steps."""
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    y = layers.Dropout(0.2)(x)
    y = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode="sum")(y)
    mean = layers.GlobalAveragePooling1D()(y)
    return [layers.TimeDistributed(layers.Dense(2))(y), layers.GlobalMaxPooling1D()(x), mean]


def attention(x):
    """A block of attention with residual connections, and a mean that passes over padding."""
    y = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    y = layers.Dense(4)(layers.Dense(6, activation="relu")(x))
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    both = layers.Concatenate()([x, layers.Dense(2)(x)])
    return [layers.GlobalAveragePooling1D()(x), layers.GRU(3)(both)]


if __name__ == "__main__":
    for ends in [pooling, zeros, attention]:
        save(f"masks_{ends.__name__}", masked(ends), [words(3)])
    sequences = RNG.normal(0, 1, (3, 6, 3)).astype("float32")
    sequences[0, 4:] = sequences[1, 1] = 0
    hidden = keras.Sequential(
        [
            keras.Input((6, 3)),
            layers.Masking(),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.Dense(4, activation="tanh"),
            layers.GRU(3),
        ]
    )
    save("masks_masking", hidden, [np.round(sequences, 3)])
