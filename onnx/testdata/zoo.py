#!/usr/bin/env python3
"""Write zoo.npz: small ONNX graphs with inputs and what ONNX Runtime makes of them.

    python3 onnx/testdata/zoo.py        needs numpy, onnx, onnxruntime and torch

Keys of the archive: NAME/model (the file's bytes), NAME/in/INPUT and NAME/out/OUTPUT
(float32, three or more rows). NAME/refused is the name of an operator for graphs that
must not be accepted. Weights and inputs are drawn with fixed seeds. Most graphs come
from PyTorch's exporters, the one that traces (opsets 9 to 20) and the newer one
("dynamo", opset 18 and later); a few are put together by hand, as Keras and
scikit-learn converters write them.
"""
import io
import os
import sys
import warnings

import numpy as np
import onnx
import onnxruntime as ort
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

warnings.filterwarnings("ignore")
ZOO = {}
ort.set_default_logger_severity(4)


def add(name, model, inputs, outputs=None):
    data = model.SerializeToString() if isinstance(model, onnx.ModelProto) else model
    s = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    feeds = {i.name: x for i, x in zip(s.get_inputs(), inputs)}
    want = outputs or [o.name for o in s.get_outputs()]
    ZOO[f"{name}/model"] = np.frombuffer(data, np.uint8)
    for k, x in feeds.items():
        ZOO[f"{name}/in/{k}"] = x
    for k, y in zip(want, s.run(want, feeds)):
        ZOO[f"{name}/out/{k}"] = np.asarray(y, np.float32)


def torch_model(name, module, *shapes, opset=17, dynamo=False, fixed=None, scale=1.0, positive=False):
    torch.manual_seed(sum(map(ord, name)))
    if not isinstance(module, nn.Module):
        module = module()
    for m in module.modules():  # running statistics that matter
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            m.running_mean.normal_(); m.running_var.uniform_(0.5, 2); m.weight.data.normal_(); m.bias.data.normal_()
        elif isinstance(m, (nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d)) and m.weight is not None:
            m.weight.data.normal_(); m.bias.data.normal_()
    module.eval()
    rows = fixed or 3
    xs = [scale * torch.randn(rows, *s) for s in shapes]
    if positive:
        xs = [x.abs() + 0.1 for x in xs]
    names = ["z", "y", "w"][: len(xs)]
    f = io.BytesIO()
    if dynamo:
        axes = tuple({0: torch.export.Dim("N")} for _ in xs)
        out = torch.onnx.export(module, tuple(xs), dynamo=True, opset_version=opset, verbose=False,
                                input_names=names, output_names=["x"], dynamic_shapes=(axes,) if isinstance(module, Fn) else axes)
        model = out.model_proto
        del model.graph.value_info[:]
        for n in model.graph.node:
            del n.metadata_props[:]
            n.doc_string = ""
        data = model.SerializeToString()
    else:
        torch.onnx.export(module, tuple(xs), f, opset_version=opset, dynamo=False, input_names=names, output_names=["x"],
                          dynamic_axes=None if fixed else {n: {0: "N"} for n in names + ["x"]})
        data = f.getvalue()
    add(name, data, [x.numpy() for x in xs])


class Fn(nn.Module):
    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for k, v in parts.items():
            setattr(self, k, v)

    def forward(self, *x):
        return self.function(self, *x)


def mlp(act=nn.LeakyReLU(0.2)):
    return nn.Sequential(nn.Linear(4, 8), act, nn.Linear(8, 8), act, nn.Linear(8, 3))


class View(nn.Module):
    def forward(self, x):
        return x.view(x.size(0), 6, 2, 2)


def dcgan():
    return nn.Sequential(
        nn.Linear(5, 24), nn.ReLU(), View(), nn.ConvTranspose2d(6, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Upsample(scale_factor=2), nn.Conv2d(4, 2, 3, padding=1), nn.Tanh())


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6)

    def forward(self, x):
        q, k, v = self.q(x), self.k(x), self.v(x)
        split = lambda t: t.view(x.size(0), 4, 2, 3).transpose(1, 2)
        a = torch.softmax(split(q) @ split(k).transpose(-1, -2) / 3**0.5, -1)
        return (a @ split(v)).transpose(1, 2).reshape(x.size(0), 4, 6)


