"""Trains a RealNVP flow on a pinwheel, on purpose for too short a time, and writes it as ONNX.

    python train_flow.py        makes truth.npy (400 000 points) and flow.onnx

Needs torch, numpy and onnx. Seeds are fixed.
"""
import numpy as np
import torch
from torch import nn


def pinwheel(n, seed):
    """Five bent arms around the origin."""
    r = np.random.default_rng(seed)
    arm = r.integers(0, 5, n)
    x = r.normal(size=(n, 2)) * [0.3, 0.05] + [1.0, 0.0]
    turn = 2 * np.pi * arm / 5 + 0.25 * np.exp(x[:, 0])
    c, s = np.cos(turn), np.sin(turn)
    return (2 * np.stack([c * x[:, 0] - s * x[:, 1], s * x[:, 0] + c * x[:, 1]], 1)).astype(np.float32)


class Coupling(nn.Module):
    """Moves one feature by an affine map that depends on the other."""

    def __init__(self, fixed):
        super().__init__()
        self.fixed = fixed
        self.net = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 2))

    def terms(self, a):
        h = self.net(a)
        return 2 * torch.tanh(h[:, :1] / 2), h[:, 1:]

    def forward(self, z):  # z → x
        a, b = z[:, self.fixed:self.fixed + 1], z[:, 1 - self.fixed:2 - self.fixed]
        s, t = self.terms(a)
        b = b * torch.exp(s) + t
        return torch.cat([a, b] if self.fixed == 0 else [b, a], 1)

    def inverse(self, x):  # x → z, ln |det|
        a, b = x[:, self.fixed:self.fixed + 1], x[:, 1 - self.fixed:2 - self.fixed]
        s, t = self.terms(a)
        b = (b - t) * torch.exp(-s)
        return torch.cat([a, b] if self.fixed == 0 else [b, a], 1), -s[:, 0]


class Flow(nn.Module):
    def __init__(self, layers=8):
        super().__init__()
        self.layers = nn.ModuleList([Coupling(i % 2) for i in range(layers)])

    def forward(self, z):
        for layer in self.layers:
            z = layer(z)
        return z

    def log_prob(self, x):
        total = 0
        for layer in reversed(self.layers):
            x, logdet = layer.inverse(x)
            total = total + logdet
        return total - (x * x).sum(1) / 2 - np.log(2 * np.pi)


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    truth = pinwheel(400_000, seed=1)
    np.save("truth.npy", truth)
    data = torch.from_numpy(truth[:200_000])
    flow = Flow()
    adam = torch.optim.Adam(flow.parameters(), lr=2e-3)
    for step in range(600):
        batch = data[torch.randint(len(data), (500,))]
        loss = -flow.log_prob(batch).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        if step % 100 == 99:
            print(f"step {step + 1}: {loss.item():.3f} nats")
    torch.onnx.export(flow.eval(), torch.randn(1, 2), "flow.onnx", input_names=["z"], output_names=["x"],
                      dynamic_axes={"z": {0: "N"}, "x": {0: "N"}}, dynamo=False)
    print("truth.npy and flow.onnx are written")


if __name__ == "__main__":
    main()
