# Writes tests/golden/numpy: small files of numpy.save and numpy.savez, for the readers of NPY and
# NPZ. Every array holds the numbers of `expected` in src/formats/npy/tests.rs.
# Run with numpy 2 in the folder of this project: python3 tests/golden/scripts/numpy_files.py
import os
import numpy as np

folder = "tests/golden/numpy"
os.makedirs(folder, exist_ok=True)
numbers = np.array([[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 100]]])


def save(name, array):
    np.save(f"{folder}/{name}.npy", array)


for name, dtype in [
    ("u8", "|u1"), ("i8", "|i1"), ("i16", "<i2"), ("u16-big", ">u2"), ("i32-big", ">i4"),
    ("u32", "<u4"), ("i64", "<i8"), ("u64-big", ">u8"), ("f16", "<f2"), ("f16-big", ">f2"),
    ("f32", "<f4"), ("f32-big", ">f4"), ("f64", "<f8"), ("f64-big", ">f8"),
]:
    save(name, numbers.astype(dtype))
save("bool", numbers % 2 == 1)
save("fortran", np.asfortranarray(numbers.astype("<i2")))
save("fortran-big", np.asfortranarray(numbers.astype(">f8")))
save("objects", np.array([None, "a"], dtype=object))
save("texts", np.array(["a", "bc"]))
save("records", np.zeros(2, dtype=[("a", "<i4"), ("b", "<f8")]))
save("complex", np.zeros(2, dtype="<c8"))
save("dates", np.zeros(2, dtype="<M8[s]"))
keras = {
    "x_train": numbers.astype("u1").reshape(4, 3),
    "y_train": np.array([0, 1, 2, 1], dtype="<i8"),
    "x_test": numbers.astype("u1").reshape(4, 3)[:2],
    "y_test": np.array([2, 0], dtype="<i8"),
}
np.savez(f"{folder}/stored.npz", **keras)
np.savez_compressed(f"{folder}/deflated.npz", **keras)
