"""Metrics that rank scores, agree beyond chance, or are calibrated, by scikit-learn (1.9.1).

pip install scikit-learn numpy safetensors; python tests/golden/scripts/metrics.py

`null` is scikit-learn's nan, or infinity. The calibration error, which scikit-learn has not, is written out below, and
every area under a ROC curve is counted again pair by pair.
"""

import json
import pathlib
import warnings

import numpy as np
import sklearn
from safetensors.numpy import save_file
from sklearn import metrics

warnings.simplefilter("ignore")
FOLDER = pathlib.Path(__file__).parent.parent / "cases" / "metrics"
AVERAGES = ["macro", "micro", "weighted"]


def by_pairs(truth, scores):
    """The area under the ROC curve, from its definition."""
    positive, negative = scores[truth == 1], scores[truth == 0]
    if len(positive) * len(negative) == 0:
        return float("nan")
    wins = sum(1.0 * (p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


def calibration(confidences, right, bins):
    """Guo et al., 2017, with bins that hold their upper bound."""
    error, confidences = 0.0, confidences.astype(np.float64)
    for b in range(bins):
        low, high = b / bins, (b + 1) / bins
        inside = (confidences > low) & (confidences <= high) | ((b == 0) & (confidences == 0))
        if inside.any():
            error += abs(right[inside].mean() - confidences[inside].mean()) * inside.mean()
    return error


def ranked(truth, scores):
    """`truth` has a column for each column of scores."""
    found = {}
    for column in range(scores.shape[1]):
        pairs = by_pairs(truth[:, column], scores[:, column])
        area = metrics.roc_auc_score(truth[:, column], scores[:, column])
        assert (np.isnan(pairs) and np.isnan(area)) or abs(pairs - area) < 1e-12, (pairs, area)
    single = scores.shape[1] == 1
    for average in AVERAGES:
        of = (truth[:, 0], scores[:, 0]) if single else (truth, scores)
        found[f"roc_auc_{average}"] = metrics.roc_auc_score(*of, average=average)
        found[f"average_precision_{average}"] = metrics.average_precision_score(*of, average=average)
    return found


def decided(labels, predicted, classes):
    found = {
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted),
        "adjusted_balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted, adjusted=True),
    }
    for name in [None, "linear", "quadratic"]:
        kappa = metrics.cohen_kappa_score(labels, predicted, labels=range(classes), weights=name)
        found[f"cohen_kappa_{name or 'none'}"] = kappa
    return found


def clipped(scores):
    """Probabilities no nearer to 0 and 1 than Keras's epsilon, for logarithms."""
    return np.clip(scores.astype(np.float64), 1e-7, 1 - 1e-7)


def several(labels, scores):
    """One class of several, or of two; `scores` are probabilities."""
    classes = scores.shape[1]
    truth = np.eye(classes)[labels]
    predicted = scores.argmax(axis=1)
    found = decided(labels, predicted, classes)
    # Of two classes scikit-learn takes the scores of the second.
    found |= ranked(truth[:, 1:], scores[:, 1:]) if classes == 2 else ranked(truth, scores)
    found["log_loss"] = metrics.log_loss(labels, clipped(scores), labels=range(classes))
    true = scores[np.arange(len(labels)), labels].astype(np.float64)
    found["perplexity"] = np.exp(-np.log(true).mean())
    for bins in [10, 15]:
        found[f"calibration_{bins}"] = calibration(scores.max(axis=1), predicted == labels, bins)
    return found


def each(truth, scores):
    """A yes or no for each column."""
    found = ranked(truth, scores)
    confidences = np.where(scores > 0.5, scores, np.float32(1) - scores).ravel()
    right = ((scores > 0.5) == (truth == 1)).ravel()
    for bins in [10, 15]:
        found[f"calibration_{bins}"] = calibration(confidences, right, bins)
    found["log_loss"] = np.mean(
        [metrics.log_loss(truth[:, i], clipped(scores[:, i]), labels=[0, 1]) for i in range(scores.shape[1])]
    )
    if scores.shape[1] == 1:
        found |= decided(truth[:, 0], (scores[:, 0] > 0.5).astype(int), 2)
    return found


def numbers(truth, found):
    truth, found = truth.astype(np.float64), found.astype(np.float64)
    return {
        "r2": metrics.r2_score(truth, found),
        "rmse": metrics.root_mean_squared_error(truth, found),
    }


def save(name, op, expected, tensors):
    expected = {key: float(value) if np.isfinite(value) else None for key, value in expected.items()}
    description = {
        "name": name,
        "group": "metrics",
        "op": op,
        "attrs": {},
        "reference": f"scikit-learn {sklearn.__version__}",
        "tolerance": {"abs": 1e-6},
        "expected": expected,
        "tensors": {key: {"shape": list(t.shape), "dtype": str(t.dtype)} for key, t in tensors.items()},
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps(description, indent=1) + "\n")
    save_file({key: np.ascontiguousarray(t) for key, t in tensors.items()}, FOLDER / f"{name}.safetensors")


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True)).astype(np.float32)


def scores_of(name, labels, logits):
    scores = softmax(logits)
    save(name, "scores_of_classes", several(labels, scores), {
        "input.y_true": labels.astype(np.int32), "input.scores": scores,
    })


def yes_or_no(name, truth, scores):
    scores = scores.astype(np.float32)
    save(name, "scores_of_each", each(truth, scores), {
        "input.y_true": truth.astype(np.int32), "input.scores": scores,
    })


generator = np.random.default_rng(5)
labels = generator.choice(5, 83, p=[0.4, 0.25, 0.2, 0.1, 0.05])
logits = generator.standard_normal((83, 5)) + 1.5 * np.eye(5)[labels]
scores_of("ranks", labels, logits)
scores_of("ranks_ties", labels, np.round(logits))
scores_of("ranks_two_classes", labels % 2, np.round(logits[:, :2], 1))
without = np.where(labels == 3, 1, labels)
scores_of("ranks_absent", without, logits)
alone = np.full(9, 2)
scores_of("ranks_alone", alone, logits[:9, :4])
scores_of("ranks_alone_right", alone, 9 * np.eye(4)[alone])

truth = (generator.random((71, 4)) < [0.5, 0.2, 0.9, 0.35]).astype(int)
guesses = np.round(np.clip(0.6 * truth + generator.random((71, 4)) * 0.7 - 0.15, 0, 1), 2)
yes_or_no("ranks_each", truth, guesses)
yes_or_no("ranks_single", truth[:, :1], guesses[:, :1])
yes_or_no("ranks_each_absent", truth * [1, 0, 1, 1], guesses)
yes_or_no("ranks_no", truth[:7, :1] * 0, guesses[:7, :1])
yes_or_no("ranks_yes", truth[:7, :1] * 0 + 1, guesses[:7, :1])

target = (generator.standard_normal((67, 3)) * [1, 20, 0.5] + [0, 2000, -3]).astype(np.float32)
answer = (target + generator.standard_normal((67, 3)) * [0.5, 9, 0.7]).astype(np.float32)
constant = np.full_like(target, 0.5)
mixed = np.stack([target[:, 1], constant[:, 0], constant[:, 0]], axis=1)
met = np.stack([answer[:, 1], constant[:, 0], answer[:, 0]], axis=1)
for name, t, y in [("numbers", target, answer), ("numbers_constant", mixed, met),
                   ("numbers_single", target[:1, :1], answer[:1, :1])]:
    save(name, "numbers", numbers(t, y), {"input.y_true": t, "input.y_pred": y})
