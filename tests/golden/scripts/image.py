"""Images by Pillow 13, OpenCV 5, SciPy 1.17, scikit-image and scikit-learn, the references for
src/data/preprocessing.

pip install pillow opencv-python-headless scipy scikit-image scikit-learn safetensors
python tests/golden/scripts/image.py
"""

import json
import pathlib

import cv2
import numpy as np
import PIL
import scipy
import scipy.ndimage
import skimage
import sklearn
from PIL import Image
from safetensors.numpy import save_file
from skimage.feature import hog
from sklearn.decomposition import PCA

FOLDER = pathlib.Path(__file__).parent.parent / "cases" / "image"


def picture(height, width, channels):
    """Waves, a dark disc with a hard edge, and a few wrong pixels."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    values = 128 + 60 * np.sin(x / 3 + c) + 50 * np.cos(y / 4 - c * 2 + x / 9)
    values[(y - height / 2) ** 2 + (x - width / 3) ** 2 < (height / 4) ** 2] = 30
    values[(x * 7 + y * 13 + c * 5) % 41 == 0] = 250
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def save(name, op, source, tolerance, tensors, attrs):
    FOLDER.mkdir(parents=True, exist_ok=True)
    description = {
        "name": name,
        "group": "image",
        "op": op,
        "source": f"{source}, scripts/image.py",
        "attrs": attrs,
        "tensors": {key: list(value.shape) for key, value in tensors.items()},
        "tolerance": {"abs": tolerance, "rel_to_max": 0},
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(description, indent=1) + "\n")
    tensors = {key: np.ascontiguousarray(value, np.float32) for key, value in tensors.items()}
    save_file(tensors, FOLDER / f"{name}.safetensors")
    (FOLDER / f"{name}.safetensors").chmod(0o644)


def step(name, source, tolerance, image, out, **attrs):
    out = out.reshape(out.shape[0], out.shape[1], -1)
    save(name, "prepare", source, tolerance, {"image": image, "out": out}, {"image": [attrs]})


def main():
    pillow, opencv = f"Pillow {PIL.__version__}", f"OpenCV {cv2.__version__}"
    rgb, gray = picture(23, 19, 3), picture(32, 40, 1)
    for name, resample, tolerance in [
        ("nearest", Image.Resampling.NEAREST, 0),
        ("bilinear", Image.Resampling.BILINEAR, 0.51),
        ("bicubic", Image.Resampling.BICUBIC, 0.51),
        ("lanczos3", Image.Resampling.LANCZOS, 0.51),
    ]:
        for suffix, height, width in [("down", 9, 8), ("up", 30, 37), ("mixed", 14, 27)]:
            # As numbers: of bytes Pillow rounds and cuts off between its two passes, too.
            channels = [Image.fromarray(rgb[:, :, c].astype(np.float32)) for c in range(3)]
            channels = [np.asarray(c.resize((width, height), resample)) for c in channels]
            out = np.clip(np.stack(channels, axis=2), 0, 255)
            attrs = dict(type="resize", height=height, width=width, filter=name)
            step(f"resize_{name}_{suffix}", pillow, tolerance, rgb, out, **attrs)
    out = cv2.resize(rgb, (8, 9), interpolation=cv2.INTER_AREA)
    step("resize_area_down", opencv, 1, rgb, out, type="resize", height=9, width=8)

    for size in [3, 5, 9]:
        step(f"median_{size}", opencv, 0, rgb, cv2.medianBlur(rgb, size), type="median", size=size)
    for name, sigma in [("narrow", 0.8), ("wide", 3.0)]:
        out = scipy.ndimage.gaussian_filter(rgb.astype(float), (sigma, sigma, 0), mode="nearest")
        source = f"SciPy {scipy.__version__}"
        step(f"gaussian_{name}", source, 0.51, rgb, out, type="gaussian", sigma=sigma)

    for name, image, orientations, cell, block in [
        ("hog", gray, 9, 8, 3),
        ("hog_rgb", rgb, 8, 5, 2),
    ]:
        options = dict(
            orientations=orientations,
            pixels_per_cell=(cell, cell),
            cells_per_block=(block, block),
            block_norm="L2-Hys",
        )
        if image.shape[2] == 1:
            out = hog(image[:, :, 0].astype(np.float64) / 255, **options)
        else:
            out = hog(image.astype(np.float64) / 255, channel_axis=-1, **options)
        attrs = dict(
            type="hog", orientations=orientations, pixelsPerCell=cell, cellsPerBlock=block
        )
        source = f"scikit-image {skimage.__version__}"
        save(name, "prepare", source, 1e-6, {"image": image, "out": out}, {"features": [attrs]})

    y, x = np.meshgrid(np.arange(60), np.arange(12), indexing="ij")
    samples = np.sin(y * (x + 1) * 0.37) * (1 + x) / 4 + np.cos(y * 0.9) * (x % 3) + x / 5
    samples = samples.astype(np.float32)
    for name, whiten in [("pca", False), ("pca_whiten", True)]:
        pca = PCA(5, whiten=whiten, svd_solver="full").fit(samples.astype(np.float64))
        tensors = {
            "samples": samples,
            "mean": pca.mean_,
            "axes": pca.components_,
            "variances": pca.explained_variance_,
            "out": pca.transform(samples.astype(np.float64)),
        }
        source = f"scikit-learn {sklearn.__version__}"
        save(name, "pca", source, 5e-6, tensors, {"components": 5, "whiten": whiten})


main()
