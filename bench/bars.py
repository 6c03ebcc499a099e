"""A plot of targets: how much of what is allowed each figure takes, as SVG that follows the reader's colours."""

from collections.abc import Sequence
from html import escape

from bench.targets import Target

_ROW, _LABELS, _WIDTH, _LIMIT = 26, 470, 900, 250  # pixels; the last is where a figure is its target
_STYLE = """text { font: 13px system-ui, sans-serif; fill: #1b1f1d } .met { fill: #0b6b58 } .not { fill: #b3541e }
line { stroke: #1b1f1d } .spread { stroke-width: 2; opacity: .55 }
@media (prefers-color-scheme: dark) { text { fill: #e6ebe8 } line { stroke: #e6ebe8 } .met { fill: #3fb79c } .not { fill: #e2894f } }"""


def drawn(title: str, targets: Sequence[Target]) -> str:
    """Each of TARGETS is a bar of its median, as a share of its limit, with a thin line from the least to the most.

    What must be at least something is shown the other way round, so that shorter is better everywhere.
    """
    height = _ROW * len(targets) + 34
    rows = "".join(_row(number, target) for number, target in enumerate(targets))
    words = "; ".join(f"{each.words}: {each.figure:.2f} of {each.limit:g}" for each in targets)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="t d">\n'
        f'<title id="t">{escape(title)}: each figure as a share of its target</title>\n<desc id="d">{escape(words)}</desc>\n'
        f"<style>{_STYLE}</style>\n{rows}"
        f'<line x1="{_LABELS + _LIMIT}" x2="{_LABELS + _LIMIT}" y1="0" y2="{height - 24}" stroke-dasharray="4 3"/>\n'
        f'<text x="{_LABELS + _LIMIT}" y="{height - 8}" text-anchor="middle">target</text>\n</svg>\n'
    )


def _row(number: int, target: Target) -> str:
    top, kind = number * _ROW, "met" if target.is_met else "not"
    middle, least, most = (_x(target, value) for value in (target.figure, min(target.found), max(target.found)))
    y = top + _ROW // 2
    return (
        f'<text x="{_LABELS - 8}" y="{y + 5}" text-anchor="end">{escape(target.words)}</text>\n'
        f'<rect class="{kind}" x="{_LABELS}" y="{top + 5}" width="{middle - _LABELS:.0f}" height="{_ROW - 10}" rx="2"/>\n'
        f'<line class="spread" x1="{least:.0f}" x2="{most:.0f}" y1="{y}" y2="{y}"/>\n'
    )


def _x(target: Target, value: float) -> float:
    share = target.limit / value if target.at_least else value / target.limit
    return min(_LABELS + share * _LIMIT, _WIDTH - 4)
