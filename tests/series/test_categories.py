"""Columns of text and of categories, in the series, in `known` and in `static`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from stforecast import LSTMForecaster, SeriesForecaster
from stforecast.estimators import DenseDecoder
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.persistence import load, save
from stforecast.windows import make_windows
from tests.series.data import Recorder

DAYS = pd.date_range("2024-01-01", periods=60, name="day")
REGIONS = {"a": "north", "b": "south", "c": "north", "d": "west"}
STATIC = pd.DataFrame({"region": pd.Series(REGIONS), "size": [1.0, 2.0, 3.0, 4.0]})
_DRAW = np.random.default_rng(0)
OFFER = pd.Series(_DRAW.choice(["none", "small", "large"], size=len(DAYS)), DAYS)
EVENT = pd.Series(
    _DRAW.choice(["work day", "holiday"], size=70), pd.date_range(DAYS[0], periods=70)
)


def sales(shop: str, days: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    """Return what a shop sells: more with an offer, at a holiday, and in the north."""
    base = 10.0 + 5 * (REGIONS.get(shop) == "north") + 8 * (EVENT[days] == "holiday")
    noise = np.random.default_rng(ord(shop[0])).normal(size=len(days))
    return pd.DataFrame({"sold": base + noise, "offer": OFFER[days].to_numpy()}, days)


SHOPS = pd.concat({shop: sales(shop) for shop in REGIONS}, names=["shop", "day"])
KNOWN = pd.DataFrame({"event": EVENT.astype("category")})


def forecaster(estimator: Any = None, **params: Any) -> SeriesForecaster:
    estimator = Ridge(1e-3) if estimator is None else estimator
    return SeriesForecaster(estimator, **{"lookback": 5, "horizon": 3, "target": "sold", **params})


def in_numbers(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return a table with a column as pandas' own dummies, behind the others."""
    return pd.get_dummies(table, columns=[column], dtype=float)


@pytest.mark.parametrize("kind", ["str", "object", "category"])
def test_categories_are_what_dummies_would_be(kind: str) -> None:
    shops, known = SHOPS.astype({"offer": kind}), KNOWN.astype({"event": kind})
    static = STATIC.astype({"region": kind})
    found = forecaster().fit(shops, known=known, static=static).forecast()
    by_hand = forecaster().fit(
        in_numbers(SHOPS, "offer"),
        known=in_numbers(KNOWN, "event"),
        static=in_numbers(STATIC, "region"),
    )
    pd.testing.assert_frame_equal(found, by_hand.forecast())
    assert list(found.columns) == ["sold"]


def test_each_row_shows_the_category_of_its_own_day() -> None:
    shop = SHOPS.loc["a"]
    forecaster(Recorder()).fit(shop, known=KNOWN).forecast()
    offers = ["large", "none", "small"]
    expected = [float(offer == one) for offer in OFFER.iloc[-5:] for one in offers]
    window = Recorder.seen[0, :20].reshape(5, 4)
    np.testing.assert_array_equal(window[:, 1:].ravel(), expected)
    ahead = [[float(event == one) for one in ("holiday", "work day")] for event in EVENT[60:63]]
    np.testing.assert_array_equal(Recorder.seen[0, 20:], np.ravel(ahead))


def test_a_series_of_numbers_and_texts_forecasts_its_numbers() -> None:
    model = forecaster(target=None).fit(SHOPS)
    assert list(model.forecast().columns) == ["sold"]
    with pytest.raises(ValueError, match=r"at most 3.* Fit with that horizon, or without col"):
        model.forecast(horizon=4)


def test_a_category_that_training_has_not_seen_is_none_of_those_seen() -> None:
    model = forecaster(Recorder()).fit(SHOPS.loc["a"])
    strange = SHOPS.loc["a"].assign(offer="giant")
    model.forecast(strange)
    assert not Recorder.seen[0].reshape(5, 4)[:, 1:].any()
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=2)
    model = forecaster(Recorder(), encoder=encoder).fit(SHOPS.loc["a"])
    model.forecast(strange)
    names = model.encoders_["series"].encoder.get_feature_names_out(["offer"])
    assert names[-1] == "offer_infrequent_sklearn"
    np.testing.assert_array_equal(Recorder.seen[0].reshape(5, -1)[:, -1], 1.0)


