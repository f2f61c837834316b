"""Columns of tables by scikit-learn (1.9.1) and pandas (3.1.1), the reference for
src/data/preprocessing/table.

pip install scikit-learn pandas safetensors; python tests/golden/scripts/table.py

Everything is computed from the first rows, the training part, and applied to all of them.
"""

import io
import json
import pathlib

import numpy as np
import pandas as pd
import sklearn
from safetensors.numpy import save_file
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

FOLDER = pathlib.Path(__file__).parent.parent / "cases" / "table"
TRAINING = 80
ROWS = 120
CITIES = ["Bonn", "Köln", "Oslo", "São Paulo", "東京", "Ulm", "bonn", "Zürich"]
SCALERS = {"none": None, "standard": StandardScaler, "minMax": MinMaxScaler, "robust": RobustScaler}


def table(seed):
    draw = np.random.default_rng(seed)
    income = np.round(np.exp(draw.normal(8, 2, ROWS)), 2)
    days = pd.Timestamp("1987-03-01") + pd.to_timedelta(draw.integers(0, 2e9, ROWS), unit="s")
    weights = np.array([30, 20, 10, 10, 5, 3, 2, 0]) / 80
    city = draw.choice(CITIES, ROWS, p=weights).astype(object)
    city[TRAINING + 3] = "Zürich"
    frame = pd.DataFrame({
        "age": draw.integers(0, 100, ROWS).astype(float),
        "income": income,
        "loss": np.round(draw.normal(-3, 1e3, ROWS), 3),
        "same": 0.1,
        "city": city,
        "since": days.astype(str),
    })
    for name in ["age", "income", "loss", "city", "since"]:
        frame.loc[draw.random(ROWS) < 0.12, name] = None
    return frame


def save(name, frame, columns, parts):
    x = np.concatenate([np.asarray(part, np.float64).reshape(ROWS, -1) for part in parts], axis=1)
    assert np.isfinite(x).all(), name
    text = io.StringIO()
    frame.to_csv(text, index=False)
    description = {
        "name": name,
        "group": "table",
        "op": "columns",
        "source": f"scikit-learn {sklearn.__version__}, pandas {pd.__version__}, scripts/table.py",
        "attrs": {"columns": columns},
        "training": TRAINING,
        "csv": text.getvalue(),
        "tolerance": {"abs": 1e-6, "rel_to_max": 1e-6},
        "tensors": ["x"],
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(description, ensure_ascii=False, indent=1) + "\n")
    save_file({"x": x.astype(np.float32)}, FOLDER / f"{name}.safetensors")
    print(name, x.shape)


def fitted(steps, values):
    pipeline = make_pipeline(*steps)
    pipeline.fit(values[:TRAINING])
    found = pipeline.transform(values)
    return found.toarray() if hasattr(found, "toarray") else found


def numbers(name, seed):
    frame = table(seed)
    columns, parts = [], []
    for column in ["age", "income", "loss", "same"]:
        for impute, strategy in [("mean", "mean"), ("median", "median"), ("mostFrequent", "most_frequent"), ("constant", "constant")]:
            for scale, scaler in SCALERS.items():
                log = len(columns) % 2 == 1 and column in ("age", "income")
                alias = f"{column} {len(columns)}"
                frame[alias] = frame[column]
                values = frame[[column]].to_numpy(float)
                steps = [SimpleImputer(strategy=strategy, fill_value=7.5 if strategy == "constant" else None)]
                steps += [FunctionTransformer(np.log1p)] if log else []
                steps += [scaler()] if scaler else []
                spec = {"type": "constant", "value": 7.5} if impute == "constant" else impute
                indicator = len(columns) % 5 == 0
                columns.append({"type": "number", "name": alias, "impute": spec, "scale": scale, "log": log, "missingIndicator": indicator})
                parts.append(fitted(steps, values))
                if indicator:
                    parts.append(np.isnan(values))
    save(name, frame[[c["name"] for c in columns]], columns, parts)


def categories(name, seed):
    frame = table(seed)
    columns, parts = [], []

    def add(spec, steps):
        alias = f"city {len(columns)}"
        frame[alias] = frame["city"]
        values = frame[["city"]].astype(object).where(frame[["city"]].notna(), np.nan).to_numpy()
        columns.append({"type": "category", "name": alias, **spec})
        found = fitted(steps, values)
        if getattr(steps[-1], "infrequent_categories_", [None])[0] is not None and spec.get("encoding"):
            # What is unknown goes with what is rare.
            found[found == -1] = found.max()
        parts.append(found)

    frequent = lambda: SimpleImputer(strategy="most_frequent")
    constant = lambda: SimpleImputer(strategy="constant", fill_value="nowhere")
    for impute, imputer in [("mostFrequent", frequent), ({"type": "constant", "value": "nowhere"}, constant)]:
        for most, least in [(64, 1), (4, 1), (64, 5), (3, 4), (1, 1)]:
            limits = {"max_categories": most, "min_frequency": least}
            spec = {"impute": impute, "maxCategories": most, "minCount": least}
            add(spec, [imputer(), OneHotEncoder(handle_unknown="infrequent_if_exist", **limits)])
            ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, **limits)
            add({**spec, "encoding": "ordinal"}, [imputer(), ordinal])
    # What is missing is no category, and its indicator is the further column of pandas' dummy_na.
    alias = "city na"
    frame[alias] = frame["city"]
    known = sorted(set(frame["city"][:TRAINING].dropna()))
    city = frame["city"].where(frame["city"].isin(known))
    dummies = pd.get_dummies(pd.Categorical(city, categories=known), dummy_na=True)
    columns.append({"type": "category", "name": alias, "missingIndicator": True})
    dummies = dummies.to_numpy().copy()
    dummies[:, -1] = frame["city"].isna()
    parts.append(dummies)
    save(name, frame[[c["name"] for c in columns]], columns, parts)


def dates(name, seed):
    frame = table(seed)
    columns, parts = [], []
    for column, cyclic, scale in [("since", False, "none"), ("since", True, "standard"), ("since", False, "minMax")]:
        alias = f"{column} {len(columns)}"
        frame[alias] = frame[column]
        dates = pd.to_datetime(frame[column])
        median = dates[:TRAINING].median()
        filled = dates.fillna(median.floor("ms"))
        dates = filled.dt
        values = {
            "days": (filled - pd.Timestamp(0)) / pd.Timedelta(days=1),
            "year": dates.year,
            "month": dates.month,
            "day": dates.day,
            "weekday": dates.day_of_week,
            "dayOfYear": dates.day_of_year,
            "hour": dates.hour,
            "minute": dates.minute,
        }
        periods = {"month": (1, 12), "day": (1, 31), "weekday": (0, 7), "dayOfYear": (1, 366), "hour": (0, 24), "minute": (0, 60)}
        columns.append({"type": "date", "name": alias, "parts": list(values), "cyclic": cyclic, "scale": scale, "impute": "median"})
        for part, value in values.items():
            value = value.to_numpy(float).reshape(-1, 1)
            if cyclic and part in periods:
                first, period = periods[part]
                angle = 2 * np.pi * (value - first) / period
                parts += [np.sin(angle), np.cos(angle)]
            elif SCALERS[scale]:
                parts.append(fitted([SCALERS[scale]()], value))
            else:
                parts.append(value)
    save(name, frame[[c["name"] for c in columns]], columns, parts)


numbers("numbers", 3)
categories("categories", 5)
categories("categories_2", 6)
dates("dates", 7)
