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
    NO_FUNCTIONS,
    Anything,
    Array,
    DictOf,
    Fields,
    Flag,
    Instance,
    Int,
    Key,
    ListOf,
    NodeKinds,
    Nothing,
    Number,
    Record,
    Text,
    TupleOf,
)

_PLAIN = Anything(roles=())
_COUNT = Int(0, 2**40)
_TIME_SERIES = Instance(("stforecast.windows.TimeSeries",))
_LABELS = Instance(
    tuple(f"stforecast.windows.{kind}" for kind in ("ArrayLabels", "ColumnLabels", "GridLabels"))
)
_NAMES = TupleOf(Key())
_SHARE = Instance(("stforecast.series.FixedShare", "stforecast.series.AdaptiveShare"))
_SHAPE = TupleOf(_COUNT)
_FLOATS = Array("f")
_MODEL = Instance(roles=("model",))
_FUNCTION = NodeKinds(("function", "partial"), "a function of the index")
_TABLE = NodeKinds(("table", "column", "grid"), "a table or grid")
_SERIES = _TABLE | Array("fiub") | ListOf(_TABLE | Array("fiub"))
_LAYERS = Int(1, 2**10)
_INPUTS = {
    "n_features_in_": _COUNT,
    "feature_names_in_": Array("OU", (1,)),
    "window_shape_": _SHAPE,
    "_names_in": DictOf(ListOf(Text()), Text()),
}
_MAY_LACK = ("feature_names_in_",)


def _inner(name: str, module: str, /, **fitted: Any) -> Schema:
    """Return the schema of what another class keeps, all of which must be there."""
    marker = next(iter(fitted), None)
    return Schema(f"stforecast.{name}", fitted, role="inner", module=module, marker=marker)


_ROWS = Instance(("stforecast.estimators.TargetRows",))
_COLUMNS = Instance(("stforecast.estimators.Columns",))
_SCALER = Instance(("stforecast.estimators.Standardizer",))
_NETWORK = {
    **_INPUTS,
    "network_": Instance(("stforecast.estimators.ScaledNetwork",)),
    "versions_": DictOf(Text(), Text()),
}
_NETWORK_PARAMS = {"net_params": NetParams(), "num_layers": _LAYERS}


def _forecaster(name: str) -> Schema:
    blend = Instance(("stforecast.estimators.Blend",)) | Nothing()
    fitted = {**_NETWORK, "single_output_": Flag(), "blend_": blend}
    return Schema(
        f"stforecast.estimators.{name}",
        fitted,
        _NETWORK_PARAMS,
        marker="network_",
        optional=_MAY_LACK,
        plain=NO_FUNCTIONS,
    )


def _classifier(name: str) -> Schema:
    fitted = {**_NETWORK, "classes_": Array(ndims=(1,))}
    return Schema(
        f"stforecast.estimators.{name}",
        fitted,
        _NETWORK_PARAMS,
        marker="network_",
        optional=_MAY_LACK,
        plain=NO_FUNCTIONS,
    )


def _wrapper(name: str, marker: str = "estimator_", **fitted: Any) -> Schema:
    fitted = {**_INPUTS, **fitted}
    optional = (*_MAY_LACK, "window_shape_", "_names_in")
    return Schema(f"stforecast.estimators.{name}", fitted, marker=marker, optional=optional)


def _baseline(name: str, **fitted: Any) -> Schema:
    leads = Instance(("stforecast.estimators.Leads",))
    return _wrapper(name, "leads_", single_output_=Flag(), leads_=leads, **fitted)


def _part(name: str, **params: Any) -> Schema:
    return Schema(name=f"stforecast.{name}", params=params, plain=NO_FUNCTIONS, role="part")


def _transformer(name: str, marker: str | None = None, **fitted: Any) -> Schema:
    fitted, marker = {**_INPUTS, **fitted}, marker or next(iter(fitted), "window_shape_")
    return Schema(f"stforecast.windows.{name}", fitted, marker=marker, optional=_MAY_LACK)


_FAMILIES = ("CNNLSTM", "ConvLSTM", "LSTM", "ParallelCNNLSTM")
_SOURCES = "stforecast.windows.sources"
_STEPS = "stforecast.windows._steps"
_SPECTROGRAM = "stforecast.windows.transformers._spectrogram"
_COVERAGE = "stforecast.series.intervals._coverage"
_SCALES = "stforecast.series.intervals._error_scales"

