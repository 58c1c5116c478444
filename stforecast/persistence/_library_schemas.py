"""What a file may hold of this library: its classes, and what each keeps once it is fitted.

This is the table to change with the classes: a fitted attribute that does not stand here is
refused by name when a model is saved. Parameters need no mention, unless they are more than plain
values, models and parts of models. Classes go by their public path, so that a file outlives the
module that a class stands in.
"""

from __future__ import annotations

from typing import Any

from stforecast.persistence._classes import Schema
from stforecast.persistence._labels import INDEX
from stforecast.persistence._network import NetParams
from stforecast.persistence._specs import (
    NON_CALLABLE_SPEC,
    AnySpec,
    Array,
    DictSpec,
    Fields,
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

_PLAIN = AnySpec(roles=())
_COUNT = Int(0, 2**40)
_TIME_SERIES = Instance(("stforecast.windows.TimeSeries",))
_LABELS = Instance(
    tuple(f"stforecast.windows.{kind}" for kind in ("ArrayLabels", "ColumnLabels", "GridLabels"))
)
_NAMES = TupleSpec(Key())
_SHARE = Instance(("stforecast.series.FixedShare", "stforecast.series.AdaptiveShare"))
_SHAPE = TupleSpec(_COUNT)
_FLOATS = Array("f")
_MODEL = Instance(roles=("model",))
_FUNCTION = NodeKinds(("function", "partial"), "a function of the index")
_TABLE = NodeKinds(("table", "column", "grid"), "a table or grid")
_SERIES = _TABLE | Array("fiub") | ListSpec(_TABLE | Array("fiub"))
_LAYERS = Int(1, 2**10)
_INPUTS = {
    "n_features_in_": _COUNT,
    "feature_names_in_": Array("OU", (1,)),
    "window_shape_": _SHAPE,
    "_names_in": DictSpec(ListSpec(Text()), Text()),
}
_OPTIONAL = ("feature_names_in_",)


def _inner_schema(name: str, module: str, /, **specs: Any) -> Schema:
    """Return the schema of what another class keeps, all of which must be there."""
    marker = next(iter(specs), None)  # any will do, since all must be there
    return Schema(f"stforecast.{name}", specs, role="inner", module=module, marker=marker)


_ROWS = Instance(("stforecast.estimators.TargetRows",))
_COLUMNS = Instance(("stforecast.estimators.Columns",))
_SCALER = Instance(("stforecast.estimators.Standardizer",))
_NETWORK = {
    **_INPUTS,
    "network_": Instance(("stforecast.estimators.ScaledNetwork",)),
    "versions_": DictSpec(Text(), Text()),
}
_NETWORK_PARAMS = {"net_params": NetParams(), "num_layers": _LAYERS}


def _forecaster(name: str) -> Schema:
    blend = Instance(("stforecast.estimators.Blend",)) | NoneSpec()
    attributes = {**_NETWORK, "single_output_": Flag(), "blend_": blend}
    return Schema(
        f"stforecast.estimators.{name}",
        attributes,
        _NETWORK_PARAMS,
        marker="network_",
        optional=_OPTIONAL,
        plain=NON_CALLABLE_SPEC,
    )


def _classifier(name: str) -> Schema:
    attributes = {**_NETWORK, "classes_": Array(ndims=(1,))}
    return Schema(
        f"stforecast.estimators.{name}",
        attributes,
        _NETWORK_PARAMS,
        marker="network_",
        optional=_OPTIONAL,
        plain=NON_CALLABLE_SPEC,
    )


def _wrapper(name: str, marker: str = "estimator_", **specs: Any) -> Schema:
    attributes = {**_INPUTS, **specs}
    optional = (*_OPTIONAL, "window_shape_", "_names_in")
    return Schema(f"stforecast.estimators.{name}", attributes, marker=marker, optional=optional)


def _baseline(name: str, **specs: Any) -> Schema:
    leads = Instance(("stforecast.estimators.Leads",))
    return _wrapper(name, "leads_", single_output_=Flag(), leads_=leads, **specs)


def _part(name: str, **params: Any) -> Schema:
    return Schema(name=f"stforecast.{name}", params=params, plain=NON_CALLABLE_SPEC, role="part")


def _transformer(name: str, marker: str | None = None, **specs: Any) -> Schema:
    # what a transformer keeps of its own is there once it is fitted; the shape of all alike
    attributes, marker = {**_INPUTS, **specs}, marker or next(iter(specs), "window_shape_")
    return Schema(f"stforecast.windows.{name}", attributes, marker=marker, optional=_OPTIONAL)


_FAMILIES = ("CNNLSTM", "ConvLSTM", "LSTM", "ParallelCNNLSTM")
_SOURCES = "stforecast.windows.sources"
_STEPS = "stforecast.windows._steps"
_SPECTROGRAM = "stforecast.windows.transformers._spectrogram"
_COVERAGE = "stforecast.series.intervals._coverage"
_SCALES = "stforecast.series.intervals._error_scales"

LIBRARY_CLASSES = (
    # networks
    *(_forecaster(f"{family}Forecaster") for family in _FAMILIES),
    *(_classifier(f"{family}Classifier") for family in _FAMILIES),
    _inner_schema(
        "estimators.ScaledNetwork",
        "stforecast.estimators._scaled_network",
        net=NodeKinds(("net",), "a network"),
        shapes=Instance(("stforecast.estimators.NetShapes",)),
        scalers=Instance(("stforecast.estimators.Scalers",)),
        quantiles=TupleSpec(Number()),
        bounds=Record((Number() | NoneSpec(), Number() | NoneSpec())),
    ),
    _inner_schema(
        "estimators.Scalers",
        "stforecast.estimators._scaling",
        x=_SCALER,
        parts=DictSpec(_SCALER, Text()),
        y=_SCALER | NoneSpec(),
    ),
    _inner_schema(
        "estimators.Standardizer",
        "stforecast.estimators._scaling",
        mean=_FLOATS,
        scale=_FLOATS,
        axis=Int(0, 5),
        precision=NodeKinds(("dtype",), "a type of numpy"),
    ),
    _inner_schema(
        "estimators.NetShapes",
        "stforecast.estimators.parts.base",
        steps=_COUNT,
        frame=TupleSpec(_COUNT, 3),
        horizon=_COUNT,
        target=TupleSpec(_COUNT, 3),
        parts=DictSpec(_SHAPE, Text()),
        masked=Flag(),
    ),
    # baselines
    _inner_schema(
        "estimators.Blend",
        "stforecast.estimators._blend",
        baseline=_MODEL,
        share=Number(),
        gain=Number(),
        residuals=Flag(),
    ),
    _wrapper(
        "WindowRidge",
        "coef_",
        single_output_=Flag(),
        part_shapes_=DictSpec(_SHAPE, Text()),
        columns_=_COLUMNS,
        alpha_=Number(),
        intercept_=_FLOATS,
        coef_=_FLOATS,
    ),
    _wrapper(
        "StencilForecaster",
        "coef_",
        single_output_=Flag(),
        part_shapes_=DictSpec(_SHAPE, Text()),
        patches_=Instance(("stforecast.estimators.Patches",)),
        size_=TupleSpec(_COUNT, 2),
        frames_=_COUNT,
        block_stencils_=ListSpec(_MODEL),
        alpha_=Number(),
        intercept_=_FLOATS,
        coef_=_FLOATS,
    ),
    _baseline("Persistence", rows_=_ROWS),
    _baseline("SeasonalNaive", rows_=_ROWS),
    _baseline(
        "Climatology", means_=_FLOATS, groups_=Instance(("stforecast.estimators.CalendarGroups",))
    ),
    _baseline("StackedBaseline", regressors_=ListSpec(_MODEL), weights_=_FLOATS, errors_=_FLOATS),
    _baseline("DampedAnomaly", climatology_=_MODEL, rows_=_ROWS, shares_=_FLOATS),
    _baseline("ProbabilityMatchedForecaster", regressor_=_MODEL, values_=_MODEL),
    _baseline("DeseasonalizedForecaster", climatology_=_MODEL, rows_=_ROWS, regressor_=_MODEL),
    _baseline("Advection", grid_=TupleSpec(_COUNT, 2), rows_=_ROWS, scale_=_FLOATS),
    _inner_schema(
        "estimators.Leads",
        "stforecast.estimators.baselines._target_rows",
        steps=TupleSpec(_COUNT),
        frame=TupleSpec(_COUNT, 2),
    ),
    _inner_schema(
        "estimators.TargetRows",
        "stforecast.estimators.baselines._target_rows",
        channels=TupleSpec(_COUNT),
        frames=_COUNT,
        means=_FLOATS | NoneSpec(),
    ),
    _inner_schema(
        "estimators.CalendarGroups",
        "stforecast.estimators.baselines._calendar_groups",
        names=TupleSpec(Text()),
        step=NodeKinds(("offset",), "a frequency") | Text() | Int() | NoneSpec(),
    ),
    _inner_schema(
        "estimators.Columns",
        "stforecast.estimators.baselines._columns",
        window=TupleSpec(_COUNT),
        frames=_COUNT,
        channels=TupleSpec(_COUNT),
        log=Flag(),
        parts=TupleSpec(Text()),
        means=_FLOATS | NoneSpec(),
        empty_mask=Array("b") | NoneSpec(),
    ),
    _inner_schema(
        "estimators.Patches",
        "stforecast.estimators.baselines._patches",
        columns=_COLUMNS,
        grid=TupleSpec(_COUNT, 3),
        size=TupleSpec(_COUNT, 2),
    ),
    # parts of networks and of their training
    *(
        _part(f"estimators.{name}", num_layers=_LAYERS | NoneSpec())
        for name in (
            "BoundedDecoder",
            "CNNLSTMLayers",
            "Baseline",
            "Compute",
            "ConvLSTMLayers",
            "DenseDecoder",
            "FrameAugmentation",
            "GatewiseCell",
            "LSTMLayers",
            "NormCell",
            "ParallelLayers",
            "PeepholeCell",
            "QuantileDecoder",
            "RainDecoder",
            "RolloutDecoder",
            "SqueezeExciteAttention",
            "StepDecoder",
            "Training",
            "TransformerAttention",
            "ZoneoutCell",
        )
    ),
    # around other estimators
    _wrapper("SeedEnsemble", "estimators_", estimators_=ListSpec(_MODEL)),
    _wrapper("MonteCarloDropout", estimator_=_MODEL, seeds_=Array("i", (1,))),
    _wrapper(
        "RelativeForecaster",
        single_output_=Flag(),
        channels_=TupleSpec(_COUNT),
        levels_=Instance(("stforecast.estimators.Relative", "stforecast.estimators.SeriesLevels")),
        estimator_=_MODEL,
    ),
    _inner_schema(
        "estimators.Relative",
        "stforecast.estimators.wrappers._window_level",
        level=Text(("last", "mean")),
        has_scale=Flag(),
    ),
    _inner_schema(
        "estimators.SeriesLevels",
        "stforecast.estimators.wrappers._series_level",
        names=ListSpec(Key()),
        mean=_FLOATS,
        scale=_FLOATS,
    ),
    _wrapper(
        "ForecastAnomalyDetector",
        estimator_=_MODEL,
        centre_=_FLOATS,
        scale_=_FLOATS,
        calibration_scores_=_FLOATS,
        offset_=Number(),
    ),
    # windows
    _transformer("ChannelsFirst"),
    _transformer("ColumnsToGrid", _step=Instance(("stforecast.windows.Cells",))),
    _transformer("Crop", _lookback=_COUNT),
    _transformer("Flatten"),
    _transformer(
        "FoldSpace", _step=Instance(("stforecast.windows.Blocks", "stforecast.windows.Reshape"))
    ),
    _transformer("FoldTime", _step=Instance(("stforecast.windows.Fold",))),
    _transformer(
        "Framewise",
        transformer_=_MODEL,
        frame_=_SHAPE,
        _result_shape=_SHAPE,
        _result=NodeKinds(("dtype",), "a type of numpy"),
    ),
    _transformer("LagsToWindows", _step=Instance(("stforecast.windows.Reshape",))),
    _transformer(
        "Spectrogram",
        reference_=Number(),
        _steps=Record(
            (Instance(("stforecast.windows.Power",)), Instance(("stforecast.windows.Decibels",)))
        ),
    ),
    _inner_schema(
        "windows.Power",
        _SPECTROGRAM,
        nperseg=_COUNT,
        noverlap=_COUNT,
        window=Text() | Record((Text(), Number())) | _FLOATS,
    ),
    _inner_schema("windows.Decibels", _SPECTROGRAM, reference=Number(), span=Number()),
    _inner_schema(
        "windows.Cells",
        "stforecast.windows.transformers._columns_to_grid",
        columns=TupleSpec(TupleSpec(_COUNT)),
    ),
    _inner_schema(
        "windows.Fold", "stforecast.windows.transformers._fold_time", height=_COUNT, width=_COUNT
    ),
    _inner_schema("windows.Blocks", "stforecast.windows.transformers._fold_space", size=_COUNT),
    _inner_schema("windows.Reshape", _STEPS, window=_SHAPE),
    # series
    _inner_schema(
        "windows.TimeSeries",
        f"{_SOURCES}._time_series",
        values=Array("fiub"),
        bounds=Array("i", (1,)),
        times=INDEX | NoneSpec(),
        step=NodeKinds(("offset",), "a frequency") | Int() | NoneSpec(),
        labels=_LABELS,
        panel=Instance(("stforecast.windows.Panel",)) | NoneSpec(),
    ),
    _inner_schema(
        "windows.Panel",
        f"{_SOURCES}._time_series",
        ids=INDEX,
        clock=Array("i", (1,)),
        layout=Instance(("stforecast.windows.LongTable", "stforecast.windows.SeriesList")),
        order=Array("i", (1,)) | NoneSpec(),
    ),
    _inner_schema("windows.LongTable", f"{_SOURCES}._labels", level_names=_NAMES),
    _inner_schema("windows.SeriesList", f"{_SOURCES}._labels", labels=TupleSpec(_LABELS)),
    _inner_schema("windows.ArrayLabels", f"{_SOURCES}._labels", channel_axis=Flag(), names=_NAMES),
    _inner_schema(
        "windows.ColumnLabels",
        f"{_SOURCES}._labels",
        names=_NAMES,
        level_names=_NAMES,
        series_name=_NAMES | NoneSpec(),
    ),
    _inner_schema(
        "windows.GridLabels",
        f"{_SOURCES}._grids",
        order=_NAMES,
        dims=_NAMES,
        time=Key(),
        channel=Key(),
        name=Key(),
        variables=_NAMES | NoneSpec(),
        coords=DictSpec(
            Record((AnySpec(roles=()), Array() | INDEX, DictSpec(_PLAIN, Key()))), Key()
        ),
        attrs=DictSpec(DictSpec(_PLAIN, Key()), Key()),
    ),
    Schema(
        "stforecast.series.SeriesForecaster",
        {
            **_INPUTS,
            "estimator_": _MODEL,
            "series_": _TIME_SERIES,
            "known_": _FUNCTION | _SERIES | NoneSpec(),
            "static_": _SERIES
            | DictSpec(AnySpec(roles=()), Key())
            | Text(("series",))
            | NoneSpec(),
            "encoders_": DictSpec(
                Instance(("stforecast.series.CategoryColumns",)),
                Text(("series", "known", "static")),
            ),
            "layout_": Fields(
                {
                    "lookback": _COUNT,
                    "horizon": _COUNT,
                    "target": AnySpec(roles=()),
                    "missing": Text(("error", "mask")),
                    "short": Text(("drop", "mask", "error")),
                }
            ),
            "calibration_": Instance(("stforecast.series.Calibration",)) | NoneSpec(),
        },
        marker="estimator_",
        optional=(*_INPUTS,),
    ),
    _inner_schema(
        "series.CategoryColumns",
        "stforecast.series._categories",
        table=_NAMES,
        names=_NAMES,
        encoder=_MODEL,
    ),
    _part("series.AdaptiveConformal"),
    _part("series.SplitConformal"),
    Schema(
        "stforecast.series.Calibration",
        {
            "errors": DictSpec(Instance(("stforecast.series.SeriesErrors",)), Key()),
            "spans": DictSpec(INDEX, Key()),
            "least": ListSpec(_FLOATS),
            "absent": Array("b") | NoneSpec(),
        },
        {
            "scale": Instance(
                (
                    "stforecast.series.Unit",
                    "stforecast.series.SpreadScale",
                    "stforecast.series.RegressorScale",
                )
            ),
            "share": _SHARE,
        },
        role="inner",
        module="stforecast.series.intervals._calibration",
    ),
    _inner_schema(
        "series.SeriesErrors",
        "stforecast.series.intervals._errors",
        calibration=_COUNT,
        reach=_COUNT,
        share=_SHARE,
        scores=_FLOATS,
    ),
    _inner_schema("series.Unit", _SCALES),
    _inner_schema("series.SpreadScale", _SCALES),
    _inner_schema("series.RegressorScale", _SCALES, regressor_=_MODEL),
    _inner_schema("series.FixedShare", _COVERAGE),
    Schema(
        "stforecast.series.AdaptiveShare",
        {"gain": Number(), "path": _FLOATS, "oldest": _COUNT},
        role="inner",
        module=_COVERAGE,
        optional=("gain", "path", "oldest"),
    ),
    # how to split
    _part("model_selection.OriginSplit"),
    _part("model_selection.SeriesSplit"),
)
