#!/usr/bin/env python3
"""Write operators.npz: graphs of few operators, and recurrent layers and indices as
PyTorch writes them.

    python3 onnx/testdata/operators.py        needs numpy, onnx, onnxruntime and torch

The archive is like zoo.npz.
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
from onnx import TensorProto, helper, numpy_helper

warnings.filterwarnings("ignore")
ZOO = {}
ort.set_default_logger_severity(4)
node = helper.make_node


def f32(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def i64(*v):
    return np.array(v, np.int64)


def store(name, data, feeds, refused=None):
    ZOO[f"{name}/model"] = np.frombuffer(data, np.uint8)
    if refused:
        ZOO[f"{name}/refused"] = np.frombuffer(refused.encode(), np.uint8)
        return
    s = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    for k, x in feeds.items():
        ZOO[f"{name}/in/{k}"] = x
    for o, y in zip(s.get_outputs(), s.run(None, feeds)):
        ZOO[f"{name}/out/{o.name}"] = np.asarray(y, np.float32)


def hand(name, nodes, inputs, outputs=("x",), weights={}, opset=17, rows=3, domains={}, refused=None, kind=TensorProto.FLOAT):
    """inputs has, for each name, a shape and the range of the numbers."""
    rng = np.random.default_rng(sum(map(ord, name)))
    info = lambda n, s, k=TensorProto.FLOAT: helper.make_tensor_value_info(n, k, s)
    g = helper.make_graph(nodes, name, [info(n, ["N", *s]) for n, (s, _) in inputs.items()], [info(n, None, kind) for n in outputs],
                          [numpy_helper.from_array(np.asarray(w), n) for n, w in weights.items()])
    m = helper.make_model(g, opset_imports=[helper.make_opsetid("", opset)] + [helper.make_opsetid(*d) for d in domains.items()], ir_version=8 if opset < 20 else 10)
    feeds = {n: rng.uniform(*r, (rows, *s)).astype(np.float32) for n, (s, r) in inputs.items()}
    store(name, m.SerializeToString(), feeds, refused)


def export(name, module, *shapes, opset=17, dynamo=False, scale=1.0, ints=None):
    torch.manual_seed(sum(map(ord, name)))
    module.eval()
    xs = [scale * torch.randn(3, *s) for s in shapes]
    names = ["z", "y", "w"][: len(xs)]
    if dynamo:
        axes = tuple({0: torch.export.Dim("N")} for _ in xs)
        m = torch.onnx.export(module, tuple(xs), dynamo=True, opset_version=opset, verbose=False, input_names=names, output_names=["x"], dynamic_shapes=(axes,)).model_proto
        del m.graph.value_info[:]
        for n in m.graph.node:
            del n.metadata_props[:]
            n.doc_string = ""
        data = m.SerializeToString()
    else:
        f = io.BytesIO()
        torch.onnx.export(module, tuple(xs), f, opset_version=opset, dynamo=False, input_names=names, output_names=["x"], dynamic_axes={n: {0: "N"} for n in names + ["x"]})
        data = f.getvalue()
    store(name, data, {n: x.numpy() for n, x in zip(names, xs)})


class Fn(nn.Module):
    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for k, v in parts.items():
            setattr(self, k, v)

    def forward(self, *x):
        return self.function(self, *x)


def joined(ops, **kw):
    """Each operator of z, side by side."""
    return [node(op, ["z"], [f"a{i}"], **kw) for i, op in enumerate(ops)] + [node("Concat", [f"a{i}" for i in range(len(ops))], ["x"], axis=1)]


def elementwise():
    for opset in (9, 13, 22, 24):
        hand(f"circle{opset}", joined(["Sin", "Cos", "Tan", "Atan", "Asinh", "Sinh", "Cosh"]), {"z": ((5,), (-3, 3))}, opset=opset)
    hand("circle_far", joined(["Sin", "Cos"]), {"z": ((40,), (-200, 200))})
    hand("circle_inverse", joined(["Asin", "Acos", "Atanh"]), {"z": ((8,), (-0.95, 0.95))})
    hand("circle_above", joined(["Acosh", "Atan", "Asinh"]), {"z": ((8,), (1.01, 30))})
    hand("circle_constants", [node(op, ["c"], [op]) for op in ("Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Floor", "Ceil", "Round")] + [node("Concat", ["Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Floor", "Ceil", "Round"], ["d"], axis=0), node("Add", ["z", "d"], ["x"])],
         {"z": ((36,), (-1, 1))}, weights={"c": np.array([-0.9, -0.3, 0.2, 0.7], np.float32)})
    for opset in (11, 22):
        hand(f"steps{opset}", joined(["Floor", "Ceil", "Round", "Sign"]), {"z": ((6,), (-4, 4))}, opset=opset)
    hand("round_ties", [node("Floor", ["z"], ["a"]), node("Mul", ["a", "h"], ["b"]), node("Round", ["b"], ["x"])], {"z": ((20,), (-9, 9))}, weights={"h": np.float32(0.5)})
    hand("mod", [node("Mod", ["z", "c"], ["a"], fmod=1), node("Cast", ["z"], ["i"], to=7), node("Mod", ["i", "k"], ["j"]), node("Mod", ["i", "k"], ["l"], fmod=1), node("Cast", ["j"], ["b"], to=1), node("Cast", ["l"], ["d"], to=1), node("Concat", ["a", "b", "d"], ["x"], axis=1)],
         {"z": ((4,), (-9, 9))}, weights={"c": np.array([1.5, -0.7, 2, -3], np.float32), "k": i64(3, -4, 5, -2)})
    hand("not_a_number", [node("Log", ["z"], ["a"]), node("IsNaN", ["a"], ["b"]), node("Where", ["b", "z", "z2"], ["x"]), ], {"z": ((6,), (-1, 1)), "z2": ((6,), (0, 1))})
    hand("activations24", joined(["HardSigmoid", "HardSwish", "Mish", "Softsign", "Celu", "ThresholdedRelu", "Elu", "Selu", "Gelu", "Erf", "Softplus"]), {"z": ((5,), (-3, 3))}, opset=24)
    hand("to_integers", [node("Cast", ["z"], ["i"], to=6), node("Cast", ["i"], ["x"], to=1)], {"z": ((9,), (-4, 4))})


def indices():
    hand("arg", [n for i, (op, kw) in enumerate([("ArgMax", dict(axis=1)), ("ArgMin", dict(axis=2)), ("ArgMax", dict(axis=-1, keepdims=0, select_last_index=1)), ("ArgMin", dict(axis=1, keepdims=0))])
                 for n in (node(op, ["z"], [f"i{i}"], **kw), node("Cast", [f"i{i}"], [f"f{i}"], to=1), node("Flatten", [f"f{i}"], [f"a{i}"]))] + [node("Concat", ["a0", "a1", "a2", "a3"], ["x"], axis=1)], {"z": ((3, 4), (-1, 1))})
    hand("arg_ties", [node("Floor", ["z"], ["a"])] + [n for i in (0, 1) for n in (node("ArgMax", ["a"], [f"i{i}"], axis=1, select_last_index=i), node("Cast", [f"i{i}"], [f"f{i}"], to=1))] + [node("Concat", ["f0", "f1"], ["x"], axis=1)], {"z": ((9,), (0, 3))}, rows=6)
    hand("gather_elements", [node("ArgMax", ["y"], ["i"], axis=1), node("GatherElements", ["z", "i"], ["x"], axis=1)], {"z": ((5,), (-1, 1)), "y": ((5,), (-1, 1))}, rows=5)
    hand("gather_elements3", [node("Cast", ["y"], ["i"], to=7), node("GatherElements", ["z", "i"], ["x"], axis=2)], {"z": ((3, 4), (-1, 1)), "y": ((3, 2), (-4, 4))})
    hand("gather_table", [node("Cast", ["y"], ["i"], to=7), node("Gather", ["t", "i"], ["e"]), node("Flatten", ["e"], ["g"]), node("Concat", ["z", "g"], ["x"], axis=1)], {"z": ((2,), (-1, 1)), "y": ((2,), (-4, 4))}, weights={"t": f32(4, 3)}, rows=5)
    hand("trilu", [node("Trilu", ["z"], ["a"], upper=0), node("Trilu", ["z", "k"], ["b"]), node("Add", ["a", "b"], ["x"])], {"z": ((4, 5), (-1, 1))}, weights={"k": np.array(2, np.int64)})
    hand("scatter", [node("Transpose", ["z"], ["a"], perm=[1, 0]), node("Transpose", ["y"], ["b"], perm=[1, 0]), node("ScatterND", ["a", "i", "b"], ["c"]), node("Transpose", ["c"], ["d"], perm=[1, 0]),
                     node("ScatterElements", ["t", "j", "u"], ["v"], axis=1), node("MatMul", ["d", "v"], ["x"])], {"z": ((5,), (-1, 1)), "y": ((2,), (-1, 1))},
         weights={"i": i64([3], [-5]), "t": f32(5, 4), "j": i64([0, 2], [3, -3]), "u": f32(2, 2)})
    hand("cumsum", [node("CumSum", ["z", "a"], ["b"], reverse=1), node("CumSum", ["b", "c"], ["x"], exclusive=1)], {"z": ((3, 4), (-1, 1))}, weights={"a": np.array(2, np.int64), "c": np.array(-2, np.int64)})
    hand("refused_scatter", [node("ScatterND", ["z", "i", "u"], ["x"])], {"z": ((5,), (-1, 1))}, weights={"i": i64([0]), "u": f32(1, 5)}, refused="ScatterND")
    export("spline17", Fn(bins), (4,))
    export("spline_dynamo", Fn(bins), (4,), opset=18, dynamo=True)


def bins(m, x):
    """A rational spline's search of its bin, as nflows has it."""
    knots = torch.linspace(-3, 3, 7)
    values = torch.tensor([-3.0, -2.5, -0.5, 0.1, 1.5, 1.9, 3.0])
    i = torch.sum((x[..., None] >= knots[1:-1]).long(), dim=-1)[..., None]
    at = lambda v: v.expand(*x.shape, -1).gather(-1, i)[..., 0]
    t = (x - at(knots[:-1])) / at(knots[1:] - knots[:-1])
    return at(values[:-1]) + t * at(values[1:] - values[:-1])


