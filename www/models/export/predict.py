#!/usr/bin/env python3
"""Asks the model in model.onnx about files.

    python predict.py picture.png other.jpg      of a model of pictures
    python predict.py rows.csv                   of one of rows: a CSV file with a line of names
    python predict.py letter.txt                 of one of texts
    python predict.py samples.npy                of any model: numbers, one sample or several

Needed: pip install numpy onnxruntime, and pillow for pictures.

How files become the network's numbers stands in model.onnx itself; what of it the network does not do
is done here, by the same sums as on the page that the model comes from.
"""

import argparse
import csv
import io
import json
import math
import re
import sys
import unicodedata
from pathlib import Path

import numpy as np

F = np.float32


class Refused(Exception):
    """What cannot be read, in words."""


# Pictures


def load_picture(path):
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise Refused("pictures need Pillow: pip install pillow") from None
    try:
        with Image.open(path) as opened:
            return np.asarray(ImageOps.exif_transpose(opened).convert("RGBA"))
    except OSError as error:
        raise Refused(f"{path}: no picture that can be read ({error})") from None


def on_paper(rgba):
    """Transparent pixels are seen on white paper."""
    ink, opacity = rgba[..., :3].astype(np.uint32), rgba[..., 3:].astype(np.uint32)
    seen = (ink * opacity + 255 * (255 - opacity) + 127) // 255
    return np.where(opacity == 255, ink, seen).astype(np.uint8)


def gray(image):
    if image.shape[2] == 1:
        return image
    rgb = on_paper(image) if image.shape[2] == 4 else image
    red, green, blue = np.moveaxis(rgb.astype(np.uint32), 2, 0)
    luma = (19595 * red + 38470 * green + 7471 * blue + (1 << 15)) >> 16
    return luma.astype(np.uint8)[..., None]


def rgb(image):
    if image.shape[2] == 4:
        return on_paper(image)
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


def invert_if_dark_on_light(image):
    border = np.ones(image.shape[:2], bool)
    border[1:-1, 1:-1] = False
    edge = image[border]
    return 255 - image if 2 * int(edge.sum(dtype=np.int64)) > 255 * edge.size else image


