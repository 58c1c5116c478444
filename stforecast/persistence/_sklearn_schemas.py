"""What a file may hold of scikit-learn: the classes, and what each keeps once it is fitted.

Parameters need no mention: they are plain values, models or their parts, and scikit-learn itself
says which. An attribute that another release adds is refused by name until it stands here.
"""

from __future__ import annotations

from typing import Any

from sklearn.utils import Bunch

from stforecast.persistence._classes import Schema
from stforecast.persistence._functions import SCORERS
from stforecast.persistence._nodes import Checker, Node, must
from stforecast.persistence._specs import (
    Anything,
    Array,
    DictOf,
    Flag,
    Instance,
    Int,
    Key,
    ListOf,
    NodeKinds,
    Nothing,
    Number,
    Numbers,
    Record,
    Text,
    TupleOf,
)

_NUMBERS = Numbers()
_LABELS = Array() | ListOf(Array())
_MODEL = Instance(roles=("model",))
_MODELS = ListOf(_MODEL)
_TEXT = Text()
_LOSS = NodeKinds(("loss",), "a loss")
_GENERATOR = NodeKinds(("generator",), "a generator of random numbers") | Nothing()
_DTYPE = NodeKinds(("dtype",), "a type of numpy")
_SKIP = Text(("drop", "passthrough")) | Nothing()
_METHOD = Text(("predict", "predict_proba", "decision_function")) | Nothing()
_MODEL_PAIRS = ListOf(Record((_TEXT, _MODEL | _SKIP)))
_TREE_PARAMS = [
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
_OWN_SCORE = Instance(("sklearn.metrics._PassthroughScorer",))
_NO_CATEGORIES = Nothing() | Array("b", (1,))
_COMMON = {"n_features_in_": Int(0, 2**31), "feature_names_in_": Array("OU", (1,))}
_REFIT_FREE_PARAMS = {
    "n_jobs": Int(-(2**10), 2**10) | Nothing(),
    # a folder of pickles, which a fit would read
    "memory": Nothing(),
    "pre_dispatch": Int(1, 2**31) | Text(("all", "n_jobs", "2*n_jobs", "3*n_jobs", "4*n_jobs")),
    "kw_args": Nothing(),
    "inv_kw_args": Nothing(),
}


def _model(name: str, numbers: str = "", **others: Any) -> Schema:
    """Return the schema of an estimator that keeps numbers, and other things."""
    return _schema(name, numbers, others)


def _schema(name: str, numbers: str, others: dict[str, Any], **options: Any) -> Schema:
    fitted = {**_COMMON, **dict.fromkeys(numbers.split(), _NUMBERS), **others}
    return Schema(f"sklearn.{name}", fitted, _REFIT_FREE_PARAMS, **options)


def _part(name: str, **fitted: Any) -> Schema:
    return Schema(f"sklearn.{name}", fitted, role="part")


def _inner(name: str, module: str, **fitted: Any) -> Schema:
    # releases differ in what an optimizer keeps
    optional = ("params",)
    return Schema(f"sklearn.{name}", fitted, role="inner", module=module, optional=optional)


def _find_models(owner: Any) -> Any:
    """Return the fitted estimators of a voting or stacking one by name, as it keeps them."""
    if not hasattr(owner, "estimators_"):
        return None
    found, fitted = Bunch(), iter(owner.estimators_)
    for name, estimator in owner.estimators:
        found[name] = "drop" if estimator == "drop" else next(fitted)
    return found


def _interpolation(owner: Any) -> Any:
    """Return the function between the thresholds of an isotonic regression."""
    if not hasattr(owner, "X_thresholds_"):
        return None
    owner._build_f(owner.X_thresholds_, owner.y_thresholds_)  # noqa: SLF001 - its `fit` does so
    return owner.f_


# -- trees must read no feature that the model around them does not have


def _features(attributes: dict[str, Node]) -> Any:
    return attributes.get("n_features_in_")


def _check_tree(attributes: dict[str, Node], path: str, checker: Checker) -> None:
    tree = attributes.get("tree_")
    if tree is not None:
        same = tree["features"] == _features(attributes)
        must(same, f"{path}.tree_", "must have the features of its estimator")


def _check_forest(attributes: dict[str, Node], path: str, checker: Checker) -> None:
    for tree in attributes.get("estimators_", []):
        inner = tree["attributes"]
        same = "tree_" in inner and _features(inner) == _features(attributes)
        must(same, f"{path}.estimators_", "must have the features of the forest")


def _check_boosting(attributes: dict[str, Node], path: str, checker: Checker) -> None:
    trees = attributes.get("estimators_")
    for tree in [] if trees is None else trees["items"]:
        inner = tree["attributes"]
        same = "tree_" in inner and _features(inner) == _features(attributes)
        must(same, f"{path}.estimators_", "must have the features of the model")
        plain = inner["tree_"]["values"]["shape"][1:] == [1, 1]
        must(plain, f"{path}.estimators_", "must be trees of one value")


def _check_histograms(attributes: dict[str, Node], path: str, checker: Checker) -> None:
    for trees in attributes.get("_predictors", []):
        for tree in trees:
            columns = dict(zip(tree["nodes"]["keys"], tree["nodes"]["values"], strict=True))
            splits = checker.arrays[columns["feature_idx"]["name"]]
            count = _features(attributes)
            there = type(count) is int and int(splits.max()) < count
            must(there, f"{path}._predictors", "must have the features of the model")


def _tree(name: str, numbers: str, **others: Any) -> Schema:
    return _schema(
        name, numbers, {"tree_": NodeKinds(("tree",), "a tree"), **others}, verify=_check_tree
    )


def _forest(name: str, tree: str, numbers: str, **others: Any) -> Schema:
    inner = Instance((f"sklearn.tree.{tree}",))
    fitted = {
        "estimator": inner,
        "estimator_": inner,
        "estimators_": ListOf(inner),
        "estimator_params": TupleOf(Text(tuple(_TREE_PARAMS))),
        **others,
    }
    numbers += " _n_samples n_outputs_ _sample_weight _n_samples_bootstrap oob_score_"
    return _schema(name, numbers, fitted, verify=_check_forest)


def _boosting(name: str, numbers: str, init: str, **others: Any) -> Schema:
    trees = Array("O", (2,), Instance(("sklearn.tree.DecisionTreeRegressor",)))
    fitted = {
        "_loss": _LOSS,
        "init_": Instance((f"sklearn.dummy.{init}",)) | Text(("zero",)),
        "estimators_": trees,
        "_rng": _GENERATOR,
        **others,
    }
    numbers += (
        " n_trees_per_iteration_ max_features_ train_score_ n_estimators_ oob_improvement_"
        " oob_scores_ oob_score_"
    )
    return _schema(name, numbers, fitted, verify=_check_boosting)


def _histograms(name: str, **others: Any) -> Schema:
    fitted = {
        "is_categorical_": _NO_CATEGORIES,
        "_preprocessor": Nothing(),
        "_is_categorical_remapped": _NO_CATEGORIES,
        "_feature_subsample_rng": _GENERATOR,
        "_loss": _LOSS,
        "_bin_mapper": Instance(("sklearn.ensemble._BinMapper",)),
        "_predictors": ListOf(ListOf(NodeKinds(("predictor",), "a tree"))),
        "_scorer": SCORERS | Nothing(),
        **others,
    }
    numbers = (
        "n_trees_per_iteration_ _random_seed _n_features do_early_stopping_ _use_validation_data "
        "_baseline_prediction train_score_ validation_score_"
    )
    return _schema(name, numbers, fitted, verify=_check_histograms)


def _ensemble(name: str, numbers: str = "", **others: Any) -> Schema:
    fitted = {
        "estimator_params": TupleOf(Text()),
        "estimator_": _MODEL,
        "estimators_": _MODELS,
        **others,
    }
    return _schema(name, f"{numbers} oob_score_", fitted)


def _combination(name: str, **others: Any) -> Schema:
    fitted = {"estimators_": _MODELS, **others}
    params = {**_REFIT_FREE_PARAMS, "estimators": _MODEL_PAIRS}
    derived = {"named_estimators_": _find_models}
    return Schema(f"sklearn.{name}", {**_COMMON, **fitted}, params, derived=derived)


def _search(name: str) -> Schema:
    fitted = {
        **_COMMON,
        "_checked_cv_orig": Instance(roles=("part",)),
        "n_splits_": Int(0, 2**31),
        "multimetric_": Flag(),
        "best_index_": Int(0, 2**31),
        "best_score_": Number(),
        "best_params_": DictOf(Anything(), Text()),
        "best_estimator_": _MODEL,
        "refit_time_": Number(),
        "interrupted_": Flag(),
        "scorer_": SCORERS | _OWN_SCORE | DictOf(SCORERS, Text()),
        "cv_results_": DictOf(Anything(), Text()),
    }
    return Schema(name, fitted, _REFIT_FREE_PARAMS)


_MLP = (
    "n_outputs_ n_iter_ t_ n_layers_ coefs_ intercepts_ _best_coefs _best_intercepts loss_curve_ "
    "_no_improvement_count best_loss_ validation_scores_ best_validation_score_ loss_ "
    "_coef_indptr _intercept_indptr"
)
_MLP_PARTS = {
    "_random_state": _GENERATOR,
    "out_activation_": Text(("identity", "logistic", "softmax", "tanh", "relu")),
    "_optimizer": Instance(
        ("sklearn.neural_network.AdamOptimizer", "sklearn.neural_network.SGDOptimizer")
    ),
}
_STACKING = {
    "final_estimator_": _MODEL,
    "stack_method": Text(("auto", "predict", "predict_proba", "decision_function")),
    "stack_method_": ListOf(_METHOD),
    "_n_feature_outs": _NUMBERS,
}

SCIKIT_LEARN = (
    # linear models
    _model("linear_model.LinearRegression", "coef_ rank_ singular_ intercept_"),
    _model("linear_model.Ridge", "coef_ n_iter_ intercept_", solver_=_TEXT),
    _model("linear_model.RidgeCV", "alpha_ best_score_ coef_ intercept_ cv_results_"),
    _model("linear_model.Lasso", "l1_ratio n_iter_ coef_ dual_gap_ intercept_"),
    _model(
        "linear_model.LassoCV",
        "mse_path_ alpha_ alphas_ coef_ intercept_ dual_gap_ n_iter_ _alphas",
    ),
    _model("linear_model.ElasticNet", "n_iter_ coef_ dual_gap_ intercept_"),
    _model(
        "linear_model.ElasticNetCV",
        "mse_path_ l1_ratio_ alpha_ alphas_ coef_ intercept_ dual_gap_ n_iter_ _alphas",
    ),
    _model("linear_model.MultiTaskLasso", "l1_ratio coef_ dual_gap_ eps_ n_iter_ intercept_"),
    _model(
        "linear_model.MultiTaskLassoCV",
        "positive mse_path_ alpha_ alphas_ coef_ intercept_ dual_gap_ n_iter_ _alphas",
        precompute=_TEXT,
    ),
    _model("linear_model.MultiTaskElasticNet", "coef_ dual_gap_ eps_ n_iter_ intercept_"),
    _model(
        "linear_model.MultiTaskElasticNetCV",
        "mse_path_ l1_ratio_ alpha_ alphas_ coef_ intercept_ dual_gap_ n_iter_ _alphas",
    ),
    _model(
        "linear_model.BayesianRidge",
        "X_offset_ X_scale_ scores_ n_iter_ alpha_ lambda_ coef_ sigma_ intercept_",
    ),
    _model(
        "linear_model.ARDRegression",
        "X_offset_ X_scale_ scores_ n_iter_ coef_ alpha_ sigma_ lambda_ intercept_",
    ),
    _model("linear_model.HuberRegressor", "n_iter_ scale_ intercept_ coef_ outliers_"),
    _model("linear_model.QuantileRegressor", "n_iter_ coef_ intercept_"),
    _model("linear_model.Lars", "alphas_ n_iter_ coef_ active_ coef_path_ intercept_"),
    _model("linear_model.LassoLars", "alphas_ n_iter_ coef_ active_ coef_path_ intercept_"),
    _model("linear_model.OrthogonalMatchingPursuit", "n_nonzero_coefs_ n_iter_ coef_ intercept_"),
    _model("linear_model.PoissonRegressor", "n_iter_ intercept_ coef_", _base_loss=_LOSS),
    _model("linear_model.GammaRegressor", "n_iter_ intercept_ coef_", _base_loss=_LOSS),
    _model("linear_model.TweedieRegressor", "n_iter_ intercept_ coef_", _base_loss=_LOSS),
    _model(
        "linear_model.TheilSenRegressor", "n_subpopulation_ breakdown_ n_iter_ intercept_ coef_"
    ),
    _model("linear_model.SGDRegressor", "coef_ intercept_ t_ n_iter_ C"),
    _model("linear_model.LogisticRegression", "n_iter_ coef_ intercept_", classes_=_LABELS),
    _model(
        "linear_model.LogisticRegressionCV",
        "Cs_ n_iter_ C_ coef_ intercept_",
        classes_=_LABELS,
        scores_=DictOf(_NUMBERS, Key()),
        coefs_paths_=DictOf(_NUMBERS, Key()),
        l1_ratio_=_LABELS,
        l1_ratios_=_LABELS,
    ),
    _model(
        "linear_model.RidgeClassifier",
        "coef_ n_iter_ intercept_",
        _label_binarizer=_MODEL,
        classes_=_LABELS,
        solver_=_TEXT,
    ),
    _model(
        "linear_model.RidgeClassifierCV",
        "alpha_per_target alpha_ best_score_ coef_ intercept_ cv_results_",
        gcv_mode=_TEXT | Nothing(),
        _label_binarizer=_MODEL,
        classes_=_LABELS,
    ),
    # the values of a table, one by one
    _model("preprocessing.StandardScaler", "n_samples_seen_ mean_ var_ scale_"),
    _model(
        "preprocessing.MinMaxScaler",
        "n_samples_seen_ scale_ min_ data_min_ data_max_ data_range_",
    ),
    _model("preprocessing.MaxAbsScaler", "n_samples_seen_ max_abs_ scale_"),
    _model("preprocessing.RobustScaler", "center_ scale_"),
    _model("preprocessing.Normalizer"),
    _model("preprocessing.PowerTransformer", "lambdas_", _scaler=_MODEL),
    _model("preprocessing.QuantileTransformer", "n_quantiles_ references_ quantiles_"),
    _model(
        "preprocessing.PolynomialFeatures",
        "_min_degree _max_degree n_output_features_ _n_out_full",
    ),
    _model("preprocessing.FunctionTransformer"),
    _model("preprocessing.Binarizer"),
    _model(
        "preprocessing.KBinsDiscretizer",
        "n_bins_",
        bin_edges_=Array("O", (1,), _NUMBERS),
        _encoder=_MODEL,
    ),
    _model(
        "preprocessing.OneHotEncoder",
        "_infrequent_enabled _n_features_outs _default_to_infrequent_mappings",
        categories_=_LABELS,
        drop_idx_=Array() | Nothing(),
        _drop_idx_after_grouping=Array() | Nothing(),
        _infrequent_indices=ListOf(Array("i", (1,)) | Nothing()),
    ),
    _model(
        "preprocessing.OrdinalEncoder",
        "_infrequent_enabled _default_to_infrequent_mappings",
        categories_=_LABELS,
        _missing_indices=DictOf(_NUMBERS, Key()),
        _infrequent_indices=ListOf(Array("i", (1,)) | Nothing()),
    ),
    _model("preprocessing.LabelBinarizer", "sparse_input_", y_type_=_TEXT, classes_=_LABELS),
    _model("preprocessing.LabelEncoder", classes_=_LABELS),
    _model(
        "impute.SimpleImputer",
        statistics_=Array(),
        indicator_=_MODEL | Nothing(),
        _fit_dtype=_DTYPE,
        _fill_dtype=_DTYPE,
    ),
    _model("impute.MissingIndicator", "_precomputed _n_features features_"),
    # its columns
    _model(
        "decomposition.PCA",
        "mean_ noise_variance_ n_samples_ n_components_ components_ explained_variance_ "
        "explained_variance_ratio_ singular_values_",
        _fit_svd_solver=_TEXT,
    ),
    _model(
        "decomposition.TruncatedSVD",
        "components_ explained_variance_ explained_variance_ratio_ singular_values_",
    ),
    _model("decomposition.FastICA", "n_iter_ components_ mean_ whitening_ mixing_ _unmixing"),
    _model(
        "decomposition.NMF",
        "_n_components _beta_loss reconstruction_err_ n_components_ components_ n_iter_",
    ),
    _model(
        "decomposition.IncrementalPCA",
        "components_ n_samples_seen_ mean_ var_ singular_values_ explained_variance_ "
        "explained_variance_ratio_ noise_variance_ batch_size_ n_components_",
    ),
    _model("feature_selection.VarianceThreshold", "variances_"),
    _model("feature_selection.SelectKBest", "scores_ pvalues_"),
    _model(
        "cross_decomposition.PLSRegression",
        "_predict_1d _norm_y_weights _x_mean _y_mean _x_std _y_std x_weights_ y_weights_ "
        "_x_scores _y_scores x_loadings_ y_loadings_ n_iter_ x_rotations_ y_rotations_ coef_ "
        "intercept_ _n_features_out x_scores_ y_scores_",
        deflation_mode=Text(("regression",)),
        mode=Text(("A",)),
        algorithm=Text(("nipals",)),
    ),
    # others
    _model("kernel_ridge.KernelRidge", "dual_coef_ X_fit_"),
    _model("svm.LinearSVR", "coef_ intercept_ n_iter_"),
    _model("svm.LinearSVC", "coef_ intercept_ n_iter_", classes_=_LABELS),
    _model(
        "naive_bayes.GaussianNB",
        "epsilon_ theta_ var_ class_count_ class_prior_",
        classes_=_LABELS,
    ),
    _model(
        "discriminant_analysis.LinearDiscriminantAnalysis",
        "priors_ _max_components means_ xbar_ explained_variance_ratio_ scalings_ intercept_ "
        "coef_ _n_features_out covariance_",
        classes_=_LABELS,
    ),
    _model(
        "discriminant_analysis.QuadraticDiscriminantAnalysis",
        "priors_ means_ scalings_ rotations_ covariance_",
        classes_=_LABELS,
    ),
    _model("dummy.DummyRegressor", "n_outputs_ constant_"),
    _model(
        "dummy.DummyClassifier",
        "sparse_output_ n_outputs_ n_classes_ class_prior_",
        _strategy=_TEXT,
        classes_=_LABELS,
    ),
    _model("neural_network.MLPRegressor", _MLP, **_MLP_PARTS),
    _model(
        "neural_network.MLPClassifier",
        _MLP,
        **_MLP_PARTS,
        loss=Text(("log_loss",)),
        _label_binarizer=_MODEL,
        classes_=_LABELS,
    ),
    _inner(
        "neural_network.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers",
        **dict.fromkeys(
            [
                "params",
                "learning_rate_init",
                "learning_rate",
                "beta_1",
                "beta_2",
                "epsilon",
                "t",
                "ms",
                "vs",
            ],
            _NUMBERS,
        ),
    ),
    _inner(
        "neural_network.SGDOptimizer",
        "sklearn.neural_network._stochastic_optimizers",
        **dict.fromkeys(
            [
                "params",
                "learning_rate_init",
                "learning_rate",
                "momentum",
                "nesterov",
                "power_t",
                "velocities",
            ],
            _NUMBERS,
        ),
        lr_schedule=Text(("constant", "adaptive", "invscaling")),
    ),
    # trees
    _tree("tree.DecisionTreeRegressor", "class_weight n_outputs_ max_features_"),
    _tree("tree.DecisionTreeClassifier", "n_outputs_ n_classes_ max_features_", classes_=_LABELS),
    _tree("tree.ExtraTreeRegressor", "class_weight n_outputs_ max_features_"),
    _tree("tree.ExtraTreeClassifier", "n_outputs_ n_classes_ max_features_", classes_=_LABELS),
    _forest(
        "ensemble.RandomForestRegressor", "DecisionTreeRegressor", "class_weight oob_prediction_"
    ),
    _forest(
        "ensemble.RandomForestClassifier",
        "DecisionTreeClassifier",
        "n_classes_ oob_decision_function_",
        classes_=_LABELS,
    ),
    _forest("ensemble.ExtraTreesRegressor", "ExtraTreeRegressor", "class_weight oob_prediction_"),
    _forest(
        "ensemble.ExtraTreesClassifier",
        "ExtraTreeClassifier",
        "n_classes_ oob_decision_function_",
        classes_=_LABELS,
    ),
    _boosting("ensemble.GradientBoostingRegressor", "", "DummyRegressor"),
    _boosting(
        "ensemble.GradientBoostingClassifier",
        "alpha n_classes_",
        "DummyClassifier",
        classes_=_LABELS,
    ),
    _histograms("ensemble.HistGradientBoostingRegressor"),
    _histograms("ensemble.HistGradientBoostingClassifier", _label_encoder=_MODEL, classes_=_LABELS),
    Schema(
        "sklearn.ensemble._BinMapper",
        dict.fromkeys(
            [
                "is_categorical_",
                "missing_values_bin_idx_",
                "bin_thresholds_",
                "n_bins_non_missing_",
            ],
            _NUMBERS,
        ),
        role="inner",
        module="sklearn.ensemble._hist_gradient_boosting.binning",
    ),
    # ensembles of other models
    _ensemble(
        "ensemble.BaggingRegressor",
        "_n_samples _max_samples _max_features _sample_weight estimators_features_ _seeds "
        "oob_prediction_",
    ),
    _ensemble(
        "ensemble.BaggingClassifier",
        "_n_samples n_classes_ _max_samples _max_features _sample_weight estimators_features_ "
        "_seeds oob_decision_function_",
        classes_=_LABELS,
    ),
    _ensemble("ensemble.AdaBoostRegressor", "estimator_weights_ estimator_errors_"),
    _ensemble(
        "ensemble.AdaBoostClassifier",
        "estimator_weights_ estimator_errors_ n_classes_",
        classes_=_LABELS,
    ),
    _combination("ensemble.VotingRegressor"),
    _combination("ensemble.VotingClassifier", le_=_MODEL, classes_=_LABELS),
    _combination("ensemble.StackingRegressor", **_STACKING),
    _combination(
        "ensemble.StackingClassifier",
        **_STACKING,
        _label_encoder=_MODEL | _MODELS,
        classes_=_LABELS,
    ),
    _model("multioutput.MultiOutputRegressor", estimators_=_MODELS),
    _model("multioutput.RegressorChain", "order_", estimators_=_MODELS),
    _model(
        "compose.TransformedTargetRegressor",
        "_training_dim",
        transformer_=_MODEL,
        regressor_=_MODEL,
    ),
    # probabilities
    _model(
        "calibration.CalibratedClassifierCV",
        classes_=_LABELS,
        calibrated_classifiers_=ListOf(Instance(("sklearn.calibration._CalibratedClassifier",))),
    ),
    _inner(
        "calibration._CalibratedClassifier",
        "sklearn.calibration",
        estimator=_MODEL,
        calibrators=ListOf(
            Instance(
                ("sklearn.calibration._SigmoidCalibration", "sklearn.isotonic.IsotonicRegression")
            )
        ),
        classes=_LABELS,
        method=Text(("sigmoid", "isotonic")),
    ),
    _inner("calibration._SigmoidCalibration", "sklearn.calibration", a_=Number(), b_=Number()),
    Schema(
        "sklearn.isotonic.IsotonicRegression",
        {
            **_COMMON,
            **dict.fromkeys(
                ["increasing_", "X_min_", "X_max_", "X_thresholds_", "y_thresholds_"], _NUMBERS
            ),
        },
        _REFIT_FREE_PARAMS,
        derived={"f_": _interpolation},
    ),
    # several steps
    Schema("sklearn.pipeline.Pipeline", _COMMON, {**_REFIT_FREE_PARAMS, "steps": _MODEL_PAIRS}),
    Schema(
        "sklearn.pipeline.FeatureUnion",
        _COMMON,
        {**_REFIT_FREE_PARAMS, "transformer_list": _MODEL_PAIRS},
    ),
    _model(
        "compose.ColumnTransformer",
        "_n_features",
        _columns=ListOf(Anything(roles=())),
        _transformer_to_input_indices=DictOf(ListOf(Int(0, 2**31)), Text()),
        _remainder=Record((_TEXT, _MODEL | _SKIP, Anything(roles=()))),
        sparse_output_=Flag(),
        transformers_=ListOf(Record((_TEXT, _MODEL | _SKIP, Anything(roles=())))),
        output_indices_=DictOf(NodeKinds(("slice",), "a slice"), Text()),
        _name_to_fitted_passthrough=DictOf(_MODEL, Text()),
        _feature_names_in=Array("OU", (1,)) | Nothing(),
    ),
    _search("sklearn.model_selection.GridSearchCV"),
    _search("sklearn.model_selection.RandomizedSearchCV"),
    _inner("metrics._PassthroughScorer", "sklearn.metrics._scorer", _estimator=_MODEL),
    _search("stforecast.model_selection.InterruptibleGridSearchCV"),
    # how to split
    *(
        _part(
            f"model_selection.{name}",
            **dict.fromkeys(attributes.split(), _NUMBERS),
            random_state=Int(0, 2**32) | _GENERATOR,
        )
        for name, attributes in {
            "KFold": "n_splits shuffle",
            "StratifiedKFold": "n_splits shuffle",
            "GroupKFold": "n_splits shuffle",
            "StratifiedGroupKFold": "n_splits shuffle",
            "TimeSeriesSplit": "n_splits shuffle max_train_size test_size gap",
            "ShuffleSplit": "n_splits test_size train_size _default_test_size",
            "StratifiedShuffleSplit": "n_splits test_size train_size _default_test_size",
            "GroupShuffleSplit": "n_splits test_size train_size _default_test_size",
            "LeaveOneOut": "",
            "LeaveOneGroupOut": "",
            "PredefinedSplit": "test_fold unique_folds",
        }.items()
    ),
)