def products():
    cases = {"bi,ij->bj": [(4,), (4, 3)], "bi,ji->bj": [(4,), (3, 4)], "bij,jk->bik": [(2, 4), (4, 3)], "bij,kj->bki": [(2, 4), (3, 4)], "bhqd,hdo->bqo": [(2, 3, 4), (2, 4, 5)], "abc,cde->abde": [(2, 4), (4, 2, 3)]}
    for i, (eq, (a, w)) in enumerate(cases.items()):
        hand(f"einsum{i}", [node("Einsum", ["z", "w"], ["x"], equation=eq)], {"z": (a, (-1, 1))}, weights={"w": f32(*w)})
    cases = {"bi,bi->b": [(4,), (4,)], "bij,bjk->bik": [(2, 3), (3, 4)], "bqd,bkd->bqk": [(2, 3), (4, 3)], "bi,bj": [(2,), (3,)], "b i j, b j -> b i": [(2, 3), (3,)], "bi,bj->bij": [(2,), (3,)]}
    for i, (eq, (a, b)) in enumerate(cases.items()):
        hand(f"einsum_rows{i}", [node("Einsum", ["z", "y"], ["x"], equation=eq)] if eq != "bi,bj" else [node("Einsum", ["z", "y"], ["x"], equation="bi,bj->bji")], {"z": (a, (-1, 1)), "y": (b, (-1, 1))}, opset=12)
    hand("einsum_one", [node("Einsum", ["z"], ["a"], equation="bij->bji"), node("Einsum", ["a"], ["x"], equation="bij->bi")], {"z": ((3, 4), (-1, 1))})
    hand("refused_einsum", [node("Einsum", ["z"], ["x"], equation="bii->bi")], {"z": ((3, 3), (-1, 1))}, refused="Einsum")
    hand("refused_einsum_batch", [node("Einsum", ["z", "z"], ["x"], equation="bi,bj->ij")], {"z": ((3,), (-1, 1))}, refused="Einsum")
    hand("gemm_joined", [node("Reshape", ["z", "s"], ["a"]), node("Gemm", ["a", "w", "c"], ["b"], transB=1, alpha=0.5, beta=2.0), node("Relu", ["b"], ["d"]), node("Reshape", ["d", "t"], ["x"])], {"z": ((4, 6), (-1, 1))}, weights={"s": i64(-1, 3), "w": f32(5, 3), "c": f32(5), "t": i64(-1, 40)})
    hand("joined_heads", [node("Shape", ["z"], ["n"], end=2), node("ReduceProd", ["n"], ["p"], keepdims=1), node("Concat", ["p", "r"], ["s"], axis=0), node("Reshape", ["z", "s"], ["a"]), node("Transpose", ["a"], ["b"], perm=[0, 2, 1]),
                          node("MatMul", ["a", "b"], ["c"]), node("Max", ["n", "n"], ["n2"]), node("Concat", ["n2", "t"], ["u"], axis=0), node("Reshape", ["c", "u"], ["x"])], {"z": ((2, 3, 4), (-1, 1))}, weights={"r": i64(3, 4), "t": i64(3, 3)})
    hand("joined_output", [node("Reshape", ["z", "s"], ["x"])], {"z": ((4,), (-1, 1))}, weights={"s": i64(-1, 1)})
    hand("refused_joined", [node("Reshape", ["z", "s"], ["a"]), node("Softmax", ["a"], ["x"])], {"z": ((4,), (-1, 1))}, weights={"s": i64(-1, 2)}, refused="joined")
    hand("refused_joined_add", [node("Reshape", ["z", "s"], ["a"]), node("Add", ["a", "c"], ["x"])], {"z": ((4,), (-1, 1))}, weights={"s": i64(-1, 2), "c": f32(2, 2)}, refused="joined")


