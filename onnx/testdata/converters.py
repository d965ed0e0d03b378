#!/usr/bin/env python3
"""Write converters.npz: models of Keras and scikit-learn as their converters write them.

    python3 onnx/testdata/converters.py     needs onnx, onnxruntime, scikit-learn, skl2onnx, tensorflow, tf2onnx

The archive is like zoo.npz: NAME/model, NAME/in/INPUT, NAME/out/OUTPUT of ONNX Runtime,
and NAME/refused, a part of the error, for what cannot be read.
Weights and inputs are drawn with fixed seeds; networks are not trained, or briefly.
"""
import os
import sys
import tempfile
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
warnings.filterwarnings("ignore")

import numpy as np
import onnx
import onnxruntime as ort

ZOO = {}
ort.set_default_logger_severity(4)


def add(name, data, rows=3, refused=None, positive=False, scale=1.0):
    ZOO[f"{name}/model"] = np.frombuffer(data, np.uint8)
    if refused:
        ZOO[f"{name}/refused"] = np.frombuffer(refused.encode(), np.uint8)
        return
    s = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(sum(map(ord, name)))
    feeds = {}
    for i in s.get_inputs():
        x = scale * rng.standard_normal([rows, *i.shape[1:]])
        feeds[i.name] = (np.abs(x) + 0.1 if positive else x).astype(np.float64 if "double" in i.type else np.float32)
        ZOO[f"{name}/in/{i.name}"] = feeds[i.name].astype(np.float32)
        feeds[i.name] = ZOO[f"{name}/in/{i.name}"].astype(feeds[i.name].dtype)
    for o, y in zip(s.get_outputs(), s.run(None, feeds)):
        if isinstance(y, list):  # of ZipMap: a dictionary for each row
            y = np.array([[d[k] for k in sorted(d)] for d in y])
        if y.dtype.kind == "f":
            ZOO[f"{name}/out/{o.name}"] = np.asarray(y, np.float32)


