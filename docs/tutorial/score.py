"""Draws from flow.onnx and refined/refined.onnx with ONNX Runtime, for etalon score.

    python score.py             makes flow_points.npy, refined_points.npy and fresh truth, fresh.npy

Needs numpy, onnxruntime and train_flow.py (for the truth).
"""
import numpy as np
import onnxruntime

from train_flow import pinwheel


def draw(file, n, seed, batch=10_000):
    session = onnxruntime.InferenceSession(file)
    z = session.get_inputs()[0]
    r = np.random.default_rng(seed)
    return np.concatenate([session.run(None, {z.name: r.normal(size=(batch, z.shape[1])).astype(np.float32)})[0]
                           for _ in range(n // batch)])


if __name__ == "__main__":
    np.save("flow_points.npy", draw("flow.onnx", 200_000, seed=3))
    np.save("refined_points.npy", draw("refined/refined.onnx", 200_000, seed=3))
    np.save("fresh.npy", pinwheel(400_000, seed=2))