class Recurrent(nn.Module):
    def __init__(self, cell, **kw):
        super().__init__()
        self.cell, self.start = cell(2, 3, batch_first=True, **kw), nn.Linear(4, 10)

    def forward(self, z):
        y, _ = self.cell(self.start(z).view(-1, 5, 2))
        return y.flatten(1)


def sequences():
    for opset in (9, 14, 17, 22):
        export(f"torch_lstm{opset}", Recurrent(nn.LSTM), (4,), opset=min(opset, 20))
        export(f"torch_gru{opset}", Recurrent(nn.GRU), (4,), opset=min(opset, 20))
    export("torch_lstm_layers", Recurrent(nn.LSTM, num_layers=2, bidirectional=True), (4,))
    export("torch_gru_layers", Recurrent(nn.GRU, num_layers=2, bidirectional=True, bias=False), (4,))
    w = {"w": f32(1, 12, 2), "r": f32(1, 12, 3), "b": f32(1, 24), "h": f32(1, 1, 3)}
    hand("lstm_reverse", [node("Transpose", ["z"], ["t"], perm=[1, 0, 2]), node("LSTM", ["t", "w", "r", "b"], ["y", "yh", "yc"], hidden_size=3, direction="reverse"),
                          node("Concat", ["yh", "yc"], ["c"], axis=2), node("Squeeze", ["c", "zero"], ["x"])], {"z": ((4, 2), (-1, 1))}, weights={**{k: w[k] for k in "wrb"}, "zero": i64(0)})
    w = {"w": f32(1, 9, 2), "r": f32(1, 9, 3), "b": f32(1, 18)}
    for before in (0, 1):
        hand(f"gru_state{before}", [node("Transpose", ["z"], ["t"], perm=[1, 0, 2]), node("Unsqueeze", ["y", "zero"], ["h"]), node("GRU", ["t", "w", "r", "b", "", "h"], ["u", "v"], hidden_size=3, linear_before_reset=before),
                                    node("Squeeze", ["v", "zero"], ["x"])], {"z": ((4, 2), (-1, 1)), "y": ((3,), (-1, 1))}, weights={**w, "zero": i64(0)})
    hand("refused_lstm_activation", [node("Transpose", ["z"], ["t"], perm=[1, 0, 2]), node("GRU", ["t", "w", "r"], ["u", "v"], hidden_size=3, activations=["Relu", "Tanh"])], {"z": ((4, 2), (-1, 1))}, outputs=("u",), weights={k: w[k] for k in "wr"}, refused="activations")


