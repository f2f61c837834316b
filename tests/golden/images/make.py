"""Makes the images of this folder and expected.safetensors, which holds their pixels.

    pip install pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy safetensors
    python make.py

Pixels are what Pillow reads, turned as EXIF says; 16 bits are rounded to 8 by NumPy.
"""
import io
import os

import cv2
import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(1)
expected = {}


def smooth(height, width, channels):
    """Smooth colours, so that JPEG keeps them."""
    y, x = np.mgrid[0:height, 0:width]
    layers = [127 + 100 * np.sin(y / (5 + c) + c) * np.cos(x / (6 - c)) for c in range(channels)]
    return np.stack(layers, -1).round().astype(np.uint8)


def keep(name, pixels):
    expected[name] = np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], -1), dtype=np.uint8)


def save(name, image, mode, **options):
    path = os.path.join(here, name)
    image.save(path, **options)
    read = ImageOps.exif_transpose(Image.open(path))
    keep(name, np.asarray(read.convert(mode)))


noise = rng.integers(0, 256, (7, 11, 4), dtype=np.uint8)
gray, rgb, rgba = (Image.fromarray(noise[..., i]) for i in (0, slice(0, 3), slice(0, 4)))
save("gray.png", gray, "L")
save("rgb.png", rgb, "RGB")
save("rgba.png", rgba, "RGBA")
save("gray-alpha.png", Image.merge("LA", rgba.split()[:1] + rgba.split()[3:]), "RGBA")
save("bits.png", gray.point(lambda v: 255 * (v > 127)).convert("1"), "L")
palette = rgb.quantize(13)
save("palette.png", palette, "RGB", bits=4)
save("palette-clear.png", palette, "RGBA", transparency=bytes([0, 90, 255]))
save("one.png", gray.crop((3, 3, 4, 4)), "L")
save("wide.png", Image.fromarray((np.arange(65535) // 300 % 256).astype(np.uint8)[None]), "L")
save("high.png", Image.fromarray((np.arange(65535) // 300 % 256).astype(np.uint8)[:, None]), "L")
for name, shape in [("gray16.png", (5, 6)), ("rgb16.png", (5, 6, 3)), ("rgba16.png", (5, 6, 4))]:
    deep = rng.integers(0, 65536, shape, dtype=np.uint16)
    cv2.imwrite(os.path.join(here, name), deep)
    if len(shape) == 3:
        deep = deep[..., [2, 1, 0, 3][: shape[2]]]
    keep(name, np.round(deep / 257))

photo = Image.fromarray(smooth(21, 34, 3))
save("rgb.jpg", photo, "RGB", quality=92)
save("halved.jpg", photo, "RGB", quality=92, subsampling=2)
save("progressive.jpg", photo, "RGB", quality=92, progressive=True)
save("gray.jpg", photo.convert("L"), "L", quality=92)
save("cmyk.jpg", photo.convert("CMYK"), "RGB", quality=95, subsampling=0)
save("restart.jpg", photo, "RGB", quality=92, restart_marker_blocks=1)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(f"turned-{orientation}.jpg", photo.crop((0, 0, 19, 10)), "RGB", quality=95, subsampling=0, exif=exif)
    if orientation == 6:
        save("turned-6.webp", rgb, "RGB", lossless=True, exif=exif)
        save("turned-6.png", rgb, "RGB", exif=exif)
save("lossless.webp", rgb, "RGB", lossless=True)
save("lossless-clear.webp", rgba, "RGBA", lossless=True, exact=True)
save("lossy.webp", photo, "RGB", quality=90)
save("moving.webp", rgb, "RGB", save_all=True, append_images=[ImageOps.invert(rgb)], lossless=True)
save("still.gif", palette, "RGB")
save("moving.gif", palette, "RGB", save_all=True, append_images=[ImageOps.invert(rgb)])
save("clear.gif", palette, "RGBA", transparency=2)
save("rgb.bmp", rgb, "RGB")
save("palette.bmp", palette, "RGB")
save("gray.bmp", gray, "L")
# The fourth byte of such files counts for nothing.
save("rgba.bmp", rgba, "RGB")
save_file(expected, os.path.join(here, "expected.safetensors"))