REACH = {"area": 0.5, "nearest": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos3": 3.0}


def filter_weight(name, distance):
    x = abs(distance)
    if x >= REACH[name]:
        return 0.0
    if name == "bilinear":
        return 1.0 - x
    if name == "bicubic":
        return (1.5 * x - 2.5) * x * x + 1.0 if x < 1 else ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    sinc = lambda v: 1.0 if v == 0 else math.sin(v * math.pi) / (v * math.pi)
    return sinc(x) * sinc(x / 3)


class Axis:
    """How one axis is resampled: pixel i of the result has its middle at origin + step * i."""

    def __init__(self, origin, step, length, begin, end, black, name):
        self.origin, self.step, self.length = origin, step, length
        self.begin, self.end, self.black, self.name = begin, end, black, name

    def inside(self, edge):
        return min(max(int(edge), self.begin), self.end)

    def windows(self):
        for i in range(self.length):
            first, weights, total = self.window(self.origin + self.step * i)
            weights = np.asarray(weights, np.float64).astype(F)
            yield first, weights * F(1.0 / total) if total > 0 else weights

    def window(self, middle):
        if self.name == "nearest":
            place = math.floor(middle + 0.5)
            seen = not self.black or self.begin <= place < self.end
            return min(self.inside(place), self.end - 1), [1.0] if seen else [], 1.0
        width = max(self.step, 1.0)
        if self.name == "area":
            low, high = middle - width / 2, middle + width / 2
            first = self.inside(math.floor(low + 0.5))
            end = max(self.inside(math.ceil(high + 0.5)), first)
            weights = [max(min(high, j + 0.5) - max(low, j - 0.5), 0.0) for j in range(first, end)]
            return first, weights, width if self.black else sum(weights)
        reach = REACH[self.name] * width
        low, high = math.ceil(middle - reach), math.floor(middle + reach)
        weight = lambda j: filter_weight(self.name, (j - middle) / width)
        first = self.inside(low)
        end = max(self.inside(high + 1), first)
        weights = [weight(j) for j in range(first, end)]
        return first, weights, sum(map(weight, range(low, high + 1))) if self.black else sum(weights)


def resample(image, vertical, horizontal):
    source = image.astype(F)
    rows = np.zeros((vertical.length, *image.shape[1:]), F)
    for row, (first, weights) in zip(rows, vertical.windows()):
        for y, weight in enumerate(weights, first):
            row += weight * source[y]
    result = np.zeros((vertical.length, horizontal.length, image.shape[2]), F)
    for x, (first, weights) in enumerate(horizontal.windows()):
        for at, weight in enumerate(weights, first):
            result[:, x] += rows[:, at] * weight
    return np.clip(np.floor(result + F(0.5)), 0, 255).astype(np.uint8)


def resize(image, height, width, fit="stretch", filter="area"):
    if image.shape[:2] == (height, width):
        return image
    steps = [image.shape[0] / height, image.shape[1] / width]
    if fit != "stretch":
        steps = [min(steps) if fit == "cover" else max(steps)] * 2
    axes = []
    for source, length, step in zip(image.shape, (height, width), steps):
        origin = (step - 1) / 2 if fit == "stretch" else (source - 1 - step * (length - 1)) / 2
        axes.append(Axis(origin, step, length, 0, source, fit == "contain", filter))
    return resample(image, *axes)


def window(image, top, left, height, width, value=0):
    result = np.full((height, width, image.shape[2]), value, np.uint8)
    rows = range(max(top, 0), min(top + height, image.shape[0]))
    columns = range(max(left, 0), min(left + width, image.shape[1]))
    if rows and columns:
        part = image[rows.start : rows.stop, columns.start : columns.stop]
        result[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = part
    return result


def crop(image, height, width, top=None, left=None):
    top = (image.shape[0] - height) // 2 if top is None else top
    left = (image.shape[1] - width) // 2 if left is None else left
    return window(image, top, left, height, width)


def pad(image, height, width, value=0):
    height, width = max(height, image.shape[0]), max(width, image.shape[1])
    top, left = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    return window(image, -top, -left, height, width, value)


def center_of_mass(image, box=20, size=28):
    """Bright ink on black, as MNIST set its digits."""
    ink = image[..., 0].astype(np.int64)
    axes = []
    for sums in (ink.sum(axis=1), ink.sum(axis=0)):
        found = np.flatnonzero(sums)
        if found.size == 0:
            return np.zeros((size, size, 1), np.uint8)
        center = float(sums @ np.arange(sums.size)) / float(sums.sum())
        axes.append((center, int(found[0]), int(found[-1]) + 1))
    step = max(end - begin for _, begin, end in axes) / box
    of = lambda center, begin, end: Axis(center - step * (size / 2), step, size, begin, end, True, "area")
    return resample(image, *(of(*axis) for axis in axes))


def median(image, size=3):
    reach = size // 2
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), "edge")
    seen = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(0, 1))
    return np.median(seen, axis=(3, 4)).astype(np.uint8)


def gaussian(image, sigma=1.0):
    sigma = float(F(sigma))
    reach = int(4 * sigma + 0.5)
    weights = [math.exp(-0.5 * (i - reach) ** 2 / sigma**2) for i in range(2 * reach + 1)]
    total = sum(weights)
    weights = [F(weight / total) for weight in weights]
    result = image.astype(F)
    for axis in (0, 1):
        border = [(0, 0)] * 3
        border[axis] = (reach, reach)
        padded = np.pad(result, border, "edge")
        result = np.zeros_like(result)
        for i, weight in enumerate(weights):
            result += weight * np.take(padded, range(i, i + image.shape[axis]), axis=axis)
    return np.clip(np.floor(result + F(0.5)), 0, 255).astype(np.uint8)


STEPS = {
    "grayscale": gray,
    "rgb": rgb,
    "invertIfDarkOnLight": invert_if_dark_on_light,
    "centerOfMass": center_of_mass,
    "crop": crop,
    "pad": pad,
    "resize": resize,
    "median": median,
    "gaussian": gaussian,
}


