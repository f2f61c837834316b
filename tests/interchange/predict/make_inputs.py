"""Makes pictures, tables and texts that predict.py is asked about (see check_predict.py)."""

import csv
import json
import random
from pathlib import Path

import numpy
from PIL import Image, ImageDraw

CITIES = ["Bonn", "Köln", "Oslo", "São Paulo", "東京", "Ulm"]
WORDS = "the quick brown fox can't stop 3.14 times; naïve café, U.S.A. Größe it's 1,000 o'clock don’t e-mail foo_bar 東京 カタカナ ひらがな Москва 2024 🎉 👩‍👩‍👧 שלום".split()
TEXTS = [
    "The quick (“brown”) fox can’t jump 32.3 feet, right? It's 3:30 p.m. — e-mail me at a.b@c.de!",
    "Ein Größenwahn, naïve café élève; Straße ßẞ ﬁn",
    "Москва слезам не верит. Ёлка й",
    "東京タワーは高い。カタカナ ひらがな 漢字123",
    "안녕하세요 세계 한국어",
    "مرحبا بالعالم، ١٢٣ كيف",
    "שלום עולם ג'ירפה צה\"ל",
    "สวัสดีชาวโลก",
    "नमस्ते दुनिया किताब",
    "👩‍👩‍👧 🎉🎉 🇩🇪🇫🇷🇬 ❤️ 👍🏽",
    "a\u0301bc e\u0301 Å ANGSTROM İstanbul ΣΑΣ",
    "x_y foo_bar_1 1,000.50 3,14 U.S.A. A.B.C \u200dzwj soft\u00adhyphen",
    "line\r\nbreaks\rhere\u2028and\u00a0nbsp\u202fnarrow\t tab  two",
    "ǅungla ﷺ Ⅷ ①②③ ⓐ 🄰 𝒳𝓎",
    "'quoted' ''x'' don't' rock'n'roll l’été",
    "C++ C# $100 50% 10°C x² H₂O ½",
]


def drawing(number, width, height):
    """A line, dark on light, light on dark, or on nothing."""
    mode = ["L", "RGB", "RGBA"][number % 3]
    dark = number % 2 or mode == "RGBA"
    paper = (0, 0, 0, 0) if mode == "RGBA" else (250, 248, 240, 255) if dark else (5, 0, 9, 255)
    image = Image.new("RGBA", (width, height), paper)
    points = [(random.randint(0, width), random.randint(0, height)) for _ in range(4)]
    ink = (20, 20, 60, 200) if dark else (230, 240, 255, 255)
    ImageDraw.Draw(image).line(points, fill=ink, width=max(2, width // 12))
    return image.convert(mode)


def photo(draw, width, height):
    waves = 128 + 60 * numpy.sin(numpy.arange(width)[None, :, None] / 7 + numpy.arange(3))
    waves = waves + 50 * numpy.cos(numpy.arange(height)[:, None, None] / 5)
    noisy = waves + draw.normal(0, 20, (height, width, 3))
    return Image.fromarray(numpy.clip(noisy, 0, 255).astype(numpy.uint8))


def row(_):
    date = f"{random.randint(1980, 2024)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    time = f" {random.randint(0, 23):02}:{random.randint(0, 59):02}"
    values = {
        "age": random.randint(1, 99),
        "income": round(random.lognormvariate(8, 2), 2),
        "member": random.choice(["yes", "no"]),
        "city": random.choice(CITIES),
        "since": date + random.choice(["", time]),
    }
    values = {name: "" if random.random() < 0.1 else value for name, value in values.items()}
    return {**values, "note": " ".join(random.choices(WORDS, k=9)), "kind": random.choice("abc")}


def numbers(_):
    values = [round(random.gauss(5, 2), 3), round(random.gauss(-100, 50), 1), random.randint(0, 9)]
    values[1] = "" if random.random() < 0.1 else values[1]
    return dict(zip(["a", "b", "c", "label"], [*values, random.choice("xy")]))


def write(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def make(folder):
    random.seed(5)
    draw = numpy.random.default_rng(5)
    folder = Path(folder)
    for name in ["pictures", "texts", "classes/a", "classes/b"]:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(40):
        width, height = (int(size) for size in draw.integers(17, 400, 2))
        image = drawing(number, width, height) if number < 24 else photo(draw, width, height)
        path = folder / "pictures" / f"{number:02}.png"
        image.save(path)
        # As the engine is given it, which in Node decodes no pictures.
        path.with_suffix(".rgba").write_bytes(numpy.asarray(image.convert("RGBA")).tobytes())
        path.with_suffix(".json").write_text(json.dumps({"width": width, "height": height}))
    for name, of in [("rows", row), ("numbers", numbers)]:
        write(folder / f"{name}-train.csv", [of(i) for i in range(400)])
        write(folder / f"{name}.csv", [of(i) for i in range(150)])
    for number in range(60):
        text = " ".join(random.choices(TEXTS + WORDS, k=random.randint(3, 12)))
        (folder / "texts" / f"{number:02}.txt").write_bytes(text.encode())
    for name in ["a", "b"]:
        for number in range(40):
            text = " ".join(random.choices(TEXTS + WORDS, k=12))
            (folder / "classes" / name / f"{number}.txt").write_bytes(text.encode())
