"""What is said of data that make no sense: type and words of each case.

An entry without words of its own says those of its family.
"""

from __future__ import annotations

FAMILIES = {
    "Framewise.fit": "X",
    "fit, X": "X",
    "partial_fit, X": "X",
    "predict": "X",
    "SeriesForecaster.fit": "series",
    "forecast": "series",
    "update": "series",
    "backtest": "series",
    "score": "series",
}
MESSAGES: dict[str, dict[str, tuple[str, str]]] = {
    "make_windows": {
        "None": (
            "TypeError",
            "A series must be a table, an array or a list of these, got NoneType",
        ),
        "a text": ("ValueError", "A series must be numeric, got an array of <U1"),
        "bytes": ("ValueError", "A series must be numeric, got an array of |S2"),
        "a number": (
            "ShapeError",
            "A series must have shape (N,), (N, C), (N, H, W) or (N, C, H, W), got ()",
        ),
        "a flag": (
            "ShapeError",
            "A series must have shape (N,), (N, C), (N, H, W) or (N, C, H, W), got ()",
        ),
        "an object": (
            "TypeError",
            "A series must be a table, an array or a list of these, got object",
        ),
        "a class": (
            "TypeError",
            "A series must be a table, an array or a list of these, got ABCMeta",
        ),
        "a dict": ("TypeError", "A series must be a table, an array or a list of these, got dict"),
        "a set": ("TypeError", "A series must be a table, an array or a list of these, got set"),
        "a generator": (
            "TypeError",
            "A series must be a table, an array or a list of these, got generator",
        ),
        "an empty list": ("ValueError", "A panel must hold at least one series, got an empty list"),
        "rows of several lengths": (
            "SeriesTooShortError",
            "A window needs lookback + gap + horizon = 3 + 0 + 1 = 4 rows",
        ),
        "an empty array": (
            "SeriesTooShortError",
            "A window needs lookback + gap + horizon = 3 + 0 + 1 = 4 rows",
        ),
        "no rows": (
            "SeriesTooShortError",
            "A window needs lookback + gap + horizon = 3 + 0 + 1 = 4 rows",
        ),
        "no columns": (
            "ShapeError",
            "A series must hold at least one value per row, got shape (9, 0)",
        ),
        "no axes": (
            "ShapeError",
            "A series must have shape (N,), (N, C), (N, H, W) or (N, C, H, W), got ()",
        ),
        "six axes": (
            "ShapeError",
            "A series must have shape (N,), (N, C), (N, H, W) or (N, C, H, W), got (2, 2, 2,",
        ),
        "texts": ("ValueError", "A series must be numeric, got an array of <U1"),
        "objects": ("ValueError", "A series must be numeric, got an array of object"),
        "complex numbers": ("ValueError", "A series must be numeric, got an array of complex128"),
        "moments": ("ValueError", "A series must be numeric, got an array of datetime64[D]"),
        "NaN": ("MissingValuesError", "series must hold numbers, but it holds no value"),
        "infinity": ("MissingValuesError", "series must hold finite numbers"),
    },
    "calendar_features": {
        "None": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got NoneType"),
        "a text": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got str"),
        "bytes": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got bytes"),
        "a number": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got int"),
        "a flag": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got bool"),
        "an object": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got object"),
        "a class": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ABCMeta"),
        "a dict": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got dict"),
        "a set": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got set"),
        "a generator": (
            "TypeError",
            "index must be a DatetimeIndex or a PeriodIndex, got generator",
        ),
        "an empty list": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got list"),
        "rows of several lengths": (
            "TypeError",
            "index must be a DatetimeIndex or a PeriodIndex, got list",
        ),
        "an empty array": (
            "TypeError",
            "index must be a DatetimeIndex or a PeriodIndex, got ndarray",
        ),
        "no rows": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ndarray"),
        "no columns": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ndarray"),
        "no axes": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ndarray"),
        "six axes": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ndarray"),
        "texts": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ndarray"),
        "objects": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ndarray"),
        "complex numbers": (
            "TypeError",
            "index must be a DatetimeIndex or a PeriodIndex, got ndarray",
        ),
        "moments": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ndarray"),
        "NaN": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ndarray"),
        "infinity": ("TypeError", "index must be a DatetimeIndex or a PeriodIndex, got ndarray"),
    },
    "X": {
        "None": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "a text": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "bytes": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "a number": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "a flag": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "an object": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "a class": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "a dict": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "a set": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "a generator": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "an empty list": ("ValueError", "Expected 2D array, got 1D array instead:"),
        "rows of several lengths": ("ValueError", "setting an array element with a sequence"),
        "an empty array": ("ValueError", "Expected 2D array, got 1D array instead:"),
        "no rows": ("ValueError", "Found array with 0 sample(s)"),
        "no columns": ("ValueError", "Found array with 0 feature(s)"),
        "no axes": ("ValueError", "Expected 2D array, got scalar array instead:"),
        "texts": (
            "ValueError",
            "dtype='numeric' is not compatible with arrays of bytes/strings.Convert your data",
        ),
        "objects": (
            "TypeError",
            "float() argument must be a string or a real number, not 'object'",
        ),
        "complex numbers": ("ValueError", "Complex data not supported"),
        "NaN": ("ValueError", "Input X contains NaN"),
        "infinity": (
            "ValueError",
            "Input X contains infinity or a value too large for dtype('float64')",
        ),
    },
    "fit, y": {
        "None": ("ValueError", "A forecaster requires y to be passed"),
        "a text": (
            "ValueError",
            "dtype='numeric' is not compatible with arrays of bytes/strings.Convert your data",
        ),
        "bytes": (
            "ValueError",
            "dtype='numeric' is not compatible with arrays of bytes/strings.Convert your data",
        ),
        "a number": ("TypeError", "Input should have at least 1 dimension i.e"),
        "a flag": ("TypeError", "Input should have at least 1 dimension i.e"),
        "an object": ("TypeError", "Input should have at least 1 dimension i.e"),
        "a class": ("TypeError", "Input should have at least 1 dimension i.e"),
        "a dict": ("TypeError", "Input should have at least 1 dimension i.e"),
        "a set": ("TypeError", "Input should have at least 1 dimension i.e"),
        "a generator": ("TypeError", "Input should have at least 1 dimension i.e"),
        "an empty list": ("ValueError", "Found array with 0 sample(s)"),
        "rows of several lengths": ("ValueError", "setting an array element with a sequence"),
        "an empty array": ("ValueError", "Found array with 0 sample(s)"),
        "no rows": (
            "ShapeError",
            "y must have shape (n,) or (n, horizon * outputs), step by step, got (0, 6, 2)",
        ),
        "no columns": ("ValueError", "Found array with 0 feature(s)"),
        "no axes": ("TypeError", "Input should have at least 1 dimension i.e"),
        "six axes": (
            "ShapeError",
            "y must have shape (n,) or (n, horizon * outputs), step by step, got (2, 2, 2, 2,",
        ),
        "texts": (
            "ValueError",
            "dtype='numeric' is not compatible with arrays of bytes/strings.Convert your data",
        ),
        "objects": (
            "TypeError",
            "float() argument must be a string or a real number, not 'object'",
        ),
        "complex numbers": ("ValueError", "Complex data not supported"),
        "moments": ("ValueError", "y must be numeric, got an array of datetime64[D]"),
        "NaN": (
            "ShapeError",
            "y must have shape (n,) or (n, horizon * outputs), step by step, got (9, 6, 2)",
        ),
        "infinity": (
            "ShapeError",
            "y must have shape (n,) or (n, horizon * outputs), step by step, got (9, 6, 2)",
        ),
    },
    "series": {
        "None": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "a text": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "bytes": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "a number": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "a flag": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "an object": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "a class": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "a dict": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "a set": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "a generator": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "an empty list": ("ValueError", "Expected 2D array, got 1D array instead:"),
        "rows of several lengths": (
            "ShapeError",
            "A series given as a list must have rows of one length",
        ),
        "an empty array": ("ValueError", "Expected 2D array, got 1D array instead:"),
        "no rows": ("ValueError", "Found array with 0 sample(s)"),
        "no columns": ("ValueError", "Found array with 0 feature(s)"),
        "no axes": (
            "TypeError",
            "X must be a series (a table, an array, an xarray object or a list of these), got",
        ),
        "six axes": (
            "ShapeError",
            "A series must have shape (N,), (N, C), (N, H, W) or (N, C, H, W), got (2, 2, 2,",
        ),
        "texts": (
            "ValueError",
            "dtype='numeric' is not compatible with arrays of bytes/strings.Convert your data",
        ),
        "objects": (
            "TypeError",
            "float() argument must be a string or a real number, not 'object'",
        ),
        "complex numbers": ("ValueError", "Complex data not supported"),
        "NaN": ("ValueError", "Input contains NaN"),
        "infinity": (
            "ValueError",
            "Input contains infinity or a value too large for dtype('float64')",
        ),
    },
    "SeriesForecaster.fit, known": {
        "a text": ("ValueError", "known must be numeric, got an array of <U1"),
        "bytes": ("ValueError", "known must be numeric, got an array of |S2"),
        "a number": (
            "ShapeError",
            "known must have shape (rows, K) and reach the last target, 60 rows from the star",
        ),
        "a flag": (
            "ShapeError",
            "known must have shape (rows, K) and reach the last target, 60 rows from the star",
        ),
        "an object": ("ValueError", "known must be numeric, got an array of object"),
        "a class": ("ValueError", "known must be numeric, got an array of object"),
        "a dict": ("ValueError", "known must be numeric, got an array of object"),
        "a set": ("ValueError", "known must be numeric, got an array of object"),
        "a generator": ("ValueError", "known must be numeric, got an array of object"),
        "an empty list": (
            "ShapeError",
            "known must have shape (rows, K) and reach the last target, 60 rows from the star",
        ),
        "rows of several lengths": ("ShapeError", "known must have rows of one length"),
        "an empty array": (
            "ShapeError",
            "known must have shape (rows, K) and reach the last target, 60 rows from the star",
        ),
        "no rows": (
            "ShapeError",
            "known must have shape (rows, K) and reach the last target, 60 rows from the star",
        ),
        "no columns": (
            "ShapeError",
            "known must hold at least one value per row, got shape (9, 0)",
        ),
        "no axes": (
            "ShapeError",
            "known must have shape (rows, K) and reach the last target, 60 rows from the star",
        ),
        "six axes": (
            "ShapeError",
            "known must have shape (rows, K) and reach the last target, 60 rows from the star",
        ),
        "texts": ("ValueError", "known must be numeric, got an array of <U1"),
        "objects": ("ValueError", "known must be numeric, got an array of object"),
        "complex numbers": ("ValueError", "known must be numeric, got an array of complex128"),
        "moments": ("ValueError", "known must be numeric, got an array of datetime64[D]"),
        "NaN": (
            "ShapeError",
            "known must have shape (rows, K) and reach the last target, 60 rows from the star",
        ),
        "infinity": (
            "ShapeError",
            "known must have shape (rows, K) and reach the last target, 60 rows from the star",
        ),
    },
    "Framewise.fit": {
        "six axes": (
            "ShapeError",
            "X must have shape (n, T), (n, T, C), (n, T, H, W) or (n, T, C, H, W), got (2, 2,",
        ),
        "moments": ("ValueError", "X must be numeric, got an array of datetime64[D]"),
    },
    "fit, X": {
        "six axes": (
            "ValueError",
            "Found input variables with inconsistent numbers of samples: [2, 53]",
        ),
        "moments": (
            "ValueError",
            "Found input variables with inconsistent numbers of samples: [9, 53]",
        ),
    },
    "partial_fit, X": {
        "six axes": (
            "ValueError",
            "Found input variables with inconsistent numbers of samples: [2, 53]",
        ),
        "moments": (
            "ValueError",
            "Found input variables with inconsistent numbers of samples: [9, 53]",
        ),
    },
    "predict": {
        "six axes": ("ValueError", "X has 2 features"),
        "moments": ("ValueError", "X has 1 features"),
    },
    "SeriesForecaster.fit": {
        "moments": ("ValueError", "A series must be numeric, got an array of datetime64[D]"),
    },
    "forecast": {
        "moments": ("ValueError", "X has 1 features"),
    },
    "update": {
        "moments": ("ValueError", "X has 1 features"),
    },
    "backtest": {
        "moments": ("ValueError", "X has 1 features"),
    },
    "score": {
        "moments": ("ValueError", "X has 1 features"),
    },
}
# how messages of further entries begin; scikit-learn says those of arrays that are no samples
_SAMPLES = (
    "Expected 2D array|Found array with|Found input variables|Input X contains|Complex data not"
    "|X must have shape|X must be numeric|X has . features|dtype='numeric' is not compatible"
    "|setting an array element|float\\(\\) argument must"
)
_SERIES = "A series must|A window needs lookback|series must hold finite|setting an array element"
WORDS = {
    "latest_windows": _SERIES,
    "make_windows, target": "target must name columns|target must have rows of one length",
    "make_windows, known": "known must",
    "make_windows, static": "static must",
    "SeriesForecaster.fit, static": "static must",
    "forecast, known": "known covariates were not given to fit",
    "forecast_interval": f"X must be a|A series given|Input contains NaN|{_SERIES}|{_SAMPLES}",
    "classifier's fit, X": _SAMPLES,
    "classifier's fit, y": (
        f"y should be a 1d array|A classifier requires y|y must hold one class|{_SAMPLES}"
    ),
    "predict_proba": _SAMPLES,
    "baseline's fit, X": _SAMPLES,
    "baseline's fit, y": f"y must|A forecaster requires y|Input should have at least|{_SAMPLES}",
    "baseline's predict": _SAMPLES,
    "detector's fit": _SAMPLES,
    "Crop.fit": _SAMPLES,
    "Flatten.fit": _SAMPLES,
    "FoldTime.fit": _SAMPLES,
    "leakage_report": "leakage_report needs Windows, which know their rows",
    "critical_success_index": "y_true must hold numbers alone|y_true and y_pred must have one",
    "crps_ensemble": "members must",
    "skill_score": "y_pred must hold numbers alone|y_true, y_pred and y_reference must have one sh",
    "ssim_per_frame": "y_true must hold numbers alone|Maps must be at least window_size",
    "save": "save needs a scikit-learn estimator, got",
    "load": "path must be the path of a file, got",
}