def picture(image, steps, shape):
    """The bytes of a sample of this shape."""
    if not (steps and steps[0]["type"] == "grayscale"):
        image = rgb(image)
    for step in steps:
        attributes = {name: value for name, value in step.items() if name != "type"}
        image = STEPS[step["type"]](image, **attributes)
    if len(shape) == 1 and shape[0] == image.size:
        return image.reshape(shape)
    height, width, channels = (*shape, 1)[:3]
    image = resize(gray(image) if channels == 1 else rgb(image), height, width)
    return image.reshape(shape)


# Texts


def word_class(symbol):
    """The property Word_Break of UAX #29, as far as Python knows it."""
    code = ord(symbol)
    named = WORD_BREAK.get(symbol)
    if named:
        return named
    kind = unicodedata.category(symbol)
    if kind in ("Mn", "Me", "Mc") or 0x1F3FB <= code <= 0x1F3FF or code == 0x200C:
        return "Extend"
    if kind == "Cf" and code != 0x200B:
        return "Format"
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "Regional"
    name = unicodedata.name(symbol, "")
    if name.startswith(("KATAKANA", "HALFWIDTH KATAKANA", "CIRCLED KATAKANA", "SQUARE ")) and code > 0x3000:
        return "Katakana"
    if name.startswith("HEBREW LETTER"):
        return "Hebrew"
    if kind == "Nd":
        return "Numeric"
    if kind == "Pc":
        return "ExtendNumLet"
    alone = name.startswith(("CJK ", "HIRAGANA", "THAI", "LAO", "KHMER", "MYANMAR", "TAI ", "NEW TAI"))
    if (kind[0] == "L" and not alone) or kind == "Nl" or 0x24B6 <= code <= 0x24E9:
        return "ALetter"
    return "Pictograph" if is_pictograph(symbol) else "Other"


WORD_BREAK = {
    **dict.fromkeys("\n\v\f\r\x85\u2028\u2029", "Newline"),
    **dict.fromkeys(" \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u205f\u3000", "Space"),
    **dict.fromkeys(":\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a", "MidLetter"),
    **dict.fromkeys(".\u2018\u2019\u2024\ufe52\uff07\uff0e", "MidNumLet"),
    **dict.fromkeys(",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b", "MidNum"),
    **dict.fromkeys("\u3031\u3032\u3033\u3034\u3035\u309b\u309c\u30fc\uff70", "Katakana"),
    "'": "Single",
    '"': "Double",
    "\u066b": "Numeric",
    "\u202f": "ExtendNumLet",
    "\u200d": "ZWJ",
}
LETTERS = ("ALetter", "Hebrew")


def is_pictograph(symbol):
    return "\u2600" <= symbol <= "\u27bf" or "\U0001f000" <= symbol <= "\U0001faff"


def segments(text):
    """Words and what is between them: UAX #29's word boundaries."""
    classes = [word_class(symbol) for symbol in text]
    # Places that are seen: marks and formats belong to what is before them (WB4).
    begin, found = 0, []
    for i in range(1, len(text)):
        if is_boundary(text, classes, i):
            found.append(text[begin:i])
            begin = i
    if text:
        found.append(text[begin:])
    return found


IGNORED = ("Extend", "Format", "ZWJ")


def is_boundary(text, classes, i):
    before, after = classes[i - 1], classes[i]
    if text[i - 1] == "\r" and text[i] == "\n":
        return False
    if "Newline" in (before, after):
        return True
    if before == "ZWJ" and after == "Pictograph" or before == after == "Space":
        return False
    if after in IGNORED:
        return False

    def seen(place, step):
        while 0 <= place < len(classes) and classes[place] in IGNORED:
            place += step
        return place

    at = seen(i - 1, -1)
    before = classes[at] if at >= 0 else "Other"
    two = seen(at - 1, -1)
    earlier = classes[two] if two >= 0 else "Other"
    next_at = seen(i + 1, 1)
    later = classes[next_at] if next_at < len(classes) else "Other"
    quote = ("MidNumLet", "Single")
    if before in LETTERS and (after in LETTERS or after in ("MidLetter", *quote) and later in LETTERS):
        return False
    if before in ("MidLetter", *quote) and after in LETTERS and earlier in LETTERS:
        return False
    if before == "Hebrew" and (after == "Single" or after == "Double" and later == "Hebrew"):
        return False
    if before == "Double" and after == "Hebrew" and earlier == "Hebrew":
        return False
    word = (*LETTERS, "Numeric")
    if before in word and after in word:
        return False
    if before in ("MidNum", *quote) and after == earlier == "Numeric":
        return False
    if before == "Numeric" and after in ("MidNum", *quote) and later == "Numeric":
        return False
    if before == after == "Katakana":
        return False
    if after == "ExtendNumLet" and before in (*word, "Katakana", "ExtendNumLet"):
        return False
    if before == "ExtendNumLet" and after in (*word, "Katakana"):
        return False
    if before == after == "Regional":
        count = 0
        while at >= 0 and classes[at] == "Regional":
            count, at = count + 1, seen(at - 1, -1)
        return count % 2 == 0
    return True


