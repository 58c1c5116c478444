"""Schemas of trees, forests and boosted trees; no tree may read a feature that its model lacks."""

from __future__ import annotations

from typing import Any

from stforecast.persistence._classes import Schema
from stforecast.persistence._functions import SCORERS
from stforecast.persistence._nodes import Checker, Node, must
from stforecast.persistence._sklearn_kinds import (
    EMPTY_CATEGORIES,
    GENERATOR,
    LABELS,
    LOSS,
    MODEL,
    NUMBERS,
    TREE_PARAMS,
    make_schema,
)
from stforecast.persistence._specs import (
    Array,
    Instance,
    ListSpec,
    NodeKinds,
    NoneSpec,
    Text,
    TupleSpec,
)


def _features(attributes: dict[str, Node]) -> Any:
    return attributes.get("n_features_in_")


# Compiled code reads a row of X at the feature of a split without a look at its length, so a tree
# must be one of as many features as `fit` saw: those that `predict` checks X against.


def _check_tree(attributes: dict[str, Node], path: str, checker: Checker) -> None:
    tree = attributes.get("tree_")
    if tree is not None:
        fits = tree["features"] == _features(attributes)
        must(fits, f"{path}.tree_", "must have the features of its estimator")


def _check_forest(attributes: dict[str, Node], path: str, checker: Checker) -> None:
    for tree in attributes.get("estimators_", []):
        inner = tree["attributes"]
        fits = "tree_" in inner and _features(inner) == _features(attributes)
        must(fits, f"{path}.estimators_", "must have the features of the forest")


def _check_boosting(attributes: dict[str, Node], path: str, checker: Checker) -> None:
    trees = attributes.get("estimators_")  # an array of objects (stages, outputs)
    for tree in [] if trees is None else trees["items"]:
        inner = tree["attributes"]
        fits = "tree_" in inner and _features(inner) == _features(attributes)
        must(fits, f"{path}.estimators_", "must have the features of the model")
        # (nodes, outputs, classes): the compiled sum reads one value of each node
        plain = inner["tree_"]["values"]["shape"][1:] == [1, 1]
        must(plain, f"{path}.estimators_", "must be trees of one value")


def _check_histograms(attributes: dict[str, Node], path: str, checker: Checker) -> None:
    for trees in attributes.get("_predictors", []):
        for tree in trees:
            # leaves have the feature 0, so the largest is that of a split
            columns = dict(zip(tree["nodes"]["keys"], tree["nodes"]["values"], strict=True))
            splits = checker.arrays[columns["feature_idx"]["name"]]
            count = _features(attributes)
            fits = type(count) is int and int(splits.max()) < count
            must(fits, f"{path}._predictors", "must have the features of the model")


def _make_tree(name: str, numbers: str, **specs: Any) -> Schema:
    return make_schema(
        name, numbers, {"tree_": NodeKinds(("tree",), "a tree"), **specs}, verify=_check_tree
    )


def _make_forest(name: str, tree: str, numbers: str, **specs: Any) -> Schema:
    inner = Instance((f"sklearn.tree.{tree}",))
    attributes = {
        "estimator": inner,
        "estimator_": inner,
        "estimators_": ListSpec(inner),
        "estimator_params": TupleSpec(Text(tuple(TREE_PARAMS))),
        **specs,
    }
    numbers += " _n_samples n_outputs_ _sample_weight _n_samples_bootstrap oob_score_"
    return make_schema(name, numbers, attributes, verify=_check_forest)


def _make_boosting(name: str, numbers: str, init: str, **specs: Any) -> Schema:
    trees = Array("O", (2,), Instance(("sklearn.tree.DecisionTreeRegressor",)))
    attributes = {
        "_loss": LOSS,
        "init_": Instance((f"sklearn.dummy.{init}",)) | Text(("zero",)),
        "estimators_": trees,
        "_rng": GENERATOR,
        **specs,
    }
    numbers += (
        " n_trees_per_iteration_ max_features_ train_score_ n_estimators_ oob_improvement_"
        " oob_scores_ oob_score_"
    )
    return make_schema(name, numbers, attributes, verify=_check_boosting)


def _make_histograms(name: str, **specs: Any) -> Schema:
    attributes = {
        "is_categorical_": EMPTY_CATEGORIES,
        "_preprocessor": NoneSpec(),
        "_is_categorical_remapped": EMPTY_CATEGORIES,
        "_feature_subsample_rng": GENERATOR,
        "_loss": LOSS,
        "_bin_mapper": Instance(("sklearn.ensemble._BinMapper",)),
        "_predictors": ListSpec(ListSpec(NodeKinds(("predictor",), "a tree"))),
        "_scorer": SCORERS | NoneSpec(),
        **specs,
    }
    numbers = (
        "n_trees_per_iteration_ _random_seed _n_features do_early_stopping_ _use_validation_data "
        "_baseline_prediction train_score_ validation_score_"
    )
    return make_schema(name, numbers, attributes, verify=_check_histograms)


TREES = (
    _make_tree("tree.DecisionTreeRegressor", "class_weight n_outputs_ max_features_"),
    _make_tree(
        "tree.DecisionTreeClassifier", "n_outputs_ n_classes_ max_features_", classes_=LABELS
    ),
    _make_tree("tree.ExtraTreeRegressor", "class_weight n_outputs_ max_features_"),
    _make_tree("tree.ExtraTreeClassifier", "n_outputs_ n_classes_ max_features_", classes_=LABELS),
    _make_forest(
        "ensemble.RandomForestRegressor", "DecisionTreeRegressor", "class_weight oob_prediction_"
    ),
    _make_forest(
        "ensemble.RandomForestClassifier",
        "DecisionTreeClassifier",
        "n_classes_ oob_decision_function_",
        classes_=LABELS,
    ),
    _make_forest(
        "ensemble.ExtraTreesRegressor", "ExtraTreeRegressor", "class_weight oob_prediction_"
    ),
    _make_forest(
        "ensemble.ExtraTreesClassifier",
        "ExtraTreeClassifier",
        "n_classes_ oob_decision_function_",
        classes_=LABELS,
    ),
    _make_boosting("ensemble.GradientBoostingRegressor", "", "DummyRegressor"),
    _make_boosting(
        "ensemble.GradientBoostingClassifier",
        "alpha n_classes_",
        "DummyClassifier",
        classes_=LABELS,
    ),
    _make_histograms("ensemble.HistGradientBoostingRegressor"),
    _make_histograms(
        "ensemble.HistGradientBoostingClassifier", _label_encoder=MODEL, classes_=LABELS
    ),
    Schema(
        "sklearn.ensemble._BinMapper",
        dict.fromkeys(
            [
                "is_categorical_",
                "missing_values_bin_idx_",
                "bin_thresholds_",
                "n_bins_non_missing_",
            ],
            NUMBERS,
        ),
        role="inner",
        module="sklearn.ensemble._hist_gradient_boosting.binning",
    ),
)