OWN_CLASSES = (
    # networks
    *(_forecaster(f"{family}Forecaster") for family in _FAMILIES),
    *(_classifier(f"{family}Classifier") for family in _FAMILIES),
    _inner(
        "estimators.ScaledNetwork",
        "stforecast.estimators._scaled_network",
        net=NodeKinds(("net",), "a network"),
        shapes=Instance(("stforecast.estimators.NetShapes",)),
        scalers=Instance(("stforecast.estimators.Scalers",)),
        quantiles=TupleOf(Number()),
        bounds=Record((Number() | Nothing(), Number() | Nothing())),
    ),
    _inner(
        "estimators.Scalers",
        "stforecast.estimators._scaling",
        x=_SCALER,
        parts=DictOf(_SCALER, Text()),
        y=_SCALER | Nothing(),
    ),
    _inner(
        "estimators.Standardizer",
        "stforecast.estimators._scaling",
        mean=_FLOATS,
        scale=_FLOATS,
        axis=Int(0, 5),
        precision=NodeKinds(("dtype",), "a type of numpy"),
    ),
    _inner(
        "estimators.NetShapes",
        "stforecast.estimators.parts.base",
        steps=_COUNT,
        frame=TupleOf(_COUNT, 3),
        horizon=_COUNT,
        target=TupleOf(_COUNT, 3),
        parts=DictOf(_SHAPE, Text()),
        masked=Flag(),
    ),
    # baselines
    _inner(
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
        part_shapes_=DictOf(_SHAPE, Text()),
        columns_=_COLUMNS,
        alpha_=Number(),
        intercept_=_FLOATS,
        coef_=_FLOATS,
    ),
    _wrapper(
        "StencilForecaster",
        "coef_",
        single_output_=Flag(),
        part_shapes_=DictOf(_SHAPE, Text()),
        patches_=Instance(("stforecast.estimators.Patches",)),
        size_=TupleOf(_COUNT, 2),
        frames_=_COUNT,
        alpha_=Number(),
        intercept_=_FLOATS,
        coef_=_FLOATS,
    ),
    _baseline("Persistence", rows_=_ROWS),
    _baseline("SeasonalNaive", rows_=_ROWS),
    _baseline(
        "Climatology", means_=_FLOATS, groups_=Instance(("stforecast.estimators.CalendarGroups",))
    ),
    _baseline("BestBaseline", regressor_=_MODEL, errors_=_FLOATS),
    _baseline("DampedAnomaly", climatology_=_MODEL, rows_=_ROWS, shares_=_FLOATS),
    _baseline("Advection", grid_=TupleOf(_COUNT, 2), rows_=_ROWS, scale_=_FLOATS),
    _inner(
        "estimators.Leads",
        "stforecast.estimators.baselines._target_rows",
        steps=TupleOf(_COUNT),
        frame=TupleOf(_COUNT, 2),
    ),
    _inner(
        "estimators.TargetRows",
        "stforecast.estimators.baselines._target_rows",
        channels=TupleOf(_COUNT),
        means=_FLOATS | Nothing(),
    ),
    _inner(
        "estimators.CalendarGroups",
        "stforecast.estimators.baselines._calendar_groups",
        names=TupleOf(Text()),
        step=NodeKinds(("offset",), "a frequency") | Int() | Nothing(),
    ),
    _inner(
        "estimators.Columns",
        "stforecast.estimators.baselines._columns",
        window=TupleOf(_COUNT),
        frames=_COUNT,
        channels=TupleOf(_COUNT),
        log=Flag(),
        parts=TupleOf(Text()),
        means=_FLOATS | Nothing(),
        unseen=Array("b") | Nothing(),
    ),
    _inner(
        "estimators.Patches",
        "stforecast.estimators.baselines._patches",
        columns=_COLUMNS,
        grid=TupleOf(_COUNT, 3),
        size=TupleOf(_COUNT, 2),
    ),
    # parts of networks and of their training
    *(
        _part(f"estimators.{name}", num_layers=_LAYERS | Nothing())
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
    _wrapper("SeedEnsemble", "estimators_", estimators_=ListOf(_MODEL)),
    _wrapper("MonteCarloDropout", estimator_=_MODEL, seeds_=Array("i", (1,))),
    _wrapper(
        "RelativeForecaster",
        single_output_=Flag(),
        channels_=TupleOf(_COUNT),
        levels_=Instance(("stforecast.estimators.Relative", "stforecast.estimators.SeriesLevels")),
        estimator_=_MODEL,
    ),
    _inner(
        "estimators.Relative",
        "stforecast.estimators.wrappers._window_level",
        level=Text(("last", "mean")),
        scaled=Flag(),
    ),
    _inner(
        "estimators.SeriesLevels",
        "stforecast.estimators.wrappers._series_level",
        names=ListOf(Key()),
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
        _made=_SHAPE,
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
    _inner(
        "windows.Power",
        _SPECTROGRAM,
        nperseg=_COUNT,
        noverlap=_COUNT,
        window=Text() | Record((Text(), Number())) | _FLOATS,
    ),
    _inner("windows.Decibels", _SPECTROGRAM, reference=Number(), span=Number()),
    _inner(
        "windows.Cells",
        "stforecast.windows.transformers._columns_to_grid",
        columns=TupleOf(TupleOf(_COUNT)),
    ),
    _inner(
        "windows.Fold", "stforecast.windows.transformers._fold_time", height=_COUNT, width=_COUNT
    ),
    _inner("windows.Blocks", "stforecast.windows.transformers._fold_space", size=_COUNT),
    _inner("windows.Reshape", _STEPS, window=_SHAPE),
    # series
    _inner(
        "windows.TimeSeries",
        f"{_SOURCES}._time_series",
        values=Array("fiub"),
        bounds=Array("i", (1,)),
        times=INDEX | Nothing(),
        step=NodeKinds(("offset",), "a frequency") | Int() | Nothing(),
        labels=_LABELS,
        panel=Instance(("stforecast.windows.Panel",)) | Nothing(),
    ),
    _inner(
        "windows.Panel",
        f"{_SOURCES}._time_series",
        ids=INDEX,
        clock=Array("i", (1,)),
        layout=Instance(("stforecast.windows.LongTable", "stforecast.windows.SeriesList")),
        order=Array("i", (1,)) | Nothing(),
    ),
    _inner("windows.LongTable", f"{_SOURCES}._labels", level_names=_NAMES),
    _inner("windows.SeriesList", f"{_SOURCES}._labels", labels=TupleOf(_LABELS)),
    _inner("windows.ArrayLabels", f"{_SOURCES}._labels", channel_axis=Flag(), names=_NAMES),
    _inner(
        "windows.ColumnLabels",
        f"{_SOURCES}._labels",
        names=_NAMES,
        level_names=_NAMES,
        series_name=_NAMES | Nothing(),
    ),
    _inner(
        "windows.GridLabels",
        f"{_SOURCES}._grids",
        order=_NAMES,
        dims=_NAMES,
        time=Key(),
        channel=Key(),
        name=Key(),
        variables=_NAMES | Nothing(),
        coords=DictOf(Record((Anything(roles=()), Array() | INDEX, DictOf(_PLAIN, Key()))), Key()),
        attrs=DictOf(DictOf(_PLAIN, Key()), Key()),
    ),
    Schema(
        "stforecast.series.SeriesForecaster",
        {
            **_INPUTS,
            "estimator_": _MODEL,
            "series_": _TIME_SERIES,
            "known_": _FUNCTION | _SERIES | Nothing(),
            "static_": _SERIES | DictOf(Anything(roles=()), Key()) | Nothing(),
            "layout_": Fields(
                {
                    "lookback": _COUNT,
                    "horizon": _COUNT,
                    "target": Anything(roles=()),
                    "missing": Text(("error", "mask")),
                    "short": Text(("drop", "mask", "error")),
                }
            ),
            "calibration_": Instance(("stforecast.series.Calibration",)) | Nothing(),
        },
        marker="estimator_",
        optional=tuple(_INPUTS),
    ),
    _part("series.AdaptiveConformal"),
    _part("series.SplitConformal"),
    Schema(
        "stforecast.series.Calibration",
        {
            "errors": DictOf(Instance(("stforecast.series.SeriesErrors",)), Key()),
            "seen": DictOf(INDEX, Key()),
            "least": ListOf(_FLOATS),
            "absent": Array("b") | Nothing(),
        },
        {
            "scale": Instance(
                (
                    "stforecast.series.Unit",
                    "stforecast.series.OwnSpread",
                    "stforecast.series.LearnedSize",
                )
            ),
            "share": _SHARE,
        },
        role="inner",
        module="stforecast.series.intervals._calibration",
    ),
    _inner(
        "series.SeriesErrors",
        "stforecast.series.intervals._errors",
        held=_COUNT,
        reach=_COUNT,
        share=_SHARE,
        scores=_FLOATS,
    ),
    _inner("series.Unit", _SCALES),
    _inner("series.OwnSpread", _SCALES),
    _inner("series.LearnedSize", _SCALES, regressor_=_MODEL),
    _inner("series.FixedShare", _COVERAGE),
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
