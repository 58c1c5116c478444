"""What a file may hold of scikit-learn: the classes, and what each keeps once it is fitted.

Parameters need no mention: they are plain values, models or their parts, and scikit-learn itself
says which. An attribute that another release adds is refused by name until it stands here.
"""

from __future__ import annotations

from typing import Any

from sklearn.utils import Bunch

from stforecast.persistence._classes import Schema
from stforecast.persistence._functions import SCORERS
from stforecast.persistence._sklearn_kinds import (
    COMMON,
    DTYPE,
    GENERATOR,
    LABELS,
    LOSS,
    METHOD,
    MODEL,
    MODEL_PAIRS,
    MODELS,
    NUMBERS,
    PASSTHROUGH_SCORE,
    REFIT_FREE_PARAMS,
    SKIP,
    TEXT,
    inner_schema,
    make_schema,
    model_schema,
    part_schema,
)
from stforecast.persistence._sklearn_trees import TREES
from stforecast.persistence._specs import (
    AnySpec,
    Array,
    DictSpec,
    Flag,
    Instance,
    Int,
    Key,
    ListSpec,
    NodeKinds,
    NoneSpec,
    Number,
    Record,
    Text,
    TupleSpec,
)


def _find_models(owner: Any) -> Any:
    """Return the fitted estimators of a voting or stacking one by name, as it keeps them."""
    if not hasattr(owner, "estimators_"):
        return None
    models, estimators = Bunch(), iter(owner.estimators_)  # which lack those that were dropped
    for name, estimator in owner.estimators:
        models[name] = "drop" if estimator == "drop" else next(estimators)
    return models


def _interpolation(owner: Any) -> Any:
    """Return the function between the thresholds of an isotonic regression."""
    if not hasattr(owner, "X_thresholds_"):
        return None
    owner._build_f(owner.X_thresholds_, owner.y_thresholds_)  # noqa: SLF001 - its `fit` does so
    return owner.f_


def _ensemble(name: str, numbers: str = "", **specs: Any) -> Schema:
    attributes = {
        "estimator_params": TupleSpec(Text()),
        "estimator_": MODEL,
        "estimators_": MODELS,
        **specs,
    }
    return make_schema(name, f"{numbers} oob_score_", attributes)


def _combination(name: str, **specs: Any) -> Schema:
    attributes = {**COMMON, "estimators_": MODELS, **specs}
    params = {**REFIT_FREE_PARAMS, "estimators": MODEL_PAIRS}
    derivations = {"named_estimators_": _find_models}
    return Schema(f"sklearn.{name}", attributes, params, derivations=derivations)


def _search(name: str) -> Schema:
    attributes = {
        **COMMON,
        "_checked_cv_orig": Instance(roles=("part",)),
        "n_splits_": Int(0, 2**31),
        "multimetric_": Flag(),
        "best_index_": Int(0, 2**31),
        "best_score_": Number(),
        "best_params_": DictSpec(AnySpec(), Text()),
        "best_estimator_": MODEL,
        "refit_time_": Number(),
        "interrupted_": Flag(),
        "scorer_": SCORERS | PASSTHROUGH_SCORE | DictSpec(SCORERS, Text()),
        "cv_results_": DictSpec(AnySpec(), Text()),
    }
    return Schema(name, attributes, REFIT_FREE_PARAMS)


_MLP = (
    "n_outputs_ n_iter_ t_ n_layers_ coefs_ intercepts_ _best_coefs _best_intercepts loss_curve_ "
    "_no_improvement_count best_loss_ validation_scores_ best_validation_score_ loss_ "
    "_coef_indptr _intercept_indptr"
)
_MLP_PARTS = {
    "_random_state": GENERATOR,
    "out_activation_": Text(("identity", "logistic", "softmax", "tanh", "relu")),
    "_optimizer": Instance(
        ("sklearn.neural_network.AdamOptimizer", "sklearn.neural_network.SGDOptimizer")
    ),
}
_STACKING = {
    "final_estimator_": MODEL,
    "stack_method": Text(("auto", "predict", "predict_proba", "decision_function")),
    "stack_method_": ListSpec(METHOD),
    "_n_feature_outs": NUMBERS,
}

