"""Byte pairs by Hugging Face's `tokenizers` (0.23.3), the reference for src/data/preprocessing/text.

pip install tokenizers safetensors numpy; python tests/golden/scripts/text.py

Its trainer works on characters. Here each byte of UTF-8 is a character of the same number, and each
piece of a text a sequence of its own, so that ids and ties are those of bytes: the pair with the
lowest ids comes first of those that are as frequent.
"""

import json
import pathlib
import re

import numpy as np
import tokenizers
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, trainers

FOLDER = pathlib.Path(__file__).parent.parent / "cases" / "text"

WORDS = """the a of and in to it was that he she they low lower lowest new newer newest wide wider widest
river rivers quietly quiet running runs ran under bridge bridges light lightly lighter winter summers
naïve café Größe größer élève déjà œuvre Москва москвы 東京 東京都 don wandering wanderer wander
aaaa aaaaaa bananas banana ananas mississippi 2024 1999 19 🎉 🎉🎉""".split()

# UAX #29's words for these texts: letters and digits, each mark and each pictograph for itself, each
# line end, runs of spaces. (A Han character is a word of its own.)
PIECE = re.compile(r" ?(?:[^\W一-鿿]+|[一-鿿]|[.,;:!?]|🎉)|\n| +(?= )|[ ]+$| +(?=\n)")


def texts(seed, lines):
    state = seed
    for _ in range(lines):
        line = []
        for _ in range(12):
            state = (state * 1103515245 + 12345) % 2**31
            # Squared: some words are frequent.
            line.append(WORDS[int(len(WORDS) * (state / 2**31) ** 2)])
        yield " ".join(line) + ".  " + line[0] + "!\n"


def pieces(text):
    found = PIECE.findall(text)
    assert "".join(found) == text, text
    return [piece.encode().decode("latin1") for piece in found]


def case(name, seed, lines, max_tokens, min_count, unseen):
    training = list(texts(seed, lines))
    tokenizer = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=max_tokens - 2,
        min_frequency=max(min_count, 2),
        initial_alphabet=[chr(byte) for byte in range(256)],
        show_progress=False,
    )
    tokenizer.train_from_iterator([piece for text in training for piece in pieces(text)], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    ids = model["vocab"]
    assert all(ids[chr(byte)] == byte for byte in range(256))
    merges = np.array([[ids[a] + 2, ids[b] + 2] for a, b in model["merges"]], np.int32)
    tensors = {"merges": merges.reshape(-1, 2)}
    encoded = training[:10] + unseen
    for number, text in enumerate(encoded):
        found = [id for piece in pieces(text) for id in tokenizer.encode(piece).ids]
        tensors[f"ids/{number}"] = np.array(found, np.int32) + 2
    description = {
        "name": name,
        "group": "text",
        "op": "byte_pairs",
        "source": f"tokenizers {tokenizers.__version__}, scripts/text.py",
        "attrs": {"lowercase": False, "split": "bytePairs", "maxTokens": max_tokens, "minCount": min_count},
        "training": training,
        "texts": encoded,
        "tensors": list(tensors),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps(description, ensure_ascii=False, indent=1)
    (FOLDER / f"{name}.json").write_text(text + "\n")
    save_file(tensors, FOLDER / f"{name}.safetensors")
    print(name, len(merges), "merges", len(ids), "tokens")


UNSEEN = ["the widening river: wanderers, quietest!\n", "Ελλάδα 🎉  xyz", "aaaaaaaaaaaaa", "   \n ", ""]
case("bpe_400", 7, 60, 400, 1, UNSEEN)
case("bpe_all_pairs", 11, 25, 5000, 1, UNSEEN)
case("bpe_min_count", 13, 60, 1000, 9, UNSEEN)
