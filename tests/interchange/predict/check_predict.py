"""Compares predict.py, as the page puts it into a zip, with the engine.

    pip install numpy onnxruntime pillow; python tests/interchange/predict/check_predict.py

wants the package in dist/ (npm run build). Prints the largest difference of a probability for each
model, and fails above 1e-5.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from make_inputs import make

HERE = Path(__file__).parent
PARTS = HERE.parent.parent.parent / "www/models/export/predict"
MOST = 1e-5


def check(folder, name):
    expected = json.loads((folder / name / "answers.json").read_text())
    files = list(dict.fromkeys(key.split(", row")[0] for key in expected))
    command = [sys.executable, "predict.py", "--all", "--model", f"{name}/model.onnx", *files]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    found = {line["of"]: line["answer"] for line in map(json.loads, run.stdout.splitlines())}
    assert found.keys() == expected.keys(), f"{name}: other samples were answered"
    return max(float(numpy.abs(numpy.subtract(found[key], expected[key])).max()) for key in expected)


def main():
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make(folder)
        parts = [part.read_text() for part in sorted(PARTS.glob("*.py"))]
        (folder / "predict.py").write_text("\n\n".join(parts))
        subprocess.run(["node", HERE / "engine.mjs", folder], check=True)
        names = sorted(path.parent.name for path in folder.glob("*/answers.json"))
        largest = {name: check(folder, name) for name in names}
    for name, difference in largest.items():
        print(f"{name:24} {difference:.1e}")
    return int(max(largest.values()) > MOST)


if __name__ == "__main__":
    sys.exit(main())
