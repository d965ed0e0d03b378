"""Makes the files of the tests: python3 make.py (h5py 3.7.0, HDF5 1.10.8).

Every numeric data set holds value(i) = i % 101 - 50 (i % 101 where it is unsigned), i
counting the values in row-major order, so that the tests need no second copy.
"""

import h5py
import numpy as np


def values(shape, dtype):
    i = np.arange(int(np.prod(shape)), dtype=np.int64) % 101
    if np.dtype(dtype).kind != "u":
        i = i - 50
    return i.reshape(shape).astype(dtype)


def put(group, name, shape, dtype="<f4", **kw):
    return group.create_dataset(name, data=values(shape, dtype), **kw)


TYPES = "<f2 >f2 <f4 >f4 <f8 >f8 <i1 <i2 >i2 <i4 >i4 <i8 >i8 <u1 <u2 >u2 <u4 >u4 <u8 >u8".split()


def fill(f, chunks):
    for t in TYPES:
        put(f, "types/" + t.replace("<", "le_").replace(">", "be_"), (3, 5), t)
    f["types/bool"] = np.arange(6).reshape(2, 3) % 2 == 1
    f["types/text"] = "no numbers"
    f["scalar"] = 7.5
    put(f, "shapes/contiguous", (7, 4))
    put(f, "shapes/vector", (9,))
    put(f, "shapes/cube", (5, 3, 4, 2), "<i4")
    for name, kw in {
        "plain": dict(),
        "gzip": dict(compression="gzip"),
        "shuffled": dict(compression="gzip", shuffle=True),
        "sums": dict(compression="gzip", shuffle=True, fletcher32=True),
        "fletcher": dict(fletcher32=True),
        "lzf": dict(compression="lzf", shuffle=True),
    }.items():
        put(f, "chunks/" + name, (23, 9), chunks=(4, 5), **kw)
        put(f, "chunks/" + name + "_growing", (23, 9), chunks=(4, 5), maxshape=(None, 20), **kw)
        put(f, "chunks/" + name + "_any", (23, 9), chunks=(4, 5), maxshape=(None, None), **kw)
    put(f, "chunks/wide_growing", (23, 9), chunks=(4, 5), maxshape=(30, None), compression="gzip")
    put(f, "chunks/room", (23, 9), chunks=(4, 5), maxshape=(60, 40), compression="gzip")
    put(f, "chunks/one", (23, 9), chunks=(23, 9), compression="gzip")
    put(f, "chunks/one_plain", (23, 9), chunks=(23, 9))
    put(f, "chunks/cube", (7, 5, 6), "<f8", chunks=(2, 5, 6), compression="gzip")
    put(f, "chunks/blocks", (7, 5, 6), "<i2", chunks=(3, 2, 4), compression="gzip", shuffle=True)
    put(f, "chunks/many", (chunks, 3), "<i2", chunks=(1, 1))
    put(f, "chunks/many_growing", (chunks, 3), "<i2", chunks=(1, 1), maxshape=(None, 3))
    put(f, "chunks/many_any", (chunks, 3), "<i2", chunks=(1, 1), maxshape=(None, None))
    d = f.create_dataset("chunks/holes", (40, 3), "<f4", chunks=(1, 3), fillvalue=2.5, maxshape=(None, 3))
    d[30] = [1, 2, 3]
    f.create_dataset("shapes/unwritten", (4, 3), "<f4", fillvalue=-1.5)
    f.create_dataset("shapes/empty", (0, 3), "<f4")
    table = np.zeros(11, [("index", "<i8"), ("values", "<f8", (3,)), ("name", "S4"), ("flag", "<u2")])
    table["index"] = np.arange(11)
    table["values"] = values((11, 3), "<f8")
    table["flag"] = values((11,), "<u2")
    f.create_dataset("table", data=table, chunks=(4,), compression="gzip")
    f["named"] = np.dtype("<f8")
    f.create_dataset("of_named", data=values((3, 2), "<f8"), dtype=f["named"])
    for i in range(60):
        f["many/member%02d" % i] = np.float32([i])
    f["links/soft"] = h5py.SoftLink("/shapes/vector")
    f["links/relative"] = h5py.SoftLink("soft")
    f["links/circle"] = h5py.SoftLink("/links/circle")
    f["links/nowhere"] = h5py.SoftLink("/nothing")
    f["links/hard"] = f["shapes/cube"]
    f["links/up"] = f["/"]
    a = f["shapes"].attrs
    a["number"] = 3.5
    a["numbers"] = np.arange(6, dtype=">i2").reshape(2, 3)
    a["text"] = "text of variable length: µ"
    a["fixed"] = np.bytes_("fixed")
    a["list"] = np.array([b"one", b"three", b""])
    a["texts"] = np.array(["a", "", "ccc"], dtype=h5py.string_dtype())
    a["named"] = 1.0
    for i in range(30):
        f["scalar"].attrs["a%02d" % i] = i


for name, version, chunks in [("earliest", "earliest", 40), ("latest", "latest", 600)]:
    with h5py.File(name + ".h5", "w", libver=version) as f:
        fill(f, chunks)
with h5py.File("ordered.h5", "w", libver=("earliest", "v108"), track_order=True) as f:
    for i in range(20):
        put(f, "group/member%02d" % i, (2, 2))
        f["group"].attrs["a%02d" % i] = i
with h5py.File("userblock.h5", "w", userblock_size=512) as f:
    put(f, "only", (4, 3), chunks=(2, 3), compression="gzip")
    f["note"] = "text"
with h5py.File("refused.h5", "w") as f:
    f.create_dataset("scaled", data=np.arange(10), chunks=(5,), scaleoffset=0)
    f.create_dataset("outside", (10,), "<f4", external=[("outside.raw", 0, 40)])
    f["elsewhere"] = h5py.ExternalLink("other.h5", "/x")
    v = h5py.VirtualLayout((4,), "<f4")
    v[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    f.create_virtual_dataset("virtual", v)
    f["complex"] = np.complex64([1])
    f.create_dataset("sequences", (2,), h5py.vlen_dtype("<f4"))
