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