SCIKIT_LEARN = (
    # linear models
    model_schema("linear_model.LinearRegression", "coef_ rank_ singular_ intercept_"),
    model_schema("linear_model.Ridge", "coef_ n_iter_ intercept_", solver_=TEXT),
    model_schema("linear_model.RidgeCV", "alpha_ best_score_ coef_ intercept_ cv_results_"),
    model_schema("linear_model.Lasso", "l1_ratio n_iter_ coef_ dual_gap_ intercept_"),
    model_schema(
        "linear_model.LassoCV",
        "mse_path_ alpha_ alphas_ coef_ intercept_ dual_gap_ n_iter_ _alphas",
    ),
    model_schema("linear_model.ElasticNet", "n_iter_ coef_ dual_gap_ intercept_"),
    model_schema(
        "linear_model.ElasticNetCV",
        "mse_path_ l1_ratio_ alpha_ alphas_ coef_ intercept_ dual_gap_ n_iter_ _alphas",
    ),
    model_schema("linear_model.MultiTaskLasso", "l1_ratio coef_ dual_gap_ eps_ n_iter_ intercept_"),
    model_schema(
        "linear_model.MultiTaskLassoCV",
        "positive mse_path_ alpha_ alphas_ coef_ intercept_ dual_gap_ n_iter_ _alphas",
        precompute=TEXT,
    ),
    model_schema("linear_model.MultiTaskElasticNet", "coef_ dual_gap_ eps_ n_iter_ intercept_"),
    model_schema(
        "linear_model.MultiTaskElasticNetCV",
        "mse_path_ l1_ratio_ alpha_ alphas_ coef_ intercept_ dual_gap_ n_iter_ _alphas",
    ),
    model_schema(
        "linear_model.BayesianRidge",
        "X_offset_ X_scale_ scores_ n_iter_ alpha_ lambda_ coef_ sigma_ intercept_",
    ),
    model_schema(
        "linear_model.ARDRegression",
        "X_offset_ X_scale_ scores_ n_iter_ coef_ alpha_ sigma_ lambda_ intercept_",
    ),
    model_schema("linear_model.HuberRegressor", "n_iter_ scale_ intercept_ coef_ outliers_"),
    model_schema("linear_model.QuantileRegressor", "n_iter_ coef_ intercept_"),
    model_schema("linear_model.Lars", "alphas_ n_iter_ coef_ active_ coef_path_ intercept_"),
    model_schema("linear_model.LassoLars", "alphas_ n_iter_ coef_ active_ coef_path_ intercept_"),
    model_schema(
        "linear_model.OrthogonalMatchingPursuit", "n_nonzero_coefs_ n_iter_ coef_ intercept_"
    ),
    model_schema("linear_model.PoissonRegressor", "n_iter_ intercept_ coef_", _base_loss=LOSS),
    model_schema("linear_model.GammaRegressor", "n_iter_ intercept_ coef_", _base_loss=LOSS),
    model_schema("linear_model.TweedieRegressor", "n_iter_ intercept_ coef_", _base_loss=LOSS),
    model_schema(
        "linear_model.TheilSenRegressor", "n_subpopulation_ breakdown_ n_iter_ intercept_ coef_"
    ),
    model_schema("linear_model.SGDRegressor", "coef_ intercept_ t_ n_iter_ C"),
    model_schema("linear_model.LogisticRegression", "n_iter_ coef_ intercept_", classes_=LABELS),
    model_schema(
        "linear_model.LogisticRegressionCV",
        "Cs_ n_iter_ C_ coef_ intercept_",
        classes_=LABELS,
        scores_=DictSpec(NUMBERS, Key()),
        coefs_paths_=DictSpec(NUMBERS, Key()),
        l1_ratio_=LABELS,
        l1_ratios_=LABELS,
    ),
    model_schema(
        "linear_model.RidgeClassifier",
        "coef_ n_iter_ intercept_",
        _label_binarizer=MODEL,
        classes_=LABELS,
        solver_=TEXT,
    ),
    model_schema(
        "linear_model.RidgeClassifierCV",
        "alpha_per_target alpha_ best_score_ coef_ intercept_ cv_results_",
        gcv_mode=TEXT | NoneSpec(),
        _label_binarizer=MODEL,
        classes_=LABELS,
    ),
    # the values of a table, one by one
    model_schema("preprocessing.StandardScaler", "n_samples_seen_ mean_ var_ scale_"),
    model_schema(
        "preprocessing.MinMaxScaler",
        "n_samples_seen_ scale_ min_ data_min_ data_max_ data_range_",
    ),
    model_schema("preprocessing.MaxAbsScaler", "n_samples_seen_ max_abs_ scale_"),
    model_schema("preprocessing.RobustScaler", "center_ scale_"),
    model_schema("preprocessing.Normalizer"),
    model_schema("preprocessing.PowerTransformer", "lambdas_", _scaler=MODEL),
    model_schema("preprocessing.QuantileTransformer", "n_quantiles_ references_ quantiles_"),
    model_schema(
        "preprocessing.PolynomialFeatures",
        "_min_degree _max_degree n_output_features_ _n_out_full",
    ),
    model_schema("preprocessing.FunctionTransformer"),
    model_schema("preprocessing.Binarizer"),
    model_schema(
        "preprocessing.KBinsDiscretizer",
        "n_bins_",
        bin_edges_=Array("O", (1,), NUMBERS),
        _encoder=MODEL,
    ),
    model_schema(
        "preprocessing.OneHotEncoder",
        "_infrequent_enabled _n_features_outs _default_to_infrequent_mappings",
        categories_=LABELS,
        drop_idx_=Array() | NoneSpec(),
        _drop_idx_after_grouping=Array() | NoneSpec(),
        _infrequent_indices=ListSpec(Array("i", (1,)) | NoneSpec()),
    ),
    model_schema(
        "preprocessing.OrdinalEncoder",
        "_infrequent_enabled _default_to_infrequent_mappings",
        categories_=LABELS,
        _missing_indices=DictSpec(NUMBERS, Key()),
        _infrequent_indices=ListSpec(Array("i", (1,)) | NoneSpec()),
    ),
    model_schema("preprocessing.LabelBinarizer", "sparse_input_", y_type_=TEXT, classes_=LABELS),
    model_schema("preprocessing.LabelEncoder", classes_=LABELS),
    model_schema(
        "impute.SimpleImputer",
        statistics_=Array(),
        indicator_=MODEL | NoneSpec(),
        _fit_dtype=DTYPE,
        _fill_dtype=DTYPE,
    ),
    model_schema("impute.MissingIndicator", "_precomputed _n_features features_"),
    # its columns
    model_schema(
        "decomposition.PCA",
        "mean_ noise_variance_ n_samples_ n_components_ components_ explained_variance_ "
        "explained_variance_ratio_ singular_values_",
        _fit_svd_solver=TEXT,
    ),
    model_schema(
        "decomposition.TruncatedSVD",
        "components_ explained_variance_ explained_variance_ratio_ singular_values_",
    ),
    model_schema("decomposition.FastICA", "n_iter_ components_ mean_ whitening_ mixing_ _unmixing"),
    model_schema(
        "decomposition.NMF",
        "_n_components _beta_loss reconstruction_err_ n_components_ components_ n_iter_",
    ),
    model_schema(
        "decomposition.IncrementalPCA",
        "components_ n_samples_seen_ mean_ var_ singular_values_ explained_variance_ "
        "explained_variance_ratio_ noise_variance_ batch_size_ n_components_",
    ),
    model_schema("feature_selection.VarianceThreshold", "variances_"),
    model_schema("feature_selection.SelectKBest", "scores_ pvalues_"),
    model_schema(
        "cross_decomposition.PLSRegression",
        "_predict_1d _norm_y_weights _x_mean _y_mean _x_std _y_std x_weights_ y_weights_ "
        "_x_scores _y_scores x_loadings_ y_loadings_ n_iter_ x_rotations_ y_rotations_ coef_ "
        "intercept_ _n_features_out x_scores_ y_scores_",
        deflation_mode=Text(("regression",)),
        mode=Text(("A",)),
        algorithm=Text(("nipals",)),
    ),
    # others
    model_schema("kernel_ridge.KernelRidge", "dual_coef_ X_fit_"),
    model_schema("svm.LinearSVR", "coef_ intercept_ n_iter_"),
    model_schema("svm.LinearSVC", "coef_ intercept_ n_iter_", classes_=LABELS),
    model_schema(
        "naive_bayes.GaussianNB",
        "epsilon_ theta_ var_ class_count_ class_prior_",
        classes_=LABELS,
    ),
    model_schema(
        "discriminant_analysis.LinearDiscriminantAnalysis",
        "priors_ _max_components means_ xbar_ explained_variance_ratio_ scalings_ intercept_ "
        "coef_ _n_features_out covariance_",
        classes_=LABELS,
    ),
    model_schema(
        "discriminant_analysis.QuadraticDiscriminantAnalysis",
        "priors_ means_ scalings_ rotations_ covariance_",
        classes_=LABELS,
    ),
    model_schema("dummy.DummyRegressor", "n_outputs_ constant_"),
    model_schema(
        "dummy.DummyClassifier",
        "sparse_output_ n_outputs_ n_classes_ class_prior_",
        _strategy=TEXT,
        classes_=LABELS,
    ),
    model_schema("neural_network.MLPRegressor", _MLP, **_MLP_PARTS),
    model_schema(
        "neural_network.MLPClassifier",
        _MLP,
        **_MLP_PARTS,
        loss=Text(("log_loss",)),
        _label_binarizer=MODEL,
        classes_=LABELS,
    ),
    inner_schema(
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
            NUMBERS,
        ),
    ),
    inner_schema(
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
            NUMBERS,
        ),
        lr_schedule=Text(("constant", "adaptive", "invscaling")),
    ),
    *TREES,
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
        classes_=LABELS,
    ),
    _ensemble("ensemble.AdaBoostRegressor", "estimator_weights_ estimator_errors_"),
    _ensemble(
        "ensemble.AdaBoostClassifier",
        "estimator_weights_ estimator_errors_ n_classes_",
        classes_=LABELS,
    ),
    _combination("ensemble.VotingRegressor"),
    _combination("ensemble.VotingClassifier", le_=MODEL, classes_=LABELS),
    _combination("ensemble.StackingRegressor", **_STACKING),
    _combination(
        "ensemble.StackingClassifier",
        **_STACKING,
        _label_encoder=MODEL | MODELS,
        classes_=LABELS,
    ),
    model_schema("frozen.FrozenEstimator"),  # its parameter is what was fitted
    model_schema("multioutput.MultiOutputRegressor", estimators_=MODELS),
    model_schema("multioutput.RegressorChain", "order_", estimators_=MODELS),
    model_schema(
        "compose.TransformedTargetRegressor",
        "_training_dim",
        transformer_=MODEL,
        regressor_=MODEL,
    ),
    # probabilities
    model_schema(
        "calibration.CalibratedClassifierCV",
        classes_=LABELS,
        calibrated_classifiers_=ListSpec(Instance(("sklearn.calibration._CalibratedClassifier",))),
    ),
    inner_schema(
        "calibration._CalibratedClassifier",
        "sklearn.calibration",
        estimator=MODEL,
        calibrators=ListSpec(
            Instance(
                ("sklearn.calibration._SigmoidCalibration", "sklearn.isotonic.IsotonicRegression")
            )
        ),
        classes=LABELS,
        method=Text(("sigmoid", "isotonic")),
    ),
    inner_schema(
        "calibration._SigmoidCalibration", "sklearn.calibration", a_=Number(), b_=Number()
    ),
    Schema(
        "sklearn.isotonic.IsotonicRegression",
        {
            **COMMON,
            **dict.fromkeys(
                ["increasing_", "X_min_", "X_max_", "X_thresholds_", "y_thresholds_"], NUMBERS
            ),
        },
        REFIT_FREE_PARAMS,
        derivations={"f_": _interpolation},
    ),
    # several steps
    Schema("sklearn.pipeline.Pipeline", COMMON, {**REFIT_FREE_PARAMS, "steps": MODEL_PAIRS}),
    Schema(
        "sklearn.pipeline.FeatureUnion",
        COMMON,
        {**REFIT_FREE_PARAMS, "transformer_list": MODEL_PAIRS},
    ),
    model_schema(
        "compose.ColumnTransformer",
        "_n_features",
        _columns=ListSpec(AnySpec(roles=())),
        _transformer_to_input_indices=DictSpec(ListSpec(Int(0, 2**31)), Text()),
        _remainder=Record((TEXT, MODEL | SKIP, AnySpec(roles=()))),
        sparse_output_=Flag(),
        transformers_=ListSpec(Record((TEXT, MODEL | SKIP, AnySpec(roles=())))),
        output_indices_=DictSpec(NodeKinds(("slice",), "a slice"), Text()),
        _name_to_fitted_passthrough=DictSpec(MODEL, Text()),
        _feature_names_in=Array("OU", (1,)) | NoneSpec(),
    ),
    _search("sklearn.model_selection.GridSearchCV"),
    _search("sklearn.model_selection.RandomizedSearchCV"),
    inner_schema("metrics._PassthroughScorer", "sklearn.metrics._scorer", _estimator=MODEL),
    _search("stforecast.model_selection.InterruptibleGridSearchCV"),
    # how to split
    *(
        part_schema(
            f"model_selection.{name}",
            **dict.fromkeys(attributes.split(), NUMBERS),
            random_state=Int(0, 2**32) | GENERATOR,
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