# Signs that join consonants of Indic scripts, and those consonants' first and last.
VIRAMAS = dict(zip("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d", ("\u0915\u0939", "\u0995\u09b9", "\u0a95\u0ab9", "\u0b15\u0b39", "\u0c15\u0c39", "\u0d15\u0d39")))


def graphemes(text):
    """What a reader takes for one character: UAX #29's extended grapheme clusters."""
    found = []
    for symbol in text:
        last = found[-1] if found else ""
        if last and is_glued(last, symbol):
            found[-1] += symbol
        else:
            found.append(symbol)
    return found


def is_glued(last, symbol):
    if (last, symbol) == ("\r", "\n"):
        return True
    if last in "\r\n":
        return False
    kind = word_class(symbol)
    if kind in ("Extend", "ZWJ") or symbol in "\u0e33\u0eb3":
        return True
    if kind == "Pictograph" and last.endswith("\u200d"):
        return is_pictograph(last[0])
    if kind == "Regional":
        return len(last) == 1 and word_class(last) == "Regional"
    if "\u1160" <= symbol <= "\u11ff":
        return "\u1100" <= last[-1] <= "\u11ff" or "\uac00" <= last[-1] <= "\ud7a3"
    for virama, (first, end) in VIRAMAS.items():
        if virama in last and first <= symbol <= end and first <= last[0] <= end:
            return all(word_class(c) in ("Extend", "ZWJ") for c in last[last.index(virama) :])
    return False


def is_alphanumeric(symbol):
    """Also letters in circles, and signs of vowels."""
    return symbol.isalnum() or "\u24b6" <= symbol <= "\u24e9" or "VOWEL SIGN" in unicodedata.name(symbol, "")


def tokens(text, spec):
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.lower() if spec.get("lowercase", True) else text
    if spec.get("stripAccents"):
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = unicodedata.normalize("NFC", text)
    split = spec.get("split", "words")
    if split == "characters":
        return graphemes(text)
    if split == "bytePairs":
        return pieces(text)
    words = segments(text)
    if split == "wordsAndPunctuation":
        return [word for word in words if not word.isspace()]
    return [word for word in words if any(is_alphanumeric(c) or is_pictograph(c) for c in word)]


def pieces(text):
    """Words with the space before them, and what is between; none longer than 128 bytes."""
    found, words = [], segments(text)
    at = 0
    while at < len(words):
        word = words[at]
        if word.endswith(" ") and at + 1 < len(words) and not words[at + 1].isspace():
            found += [word[:-1]] if len(word) > 1 else []
            word = " " + words[at + 1]
            at += 1
        found.append(word)
        at += 1
    cut = []
    for piece in found:
        part = ""
        for symbol in piece:
            if len((part + symbol).encode()) > 128:
                cut.append(part)
                part = ""
            part += symbol
        cut.append(part)
    return cut