class Coupling(nn.Module):
    """One block of a RealNVP: what users of normflows or nflows export."""

    def __init__(self):
        super().__init__()
        self.s, self.t = mlp(nn.Tanh()), mlp(nn.ReLU())
        self.register_buffer("mask", torch.tensor([1.0, 0, 1, 0]))
        self.out = nn.Linear(3, 4)

    def forward(self, z):
        kept = z * self.mask
        s, t = self.out(self.s(kept)), self.out(self.t(kept))
        return kept + (1 - self.mask) * (z * torch.exp(torch.clamp(s, -2, 2)) + t)


def torch_zoo():
    for opset in (9, 11, 13, 17, 20):
        torch_model(f"mlp{opset}", mlp, (4,), opset=opset)
        torch_model(f"dcgan{opset}", dcgan, (5,), opset=opset)
    for opset in (18, 22):
        torch_model(f"dynamo_mlp{opset}", mlp(), (4,), opset=opset, dynamo=True)
        torch_model(f"dynamo_dcgan{opset}", dcgan(), (5,), opset=opset, dynamo=True)
    torch_model("dynamo_attention", Attention(), (4, 6), opset=20, dynamo=True)
    torch_model("attention11", Attention(), (4, 6), opset=11)
    torch_model("attention17", Attention(), (4, 6), opset=17)
    torch_model("coupling9", Coupling(), (4,), opset=9)
    torch_model("coupling17", Coupling(), (4,), opset=17)
    torch_model("fixed_batch", nn.Sequential(nn.Linear(4, 12), nn.ReLU(), nn.Unflatten(1, (3, 2, 2)), nn.Conv2d(3, 2, 2), nn.Flatten()), (4,), opset=13, fixed=1)
    acts = [nn.ELU(0.7), nn.SELU(), nn.CELU(1.3), nn.PReLU(), nn.Softplus(), nn.Softsign(), nn.Hardsigmoid(), nn.Hardswish(), nn.Mish(), nn.SiLU(),
            nn.GELU(), nn.GELU(approximate="tanh"), nn.LogSigmoid(), nn.Tanhshrink(), nn.ReLU6(), nn.Hardtanh(), nn.Softmax(1), nn.LogSoftmax(1)]
    for opset in (9, 13, 20):
        use = acts if opset > 13 else [a for a in acts if opset > 9 or not isinstance(a, (nn.CELU, nn.Hardswish, nn.Hardsigmoid))]
        torch_model(f"activations{opset}", Fn(lambda m, x: torch.cat([a(x) for a in m.acts], 1), acts=nn.ModuleList(use)), (5,), opset=opset, scale=2)
    torch_model("maths", Fn(lambda m, x: torch.cat([x.exp(), x.log(), x.sqrt(), x**2, x**3, x**0.5, x**-1, x**1.7, 1 / x, x.abs(), torch.sign(x - 1), torch.erf(x - 1), torch.rsqrt(x), torch.minimum(x, 1 / x), torch.maximum(x, x**2), -x, torch.log1p(x)], 1)), (4,), positive=True)
    torch_model("compare", Fn(lambda m, x: torch.cat([torch.where(x > 0, x, x**2), (x > 0.3).float(), (x <= 0).float(), ((x < 0.5) & (x > -0.5)).float() * x, torch.where((x >= 1) | ~(x > -1), x * 2, -x), torch.clamp(x, min=-0.4), torch.clamp(x, -0.2, 0.3)], 1)), (6,))
    torch_model("reduce", Fn(lambda m, x: torch.cat([x.sum((1, 2)), x.mean(1).flatten(1), x.amax(2).flatten(1), x.amin((1, 3)), x.norm(dim=3).flatten(1), torch.logsumexp(x, 2).flatten(1), x.prod(1).flatten(1), x.var((1, 2)), x.abs().sum(3).flatten(1)], 1)), (2, 3, 4))
    torch_model("reduce9", Fn(lambda m, x: torch.cat([x.sum((1, 2)), x.mean(1).flatten(1), x.norm(dim=3).flatten(1)], 1)), (2, 3, 4), opset=9)
    torch_model("layout", Fn(lambda m, x: torch.cat([x.permute(0, 3, 1, 2).flatten(1), x[:, 1:, ::2, -2:].flatten(1), x[:, :, [2, 0, 0], 1].flatten(1), torch.flip(x, [2]).flatten(1), x.repeat(1, 2, 1, 3).flatten(1), x.unsqueeze(2).expand(-1, -1, 5, -1, -1).flatten(1), *x.chunk(2, 3)[1].flatten(2).split([1, 1], 1)[0].unbind(1)], 1)), (2, 3, 4))
    torch_model("layout9", Fn(lambda m, x: torch.cat([x.permute(0, 3, 1, 2).reshape(x.size(0), -1), x[:, 1:, :, -2:].reshape(x.shape[0], -1), x.transpose(1, 2).contiguous().view(-1, 24), F.pad(x, (1, 0, 2, 1)).flatten(1)], 1)), (2, 3, 4), opset=9)
    torch_model("pads", Fn(lambda m, x: torch.cat([F.pad(x, (1, 2, 0, 1), value=0.5).flatten(1), F.pad(x, (1, 1, 2, 1), mode="reflect").flatten(1), F.pad(x, (2, 0, 1, 1), mode="replicate").flatten(1), F.pad(x, (-1, 1)).flatten(1)], 1)), (2, 3, 4))
    torch_model("norms", Fn(lambda m, x: m.g(m.i(m.b(x))) + m.l(x), b=nn.BatchNorm2d(4), i=nn.InstanceNorm2d(4, affine=True), g=nn.GroupNorm(2, 4), l=nn.LayerNorm([3, 5])), (4, 3, 5))
    torch_model("norms21", Fn(lambda m, x: m.g(m.i(m.b(x))) + m.l(x), b=nn.BatchNorm2d(4), i=nn.Identity(), g=nn.GroupNorm(2, 4), l=nn.LayerNorm([3, 5])), (4, 3, 5), opset=21, dynamo=True)
    torch_model("dynamo_activations", Fn(lambda m, x: torch.cat([a(x) for a in m.acts] + [torch.sinh(x), torch.cosh(x)], 1), acts=nn.ModuleList(acts)), (5,), opset=22, dynamo=True)
    torch_model("norms11", Fn(lambda m, x: m.l(m.b(x)), b=nn.BatchNorm1d(6), l=nn.LayerNorm(6)), (6,), opset=11)
    torch_model("conv1d", nn.Sequential(nn.Conv1d(3, 4, 3, stride=2, padding=1), nn.ReLU(), nn.ConvTranspose1d(4, 2, 3, stride=2, padding=1, output_padding=1)), (3, 8))
    torch_model("conv2d", nn.Sequential(nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), groups=2), nn.LeakyReLU(), nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=6, bias=False)), (4, 5, 6))
    torch_model("conv3d", nn.Sequential(nn.Conv3d(2, 3, (2, 3, 3), stride=(1, 2, 1), padding=(0, 1, 1)), nn.SiLU(), nn.ConvTranspose3d(3, 2, 3, stride=(1, 2, 2), padding=1, output_padding=(0, 1, 0))), (2, 3, 4, 4))
    torch_model("deconv_groups", nn.Sequential(nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, groups=2, dilation=2, output_padding=1)), (4, 3, 3))
    torch_model("pools", Fn(lambda m, x: torch.cat([F.max_pool2d(x, 2).flatten(1), F.max_pool2d(x, 3, 2, 1).flatten(1), F.avg_pool2d(x, 2, 1).flatten(1), F.avg_pool2d(x, 3, 2, 1, count_include_pad=False).flatten(1), F.avg_pool2d(x, 3, 2, 1).flatten(1), F.adaptive_avg_pool2d(x, 1).flatten(1), F.max_pool2d(x, 2, ceil_mode=True).flatten(1)], 1)), (2, 5, 7))
    for opset in (9, 11, 17):
        torch_model(f"upsample{opset}", Fn(lambda m, x: torch.cat([F.interpolate(x, scale_factor=2).flatten(1), F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=opset == 11).flatten(1) if opset > 9 else x.flatten(1)], 1)), (2, 3, 4), opset=opset)
    torch_model("pixel_shuffle", nn.Sequential(nn.PixelShuffle(2), nn.PixelUnshuffle(3)), (4, 3, 6))
    torch_model("weight_norm", nn.Sequential(nn.utils.weight_norm(nn.Linear(4, 5)), nn.Tanh(), nn.utils.weight_norm(nn.Linear(5, 3))), (4,))
    torch_model("spectral_norm", nn.Sequential(nn.utils.spectral_norm(nn.Linear(4, 5)), nn.ReLU(), nn.Linear(5, 2)), (4,))
    torch_model("two_inputs", Fn(lambda m, a, b: m.f(torch.cat([a, torch.sigmoid(b)], 1)) * b.sum(1, keepdim=True), f=mlp()), (2,), (2,))
    torch_model("cumsum", Fn(lambda m, x: torch.cumsum(torch.softmax(x, 2), 2)), (2, 5))
    torch_model("residual", Fn(lambda m, x: x + m.b(torch.relu(m.a(x))) * torch.linspace(0, 1, 4) + torch.zeros(x.size(0), 4) + torch.arange(4).float(), a=nn.Linear(4, 7), b=nn.Linear(7, 4)), (4,))
    torch_model("spline", Fn(lambda m, x: spline(x)), (3,), opset=17)


