#!/usr/bin/env python3
"""Write keras.onnx, a generator of a ring in the plane that Keras trains for some
seconds as a Wasserstein GAN with gradient penalty, and classifiers of truth against it
of scikit-learn: sklearn.onnx (an MLP), boosting.onnx and forest.onnx (trees).

    python3 onnx/testdata/ring.py [DIR]     needs onnx, scikit-learn, skl2onnx, tensorflow, tf2onnx

With DIR also truth.npy, points of the ring, and classifiers that are trained longer go there.
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

LATENTS, ROWS = 4, 256
keras.utils.set_random_seed(3)
rng = np.random.default_rng(0)


def ring(n):
    a, r = rng.uniform(0, 2 * np.pi, n), rng.normal(1, 0.1, n)
    return np.c_[r * np.cos(a), r * np.sin(a)].astype(np.float32)


def latents(n):
    return rng.standard_normal((n, LATENTS)).astype(np.float32)


def dense(inputs, width, outputs, *extra):
    act = lambda: layers.LeakyReLU(negative_slope=0.2)
    return keras.Sequential([keras.Input((inputs,)), layers.Dense(width), *extra, act(), layers.Dense(width), act(), layers.Dense(outputs)])


generator = dense(LATENTS, 32, 2, layers.BatchNormalization())
critic = dense(2, 48, 1)
optimisers = [keras.optimizers.Adam(5e-4, 0.5, 0.9) for _ in range(2)]
for optimiser, net in zip(optimisers, (generator, critic)):
    optimiser.build(net.trainable_variables)


@tf.function
def train_critic(x, z, e):
    with tf.GradientTape() as tape:
        y = generator(z, training=True)
        between = e * x + (1 - e) * y
        with tf.GradientTape() as inner:
            inner.watch(between)
            d = critic(between)
        slope = tf.norm(inner.gradient(d, between), axis=1)
        loss = tf.reduce_mean(critic(y)) - tf.reduce_mean(critic(x)) + 3 * tf.reduce_mean((slope - 1) ** 2)
    optimisers[1].apply_gradients(zip(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables))


@tf.function
def train_generator(z):
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(critic(generator(z, training=True)))
    optimisers[0].apply_gradients(zip(tape.gradient(loss, generator.trainable_variables), generator.trainable_variables))


for _ in range(700):
    for _ in range(3):
        train_critic(ring(ROWS), latents(ROWS), rng.uniform(size=(ROWS, 1)).astype(np.float32))
    train_generator(latents(ROWS))
here = os.path.dirname(os.path.abspath(__file__))
generator.export(os.path.join(here, "keras.onnx"), format="onnx", verbose=False)

N = 20000
X = np.concatenate([generator(latents(N)).numpy(), ring(N)])
is_truth = np.repeat([0, 1], N)


def classifier(path, model):
    model.fit(X, is_truth)
    print(os.path.basename(path), model.score(X, is_truth), file=sys.stderr)
    with open(path, "wb") as f:
        f.write(to_onnx(model, X[:1]).SerializeToString())


def pipeline(*widths):
    return make_pipeline(StandardScaler(), MLPClassifier(widths, max_iter=12, random_state=0))


classifier(os.path.join(here, "sklearn.onnx"), pipeline(16, 16))
classifier(os.path.join(here, "boosting.onnx"), GradientBoostingClassifier(n_estimators=10, random_state=0))
classifier(os.path.join(here, "forest.onnx"), RandomForestClassifier(1, max_leaf_nodes=60, random_state=0))
if len(sys.argv) > 1:
    np.save(os.path.join(sys.argv[1], "truth.npy"), ring(N))
    classifier(os.path.join(sys.argv[1], "sklearn.onnx"), pipeline(64, 64))
    classifier(os.path.join(sys.argv[1], "boosting.onnx"), GradientBoostingClassifier(n_estimators=60, max_depth=4, random_state=0))