class TextEncoder:
    """From texts to ids or counts. Id 0 is padding, 1 an unknown token."""

    def __init__(self, spec):
        self.spec = spec
        self.ids = {token: at + 2 for at, token in enumerate(spec.get("vocabulary", []))}
        self.merges, known = {}, {bytes([byte]): 2 + byte for byte in range(256)}
        bytes_of = {id: token for token, id in known.items()}
        for rank, (first, second) in enumerate(spec.get("merges", [])):
            token = bytes_of[first] + bytes_of[second]
            id = known.setdefault(token, 2 + len(known))
            bytes_of[id] = token
            self.merges[first, second] = (rank, id)

    def encode(self, text):
        if self.spec.get("split") != "bytePairs":
            return [self.ids.get(token, 1) for token in tokens(text, self.spec)]
        return [id for piece in tokens(text, self.spec) for id in self.pairs(piece)]

    def pairs(self, piece):
        ids = [2 + byte for byte in piece.encode()]
        while len(ids) > 1:
            ranked = [(*self.merges.get(pair, (math.inf, 0)), at) for at, pair in enumerate(zip(ids, ids[1:]))]
            rank, id, at = min(ranked, key=lambda found: (found[0], found[2]))
            if rank == math.inf:
                break
            ids[at : at + 2] = [id]
        return ids

    def counts(self, text):
        counts = np.zeros(len(self.ids), F)
        for id in self.encode(text):
            if id > 1:
                counts[id - 2] += 1
        return counts

    def sample(self, text, shape):
        if self.spec.get("output") == "counts":
            return self.counts(text)
        ids, length = self.encode(text), shape[0]
        ids = ids[max(len(ids) - length, 0) :] if self.spec.get("truncation") == "pre" else ids[:length]
        missing = [0] * (length - len(ids))
        return np.asarray(missing + ids if self.spec.get("padding") == "pre" else ids + missing)


# Rows

MISSING = {
    "", "?", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
}  # fmt: skip


def number(text, comma):
    if comma:
        if "." in text:
            return None
        text = text.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def boolean(text):
    text = text.lower()
    return {"true": 1.0, "yes": 1.0, "t": 1.0, "y": 1.0, "1": 1.0}.get(
        text, {"false": 0.0, "no": 0.0, "f": 0.0, "n": 0.0, "0": 0.0}.get(text)
    )


MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DATES = [
    (r"(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})", None),
    (r"(?P<n>[A-Za-z]{3,9})\.?\s*(?P<d>\d{1,2})[, ]+(?P<y>\d{4})", None),
    (r"(?P<d>\d{1,2})[-. ]\s*(?P<n>[A-Za-z]{3,9})\.?[-, ]*(?P<y>\d{4})", None),
    (r"(?P<d>\d{1,2})(\.)(?P<m>\d{1,2})\2(?P<y>\d{4})", None),
    (r"(?P<a>\d{1,2})([/-])(?P<b>\d{1,2})\2(?P<y>\d{4})", None),
]
TIME = re.compile(
    r"(?:[Tt ]\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d*))?)?\s*([AaPp][Mm])?(Z|z|UTC|GMT|[+-]\d{1,2}(?::?\d{1,2})?)?)?"
)


def date(text, day_first):
    """Milliseconds since 1970."""
    import datetime

    for pattern, _ in DATES:
        found = re.match(pattern, text)
        time = found and TIME.fullmatch(text[found.end() :])
        if not found or not time:
            continue
        parts = found.groupdict()
        if "a" in parts:
            parts["d"], parts["m"] = (parts["a"], parts["b"]) if day_first else (parts["b"], parts["a"])
        if "n" in parts:
            name = parts["n"].lower()
            months = [m for m in MONTHS if name.startswith(m)]
            if not months:
                continue
            parts["m"] = MONTHS.index(months[0]) + 1
        try:
            day = datetime.date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
        except ValueError:
            return None
        hour, minute, second = (int(part or 0) for part in time.groups()[:3])
        if time[5] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if time[5].lower() == "pm" else 0)
        if hour > 23 or minute > 59 or second > 59:
            return None
        zone = 0
        if time[6] and time[6][0] in "+-":
            hours, minutes = re.fullmatch(r"[+-](\d{1,2}):?(\d{0,2})", time[6]).groups()
            zone = (int(hours) * 60 + int(minutes or 0)) * (-1 if time[6][0] == "-" else 1)
        milliseconds = math.floor(float("0." + (time[4] or "0")) * 1000)
        days = (day - datetime.date(1970, 1, 1)).days
        return days * 864e5 + ((hour * 60 + minute - zone) * 60 + second) * 1e3 + milliseconds
    return None


PERIODS = {"month": (1, 12), "day": (1, 31), "weekday": (0, 7), "dayOfYear": (1, 366), "hour": (0, 24), "minute": (0, 60)}