def spline(x):
    """Search and gather as one-hot sums: a piecewise linear map."""
    knots = torch.linspace(-3, 3, 7)
    y = torch.tensor([-3.0, -2.5, -0.5, 0.1, 1.5, 1.9, 3.0])
    out = x * 0 + y[0]
    for i in range(6):
        t = torch.clamp((x - knots[i]) / (knots[i + 1] - knots[i]), 0, 1)
        out = out + t * (y[i + 1] - y[i])
    return out


def hand(name, nodes, inputs, outputs, weights, opset, rows=3, domain=None, run=True, refused=None):
    rng = np.random.default_rng(sum(map(ord, name)))
    info = lambda n, s: helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
    g = helper.make_graph(nodes, name, [info(n, ["N", *s]) for n, s in inputs], [info(n, None) for n in outputs],
                          [numpy_helper.from_array(w, n) for n, w in weights.items()])
    m = helper.make_model(g, opset_imports=[helper.make_opsetid("", opset)] + ([helper.make_opsetid(domain, 1)] if domain else []), ir_version=8 if opset < 20 else 10)
    if refused:
        ZOO[f"{name}/model"] = np.frombuffer(m.SerializeToString(), np.uint8)
        ZOO[f"{name}/refused"] = np.frombuffer(refused.encode(), np.uint8)
        return
    add(name, m, [rng.standard_normal((rows, *s)).astype(np.float32) for _, s in inputs])


