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
