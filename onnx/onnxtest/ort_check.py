#!/usr/bin/env python3
"""Run ONNX files in ONNX Runtime and compare with what they should give.

    python3 ort_check.py DIR     DIR/NAME.onnx with DIR/NAME.json, which holds
                                 {"inputs": {name: [[row], …]}, "outputs": {name: [[row], …]}}

Prints one line per file that differs by more than 1e-5 of the largest number of its
output, and a summary; the exit status is 1 if any does.
"""
import glob
import json
import os
import sys

import numpy as np
import onnx
import onnxruntime as ort

ort.set_default_logger_severity(4)
worst, bad, n = 0.0, 0, 0
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.onnx"))):
    with open(path[:-5] + ".json") as f:
        want = json.load(f)
    try:
        onnx.checker.check_model(path, full_check=True)
        s = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [o.name for o in s.get_outputs()]
        assert set(names) == set(want["outputs"]), names
        feeds = {k: np.array(v, np.float32) for k, v in want["inputs"].items()}
        used = {i.name for i in s.get_inputs()}
        got = dict(zip(names, s.run(None, {k: v for k, v in feeds.items() if k in used})))
        for k, v in want["outputs"].items():
            v = np.array(v)
            assert got[k].shape == v.shape, (got[k].shape, v.shape)
            d = float(np.max(np.abs(got[k] - v)) / max(float(np.max(np.abs(v))), 1e-30))
            worst = max(worst, d)
            assert d <= 1e-5, f"{k} differs by {d:.2g}"
    except Exception as e:
        bad += 1
        print(os.path.basename(path), " ".join(str(e).split())[:300])
    n += 1
print(f"{n} files, {bad} bad, largest relative deviation {worst:.2g}, onnxruntime {ort.__version__}")
sys.exit(bad > 0)
