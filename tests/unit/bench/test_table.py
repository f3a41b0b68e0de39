"""Results on paper: table, JSON, picture."""

from pathlib import Path
from xml.etree import ElementTree

from bench import picture, table
from bench.figures.figure import Figure, judged
from bench.statistics import estimate, exactly

FIGURES = [
    judged("wall", estimate([1.02, 1.03, 1.04]), "x", at_most=(1.10, 1.05), note="a note", raw={"runs": [1, 2]}),
    judged("faster", exactly(3.0), "x", at_least=(4.0, 8.0)),
    judged("marked", exactly(0.0), "%", at_most=(1.0, 0.0)),
    Figure("shown <only>", exactly(12.0), "MB"),
]


def test_the_table_says_bound_aim_and_verdict() -> None:
    lines = table.text(FIGURES).splitlines()
    assert lines[0].split()[:3] == ["what", "bound", "aim"]
    assert "≤ 1.1" in lines[1] and "met" in lines[1]
    assert lines[2].strip() == "a note"
    assert "≥ 4" in lines[3] and "missed" in lines[3]


def test_results_of_several_commands_are_kept_and_the_newest_of_a_name_wins(tmp_path: Path) -> None:
    results = tmp_path / "out" / "results.json"
    table.write(results, {"cores": 2}, FIGURES)
    kept = table.write(results, {"cores": 2}, [judged("wall", exactly(2.0), "x", at_most=(1.10, 1.05))])
    assert [figure.name for figure in kept] == [figure.name for figure in FIGURES]
    assert kept[0].found.value == 2.0
    assert kept[1:] == FIGURES[1:]


def test_the_picture_is_well_formed_and_names_every_judged_figure() -> None:
    drawn = picture.draw(FIGURES, "A & B")
    texts = [element.text for element in ElementTree.fromstring(drawn).iter() if element.text]  # noqa: S314
    assert "A & B" in texts
    assert [text for text in texts if text in ("wall", "faster", "marked", "shown <only>")] == [
        "wall",
        "faster",
        "marked",
    ]
