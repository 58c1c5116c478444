"""Every class of scikit-learn that a file may hold comes back and predicts the same."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier, TweedieRegressor
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    RandomizedSearchCV,
    TimeSeriesSplit,
)
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler

from stforecast.model_selection import InterruptibleGridSearchCV
from stforecast.persistence import load, save
from stforecast.persistence._sklearn_schemas import SCIKIT_LEARN

if TYPE_CHECKING:
    from pathlib import Path

DRAW = np.random.default_rng(0)
X = np.abs(DRAW.normal(size=(60, 3))) + 0.1
TABLE = pd.DataFrame(X, columns=["a", "b", "c"])
Y = X @ [1.0, 2.0, 3.0]
LABELS = np.array(["low", "high", "higher"])[np.digitize(Y, [3.5, 6])]
NAMED = [
    ("ridge", Ridge()),
    ("none", "drop"),
    ("mlp", MLPRegressor(hidden_layer_sizes=(3,), max_iter=20, random_state=0)),
]
CLASSIFIERS = [("a", LogisticRegression()), ("b", LogisticRegression(C=0.1))]
# those that cannot be made without arguments, or are more telling with some
MADE: dict[str, Any] = {
    "calibration.CalibratedClassifierCV": CalibratedClassifierCV(
        LogisticRegression(), method="isotonic", cv=2
    ),
    "compose.ColumnTransformer": ColumnTransformer(
        [("scale", StandardScaler(), ["a"]), ("max", MinMaxScaler(), slice(1, 2))],
        remainder="passthrough",
    ),
    "compose.TransformedTargetRegressor": TransformedTargetRegressor(
        Ridge(), func=np.log1p, inverse_func=np.expm1
    ),
    "ensemble.StackingClassifier": StackingClassifier(CLASSIFIERS, cv=2),
    "ensemble.StackingRegressor": StackingRegressor(NAMED, cv=2),
    "ensemble.VotingClassifier": VotingClassifier(CLASSIFIERS, voting="soft"),
    "ensemble.VotingRegressor": VotingRegressor(NAMED),
    "feature_selection.SelectKBest": SelectKBest(f_regression, k=2),
    "frozen.FrozenEstimator": FrozenEstimator(Ridge().fit(TABLE, Y)),
    "linear_model.TweedieRegressor": TweedieRegressor(power=1.5),
    "model_selection.GridSearchCV": GridSearchCV(
        Ridge(),
        {"alpha": [1.0, 2.0]},
        cv=KFold(2, shuffle=True, random_state=0),
        scoring=["r2", "neg_max_error"],
        refit="r2",
    ),
    "model_selection.InterruptibleGridSearchCV": InterruptibleGridSearchCV(
        Ridge(), {"alpha": [1.0, 2.0]}, cv=TimeSeriesSplit(2)
    ),
    "model_selection.LeaveOneGroupOut": GridSearchCV(
        Ridge(), {"alpha": [1]}, cv=LeaveOneGroupOut()
    ),
    "model_selection.PredefinedSplit": GridSearchCV(
        Ridge(), {"alpha": [1]}, cv=PredefinedSplit(np.arange(60) % 2)
    ),
    "model_selection.RandomizedSearchCV": RandomizedSearchCV(
        Ridge(), {"alpha": [1.0, 2.0]}, n_iter=2, cv=2, random_state=np.random.RandomState(0)
    ),
    "multioutput.MultiOutputRegressor": MultiOutputRegressor(Ridge()),
    "multioutput.RegressorChain": RegressorChain(Ridge()),
    "pipeline.FeatureUnion": FeatureUnion([("a", StandardScaler()), ("b", MinMaxScaler())]),
    "pipeline.Pipeline": make_pipeline(
        FunctionTransformer(np.log1p, np.expm1), "passthrough", StandardScaler(), Ridge()
    ).set_output(transform="pandas"),
    "preprocessing.OneHotEncoder": OneHotEncoder(
        drop="first", handle_unknown="infrequent_if_exist", min_frequency=2
    ),
}
QUICK = {"n_estimators": 4, "max_iter": 20, "n_components": 2, "random_state": 0}
# held by others alone, or splitters that are tried in the searches
HELD = {schema.name for schema in SCIKIT_LEARN if schema.role != "model"}
NAMES = [schema.name.partition(".")[2] for schema in SCIKIT_LEARN if schema.name not in HELD]


def made(name: str) -> Any:
    if name in MADE:
        return MADE[name]
    schema = next(one for one in SCIKIT_LEARN if one.name.partition(".")[2] == name)
    model = schema.kind()
    return model.set_params(**{k: v for k, v in QUICK.items() if k in model.get_params()})


def fitted(name: str) -> Any:
    model = made(name)
    y = LABELS if is_classifier(model) else Y
    if name.startswith(("linear_model.MultiTask", "multioutput.")):
        y = np.stack([Y, -Y], axis=1)
    inputs: Any = TABLE
    if name in ("preprocessing.LabelEncoder", "preprocessing.LabelBinarizer"):
        return model.fit(LABELS)
    if name == "preprocessing.OneHotEncoder":
        inputs = LABELS[:, None]
    if name == "isotonic.IsotonicRegression":
        inputs = X[:, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)  # more features than scikit-learn needs
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", FutureWarning)
        return (
            model.fit(inputs, y)
            if name != "model_selection.LeaveOneGroupOut"
            else model.fit(inputs, y, groups=np.arange(60) % 3)
        )


def outputs(model: Any, name: str) -> dict[str, Any]:
    inputs: Any = TABLE
    if name in ("preprocessing.LabelEncoder", "preprocessing.LabelBinarizer"):
        inputs = LABELS
    if name == "preprocessing.OneHotEncoder":
        inputs = LABELS[:, None]
    if name == "isotonic.IsotonicRegression":
        inputs = X[:, 0]
    methods = ("predict", "predict_proba", "decision_function", "transform")
    found = {one: getattr(model, one)(inputs) for one in methods if hasattr(model, one)}
    return {
        one: values.toarray() if hasattr(values, "toarray") else np.asarray(values)
        for one, values in found.items()
    }


def unplaced(model: Any) -> str:
    """What a model says of itself, without the address of a generator."""
    return re.sub("0x[0-9A-F]+", "", repr(model))


@pytest.mark.parametrize("name", NAMES)
def test_it_comes_back_and_gives_the_same(name: str, tmp_path: Path) -> None:
    model = fitted(name)
    before = outputs(model, name)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert unplaced(again) == unplaced(model)
    assert vars(again).keys() == vars(model).keys()
    after = outputs(again, name)
    assert before
    for one, values in before.items():
        if values.dtype.kind == "f":  # the last digit depends on where an array lies in memory
            np.testing.assert_allclose(after[one], values, rtol=1e-13, atol=1e-13)
        else:
            np.testing.assert_array_equal(after[one], values)


@pytest.mark.parametrize("name", ["ensemble.VotingRegressor", "ensemble.StackingClassifier"])
def test_estimators_are_found_by_name_and_are_the_same_objects(name: str, tmp_path: Path) -> None:
    model = fitted(name)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.named_estimators_.keys() == model.named_estimators_.keys()
    assert again.named_estimators_[list(again.named_estimators_)[-1]] is again.estimators_[-1]


@pytest.mark.parametrize("solver", ["sgd", "lbfgs", "adam"])
def test_a_perceptron_goes_on_training_as_it_would_have(solver: str, tmp_path: Path) -> None:
    model = MLPRegressor(
        hidden_layer_sizes=(3,), solver=solver, max_iter=3, random_state=0, warm_start=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        save(model.fit(X, Y), tmp_path / "model")
        again = load(tmp_path / "model").fit(X, Y)
        np.testing.assert_array_equal(again.predict(X), model.fit(X, Y).predict(X))


def test_what_is_not_on_the_list_is_named_with_its_place(tmp_path: Path) -> None:
    for model, message in (
        (
            make_pipeline(StandardScaler(), KNeighborsRegressor()),
            r"steps\[1\]\[1\] is of the class ",
        ),
        (
            MultiOutputRegressor(KNeighborsRegressor()),
            "estimator is of the class sklearn.neighbors",
        ),
        (SGDClassifier(), r"the model is of the class .*SGDClassifier.* notes of save"),
    ):
        with pytest.raises(TypeError, match=message):
            save(model, tmp_path / "model")


def test_a_function_of_ones_own_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"func is the function .*lambda.*numpy\.log1p"):
        save(FunctionTransformer(lambda x: x), tmp_path / "model")


def test_a_folder_of_pickles_is_refused(tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), Ridge(), memory=str(tmp_path))
    with pytest.raises(TypeError, match="memory must be None"):
        save(model, tmp_path / "model")


def test_histograms_of_categories_are_refused(tmp_path: Path) -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor

    table = pd.DataFrame({"a": pd.Categorical(LABELS), "b": Y})
    with pytest.raises(TypeError, match="cannot be saved"):
        save(HistGradientBoostingRegressor(max_iter=2).fit(table, Y), tmp_path / "model")