def test_a_missing_category_is_a_category_of_its_own() -> None:
    offer = SHOPS["offer"].where(SHOPS["offer"] != "none")
    known = KNOWN.assign(event=KNOWN["event"].where(KNOWN["event"] == "holiday"))
    found = forecaster().fit(SHOPS.assign(offer=offer), known=known).forecast()
    filled = forecaster().fit(SHOPS, known=KNOWN).forecast()
    np.testing.assert_allclose(found, filled, rtol=1e-9)


def test_later_rows_do_not_change_what_was_learned() -> None:
    early = SHOPS[SHOPS.index.get_level_values("day") < DAYS[40]]
    late = SHOPS.assign(offer=np.where(SHOPS.index.isin(early.index), SHOPS["offer"], "giant"))
    late.loc[~late.index.isin(early.index), "sold"] = 1e6
    model = forecaster().fit(early, known=KNOWN, static=STATIC)
    expected = model.forecast(early)
    rows = late[late.index.get_level_values("day") < DAYS[40]]
    pd.testing.assert_frame_equal(model.forecast(rows), expected)


def test_updates_and_backtests_read_categories_as_fit_did() -> None:
    early = SHOPS[SHOPS.index.get_level_values("day") < DAYS[50]]
    late = SHOPS.drop(early.index)
    found = forecaster().fit(early, known=KNOWN, static=STATIC)
    hand = forecaster().fit(
        in_numbers(early, "offer"),
        known=in_numbers(KNOWN, "event"),
        static=in_numbers(STATIC, "region"),
    )
    numbers = in_numbers(SHOPS, "offer").loc[late.index]
    pd.testing.assert_frame_equal(found.backtest(late), hand.backtest(numbers))
    assert found.score(late) == pytest.approx(hand.score(numbers))
    pd.testing.assert_frame_equal(found.update(late).forecast(), hand.update(numbers).forecast())


def test_a_function_of_the_index_may_name_categories() -> None:
    def weekdays(times: pd.Index) -> pd.DataFrame:
        return pd.DataFrame({"day": times.day_name()}, times)

    found = forecaster().fit(SHOPS, known=weekdays).forecast()
    table = weekdays(pd.date_range(DAYS[0], periods=70))
    pd.testing.assert_frame_equal(found, forecaster().fit(SHOPS, known=table).forecast())


def test_lists_of_tables_share_their_categories() -> None:
    tables = [SHOPS.loc[shop] for shop in REGIONS]
    found = forecaster().fit(tables).forecast()
    expected = forecaster().fit(SHOPS).forecast()
    for one, shop in zip(found, REGIONS, strict=True):
        np.testing.assert_allclose(one, expected.loc[shop])


def test_codes_by_an_ordinal_encoder() -> None:
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    model = forecaster(Recorder(), encoder=codes).fit(SHOPS.loc["a"])
    model.forecast(SHOPS.loc["a"].assign(offer=["giant"] * 58 + ["none", "small"]))
    np.testing.assert_array_equal(Recorder.seen[0].reshape(5, 2)[:, 1], [-1, -1, -1, 1, 2])


def test_features_may_be_a_column_or_a_mapping() -> None:
    expected = forecaster().fit(SHOPS, static=STATIC).forecast()
    mapping = STATIC.to_dict(orient="index")
    pd.testing.assert_frame_equal(forecaster().fit(SHOPS, static=mapping).forecast(), expected)
    table = forecaster().fit(SHOPS, static=STATIC[["region"]]).forecast()
    column = forecaster().fit(SHOPS, static=STATIC["region"]).forecast()
    pd.testing.assert_frame_equal(column, table)


def test_the_name_of_a_series_can_be_its_feature() -> None:
    levels = pd.Series({"a": 0.0, "b": 100.0, "c": -50.0, "d": 7.0})
    noise = np.random.default_rng(0).normal(size=len(SHOPS))
    own = pd.DataFrame({"sold": noise + levels.reindex(SHOPS.index.get_level_values(0)).to_numpy()})
    own.index = SHOPS.index
    # a window is no use here: its values are drawn anew each day around a level
    model = forecaster(lookback=1, horizon=1).fit(own, static="series")
    names = pd.DataFrame({"name": list(levels.index)}, levels.index)
    by_hand = forecaster(lookback=1, horizon=1).fit(own, static=in_numbers(names, "name"))
    pd.testing.assert_frame_equal(model.forecast(), by_hand.forecast())
    apart = (model.forecast()["sold"].droplevel("day") - levels).abs().max()
    assert apart < 0.5
    shuffled = own.loc[["d", "c", "b", "a"]]
    pd.testing.assert_frame_equal(model.forecast(shuffled).loc[["a"]], model.forecast().loc[["a"]])
    new = pd.concat({"e": own.loc["a"], "a": own.loc["a"]}, names=own.index.names)
    forecasts = model.forecast(new)["sold"].droplevel("day")
    assert forecasts["a"] == pytest.approx(model.forecast()["sold"].droplevel("day")["a"])
    assert abs(forecasts["e"] - forecasts["a"]) > 1  # a name not seen is none of those seen


