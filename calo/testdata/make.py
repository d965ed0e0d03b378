"""Makes the files of the tests: python3 make.py (h5py 3.7.0). Cell c of shower s has
(7 s + 3 c) % 11 / 20 MeV, so that some are below 0.1 MeV; the energies are 10 + s."""

import h5py
import numpy as np

N, L, X, Y = 7, 3, 4, 5
cells = ((7 * np.arange(N)[:, None] + 3 * np.arange(L * X * Y)[None, :]) % 11 / 20).astype("<f4")
energies = (10 + np.arange(N))[:, None].astype("<f4")

with h5py.File("gettinghigh.h5", "w") as f:
    f.create_dataset("30x30/layers", data=cells.reshape(N, L, X, Y), chunks=(2, L, X, Y), compression="gzip")
    f["30x30/energy"] = energies
with h5py.File("calochallenge.hdf5", "w") as f:
    f.create_dataset("showers", data=cells.astype("<f8"), compression="gzip")
    f["incident_energies"] = energies.astype("<f8")
with h5py.File("other.h5", "w") as f:
    f["images"] = cells
    f["few"] = energies[:3]
    bad = cells.copy()
    bad[4, 17] = np.nan
    f["bad"] = bad
    f["text"] = "text"
    f.create_dataset("huge", (10**12, L, X, Y), "<f4", chunks=(1000, L, X, Y))