def date_numbers(column, value):
    import datetime

    fitted = column["fitted"]
    value = fitted["fill"] if value is None else value
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=value)
    of = {
        "year": moment.year, "month": moment.month, "day": moment.day, "weekday": moment.weekday(),
        "dayOfYear": moment.timetuple().tm_yday, "hour": moment.hour, "minute": moment.minute, "days": value / 864e5,
    }  # fmt: skip
    scales, numbers = iter(fitted["parts"]), []
    for part in column.get("parts", ["days", "month", "weekday"]):
        if column.get("cyclic", True) and part in PERIODS:
            first, period = PERIODS[part]
            angle = 2 * math.pi * (of[part] - first) / period
            numbers += [math.sin(angle), math.cos(angle)]
        else:
            scale = next(scales)
            numbers.append((of[part] - scale["center"]) / scale["spread"])
    return numbers


def column_numbers(column, text, encoder, raw):
    """What a cell becomes; `raw` where the network fills in and scales by itself."""
    kind, name = column["type"], column["name"]
    missing = text in MISSING
    readers = {
        "number": lambda: number(text, column.get("decimalComma", False)),
        "boolean": lambda: boolean(text),
        "date": lambda: date(text, column.get("dayFirst", False)),
    }
    value = None if missing else readers.get(kind, lambda: text)()
    if value is None and not missing:
        print(f'column "{name}": found {text!r}, expected a {kind}; it counts as missing', file=sys.stderr)
    if raw:
        return [math.nan if value is None else value]
    if kind == "text":
        return encoder.counts(value or "")
    if kind == "category":
        numbers = category_numbers(column, value)
    elif kind == "date":
        numbers = date_numbers(column, value)
    else:
        fitted = column["fitted"]
        x = fitted["fill"] if value is None else value
        if kind == "number":
            x = math.copysign(math.log1p(abs(x)), x) if column.get("log") else x
            x = (x - fitted["center"]) / fitted["spread"]
        numbers = [x]
    return numbers + [float(value is None)] if column.get("missingIndicator") else numbers


def category_numbers(column, value):
    categories = column.get("categories", [])
    rare = len(categories) if column.get("other") else None
    value = column.get("fill") if value is None else value
    if value is None:
        found = None
    elif value in categories:
        found = categories.index(value)
    elif column.get("unknown") == "error" and rare is None:
        raise Refused(f'column "{column["name"]}": found {value!r}, expected one of {len(categories)} known categories')
    else:
        found = rare
    if column.get("encoding") == "ordinal":
        return [-1.0 if found is None else float(found)]
    numbers = [0.0] * (len(categories) + (rare is not None))
    if found is not None:
        numbers[found] = 1.0
    return numbers


