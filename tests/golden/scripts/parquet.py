"""Parquet files by pyarrow (26.0.1), which src/formats/parquet/tests.rs reads.

pip install pyarrow; python tests/golden/scripts/parquet.py
"""

import datetime
import decimal
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = pathlib.Path(__file__).parents[3] / "src" / "formats" / "parquet" / "files"

date = datetime.date
time = datetime.datetime
TABLE = pa.table({
    "id": pa.array([1, 2, -3, None, 2**40], pa.int64()),
    "x": pa.array([1.5, None, -2.25, float("nan"), 1e300], pa.float64()),
    "f": pa.array([0.5, 1.5, float("inf"), None, 4.5], pa.float32()),
    "city": pa.array(["Bonn", "Köln", None, "Bonn", " Bonn"], pa.string()),
    "ok": pa.array([True, False, None, True, True]),
    "day": pa.array([date(2024, 2, 29), None, date(1969, 12, 31), date(1970, 1, 2), date(1970, 1, 1)]),
    "at": pa.array([time(1970, 1, 1, 0, 0, 1, 250000), None, time(1969, 12, 31), time(1970, 1, 2), time(1970, 1, 1)], pa.timestamp("us")),
    "small": pa.array([1, 2, 255, 4, None], pa.uint8()),
    "price": pa.array([None, *map(decimal.Decimal, ["1.25", "-2.50", "3.00", "1000.75"])], pa.decimal128(9, 2)),
    "half": pa.array([1.5, -0.25, None, 6e-8, 65504], pa.float16()),
    "in": pa.array([{"n": 1}, {"n": None}, None, {"n": 4}, {"n": 5}], pa.struct([("n", pa.int32())])),
    "list": pa.array([[1], [], None, [2, 3], [4]], pa.list_(pa.int32())),
})
ONLY = ["id", "x", "f", "city", "ok", "at"]
FILES = {
    "plain": {"compression": "none", "use_dictionary": False},
    "snappy": {},
    "gzip": {"compression": "gzip", "data_page_version": "2.0"},
    "zstd": {"compression": "zstd", "data_page_version": "2.0"},
    "lz4": {"compression": "lz4"},
    "brotli": {"compression": "brotli"},
    "int96": {"use_deprecated_int96_timestamps": True, "version": "1.0"},
    "delta": {
        "compression": "none",
        "use_dictionary": False,
        "data_page_version": "2.0",
        "column_encoding": {"id": "DELTA_BINARY_PACKED", "x": "BYTE_STREAM_SPLIT", "f": "BYTE_STREAM_SPLIT", "city": "DELTA_BYTE_ARRAY", "ok": "RLE", "at": "DELTA_BINARY_PACKED"},
    },
    "lengths": {
        "compression": "none",
        "use_dictionary": False,
        "column_encoding": {"id": "DELTA_BINARY_PACKED", "x": "PLAIN", "f": "PLAIN", "city": "DELTA_LENGTH_BYTE_ARRAY", "ok": "PLAIN", "at": "DELTA_BINARY_PACKED"},
    },
}

FOLDER.mkdir(parents=True, exist_ok=True)
for name, options in FILES.items():
    table = TABLE if name in ("plain", "snappy", "gzip", "zstd") else TABLE.select(ONLY)
    pq.write_table(table, FOLDER / f"{name}.parquet", store_schema=False, write_statistics=False, **options)

# Several groups and pages, a dictionary that is given up, and runs of missing values.
ROWS = 3000
texts = [f"text number {i * 7919 % ROWS}" for i in range(ROWS)]
LARGE = pa.table({
    "i": pa.array(range(ROWS), pa.int32()),
    "c": [f"name {i * i % 37}" for i in range(ROWS)],
    "t": texts,
    "m": [None if i % 1000 < 300 else i / 8 for i in range(ROWS)],
})
pages = {"row_group_size": 1100, "data_page_size": 600, "write_batch_size": 64, "store_schema": False, "write_statistics": False}
pq.write_table(LARGE, FOLDER / "large.parquet", dictionary_pagesize_limit=4000, compression="zstd", **pages)
encodings = {"i": "DELTA_BINARY_PACKED", "c": "DELTA_BYTE_ARRAY", "t": "DELTA_LENGTH_BYTE_ARRAY", "m": "BYTE_STREAM_SPLIT"}
pq.write_table(LARGE, FOLDER / "large_delta.parquet", use_dictionary=False, column_encoding=encodings, compression="zstd", **pages)
