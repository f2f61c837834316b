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
