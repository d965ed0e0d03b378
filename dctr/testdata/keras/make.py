"""Makes the files of the tests, in the layouts that Keras 2 writes: python3 make.py
(h5py 3.7.0). Layer k has kernel[i, j] = ((7 i + 3 j + k) % 5 - 2) / 4 and
bias[j] = ((j + k) % 3 - 1) / 8."""

import json

import h5py
import numpy as np


def weights(f, sizes, bias=True, root=""):
    names = []
    for k, (n, m) in enumerate(zip(sizes, sizes[1:])):
        i, j = np.arange(n)[:, None], np.arange(m)[None, :]
        name = "dense_%d" % (k + 1)
        names.append(name)
        g = f.create_group(root + name)
        g.create_dataset(name + "/kernel:0", data=(((7 * i + 3 * j + k) % 5 - 2) / 4).astype("<f4"))
        list_ = [name + "/kernel:0"]
        if bias:
            g.create_dataset(name + "/bias:0", data=(((j[0] + k) % 3 - 1) / 8).astype("<f4"))
            list_.append(name + "/bias:0")
        g.attrs["weight_names"] = np.array([s.encode() for s in list_])
    f[root or "/"].attrs["layer_names"] = np.array([s.encode() for s in names])


def dense(k, units, activation, **kw):
    return {"class_name": "Dense", "config": dict(name="dense_%d" % k, units=units, activation=activation, **kw)}


def layer(kind, **kw):
    return {"class_name": kind, "config": dict(name=kind.lower(), **kw)}


sequential = [
    dense(1, 4, "linear", batch_input_shape=[None, 3]),
    layer("LeakyReLU", alpha=0.25),
    layer("Dropout", rate=0.5),
    dense(2, 5, "tanh"),
    dense(3, 3, "sigmoid"),
    dense(4, 1, "linear"),
    layer("Activation", activation="sigmoid"),
]
with open("sequential.json", "w") as f:
    json.dump({"class_name": "Sequential", "config": {"name": "s", "layers": sequential}, "keras_version": "2.2.4"}, f)
with h5py.File("sequential.h5", "w") as f:
    weights(f, [3, 4, 5, 3, 1])

chain = [layer("InputLayer", batch_input_shape=[None, 3]), dense(1, 4, "relu", use_bias=False), dense(2, 2, "softmax", use_bias=False)]
for i, l in enumerate(chain):
    l["name"] = l["config"]["name"]
    l["inbound_nodes"] = [[[chain[i - 1]["name"], 0, 0, {}]]] if i else []
with h5py.File("saved.h5", "w") as f:
    f.attrs["model_config"] = json.dumps({"class_name": "Model", "config": {"name": "m", "layers": chain}})
    weights(f, [3, 4, 2], bias=False, root="model_weights/")