def control():
    def graph(nodes, out, weights={}):
        return helper.make_graph(nodes, "branch", [], [helper.make_tensor_value_info(out, TensorProto.FLOAT, None)], [numpy_helper.from_array(w, n) for n, w in weights.items()])

    then = graph([node("MatMul", ["z", "m"], ["t"])], "t", {"m": f32(3, 4)})
    other = graph([node("Magic", ["z"], ["e"], domain="acme")], "e")
    taken = graph([node("If", ["yes"], ["i"], then_branch=graph([node("Tanh", ["a"], ["q"])], "q"), else_branch=graph([node("Neg", ["a"], ["q2"])], "q2"))], "i")
    hand("if_constant", [node("Shape", ["z"], ["s"]), node("Gather", ["s", "one"], ["d"]), node("Equal", ["d", "three"], ["yes"]), node("Not", ["yes"], ["no"]), node("If", ["no"], ["a"], then_branch=graph([node("Neg", ["z"], ["u"])], "u"), else_branch=then),
                         node("If", ["yes"], ["x"], then_branch=taken, else_branch=graph([node("Exp", ["a"], ["w"])], "w"))], {"z": ((3,), (-1, 1))}, weights={"one": np.array(1, np.int64), "three": np.array(3, np.int64)})
    hand("refused_if", [node("ReduceSum", ["z"], ["s"], keepdims=0), node("Cast", ["s"], ["c"], to=9), node("If", ["c"], ["x"], then_branch=then, else_branch=graph([node("Neg", ["z"], ["u"])], "u"))], {"z": ((3,), (-1, 1))}, refused="ReduceSum")
    hand("refused_if_row", [node("Size", ["y"], ["s"]), node("Cast", ["s"], ["f"], to=1), node("If", ["f"], ["x"], then_branch=then, else_branch=other)], {"z": ((3,), (-1, 1)), "y": ((1,), (-1, 1))}, domains={"acme": 1}, refused="node")
    body = helper.make_graph([node("Tanh", ["v"], ["v2"]), node("Identity", ["c"], ["c2"])], "body", [helper.make_tensor_value_info("n", TensorProto.INT64, []), helper.make_tensor_value_info("c", TensorProto.BOOL, []), helper.make_tensor_value_info("v", TensorProto.FLOAT, None)],
                             [helper.make_tensor_value_info("c2", TensorProto.BOOL, []), helper.make_tensor_value_info("v2", TensorProto.FLOAT, None)])
    hand("refused_loop", [node("Loop", ["n", "", "z"], ["x"], body=body, name="loop0")], {"z": ((3,), (-1, 1))}, weights={"n": np.array(3, np.int64)}, refused="Loop")
    hand("refused_random", [node("RandomNormalLike", ["z"], ["r"]), node("Add", ["z", "r"], ["x"])], {"z": ((3,), (-1, 1))}, refused="pass them as an input")


