"""
A classifier, and what it confuses
==================================

Handwritten digits, read row by row from top to bottom, as a network reads a sequence.
"""

from sklearn.datasets import load_digits

digits = load_digits()
X = digits.images[:, :, None, None, :] / 16.0  # pictures, rows, channels, 1, columns
X.shape

# %%
# A CNN reads each row, an LSTM the eight rows one after the other.
from sklearn.model_selection import train_test_split

from stforecast import CNNLSTMClassifier

X_train, X_test, y_train, y_test = train_test_split(X, digits.target, random_state=0)
network = CNNLSTMClassifier((16,), (1, 3), max_epochs=15, lr=0.01, random_state=0)
network.fit(X_train, y_train)

# %%
# Counts of pictures: rows are what was written, columns what was read.
import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay

figure, axes = plt.subplots(figsize=(5.4, 5), layout="constrained")
ConfusionMatrixDisplay.from_estimator(network, X_test, y_test, ax=axes, cmap="Blues")
_ = axes.set(xlabel="digit read", ylabel="digit written", title="Pictures of the test part")

# %%
# ``DummyClassifier`` always answers with the most frequent digit; a logistic regression reads all
# 64 pixels at once.
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

flat_train, flat_test = X_train.reshape(len(X_train), -1), X_test.reshape(len(X_test), -1)
scores = {
    "CNN-LSTM, row by row": network.score(X_test, y_test),
    "logistic regression": LogisticRegression(max_iter=200)
    .fit(flat_train, y_train)
    .score(flat_test, y_test),
    "most frequent digit": DummyClassifier().fit(flat_train, y_train).score(flat_test, y_test),
}
for name, value in scores.items():
    print(f"{name}: {value:.1%} right")
assert scores["CNN-LSTM, row by row"] > 0.9
assert scores["CNN-LSTM, row by row"] > scores["most frequent digit"]
