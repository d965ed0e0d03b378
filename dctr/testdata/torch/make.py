"""Writes discriminators of two features with what people put behind the Sigmoid.

Run with Python 3.11, torch 2.15, onnx 1.23: python make.py
want.npz has points x and the logits l, in double precision, of all of them.
"""
import numpy
import torch

torch.manual_seed(1)
net = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.LeakyReLU(0.2), torch.nn.Linear(8, 1))
with torch.no_grad():
    net[2].weight *= 40


class D(torch.nn.Module):
    def __init__(self, end):
        super().__init__()
        self.net, self.end = net, end

    def forward(self, x):
        return self.end(self.net(x))


ends = {
    "squeeze": lambda l: torch.sigmoid(l).squeeze(-1),
    "view": lambda l: torch.sigmoid(l).view(-1),
    "flatten": lambda l: torch.sigmoid(l).flatten(),
    "double": lambda l: torch.sigmoid(l).double(),
    "index": lambda l: torch.sigmoid(l)[:, 0],
    "classes": lambda l: torch.softmax(torch.cat([torch.zeros_like(l), l], 1), 1).unsqueeze(1),
    "clamp": lambda l: torch.clamp(torch.sigmoid(l), 1e-6, 1 - 1e-6),
    "two": lambda l: torch.sigmoid(torch.cat([-l, l], 1)),
}
for name, end in ends.items():
    torch.onnx.export(D(end), torch.randn(2, 2), name + ".onnx", input_names=["x"], output_names=["d"],
                      dynamic_axes={"x": {0: "N"}, "d": {0: "N"}}, dynamo=False)
x = torch.randn(200, 2)
l = net.double()(x.double())[:, 0].detach().numpy()
numpy.savez("want.npz", x=x.numpy(), l=l)
print(l.min(), l.max())
