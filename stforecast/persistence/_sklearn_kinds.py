"""What attributes of scikit-learn's estimators may be, and how a schema of one is written."""

from __future__ import annotations

from typing import Any

from stforecast.persistence._classes import Schema
from stforecast.persistence._specs import (
    Array,
    Instance,
    Int,
    ListSpec,
    NodeKinds,
    NoneSpec,
    Numbers,
    Record,
    Text,
)

NUMBERS = Numbers()
LABELS = Array() | ListSpec(Array())
MODEL = Instance(roles=("model",))
MODELS = ListSpec(MODEL)
TEXT = Text()
LOSS = NodeKinds(("loss",), "a loss")
GENERATOR = NodeKinds(("generator",), "a generator of random numbers") | NoneSpec()
DTYPE = NodeKinds(("dtype",), "a type of numpy")
SKIP = Text(("drop", "passthrough")) | NoneSpec()
METHOD = Text(("predict", "predict_proba", "decision_function")) | NoneSpec()
MODEL_PAIRS = ListSpec(Record((TEXT, MODEL | SKIP)))
TREE_PARAMS = [
    "criterion",
    "splitter",
    "max_depth",
    "min_samples_split",
    "min_samples_leaf",
    "min_weight_fraction_leaf",
    "max_features",
    "max_leaf_nodes",
    "min_impurity_decrease",
    "random_state",
    "ccp_alpha",
    "monotonic_cst",
]
PASSTHROUGH_SCORE = Instance(("sklearn.metrics._PassthroughScorer",))
EMPTY_CATEGORIES = NoneSpec() | Array("b", (1,))
COMMON = {"n_features_in_": Int(0, 2**31), "feature_names_in_": Array("OU", (1,))}
REFIT_FREE_PARAMS = {
    "n_jobs": Int(-(2**10), 2**10) | NoneSpec(),
    # a folder of pickles, which a fit would read
    "memory": NoneSpec(),
    "pre_dispatch": Int(1, 2**31) | Text(("all", "n_jobs", "2*n_jobs", "3*n_jobs", "4*n_jobs")),
    "kw_args": NoneSpec(),
    "inv_kw_args": NoneSpec(),
}


def model_schema(name: str, numbers: str = "", **specs: Any) -> Schema:
    """Return the schema of an estimator that keeps numbers, and other things."""
    return make_schema(name, numbers, specs)


def make_schema(name: str, numbers: str, specs: dict[str, Any], **options: Any) -> Schema:
    attributes = {**COMMON, **dict.fromkeys(numbers.split(), NUMBERS), **specs}
    return Schema(f"sklearn.{name}", attributes, REFIT_FREE_PARAMS, **options)


def part_schema(name: str, **specs: Any) -> Schema:
    return Schema(f"sklearn.{name}", specs, role="part")


def inner_schema(name: str, module: str, **specs: Any) -> Schema:
    # releases differ in what an optimizer keeps
    optional = ("params",)
    return Schema(f"sklearn.{name}", specs, role="inner", module=module, optional=optional)