def forests():
    """Trees by hand: x0 against 1, then x1 against 0, with numbers that are equal to these. Every
    leaf adds to every output: ONNX Runtime leaves base values out where none does."""

    def tree(name, mode="BRANCH_LEQ", refused=None, op="TreeEnsembleRegressor", **change):
        a = dict(nodes_treeids=[0] * 5, nodes_nodeids=[0, 1, 2, 3, 4], nodes_featureids=[0, 1, 0, 0, 0], nodes_values=[1.0, 0.0, 0.0, 0.0, 0.0], nodes_modes=[mode, mode, "LEAF", "LEAF", "LEAF"],
                 nodes_truenodeids=[1, 3, 0, 0, 0], nodes_falsenodeids=[2, 4, 0, 0, 0], target_treeids=[0] * 6, target_nodeids=[2, 3, 4] * 2, target_ids=[0, 0, 0, 1, 1, 1], target_weights=[1.0, -2.0, 0.5, 3.0, 2.0, -1.0], n_targets=2, base_values=[0.25, 4.0])
        a.update(change)
        hand(name, [node("Floor", ["z"], ["f"]), node(op, ["f"], ["x"], domain="ai.onnx.ml", name=name, **a)], {"z": ((2,), (-2, 3))}, rows=40, domains={"ai.onnx.ml": 3}, refused=refused)

    for mode in ("LEQ", "LT", "GTE", "GT"):
        tree("tree_" + mode, "BRANCH_" + mode)
    tree("tree_average", aggregate_function="AVERAGE")
    tree("tree_leaf", nodes_treeids=[0], nodes_nodeids=[7], nodes_featureids=[0], nodes_values=[0.0], nodes_modes=["LEAF"], nodes_truenodeids=[0], nodes_falsenodeids=[0],
         target_treeids=[0, 0], target_nodeids=[7, 7], target_ids=[0, 1], target_weights=[1.5, 2.5], refused=None)
    tree("refused_tree_mode", "BRANCH_EQ", refused="BRANCH_EQ")
    tree("refused_tree_roots", nodes_truenodeids=[1, 1, 0, 0, 0], refused="one root")
    four = dict(nodes_treeids=[0] * 4, nodes_nodeids=[0, 1, 2, 3], nodes_featureids=[0] * 4, nodes_values=[0.0] * 4, nodes_modes=["BRANCH_LEQ"] * 2 + ["LEAF"] * 2, refused="none or has another")
    tree("refused_tree_cycle", nodes_truenodeids=[1, 1, 0, 0], nodes_falsenodeids=[2, 3, 0, 0], **four)
    tree("refused_tree_shared", nodes_truenodeids=[1, 3, 0, 0], nodes_falsenodeids=[2, 3, 0, 0], **four)
    tree("refused_tree_rootless", nodes_truenodeids=[1, 0, 0, 0, 0], refused="no leaf")
    tree("refused_tree_twice", nodes_nodeids=[0, 1, 2, 3, 3], refused="two nodes 3")
    tree("refused_tree_feature", nodes_featureids=[0, 9, 0, 0, 0], refused="feature 9 of 2")
    tree("refused_tree_lengths", nodes_values=[1.0], refused="different lengths")
    tree("refused_tree_weight", target_nodeids=[2, 3, 1] * 2, refused="no leaf")
    tree("refused_tree_target", target_ids=[0, 5, 0] * 2, refused="do not fit")
    tree("refused_tree_base", base_values=[1.0, 2.0, 3.0], refused="base values")
    tree("refused_tree_missing", nodes_missing_value_tracks_true=[1, 0, 0, 0, 0], refused="missing values")
    tree("refused_tree_many", n_targets=1 << 40, refused="outputs")
    hand("refused_linear", [node("LinearRegressor", ["z"], ["x"], domain="ai.onnx.ml", coefficients=[1.0, 2.0, 3.0], targets=2)], {"z": ((2,), (-1, 1))}, domains={"ai.onnx.ml": 3}, refused="coefficients")
    hand("refused_scaler", [node("Scaler", ["z"], ["x"], domain="ai.onnx.ml", offset=[1.0, 2.0, 3.0], scale=[1.0])], {"z": ((2,), (-1, 1))}, domains={"ai.onnx.ml": 3}, refused="offset")
    hand("refused_extractor", [node("ArrayFeatureExtractor", ["z", "i"], ["x"], domain="ai.onnx.ml")], {"z": ((2,), (-1, 1))}, weights={"i": i64(5)}, domains={"ai.onnx.ml": 3}, refused="entry 5")
    hand("imputer", [node("Log", ["z"], ["a"]), node("Imputer", ["a"], ["b"], domain="ai.onnx.ml", imputed_value_floats=[0.5, -1.0, 2.0], replaced_value_float=float("nan")),
                     node("Floor", ["z"], ["c"]), node("Imputer", ["c"], ["d"], domain="ai.onnx.ml", imputed_value_floats=[7.0], replaced_value_float=0.0), node("Imputer", ["d"], ["e"], domain="ai.onnx.ml", imputed_value_floats=[9.0], replaced_value_float=-1.0),
                     node("Concat", ["b", "e"], ["x"], axis=1)], {"z": ((3,), (-2, 2))}, rows=8, domains={"ai.onnx.ml": 3})


if __name__ == "__main__":
    forests()
    elementwise()
    indices()
    products()
    sequences()
    control()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "operators.npz")
    np.savez_compressed(path, **ZOO)
    print(len({k.split("/")[0] for k in ZOO}), "graphs,", os.path.getsize(path), "bytes", file=sys.stderr)
