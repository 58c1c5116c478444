"""The base of decoders around another one."""

from __future__ import annotations

from typing import ClassVar

from skorch.callbacks import Callback

from stforecast._constraints import Constraint
from stforecast.estimators.parts.base import Decoder
from stforecast.estimators.parts.decoders import DECODER, make_decoder


class OuterDecoder(Decoder):
    """Base of decoders that change what another one, their parameter `decoder`, makes."""

    _constraints: ClassVar[dict[str, Constraint]] = {"decoder": DECODER}

    decoder: str | Decoder

    @property
    def _inner_decoder(self) -> Decoder:
        return make_decoder(self.decoder)

    def callbacks(self) -> list[Callback]:
        """Return what changes the inner head between epochs.

        Returns
        -------
        list of skorch.callbacks.Callback
            Those of the inner decoder.
        """
        return self._inner_decoder.callbacks()