def keras_zoo():
    import keras
    from keras import layers as L
    from keras import ops

    def save(name, model, scale=1.0, **kw):
        rng = np.random.default_rng(sum(map(ord, name)))
        for layer in model._flatten_layers():
            if isinstance(layer, L.BatchNormalization):
                n = layer.moving_mean.shape
                layer.set_weights([rng.uniform(0.5, 2, n), rng.standard_normal(n), rng.standard_normal(n), rng.uniform(0.5, 2, n)][4 - len(layer.get_weights()):])
            elif getattr(layer, "bias", None) is not None and hasattr(layer.bias, "assign"):
                layer.bias.assign(0.3 * rng.standard_normal(layer.bias.shape))
        ins = model.inputs
        model([np.zeros([1, *i.shape[1:]], "float32") for i in ins] if len(ins) > 1 else np.zeros([1, *ins[0].shape[1:]], "float32"))
        with tempfile.TemporaryDirectory() as d:
            model.export(f"{d}/m.onnx", format="onnx", verbose=False)
            data = open(f"{d}/m.onnx", "rb").read()
        add("keras_" + name, data, scale=scale, **kw)

    def seq(*layers):
        return keras.Sequential(list(layers))

    def fn(f, *shapes):
        ins = [keras.Input(s) for s in shapes]
        return keras.Model(ins, f(*ins))

    keras.utils.set_random_seed(1)
    I = lambda *s: keras.Input(s)
    save("mlp", seq(I(4), L.Dense(8), L.BatchNormalization(), L.LeakyReLU(negative_slope=0.2), L.Dropout(0.3), L.Dense(8, activation="tanh"), L.Dense(2)))
    save("dcgan", seq(I(5), L.Dense(24, use_bias=False), L.BatchNormalization(), L.LeakyReLU(), L.Reshape((2, 2, 6)),
                      L.Conv2DTranspose(4, 4, strides=2, padding="same"), L.BatchNormalization(), L.ReLU(), L.UpSampling2D(2), L.Conv2D(1, 3, padding="same", activation="tanh")))
    save("conditional", fn(lambda z, y: L.Dense(3)(L.Dense(8, activation="relu")(L.Concatenate()([z, L.Dense(4)(y)]))), (3,), (2,)))
    save("vae_decoder", seq(I(2), L.Dense(36, activation="relu"), L.Reshape((3, 3, 4)), L.Conv2DTranspose(4, 3, strides=2, padding="valid", activation="relu"), L.Conv2DTranspose(1, 3, padding="same", activation="sigmoid")))
    acts = ["relu", "relu6", "elu", "selu", "silu", "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid", "hard_silu", "hard_tanh", "mish",
            "exponential", "leaky_relu", "log_sigmoid", "softmax", "log_softmax", "tanh_shrink", "soft_shrink", "hard_shrink", "squareplus", "sparse_plus"]
    for a in acts:
        save("act_" + a, fn(lambda x: L.Activation(a)(x), (5,)), scale=2)
    save("prelu", seq(I(4, 4, 2), L.PReLU(shared_axes=[1, 2]), L.Flatten(), L.PReLU()))
    save("upsampling", fn(lambda x: L.Concatenate()([L.UpSampling2D((2, 3))(x), L.UpSampling2D((2, 3), interpolation="bilinear")(x)]), (2, 3, 2)))
    save("conv1d", seq(I(8, 2), L.Conv1D(4, 3, strides=2, padding="same", activation="relu"), L.Conv1DTranspose(3, 3, strides=2), L.UpSampling1D(2), L.Cropping1D(1), L.ZeroPadding1D(2)))
    save("conv3d", seq(I(2, 4, 4, 1), L.Conv3D(3, (2, 3, 3), padding="same"), L.LeakyReLU(), L.Conv3DTranspose(2, (1, 2, 2), strides=(1, 2, 2)), L.AveragePooling3D((2, 2, 2))))
    save("conv2d", seq(I(6, 5, 4), L.SeparableConv2D(6, 3, padding="same"), L.DepthwiseConv2D(3, strides=2), L.Conv2D(6, 2, dilation_rate=2, padding="same"), L.GlobalAveragePooling2D()))
    save("pools", fn(lambda x: L.Concatenate()([L.Flatten()(p(x)) for p in (L.MaxPooling2D(2), L.AveragePooling2D(3, 2, "same"), L.GlobalMaxPooling2D(), L.ZeroPadding2D((1, 2)), L.Cropping2D(((1, 0), (0, 2))), L.Permute((2, 1, 3)))]), (5, 4, 2)))
    save("norms", fn(lambda x: L.Concatenate()([L.LayerNormalization()(x), L.GroupNormalization(2)(x), L.UnitNormalization()(x), L.Rescaling(2.0, -1)(x)]), (3, 4)))
    save("gelu", seq(I(4), L.Dense(3), L.Activation("gelu")), refused="Erfc")
    save("celu", seq(I(4), L.Dense(3), L.Activation("celu")), refused="Expm1")
    save("gelu_tanh", fn(lambda x: ops.gelu(x, approximate=True), (4,)))
    save("attention", fn(lambda x: L.MultiHeadAttention(2, 3)(x, x), (4, 6)))
    save("einsum_dense", seq(I(4, 6), L.EinsumDense("abc,cd->abd", output_shape=(None, 3), bias_axes="d")))
    save("repeat", seq(I(4), L.RepeatVector(3), L.TimeDistributed(L.Dense(2)), L.Reshape((6,))))
    save("dot", fn(lambda a, b: L.Dot(axes=1, normalize=True)([a, b]), (4,), (4,)))
    save("lstm", seq(I(4), L.RepeatVector(3), L.LSTM(5, return_sequences=True), L.Dense(2)))
    save("lstm_last", seq(I(3, 2), L.LSTM(4), L.Dense(2)))
    save("gru", seq(I(4), L.RepeatVector(3), L.GRU(5, return_sequences=True), L.Dense(2)), refused="Loop")
    save("gru_unrolled", seq(I(4), L.RepeatVector(3), L.GRU(5, return_sequences=True, unroll=True), L.Dense(2)))
    save("gru_before", seq(I(3, 2), L.GRU(4, reset_after=False, unroll=True), L.Dense(2)))
    save("rnn", seq(I(3, 2), L.SimpleRNN(4, unroll=True), L.Dense(2)))
    save("bidirectional", seq(I(3, 2), L.Bidirectional(L.LSTM(3, return_sequences=True)), L.Dense(2)))
    save("maths", fn(lambda x: ops.concatenate([ops.sin(x), ops.cos(x), ops.tan(x), ops.arctan(x), ops.arcsinh(x), ops.floor(x), ops.round(x), ops.sign(x), ops.erf(x), ops.square(x), ops.exp(x), ops.cumsum(x, axis=1), ops.mod(x, 0.7)], axis=1), (5,)), scale=2)
    save("box_muller", fn(lambda u: ops.concatenate([ops.sqrt(-2 * ops.log(ops.sigmoid(u[:, :1]))) * f(2 * np.pi * u[:, 1:]) for f in (ops.cos, ops.sin)], axis=1), (2,)))
    save("embedding", fn(lambda z, y: L.Dense(3)(L.Concatenate()([z, L.Flatten()(L.Embedding(4, 3)(ops.abs(y)))])), (3,), (1,)))
    save("classifier", seq(I(3), L.Dense(8, activation="relu"), L.Dense(1, activation="sigmoid")))
    save("classifier2", seq(I(3), L.Dense(8, activation="relu"), L.Dense(2, activation="softmax")))
    save("wgan_critic", seq(I(3), L.Dense(8), L.LeakyReLU(), L.LayerNormalization(), L.Dense(1)))
    save("spectral", seq(I(3), L.SpectralNormalization(L.Dense(6)), L.ReLU(), L.Dense(1)))
    save("top", fn(lambda x: ops.top_k(x, 2)[0], (4,)), refused="TopK")

    class Sampling(L.Layer):
        def call(self, x):
            return x + keras.random.normal(keras.ops.shape(x))

    save("sampling", fn(lambda x: Sampling()(x), (4,)), refused="StatelessRandomNormalV2")