def rows(path, table, raw):
    """One list of inputs for each row of a CSV file."""
    text = Path(path).read_text(encoding="utf-8-sig")
    try:
        dialect = csv.Sniffer().sniff(text[:20000], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    reader = csv.DictReader(io.StringIO(text, newline=""), dialect=dialect)
    columns = table["columns"]
    encoders = [TextEncoder(column["text"]) if column["type"] == "text" else None for column in columns]
    lacking = [column["name"] for column in columns if column["name"] not in (reader.fieldnames or [])]
    if lacking:
        raise Refused(f"{path}: has no column {', '.join(map(repr, lacking))}; it has {', '.join(reader.fieldnames or [])}")
    for row in reader:
        numbers, sequences = [], []
        for column, encoder in zip(columns, encoders):
            cell = (row[column["name"]] or "").strip()
            if encoder and column["text"].get("output", "ids") == "ids":
                cell = "" if cell in MISSING else cell
                sequences.append(encoder.sample(cell, [column["text"]["length"]]))
            else:
                numbers.extend(column_numbers(column, cell, encoder, raw))
        yield ([np.asarray(numbers, np.float64).astype(F)] if numbers else []) + sequences


# The network's numbers


def affine(values, steps):
    """What the numeric steps come to; bytes without any are brought to 0 to 1."""
    scale, offset = np.array([1 / 255 if values.dtype == np.uint8 and not steps else 1.0]), np.array([0.0])
    for step in steps:
        if step["type"] == "scale":
            factor = float(F(step["factor"]))
            scale, offset = scale * factor, offset * factor
        else:
            mean, std = (np.asarray(step[name], F).astype(np.float64) for name in ("mean", "std"))
            if scale.size < mean.size:
                scale, offset = (np.tile(of, mean.size // of.size) for of in (scale, offset))
            times = scale.size // mean.size
            mean, std = np.tile(mean, times), np.tile(std, times)
            scale, offset = scale / std, (offset - mean) / std
    flat = values.astype(F).reshape(-1, scale.size)
    return (flat * scale.astype(F) + offset.astype(F)).reshape(values.shape)


class Predictor:
    def __init__(self, path):
        import onnxruntime

        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        described = self.session.get_modelmeta().custom_metadata_map
        self.steps = json.loads(described.get("tabgrad.preprocessing", "{}"))
        self.classes = json.loads(described.get("tabgrad.classNames", "[]"))
        self.included = described.get("tabgrad.preprocessingIncluded") == "true"
        self.inputs = self.session.get_inputs()

    def samples(self, path):
        """What the file's samples are called, and the network's inputs of each."""
        steps, path = self.steps, Path(path)
        if path.suffix == ".npy":
            yield from self.arrays(path)
        elif steps.get("audio"):
            raise Refused(f"{path}: recordings are not prepared here; give the spectra as a .npy file")
        elif steps.get("features"):
            raise Refused(f"{path}: features of pictures are not computed here; give them as a .npy file")
        elif steps.get("table"):
            for at, inputs in enumerate(rows(path, steps["table"], self.included), 1):
                yield f"{path}, row {at}", [self.numbers(x) for x in inputs]
        elif steps.get("text"):
            text = path.read_text(encoding="utf-8-sig")
            yield str(path), [self.numbers(TextEncoder(steps["text"]).sample(text, self.inputs[0].shape[1:]))]
        elif len(self.inputs) > 1:
            raise Refused(f"{path}: the model has {len(self.inputs)} inputs, which files cannot give")
        else:
            yield str(path), [self.pixels(load_picture(path))]

    def arrays(self, path):
        found = np.load(path, allow_pickle=False)
        shape = self.inputs[0].shape[1:]
        if len(self.inputs) != 1 or list(found.shape[-len(shape) :]) != shape:
            raise Refused(f"{path}: has the shape {list(found.shape)}, expected [..., {', '.join(map(str, shape))}]")
        for at, sample in enumerate(found.reshape(-1, *shape), 1):
            yield f"{path}, sample {at}", [self.numbers(sample)]

    def pixels(self, image):
        shape = self.inputs[0].shape[1:]
        steps = self.steps.get("image", [])
        if not self.included or self.inputs[0].type != "tensor(uint8)":
            return self.numbers(picture(image, steps, shape))
        # The network takes colours as they come, and makes them grey.
        return picture(image, steps, shape)

    def numbers(self, values):
        if self.included:
            return values
        if values.dtype not in (np.uint8, np.int64):
            values = values.astype(F)
        return affine(values, self.steps.get("numeric", []))

    def predict(self, inputs):
        kinds = {"tensor(float)": F, "tensor(int64)": np.int64, "tensor(uint8)": np.uint8}
        given = {of.name: x[None].astype(kinds[of.type]) for of, x in zip(self.inputs, inputs)}
        return self.session.run(None, given)[0][0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", help="pictures, CSV files, texts or .npy files, as the model takes them")
    parser.add_argument("--top", type=int, default=3, help="classes that are printed of each (default 3)")
    parser.add_argument("--all", action="store_true", help="print every number that the model gives, as JSON")
    parser.add_argument("--model", default=Path(__file__).with_name("model.onnx"), help="another file than model.onnx")
    options = parser.parse_args()
    model = Predictor(options.model)
    failed = False
    for path in options.files:
        try:
            for name, inputs in model.samples(path):
                answer = model.predict(inputs)
                if options.all:
                    print(json.dumps({"of": name, "answer": answer.tolist()}, ensure_ascii=False))
                elif not model.classes:
                    print(f"{name}: {' '.join(f'{value:.6g}' for value in np.ravel(answer)[:20])}")
                else:
                    best = sorted(range(answer.size), key=lambda i: -answer[i])[: options.top]
                    print(f"{name}: {', '.join(f'{model.classes[i]} {100 * answer[i]:.2f}%' for i in best)}")
        except (Refused, OSError, UnicodeDecodeError, ValueError) as error:
            print(error, file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