def test_a_network_learns_a_vector_for_each_name(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=80, name="day")
    levels = pd.Series({f"shop {i}": 10.0 * (i % 5) for i in range(12)})
    draw = np.random.default_rng(0)
    own = pd.concat(
        {
            name: pd.DataFrame({"sold": level + draw.normal(size=80)}, days)
            for name, level in levels.items()
        },
        names=["shop", "day"],
    )
    blurred = own.assign(sold=own["sold"].where(draw.random(len(own)) < 0.5, 20.0))
    network = LSTMForecaster(
        4, decoder=DenseDecoder(embedding=3), baseline=None, max_epochs=30, lr=0.02,
        random_state=0, device="cpu",
    )  # fmt: skip
    model = forecaster(network, lookback=1, horizon=1).fit(blurred, static="series")
    assert model.estimator_.net_.module_.head.embed.weight.shape == (3, 12)
    forecasts = model.forecast()["sold"].droplevel("day")
    assert np.corrcoef(forecasts, levels)[0, 1] > 0.95
    save(model, tmp_path / "model.stf")
    pd.testing.assert_frame_equal(load(tmp_path / "model.stf").forecast(), model.forecast())


def test_new_series_bring_their_features() -> None:
    model = forecaster(Recorder()).fit(SHOPS, static=STATIC)
    new = pd.concat({"e": SHOPS.loc["a"]}, names=SHOPS.index.names)
    with pytest.raises(ShapeError, match="static must have a row for each series, but lacks 'e'"):
        model.forecast(new)
    features = pd.DataFrame({"region": ["west"], "size": [9.0]}, ["e"])
    found = model.forecast(new, static=features)
    np.testing.assert_array_equal(Recorder.seen[0, -4:], [9, 0, 0, 1])
    assert found.index.get_level_values(0).unique().tolist() == ["e"]
    table = model.backtest(new, static=features)
    assert np.isfinite(table.to_numpy()).all()
    assert "e" not in model.static_.index  # what was given serves this call alone


def test_series_of_a_list_bring_their_features() -> None:
    tables = [SHOPS.loc[shop] for shop in REGIONS]
    model = forecaster().fit(tables, static=STATIC.reset_index(drop=True))
    later = [table.shift(3, freq="D") for table in tables[::-1]]
    with pytest.raises(ShapeError, match="place alone does not tell"):
        model.forecast(later)
    found = model.forecast(later, static=STATIC[::-1].reset_index(drop=True))
    table = pd.concat(dict(zip(list(REGIONS)[::-1], later, strict=True)), names=SHOPS.index.names)
    expected = forecaster().fit(SHOPS, static=STATIC).forecast(table)
    for one, shop in zip(found, list(REGIONS)[::-1], strict=True):
        np.testing.assert_allclose(one, expected.loc[shop])


def test_features_at_forecast_need_features_in_fit() -> None:
    with pytest.raises(ValueError, match="static features were not given to fit"):
        forecaster().fit(SHOPS).forecast(SHOPS, static=STATIC)
    named = forecaster().fit(SHOPS, static="series")
    with pytest.raises(ShapeError, match=r"learned the names of the series .*got DataFrame. Leave"):
        named.forecast(SHOPS, static=STATIC)
    featured = forecaster().fit(SHOPS, static=STATIC)
    with pytest.raises(ShapeError, match=r"learned features of each series, got 'ser"):
        featured.forecast(SHOPS, static="series")
    pd.testing.assert_frame_equal(named.forecast(SHOPS, static="series"), named.forecast(SHOPS))


def test_features_at_forecast_have_the_columns_of_those_in_fit() -> None:
    model = forecaster().fit(SHOPS, static=STATIC.assign(age=[4.0, 1.0, 9.0, 2.0]))
    shuffled = STATIC.assign(age=[4.0, 1.0, 9.0, 2.0])[["age", "region", "size"]]
    pd.testing.assert_frame_equal(model.forecast(SHOPS, static=shuffled), model.forecast(SHOPS))
    with pytest.raises(ShapeError, match=r"static must have the columns .*'age'\], got .*'size'\]"):
        model.forecast(SHOPS, static=STATIC)


