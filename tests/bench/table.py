# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what was measured, and its picture."""

from __future__ import annotations

import importlib
import os
import platform
import subprocess
import time
import typing as t
from importlib import metadata
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Sequence


class Row(t.NamedTuple):
    """One line of the table: what was measured, against what, and what the ratio of the two should be at most."""

    case: str
    measured: float
    against: str
    reference: float
    goal: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """What was measured, in terms of what it is measured against."""
        return self.measured / self.reference

    @property
    def is_met(self) -> bool:
        """Whether the goal is met."""
        return self.ratio <= self.goal


def markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a table of Markdown."""
    lines = ["| Case | Measured | Against | Ratio | Goal |", "|---|---:|---|---:|---:|"]
    lines += [
        f"| {row.case} | {row.measured:.3f} {row.unit} | {row.against}: {row.reference:.3f} {row.unit}"
        f" | {row.ratio:.2f}{'' if row.is_met else ' (!)'} | {row.goal:.2f} |"
        for row in rows
    ]
    return "\n".join([*lines, ""])


def conditions() -> str:
    """Return on what it was measured, as a sentence."""
    commit = subprocess.check_output(["git", "describe", "--always", "--dirty"], cwd=Path(__file__).parent, text=True)
    core = metadata.version("ansible-core")
    return (
        f"Commit {commit.strip()}, {time.strftime('%Y-%m-%d')}, ansible-core {core}, Python"
        f" {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} processors."
    )


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as a picture in the format of the ending of a path: a bar for each, and a mark at its goal."""
    # It is installed for this alone.
    pyplot = importlib.import_module("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    # So that the same figures make the same file.
    pyplot.rcParams["svg.hashsalt"] = "mailops.dms"
    shown = list(reversed(rows))
    figure, axes = pyplot.subplots(figsize=(11, 0.45 * len(shown) + 1.2), layout="constrained")
    colours = ["#2e7d5b" if row.is_met else "#c4622d" for row in shown]
    axes.barh([f"{row.case}\nagainst {row.against}" for row in shown], [row.ratio for row in shown], color=colours)
    for index, row in enumerate(shown):
        axes.plot([row.goal, row.goal], [index - 0.45, index + 0.45], color="black", linewidth=2)
        place = max(row.ratio, row.goal) * 1.05
        axes.text(place, index, f"{row.ratio:.2f}", verticalalignment="center", fontsize=8)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.tick_params(axis="y", labelsize=8)
    axes.set_xlabel("ratio, the black mark is the goal")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def write(rows: Sequence[Row], directory: Path) -> None:
    """Write the table and the picture into the documentation."""
    draw(rows, directory / "speed.svg")
    page = directory / "speed.md"
    text = page.read_text(encoding="utf-8")
    begin, end = "<!-- begin measured -->\n", "<!-- end measured -->\n"
    before, after = text.partition(begin)[0], text.partition(end)[2]
    page.write_text(f"{before}{begin}\n{conditions()}\n\n{markdown(rows)}\n{end}{after}", encoding="utf-8")
