"""Derive the rational approximations of tanh that the kernel uses.

Run with ``python -m tests.nn.kernels.derive_tanh``; it prints ``tanh_coefficients.h``. On
``|u| <= limit``, Remez's exchange finds the odd fraction ``u P(u^2) / Q(u^2)`` whose largest
relative error to tanh is least. The kernel doubles the argument, ``tanh(2 u) = 2 p q / (p^2 +
q^2)``, which keeps that relative error near zero and shrinks it further out, so that half the
range is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import mpmath as mp

DIGITS = 50
ROUNDS = 7
GRID = 1200  # points among which the extremes of the error are looked for


@dataclass(frozen=True)
class Fraction:
    """An odd fraction u P(u^2) / Q(u^2) on |u| <= limit, lowest powers first, Q(0) = 1."""

    top: list[mp.mpf]
    bottom: list[mp.mpf]
    limit: mp.mpf

    def __call__(self, u: mp.mpf) -> mp.mpf:
        return u * self.numerator(u) / self.denominator(u)

    def numerator(self, u: mp.mpf) -> mp.mpf:
        return mp.polyval(self.top[::-1], u * u)

    def denominator(self, u: mp.mpf) -> mp.mpf:
        return mp.polyval(self.bottom[::-1], u * u)

    def error(self, u: mp.mpf) -> mp.mpf:
        """Relative error to tanh."""
        return self(u) / mp.tanh(u) - 1


def derive(top: int, bottom: int, limit: float) -> tuple[Fraction, mp.mpf]:
    """Return the best fraction of these degrees in u^2 and its largest relative error."""
    with mp.workdps(DIGITS):
        limit = mp.mpf(limit)
        count = top + bottom + 2
        nodes = [limit * (1 - mp.cos(mp.pi * (j + 1) / (count + 1))) / 2 for j in range(count)]
        nodes[-1] = limit
        for _ in range(ROUNDS):
            found, level = _level(nodes, top, bottom, limit)
            nodes = _extremes(found, count)
        return found, abs(level)


def _level(nodes: list[mp.mpf], top: int, bottom: int, limit: mp.mpf) -> tuple[Fraction, mp.mpf]:
    """Solve for the fraction whose error alternates between +E and -E at the nodes."""
    level, found = mp.mpf(0), Fraction([], [mp.mpf(1)], limit)
    for _ in range(5):  # E times Q is not linear: the last E stands in
        rows, right = mp.matrix(len(nodes), len(nodes)), mp.matrix(len(nodes), 1)
        weight = [found.denominator(u) for u in nodes]
        for j, u in enumerate(nodes):
            s, t, sign = u * u, mp.tanh(u), (-1) ** j
            shifted = t * (1 + sign * level)
            for k in range(top + 1):
                rows[j, k] = u * s**k
            for k in range(bottom):
                rows[j, top + 1 + k] = -shifted * s ** (k + 1)
            rows[j, len(nodes) - 1] = -sign * t * weight[j]
            right[j] = shifted
        answer = mp.lu_solve(rows, right)
        level += answer[len(nodes) - 1]
        found = Fraction(
            list(answer[: top + 1]), [mp.mpf(1), *answer[top + 1 : top + 1 + bottom]], limit
        )
    return found, level


def _extremes(found: Fraction, count: int) -> list[mp.mpf]:
    """Return where the error is largest between its changes of sign."""
    grid = [found.limit * (mp.mpf(k) / GRID) ** 2 for k in range(1, GRID + 1)]
    errors = [found.error(u) for u in grid]
    peaks, start = [], 0
    for k in range(1, len(grid) + 1):
        if k == len(grid) or (errors[k] > 0) != (errors[start] > 0):
            peaks.append(max(range(start, k), key=lambda j: abs(errors[j])))
            start = k
    peaks = sorted(sorted(peaks, key=lambda j: -abs(errors[j]))[:count])
    return [grid[j] for j in peaks]


def struct(kind: str, degrees: tuple[int, int], limit: float, digits: int, suffix: str) -> str:
    """Return the coefficients for one precision as C++."""
    found, error = derive(*degrees, limit)
    top, bottom = (
        ",\n      ".join(mp.nstr(number, digits) + suffix for number in numbers)
        for numbers in (found.top, found.bottom)
    )
    return f"""template <> struct Tanh<{kind}> {{  // largest relative error {mp.nstr(error, 2)}
  static constexpr {kind} limit = {limit}{suffix};
  static constexpr int degree_top = {degrees[0]}, degree_bottom = {degrees[1]};
  static constexpr {kind} top[] = {{
      {top}}};
  static constexpr {kind} bottom[] = {{
      {bottom}}};
}};
"""


def header() -> str:
    """Return the whole header."""
    single = struct("float", (3, 3), 4.6, 9, "f")
    double = struct("double", (7, 7), 9.6, 17, "")
    intro = "// tanh(u) = u P(u^2) / Q(u^2) for |u| <= limit, from tests/nn/kernels/derive_tanh.py"
    return f"{intro}\ntemplate <class T> struct Tanh;\n\n{single}\n{double}"


if __name__ == "__main__":
    print(header(), end="")  # noqa: T201