def sklearn_zoo():
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.decomposition import PCA, TruncatedSVD
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
    from sklearn.ensemble import AdaBoostClassifier, ExtraTreesClassifier, GradientBoostingClassifier, GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
    from sklearn.feature_selection import SelectKBest
    from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Binarizer, MaxAbsScaler, MinMaxScaler, Normalizer, PolynomialFeatures, PowerTransformer, QuantileTransformer, RobustScaler, StandardScaler
    from sklearn.svm import SVC, SVR
    from sklearn.tree import DecisionTreeClassifier
    from skl2onnx import to_onnx

    rng = np.random.default_rng(2)
    X = rng.normal(size=(300, 4)).astype(np.float32)
    two = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)
    three = two + 2 * (X[:, 2] > 0)
    pair = np.c_[X[:, 0] * X[:, 1], np.sin(X[:, 2])]
    net = dict(hidden_layer_sizes=(8, 8), max_iter=60, random_state=0)

    def save(name, model, target, opset=18, zipmap=True, double=False, raw=False, positive=False, **kw):
        x = (np.abs(X) + 0.1 if positive else X).astype(np.float64 if double else np.float32)
        model.fit(x, target)
        options = {}
        if hasattr(model, "predict_proba"):
            options = {id(model): {"zipmap": zipmap, **({"raw_scores": True} if raw else {})}}
        data = to_onnx(model, x[:1], options=options, target_opset={"": opset, "ai.onnx.ml": 3}).SerializeToString()
        add("sklearn_" + name, data, positive=positive, rows=5, **kw)

    for opset in (11, 13, 18, 21):
        save(f"mlp_regressor{opset}", MLPRegressor(activation="tanh", **net), pair, opset=opset)
        save(f"mlp_classifier{opset}", MLPClassifier(**net), two, opset=opset)
    save("mlp_arrays", MLPClassifier(activation="logistic", **net), two, zipmap=False)
    save("mlp_columns", MLPClassifier(**net), two, zipmap="columns")
    save("mlp_double", MLPClassifier(**net), two, double=True, zipmap=False)
    save("pipeline_double", make_pipeline(StandardScaler(), PCA(3), MLPRegressor(**net)), pair, double=True)
    save("mlp_strings", MLPClassifier(**net), np.array(["gen", "truth"])[two])
    save("mlp_three", MLPClassifier(**net), three, zipmap=False)
    save("mlp_pipeline", make_pipeline(StandardScaler(), PCA(3), MLPClassifier(**net)), two)
    save("minmax", make_pipeline(MinMaxScaler(), MLPRegressor(**net)), pair)
    save("minmax_clip", make_pipeline(MinMaxScaler(clip=True), Ridge()), pair)
    save("scalers", make_pipeline(MaxAbsScaler(), RobustScaler(), MLPRegressor(**net)), pair)
    save("logistic", LogisticRegression(), two)
    save("logistic_arrays", LogisticRegression(), two, zipmap=False)
    save("logistic_raw", LogisticRegression(), two, zipmap=False, raw=True)
    save("logistic_three", LogisticRegression(), three)
    save("logistic_scaled", make_pipeline(StandardScaler(), LogisticRegression()), two)
    save("sgd", SGDClassifier(loss="log_loss", random_state=0), two)
    save("linear", LinearRegression(), pair)
    save("ridge", Ridge(), pair[:, 0])
    save("lda", LinearDiscriminantAnalysis(), two)
    save("qda", QuadraticDiscriminantAnalysis(), two, zipmap=False, refused="the batch")
    save("gaussian_nb", GaussianNB(), two)
    save("calibrated", CalibratedClassifierCV(LogisticRegression(), cv=2), two)
    save("calibrated_mlp", CalibratedClassifierCV(MLPClassifier(**net), cv=2, method="isotonic"), two, refused="node")
    for norm in ("l1", "l2", "max"):
        save("normalizer_" + norm, make_pipeline(Normalizer(norm), Ridge()), pair)
    save("power", make_pipeline(PowerTransformer(), LogisticRegression()), two)
    save("power_box_cox", make_pipeline(PowerTransformer("box-cox"), Ridge()), pair, positive=True)
    save("polynomial", make_pipeline(PolynomialFeatures(2), LogisticRegression()), two)
    save("select", make_pipeline(SelectKBest(k=2), LogisticRegression()), two)
    save("binarizer", make_pipeline(Binarizer(), Ridge()), pair)
    save("pca", PCA(3), None)
    save("pca_whiten", PCA(3, whiten=True), None)
    save("svd", TruncatedSVD(3, random_state=0), None)
    save("tree", DecisionTreeClassifier(max_depth=3), two)
    save("forest", RandomForestClassifier(5, max_depth=3, random_state=0), two)
    save("forest_three", RandomForestClassifier(5, max_depth=3, random_state=0), three, zipmap=False)
    save("forest_regressor", RandomForestRegressor(5, max_depth=3, random_state=0), pair)
    save("extra_trees", ExtraTreesClassifier(5, max_depth=3, random_state=0), two)
    save("boosting", GradientBoostingClassifier(n_estimators=8, max_depth=2, random_state=0), two)
    save("boosting_three", GradientBoostingClassifier(n_estimators=4, max_depth=2, random_state=0), three, zipmap=False)
    save("boosting_regressor", GradientBoostingRegressor(n_estimators=8, max_depth=2, random_state=0), pair[:, 0])
    save("quantile", make_pipeline(QuantileTransformer(n_quantiles=8), LogisticRegression()), two, refused="node")
    save("svc", SVC(probability=True, random_state=0), two, refused="SVMClassifier")
    save("svr", SVR(), pair[:, 0], refused="SVMRegressor")
    save("ada", AdaBoostClassifier(n_estimators=3, random_state=0), two)


if __name__ == "__main__":
    keras_zoo()
    sklearn_zoo()
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "converters.npz")
    np.savez_compressed(path, **ZOO)
    print(len({k.split("/")[0] for k in ZOO}), "graphs,", os.path.getsize(path), "bytes", file=sys.stderr)
