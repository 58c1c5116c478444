"""A few maps of air temperature that come with the library."""

from __future__ import annotations

from typing import Any

import numpy as np

from stforecast.datasets._package_files import find_shipped_file


def load_air_temperature() -> Any:
    """Load twenty maps of air temperature over North America, six hours apart.

    The NCEP/NCAR reanalysis near the ground from 24 to 28 February 2014. It comes with the library;
    nothing is downloaded. It shows how maps go in and come out; it is far too short to judge a
    forecaster by.

    Returns
    -------
    xarray.DataArray of shape (20, 25, 53), float32
        Kelvin, by ``time`` (UTC), ``lat`` (75 to 15 degrees north) and ``lon`` (200 to 330 degrees
        east), 2.5 degrees apart. ``.values`` is the array.

    Raises
    ------
    ImportError
        If xarray is not installed.
    DataNotFoundError
        If the file is not where it was installed.

    See Also
    --------
    make_rain_cells : As many maps as wanted.

    Notes
    -----
    Data of the NOAA Physical Sciences Laboratory, in the public domain.

    References
    ----------
    .. [1] E. Kalnay et al., "The NCEP/NCAR 40-Year Reanalysis Project", Bulletin of the American
       Meteorological Society 77, 1996,
       https://doi.org/10.1175/1520-0477(1996)077<0437:TNYRP>2.0.CO;2.

    Examples
    --------
    >>> from stforecast import make_windows
    >>> from stforecast.datasets import load_air_temperature
    >>> air = load_air_temperature()
    >>> X, y = make_windows(air, lookback=4)
    >>> X.shape
    (16, 4, 1, 25, 53)
    """
    try:
        import xarray as xr
    except ImportError as error:
        raise ImportError(
            "load_air_temperature needs the xarray package. Install it with pip install xarray."
        ) from error
    with np.load(find_shipped_file("air_temperature", "air_temperature.npz")) as file:
        kelvin = (file["air"] / 100).astype(np.float32)
        coords = {
            "time": file["time"].astype("M8[s]"),
            "lat": ("lat", file["lat"], {"units": "degrees_north"}),
            "lon": ("lon", file["lon"], {"units": "degrees_east"}),
        }
    dims = ("time", "lat", "lon")
    return xr.DataArray(kelvin, coords, dims, "air", {"units": "K"})