def test_scores_and_intervals_read_features_of_the_series() -> None:
    model = forecaster(calibration=20).fit(SHOPS, static=STATIC)
    other = STATIC.assign(size=STATIC["size"] + 5, region=list(STATIC["region"])[::-1])
    forecasts, truth = model.paired_forecasts(SHOPS, static=other)
    table = model.backtest(SHOPS, static=other)
    np.testing.assert_allclose(forecasts, table.to_numpy())
    assert not np.allclose(forecasts, model.paired_forecasts(SHOPS)[0])
    assert model.score(SHOPS, static=other) == pytest.approx(r2_score(truth, forecasts))
    moved = model.forecast(SHOPS, static=other) - model.forecast(SHOPS)
    lower, upper = model.forecast_interval(SHOPS, coverage=0.8, static=other)
    for side, plain in zip(
        (lower, upper), model.forecast_interval(SHOPS, coverage=0.8), strict=True
    ):
        pd.testing.assert_frame_equal(side, plain + moved)
    quantiles = model.forecast_quantiles(SHOPS, quantiles=[0.1, 0.9], static=other)
    pd.testing.assert_frame_equal(quantiles[0.1], lower)
    pd.testing.assert_frame_equal(quantiles[0.9], upper)


def test_features_that_are_no_collection_are_refused() -> None:
    sizes = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}
    match = r"map each series to a list .* got 1.0 for 'a'. Pass pd.DataFrame\(\{'feature': static"
    for call in (forecaster().fit, lambda X, static: make_windows(X, lookback=5, static=static)):
        with pytest.raises(ShapeError, match=match):
            call(SHOPS[["sold"]], static=sizes)
        with pytest.raises(ShapeError, match=r"has 1 for 'a' and 2 for 'b'\. Add"):
            call(SHOPS[["sold"]], static={"a": [1], "b": [1, 2], "c": [1], "d": [1]})
    expected = forecaster().fit(SHOPS, static=pd.Series(sizes)).forecast()
    found = forecaster().fit(SHOPS, static=pd.DataFrame({"feature": sizes})).forecast()
    pd.testing.assert_frame_equal(found, expected)


def test_a_network_forecasts_a_table_with_categories() -> None:
    network = LSTMForecaster(8, max_epochs=60, lr=0.02, random_state=0, device="cpu")
    model = forecaster(network, horizon=1)
    names = ["sold", "offer"]
    early = SHOPS[SHOPS.index.get_level_values("day") < DAYS[50]][names]
    late = SHOPS.drop(early.index)[names]
    blind = model.fit(early[["sold"]]).score(late[["sold"]])
    seeing = model.fit(early, known=KNOWN, static=STATIC).score(late)
    assert seeing > blind + 0.3


@pytest.mark.parametrize("encoder", [None, OrdinalEncoder(), OneHotEncoder(max_categories=2)])
def test_files_keep_categories(encoder: Any, tmp_path: Path) -> None:
    model = forecaster(encoder=encoder).fit(SHOPS, known=KNOWN, static=STATIC)
    save(model, tmp_path / "model.stf")
    again = load(tmp_path / "model.stf")
    pd.testing.assert_frame_equal(again.forecast(), model.forecast())
    pd.testing.assert_frame_equal(again.forecast(SHOPS), model.forecast(SHOPS))
    named = forecaster().fit(SHOPS, static="series")
    save(named, tmp_path / "named.stf")
    pd.testing.assert_frame_equal(load(tmp_path / "named.stf").forecast(), named.forecast())


def test_numbers_as_text_are_no_categories() -> None:
    shops = SHOPS.assign(offer=np.arange(len(SHOPS)).astype(str))
    with pytest.raises(ValueError, match="must be numeric, but column 'offer' holds"):
        forecaster().fit(shops)
    forecaster().fit(shops.assign(offer=pd.Categorical(shops["offer"].str[-1]))).forecast()


@pytest.mark.parametrize("marker", ["n/a", "?"])
@pytest.mark.parametrize("dtype", ["str", "object"])
def test_numbers_with_a_marker_are_no_categories(marker: str, dtype: str) -> None:
    sold = SHOPS["sold"].astype(str).where(np.arange(len(SHOPS)) % 9 > 0, marker).astype(dtype)
    shops = SHOPS.assign(sold=sold, price=1.0)
    match = rf"column 'sold' holds .*, but '{re.escape(marker)}' is a marker. Make numbers of it"
    with pytest.raises(ValueError, match=match):
        forecaster(target=None).fit(shops)
    with pytest.raises(ValueError, match=match):
        make_windows(shops[["sold"]], lookback=5)
    # as many texts as numbers: codes of products, say
    codes = shops.assign(sold=np.resize(["7", "8", "x", "y"], len(SHOPS)))
    assert list(forecaster(target=None).fit(codes).forecast().columns) == ["price"]


