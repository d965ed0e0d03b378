"""Makes the files of the tests, each by the library that its users have:

    python3 make.py    (numpy 2.4.6, h5py 3.16.0, pandas 3.1.1, PyTables 3.11.1)

Value number i, counted row by row over all columns of a table, is float32 with the bits of
f32(i), float64 with those of f64(i), or the integer i - 20 (i where it is unsigned), so that
the tests need no second copy and compare bits.
"""

import warnings

import h5py
import numpy as np
import pandas as pd

warnings.simplefilter("ignore")


def f32(shape):
    i = np.arange(np.prod(shape), dtype=np.uint64)
    bits = (i * np.uint64(2654435761)).astype(np.uint32)
    return ((bits & np.uint32(0x807FFFFF)) | np.uint32(0x3F800000)).view(np.float32).reshape(shape)


def f64(shape):
    i = np.arange(np.prod(shape), dtype=np.uint64)
    bits = i * np.uint64(0x9E3779B97F4A7C15)
    return ((bits & np.uint64(0x800FFFFFFFFFFFFF)) | np.uint64(0x3FF0000000000000)).view(np.float64).reshape(shape)


def whole(shape, dtype):
    i = np.arange(np.prod(shape), dtype=np.int64)
    if np.dtype(dtype).kind != "u":
        i = i - 20
    return i.astype(dtype).reshape(shape)


# NumPy: orders of bytes and of values, packed and not.
shape = (17, 3)
np.savez("plain.npz", f32=f32(shape), f64=f64(shape), fortran=np.asfortranarray(f64(shape)), big=f32(shape).astype(">f4"))
np.savez_compressed("packed.npz", f32=f32(shape), f64=f64(shape), fortran=np.asfortranarray(f32(shape)),
                    big=np.asfortranarray(f64(shape).astype(">f8")), i2=whole(shape, ">i2"), u8=whole(shape, "<u8"))
np.savez_compressed("single.npz", f64(shape))
np.savez_compressed("columns.npz", x=f64((9, 3))[:, 0], n=whole((9, 3), "<i4")[:, 1], w=f32((9, 3))[:, 2])
np.save("big_fortran.npy", np.asfortranarray(f64(shape).astype(">f8")))

# h5py: as experiments keep showers, and a compound.
with h5py.File("h5py.h5", "w") as f:
    f.create_dataset("30x30/layers", data=f32((5, 2, 3, 4)), chunks=(2, 2, 3, 4), compression="gzip", compression_opts=9, shuffle=True)
    f.create_dataset("30x30/energy", data=f32((5, 1)))
    f.create_dataset("showers", data=f64((7, 12)), chunks=(3, 5), compression="gzip", maxshape=(None, 12))
    f.create_dataset("incident_energies", data=f64((7, 1)), compression="gzip", shuffle=True)
    table = np.zeros(9, [("pt", "<f4"), ("label", "S3"), ("w", ">f8"), ("n", "<i4"), ("p", "<f4", (2,))])
    table["pt"], table["w"], table["n"], table["p"] = f32((9,)), f64((9,)), whole((9,), "<i4"), f32((9, 2))
    f.create_dataset("events", data=table, chunks=(4,), compression="gzip", shuffle=True)

# pandas: the table format, as LaSeR and ELSA write it, with one block and with several,
# whose columns pandas does not keep in order; the fixed format.
frame = pd.DataFrame(f64((11, 3)), columns=["x", "y", "z"])
with pd.HDFStore("pandas.h5", "w", complevel=5, complib="zlib") as s:
    s.append("data", frame, index=False)
with pd.HDFStore("pandas_mixed.h5", "w", complevel=5, complib="zlib") as s:
    mixed = pd.DataFrame({"n": whole((11,), "<i8"), "x": f64((11,)), "k": whole((11,), "<i8"), "w": f64((11,)), "name": ["a"] * 11})
    s.append("group/mixed", mixed, data_columns=["w"], index=False)
    s.append("numbered", pd.DataFrame(f32((11, 2))), index=False)
    s.append("indexed", pd.DataFrame(f32((11, 2)), columns=["µ", 'a "b"\\'], index=np.arange(11) + 0.5), index=False)
with pd.HDFStore("pandas_fixed.h5", "w") as s:
    s.put("df", pd.DataFrame({"n": whole((11,), "<i8"), "x": f64((11,)), "y": f64((11,))}), track_times=False)

# Text.
frame.to_csv("pandas.csv.gz", index=False, compression={"method": "gzip", "mtime": 1})
np.savetxt("savetxt.csv", f64(shape), delimiter=",", header="a,b,c")
