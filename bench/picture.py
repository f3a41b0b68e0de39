"""The one picture: each judged figure as its share of the bound, by hand in SVG. Pure."""

from collections.abc import Sequence
from html import escape

from bench.figures.figure import Figure

FONT = 'font-family="sans-serif" font-size="12"'
ROW, LEFT, WIDTH, TOP = 26, 390, 330, 44
COLOURS = {"met": "#2a7f62", "not resolved": "#c58b00"}
MISSED = "#b3362c"


def draw(figures: Sequence[Figure], title: str) -> str:
    """Bars: 1 is the bound, to the left of it is better; the thin line is the interval."""
    judged = [figure for figure in figures if figure.bound]
    height = TOP + ROW * len(judged) + 16
    middle = LEFT + WIDTH / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 190}" height="{height}" {FONT}>',
        f'<rect width="100%" height="100%" fill="#fff"/><text x="12" y="20" font-size="14">{escape(title)}</text>',
        f'<text x="{middle}" y="38" text-anchor="middle" fill="#666">bound (left is better)</text>',
        f'<line x1="{middle}" y1="{TOP}" x2="{middle}" y2="{height - 10}" stroke="#666" stroke-dasharray="3 3"/>',
    ]
    for number, figure in enumerate(judged):
        lines += _bar(figure, TOP + ROW * number)
    return "\n".join([*lines, "</svg>\n"])


def _bar(figure: Figure, top: int) -> list[str]:
    colour = COLOURS.get(figure.verdict, MISSED)
    end, low, high = (
        LEFT + _share(figure, value) * WIDTH / 2 for value in (figure.found.value, figure.found.low, figure.found.high)
    )
    label = f"{figure.found.value:.3g} {figure.unit} ({figure.bound})"
    return [
        f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end">{escape(figure.name)}</text>',
        f'<rect x="{LEFT}" y="{top + 5}" width="{max(1.0, end - LEFT):.1f}" height="13" fill="{colour}"/>',
        f'<line x1="{low:.1f}" y1="{top + 11.5}" x2="{high:.1f}" y2="{top + 11.5}" stroke="#222"/>',
        f'<text x="{LEFT + WIDTH + 8}" y="{top + 15}">{escape(label)}</text>',
    ]


def _share(figure: Figure, value: float) -> float:
    """Of the bound, 0 to 2; upside down where more is better."""
    bound = float(figure.bound.split()[1])
    if figure.bound.startswith("≥"):
        return min(2.0, bound / value) if value > 0 else 2.0
    if bound == 0:
        return 0.0 if value <= 0 else 2.0
    return max(0.0, min(2.0, value / bound))