def test_numbers_with_decimal_commas_are_no_categories() -> None:
    rng = np.random.default_rng(0)
    sold = [
        f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
        for value in rng.uniform(0, 9e3, len(SHOPS))
    ]
    shops = SHOPS.assign(sold=sold, price=1.0)
    with pytest.raises(ValueError, match=r"column 'sold' holds .*read_csv\(..., decimal=',', thou"):
        forecaster(target=None).fit(shops)
    numbers = shops["sold"].str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    columns = (
        forecaster(target=None).fit(shops.assign(sold=pd.to_numeric(numbers))).forecast().columns
    )
    assert list(columns) == ["sold", "price"]


@pytest.mark.parametrize("written", ["%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y %H:%M"])
def test_written_dates_are_no_categories_where_rows_have_no_times(written: str) -> None:
    shop = SHOPS.loc["a"]
    table = shop.assign(day=shop.index.strftime(written)).reset_index(drop=True)
    with pytest.raises(ValueError, match=r"column 'day' holds .* It holds written dates. Read"):
        forecaster().fit(table)
    # beside the times of the rows they are categories, as a day of delivery is
    forecaster().fit(shop.assign(due=np.resize(["01.02.2024", "13.02.2024"], len(shop)))).forecast()


def test_whole_numbers_are_categories_of_one_name_whatever_their_type() -> None:
    stars = pd.Series(np.resize([3, 4, 5], len(DAYS)), DAYS)
    shop = SHOPS.loc["a"].assign(offer=stars.astype("category"))
    model = forecaster().fit(shop)
    for kind in (float, int, object):
        found = model.forecast(shop.assign(offer=stars.astype(kind)))
        pd.testing.assert_frame_equal(found, model.forecast())


def test_more_names_than_columns_may_be_are_refused() -> None:
    days = pd.date_range("2024-01-01", periods=6, name="day")
    rows = pd.MultiIndex.from_product([range(1025), days], names=["shop", "day"])
    many = pd.DataFrame({"sold": np.arange(len(rows)) % 7.0}, rows)
    match = "a column of numbers for each series, at most 1024, got 1025 series. Leave static out"
    with pytest.raises(ShapeError, match=match):
        forecaster(lookback=2, horizon=1).fit(many, static="series")
    few = OneHotEncoder(max_categories=64, handle_unknown="infrequent_if_exist")
    forecaster(encoder=few, lookback=2, horizon=1).fit(many, static="series")


def test_every_column_is_forecast_where_there_is_no_text() -> None:
    shops = SHOPS.assign(price=1.0)
    with pytest.raises(ValueError, match=r"or without columns of text .* and with target=None"):
        forecaster().fit(shops).forecast(horizon=9)
    assert len(forecaster(target=None).fit(shops.drop(columns="offer")).forecast(horizon=9)) == 36


def test_text_without_end_is_no_category() -> None:
    texts = [f"order {i}" for i in range(2000)]
    days = pd.date_range("2020-01-01", periods=2000)
    table = pd.DataFrame({"sold": np.arange(2000.0), "order": texts}, days)
    match = r"may become 1024 columns of numbers, but columns \['order'\] become 2000"
    with pytest.raises(ValueError, match=match):
        forecaster().fit(table)
    few = OneHotEncoder(max_categories=64, handle_unknown="infrequent_if_exist")
    forecaster(encoder=few).fit(table).forecast()


def test_an_encoder_must_not_need_a_target() -> None:
    with pytest.raises(ParameterError, match="encoder must learn from categories alone, but Tar"):
        forecaster(encoder=TargetEncoder()).fit(SHOPS)


def test_what_is_forecast_holds_numbers() -> None:
    with pytest.raises(ValueError, match="'offer' holds categories"):
        forecaster(target="offer").fit(SHOPS)
    with pytest.raises(ValueError, match=r"must have a column of numbers to forecast, but \['off"):
        forecaster(target=None).fit(SHOPS[["offer"]])


@pytest.mark.parametrize("static", ["names", "series"])
def test_names_as_features_are_those_of_a_panel(static: str) -> None:
    with pytest.raises(ShapeError, match="static must be 'series', for the names of the series"):
        forecaster().fit(SHOPS.loc["a"], static=static)
