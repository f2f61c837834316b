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