def hand_zoo():
    rng = np.random.default_rng(1)
    f = lambda *s: rng.standard_normal(s).astype(np.float32)
    i64 = lambda *v: np.array(v, np.int64)
    n = helper.make_node
    hand("gemm", [n("Gemm", ["z", "a", "b"], ["h"], transB=1, alpha=0.5, beta=2.0), n("Gemm", ["h", "c"], ["x"])], [("z", [4])], ["x"], {"a": f(5, 4), "b": f(5), "c": f(5, 2)}, 13)
    hand("keras", [n("MatMul", ["z", "k1"], ["a"]), n("Add", ["a", "b1"], ["b"]), n("Relu", ["b"], ["c"]), n("Reshape", ["c", "s"], ["d"]),
                   n("Transpose", ["d"], ["e"], perm=[0, 3, 1, 2]), n("Conv", ["e", "w", "b2"], ["f"], auto_pad="SAME_UPPER", strides=[2, 2]), n("Transpose", ["f"], ["g"], perm=[0, 2, 3, 1]),
                   n("LeakyRelu", ["g"], ["h"], alpha=0.3), n("Flatten", ["h"], ["x"])], [("z", [3])], ["x"],
         {"k1": f(3, 24), "b1": f(24), "s": i64(-1, 3, 4, 2), "w": f(5, 2, 3, 3), "b2": f(5)}, 15)
    hand("sklearn", [n("Cast", ["z"], ["c"], to=1), n("MatMul", ["c", "k"], ["m"]), n("Add", ["m", "b"], ["a"]), n("Relu", ["a"], ["r"]), n("MatMul", ["r", "k2"], ["m2"]),
                     n("Add", ["m2", "b2"], ["a2"]), n("Sigmoid", ["a2"], ["p"]), n("Sub", ["one", "p"], ["q"]), n("Concat", ["q", "p"], ["x"], axis=1)],
         [("z", [4])], ["x"], {"k": f(4, 6), "b": f(1, 6), "k2": f(6, 1), "b2": f(1, 1), "one": np.array([1], np.float32)}, 15)
    hand("float16", [n("Cast", ["w"], ["v"], to=1), n("MatMul", ["z", "v"], ["x"])], [("z", [4])], ["x"], {"w": f(4, 3).astype(np.float16)}, 13)
    hand("same_lower", [n("ConvTranspose", ["z", "w"], ["h"], auto_pad="SAME_LOWER", strides=[2, 3]), n("AveragePool", ["h"], ["x"], kernel_shape=[2, 2], auto_pad="SAME_LOWER")], [("z", [2, 3, 3])], ["x"], {"w": f(2, 3, 4, 4)}, 12)
    hand("deconv_asymmetric", [n("ConvTranspose", ["z", "w"], ["x"], pads=[0, 1, 2, 0], strides=[2, 2], output_padding=[1, 0])], [("z", [2, 3, 3])], ["x"], {"w": f(2, 3, 3, 3)}, 12)
    hand("conv_asymmetric", [n("Conv", ["z", "w"], ["x"], pads=[0, 1, 2, 4])], [("z", [2, 3, 3])], ["x"], {"w": f(3, 2, 2, 3)}, 12)
    hand("softmax11", [n("Softmax", ["z"], ["a"], axis=1), n("LogSoftmax", ["z"], ["b"], axis=2), n("Sum", ["a", "b"], ["x"])], [("z", [3, 4])], ["x"], {}, 11)
    hand("slice9", [n("Slice", ["z"], ["a"], starts=[1], ends=[9], axes=[2]), n("Squeeze", ["c"], ["d"], axes=[0]), n("Mul", ["a", "d"], ["x"])], [("z", [2, 4])], ["x"], {"c": f(1, 3)}, 9)
    hand("matmul_left", [n("MatMul", ["w", "z"], ["a"]), n("MatMul", ["a", "v"], ["x"])], [("z", [3, 4])], ["x"], {"w": f(5, 3), "v": f(4)}, 13)
    hand("mean", [n("Mean", ["z", "c"], ["a"]), n("Max", ["a", "c", "z"], ["b"]), n("LpNormalization", ["b"], ["d"], axis=1, p=1), n("ThresholdedRelu", ["d"], ["x"], alpha=0.1)], [("z", [4])], ["x"], {"c": f(4)}, 13)
    hand("shapes", [n("Shape", ["z"], ["s"]), n("Gather", ["s", "i0"], ["n"], axis=0), n("Unsqueeze", ["n", "i0v"], ["nu"]), n("Concat", ["nu", "six"], ["t"], axis=0), n("Reshape", ["z", "t"], ["a"]),
                    n("ConstantOfShape", ["t"], ["c"], value=numpy_helper.from_array(np.array([1.5], np.float32))), n("Add", ["a", "c"], ["x"])], [("z", [2, 3])], ["x"], {"i0": np.array(0, np.int64), "i0v": i64(0), "six": i64(6)}, 15)
    hand("more_maths", [n("CastLike", ["z", "c"], ["a"]), n("Softsign", ["a"], ["b"]), n("Dropout", ["b"], ["d"]), n("Greater", ["d", "c"], ["e"]), n("Less", ["z", "c"], ["f"]), n("Xor", ["e", "f"], ["g"]), n("Cast", ["g"], ["h"], to=1),
                        n("Floor", ["c"], ["c1"]), n("Ceil", ["c1"], ["c2"]), n("Round", ["c2"], ["c3"]), n("Sin", ["c3"], ["c4"]), n("Cos", ["c4"], ["c5"]), n("Mul", ["d", "c5"], ["k"]), n("Add", ["k", "h"], ["x"])],
         [("z", [4])], ["x"], {"c": f(4)}, 16)
    hand("more_reductions", [n("ReduceL1", ["z"], ["a"], axes=[1, 2], keepdims=0), n("Abs", ["z"], ["p"]), n("ReduceLogSum", ["p"], ["b"], axes=[1], keepdims=0), n("ReduceSumSquare", ["z"], ["c"], axes=[-1], keepdims=0), n("Unsqueeze", ["a", "i1"], ["a1"]),
                             n("Concat", ["a1", "b", "c"], ["x"], axis=1)], [("z", [3, 4])], ["x"], {"i1": i64(1)}, 17)
    hand("more_images", [n("GlobalMaxPool", ["z"], ["a"]), n("MeanVarianceNormalization", ["z"], ["b"], axes=[2, 3]), n("SpaceToDepth", ["b"], ["c"], blocksize=2), n("DepthToSpace", ["c"], ["d"], blocksize=2), n("Mul", ["d", "a"], ["x"])], [("z", [4, 4, 6])], ["x"], {}, 17)
    hand("more_shapes", [n("Size", ["w"], ["s"]), n("Range", ["i0", "s", "i2"], ["r"]), n("Gather", ["z", "r"], ["x"], axis=1)], [("z", [6])], ["x"], {"w": f(2, 3), "i0": np.array(0, np.int64), "i2": np.array(2, np.int64)}, 17)
    hand("newest", [n("RMSNormalization", ["z", "c"], ["a"], axis=-1), n("Swish", ["a"], ["x"], alpha=1.5)], [("z", [3, 4])], ["x"], {"c": f(4)}, 24)
    hand("refused_lstm", [n("LSTM", ["z", "w", "r"], ["y"], hidden_size=2, name="rnn0")], [("z", [1, 4])], ["y"], {"w": f(1, 8, 4), "r": f(1, 8, 2)}, 14, refused="LSTM")
    hand("refused_domain", [n("Magic", ["z"], ["y"], domain="acme")], [("z", [4])], ["y"], {}, 14, domain="acme", refused="acme.Magic")
    hand("refused_batch_mean", [n("ReduceMean", ["z"], ["y"], axes=[0])], [("z", [4])], ["y"], {}, 13, refused="ReduceMean")
    hand("refused_sort", [n("TopK", ["z", "k"], ["y", "i"])], [("z", [4])], ["y"], {"k": i64(2)}, 13, refused="TopK")


if __name__ == "__main__":
    torch.manual_seed(0)
    torch_zoo()
    hand_zoo()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "zoo.npz")
    np.savez_compressed(path, **ZOO)
    with open(os.path.join(os.path.dirname(path), "generator.onnx"), "wb") as f:  # for examples
        f.write(ZOO["mlp17/model"].tobytes())
    print(len({k.split("/")[0] for k in ZOO}), "graphs,", os.path.getsize(path), "bytes, torch", torch.__version__, "onnxruntime", ort.__version__, file=sys.stderr)
