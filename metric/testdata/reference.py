"""Writes the reference case of reference_test.go: two 100 x 100 histograms and
their scores in the convention of LaSeR's Table 3, by NumPy and POT.

Run in this directory:  python3 reference.py
Made with Python 3.11.2, NumPy 1.24.2 and POT 0.8.2 (Debian 12: python3-numpy, python3-pot).
Needs some 3 GB of memory and about a minute.
"""
import json
import sys

import numpy as np
import ot

rng = np.random.default_rng(20210600792)
events = 200_000
bins, span = 100, [[-11, 11], [-7, 7]]


def donut(sigma, right):
    r = rng.normal(4, sigma, events)
    phi = rng.uniform(0, 2 * np.pi, events)
    centre = np.where(rng.random(events) < right, 4, -4)
    return r * np.cos(phi) + centre, r * np.sin(phi)


def emd(a, b, xe, ye):
    x, y = (xe[1:] + xe[:-1]) / 2, (ye[1:] + ye[:-1]) / 2
    centres = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    largest = ot.dist(centres[:1], centres[-1:], metric="euclidean")[0, 0]
    a, b = a.ravel(), b.ravel()
    cost = ot.dist(centres[a > 0], centres[b > 0], metric="euclidean") / largest
    # emd2 scales the second mass to the sum of the first.
    value, log = ot.emd2(a[a > 0], b[b > 0], cost, numItermax=10_000_000, log=True)
    assert log["warning"] is None, log["warning"]
    return float(value)


def jsd(a, b):
    def half(u, v):
        k = u > 0
        return 0.5 * np.sum(u[k] * np.log(2 * u[k] / (u[k] + v[k])))

    return float(half(a, b) + half(b, a))


(xa, ya), (xb, yb) = donut(1.0, 0.5), donut(1.1, 0.51)
ca, xe, ye = np.histogram2d(xa, ya, bins=bins, range=span)
cb, _, _ = np.histogram2d(xb, yb, bins=bins, range=span)
da = np.histogram2d(xa, ya, bins=bins, range=span, density=True)[0]
db = np.histogram2d(xb, yb, bins=bins, range=span, density=True)[0]
for name, c in ("reference_a.csv", ca), ("reference_b.csv", cb):
    np.savetxt(name, c, fmt="%d", delimiter=",")
result = {
    "versions": {"python": sys.version.split()[0], "numpy": np.__version__, "pot": ot.__version__},
    "range": span,
    "emd_paper": emd(da, db, xe, ye),
    "jsd_paper": jsd(da, db),
}
with open("reference.json", "w") as f:
    json.dump(result, f, indent=1)
    f.write("\n")
