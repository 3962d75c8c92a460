"""Charts as numbers that a template puts into an SVG: no script draws them, and none is needed to read them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 560, 170  # of the whole drawing
LEFT, TOP, BOTTOM = 46, 8, 22  # left free for what stands at the axes
RIGHT = WIDTH - 16  # half a label of the last column
FLOOR = HEIGHT - BOTTOM
LABELS = 7  # at most, below the chart


@dataclass(frozen=True)
class Series:
    name: str
    values: Sequence[float | None]  # None: nothing is known of that one
    style: str  # of its marks: good, bad, main or soft


@dataclass(frozen=True)
class Piece:
    y: float
    height: float
    style: str


@dataclass(frozen=True)
class Column:
    """One hour or day: where its pieces stand, and what the pointer is told there."""

    x: float
    width: float
    pieces: tuple[Piece, ...]
    title: str


@dataclass(frozen=True)
class Line:
    style: str
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Chart:
    title: str
    legend: tuple[tuple[str, str], ...]  # name and style
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]  # height of a rule, and what stands beside it
    labels: tuple[tuple[float, str], ...]
    described: str  # for those who do not see it
    empty: bool


def bars(title: str, names: Sequence[str], series: Sequence[Series], shown: Callable[[float], str]) -> Chart:
    """Stacked: the first series stands on the floor."""
    tops = [sum(one.values[number] or 0 for one in series) for number in range(len(names))]
    most = _round_up(max(tops, default=0))
    step = (RIGHT - LEFT) / max(len(names), 1)
    columns = []
    for number, name in enumerate(names):
        pieces, y = [], float(FLOOR)
        for one in series:
            height = (one.values[number] or 0) / most * (FLOOR - TOP)
            y -= height
            if height:
                pieces.append(Piece(round(y, 1), round(height, 1), one.style))
        words = _described(name, series, number, shown)
        columns.append(Column(round(LEFT + number * step, 1), round(step, 1), tuple(pieces), words))
    return _chart(title, names, series, shown, most, tuple(columns), ())


def lines(title: str, names: Sequence[str], series: Sequence[Series], shown: Callable[[float], str]) -> Chart:
    most = _round_up(max((value for one in series for value in one.values if value is not None), default=0))
    step = (RIGHT - LEFT) / max(len(names), 1)
    drawn = []
    for one in series:
        dots = [
            (round(LEFT + (number + 0.5) * step, 1), round(FLOOR - value / most * (FLOOR - TOP), 1))
            for number, value in enumerate(one.values)
            if value is not None
        ]
        path = "M" + " L".join(f"{x} {y}" for x, y in dots) if dots else ""
        drawn.append(Line(one.style, path, tuple(dots)))
    columns = tuple(
        Column(round(LEFT + number * step, 1), round(step, 1), (), _described(name, series, number, shown))
        for number, name in enumerate(names)
    )
    return _chart(title, names, series, shown, most, columns, tuple(drawn))


def _chart(
    title: str,
    names: Sequence[str],
    series: Sequence[Series],
    shown: Callable[[float], str],
    most: float,
    columns: tuple[Column, ...],
    drawn: tuple[Line, ...],
) -> Chart:
    every = math.ceil(len(names) / LABELS) or 1
    step = (RIGHT - LEFT) / max(len(names), 1)
    # Counted from the right: the last one is today.
    labelled = [number for number in range(len(names)) if (len(names) - 1 - number) % every == 0]
    known = [value for one in series for value in one.values if value]
    described = "; ".join(
        _described(name, series, number, shown) for number, name in enumerate(names) if _any(series, number)
    )
    return Chart(
        title=title,
        legend=tuple((one.name, one.style) for one in series),
        columns=columns,
        lines=drawn,
        ticks=tuple((round(FLOOR - share * (FLOOR - TOP), 1), shown(most * share)) for share in (0, 0.5, 1)),
        labels=tuple((round(LEFT + (number + 0.5) * step, 1), names[number]) for number in labelled),
        described=f"{title}: {described or 'nothing yet'}",
        empty=not known,
    )


def _any(series: Sequence[Series], number: int) -> bool:
    return any(one.values[number] for one in series)


def _described(name: str, series: Sequence[Series], number: int, shown: Callable[[float], str]) -> str:
    values = ((one.name, one.values[number]) for one in series)
    return f"{name}: " + ", ".join(f"{what} {shown(value) if value is not None else '–'}" for what, value in values)


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 6, 8 and 10 times a power of ten, so that half of it is a fair number too."""
    if value <= 0:
        return 1
    power: float = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value)
