"""What a classifier of clips has to beat: three that hear nothing of the kind it is meant to hear.

`majority` knows how many clips each class has, `duration` how long a clip lasts, `mfcc-svm` averages of its sound, without any order in
time. A result is worth what it gains over the best of these on the same split.
"""

import numpy as np

CONTROLS = ("majority", "duration", "mfcc-svm")
FLOOR = 1e-6  # of a posterior, so that its logarithm is finite


def majority(labels: np.ndarray, num_clips: int) -> np.ndarray:
    """The shares of the training labels, (num_train,) int64 from 0, for each clip: log posteriors (num_clips, num_classes)."""
    return np.tile(np.log(np.bincount(labels) / len(labels)), (num_clips, 1))


def by_duration(seconds: np.ndarray, labels: np.ndarray, test_seconds: np.ndarray, seed: int = 0) -> np.ndarray:
    """A random forest on durations alone, (num_train,) and (num_test,): log posteriors (num_test, num_classes)."""
    from sklearn.ensemble import RandomForestClassifier  # slow to import, and not every control needs it

    forest = RandomForestClassifier(n_estimators=100, min_samples_leaf=5, random_state=seed)
    posteriors = forest.fit(seconds[:, None], labels).predict_proba(test_seconds[:, None])
    return np.log(np.maximum(posteriors, FLOOR))


def by_statistics(statistics: np.ndarray, labels: np.ndarray, test_statistics: np.ndarray) -> np.ndarray:
    """A support vector machine (RBF kernel, C = 10) on standardised statistics, (num_train, dim) and (num_test, dim).

    Returns (num_test, num_classes) log posteriors: of a softmax over its decision values, which ranks as they do and is not calibrated.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = make_pipeline(StandardScaler(), SVC(C=10.0, gamma="scale", decision_function_shape="ovr"))
    values = machine.fit(statistics, labels).decision_function(test_statistics)
    if values.ndim == 1:  # of two classes: the value of the second
        values = np.stack([-values, values], axis=1)
    return values - np.logaddexp.reduce(values, axis=1, keepdims=True)


def mfcc_statistics(feats: np.ndarray) -> np.ndarray:
    """Mean and standard deviation over time, and the standard deviation of the deltas (Kaldi's, of five frames).

    feats: (num_frames, dim) -> (3 dim,) float64.
    """
    padded = np.pad(feats.astype(np.float64), ((2, 2), (0, 0)), mode="edge")
    deltas = (padded[3:-1] - padded[1:-3] + 2 * (padded[4:] - padded[:-4])) / 10
    return np.concatenate([feats.mean(0, dtype=np.float64), feats.std(0, dtype=np.float64), deltas.std(0)])
