"""The tables of the paper on stingy residual convolutions, made of trained lip readers, with the published figures beside them.

J. Zeng, J. Du, Z. Wang, "HMM-based lip reading with stingy residual 3D convolution": tables 2 and 4, word error rates and cost of the
visual modules; table 3, losses; figure 3, word error rate and cost over omega.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from cortado.errors import DataError
from cortado.nn.visual.cost import PUBLISHED, SIZE
from cortado.report.omega_plot import OmegaPoint
from cortado.report.results import markdown_table
from cortado.report.visual_runs import VisualRun
from cortado.score.result import percent
from cortado.score.wer import Interval

# Word error rates on LRS2-BBC's test set, in %; losses. Figure 3 has no numbers. CTC stands in the text of section 3.1, not in a table.
PUBLISHED_WER = {"ResNet18": 51.8, "All3D": 49.7, "P3DA": 48.5, "Sti3D (omega 2)": 48.3, "StiRes3D (omega 2)": 46.8, "ResNet18, CTC": 53.7}
PUBLISHED_LOSSES = {"All3D": (3.064, 3.695), "StiRes3D (omega 2)": (3.238, 3.594)}
PUBLISHED_COST = {cost.network.__name__: cost for cost in PUBLISHED}  # for omega 2
TABLE_2 = ("ResNet18", "All3D", "P3DA", "StiRes3D (omega 2)", "ResNet18, CTC")
TABLE_4 = ("Sti3D (omega 2)", "StiRes3D (omega 2)")
OF_FIGURE_3 = "StiRes3D (omega "

NOTES = """\
WER: on the set "{condition}", with the 95 % interval over bootstrap draws of sentences; with several seeds, every figure and both ends of the
interval are means over the seeds. *Published*: on LRS2-BBC, with networks of width 64, and cost for RGB crops of {size} x {size}. Only runs on that
corpus at that width can be compared with it.

MiB: parameters and running statistics of the visual module, float32. MMAC: million multiply-accumulates of the visual module for one frame in
the paper's counting (RGB {size} x {size}; front end and the 16 convolutions of the trunk). As built: all of it, at the size that the network sees.
What could not be explained of the published costs, `utils/show_visual_costs.sh` says."""
LOSS_NOTES = """\
Of the epoch whose weights are kept. Training: with dropout and varied crops, and label smoothing where the config has it; held-out: plain.
Nats a target, so that only systems with the same targets can be compared."""
SYNTHETIC_NOTE = "**SYNTHETIC speech and pictures: these figures show that the programs work, and say nothing about people.**"
NETWORK_COLUMNS = {
    "System": ":--",
    "Visual module": ":--",
    "Width": "--:",
    "WER %": "--:",
    "95 % interval": ":-:",
    "Published WER": "--:",
    "MiB": "--:",
    "Published MiB": "--:",
    "MMAC": "--:",
    "Published MMAC": "--:",
    "MMAC as built": "--:",
}
LOSS_COLUMNS = {
    "System": ":--",
    "Visual module": ":--",
    "Training": "--:",
    "Published training": "--:",
    "Held-out": "--:",
    "Published held-out": "--:",
}


@dataclass(frozen=True)
class VisualRow:
    """The runs of one system, which differ in their seeds alone."""

    runs: Sequence[VisualRun]

    @property
    def system(self) -> str:
        return self.runs[0].result.system

    @property
    def network(self) -> str:
        return self.runs[0].network

    @property
    def wer(self) -> Interval:
        """Means over the runs."""
        ends = ("value", "low", "high")
        return Interval(**{end: fmean(getattr(run.result.wer, end) for run in self.runs) for end in ends})

    def network_cells(self) -> list[str]:
        """Of NETWORK_COLUMNS."""
        run, cost = self.runs[0], self.runs[0].cost
        published = PUBLISHED_COST.get(run.network.removesuffix(", CTC").removesuffix(" (omega 2)"))
        return [
            self.system,
            run.network,
            str(run.width),
            percent(self.wer.value),
            f"{percent(self.wer.low)} to {percent(self.wer.high)}",
            _shown(PUBLISHED_WER.get(run.network), ".1f"),
            f"{cost.mebibytes:.2f}",
            _shown(published and published.mebibytes, ".2f"),
            f"{cost.macs_in_paper / 1e6:.2f}",
            _shown(published and published.macs / 1e6, ".2f"),
            f"{cost.macs_as_built / 1e6:.2f}",
        ]

    def loss_cells(self) -> list[str]:
        """Of LOSS_COLUMNS."""
        training, held_out = PUBLISHED_LOSSES.get(self.network, (None, None))
        return [
            self.system,
            self.network,
            f"{fmean(run.losses.training for run in self.runs):.3f}",
            _shown(training, ".3f"),
            f"{fmean(run.losses.held_out for run in self.runs):.3f}",
            _shown(held_out, ".3f"),
        ]

    def point(self) -> OmegaPoint:
        """Of figure 3."""
        run = self.runs[0]
        return OmegaPoint(run.omega, self.wer, run.cost.macs_in_paper, run.cost.mebibytes)


def group_visual_runs(runs: Sequence[VisualRun]) -> list[VisualRow]:
    """Rows in the order of their networks in the paper, then of their names; the runs of a row are seeds of one system.

    Raises DataError where two runs of a system have the same seed or different networks.
    """
    systems: dict[str, list[VisualRun]] = {}
    for run in sorted(runs, key=lambda run: (run.result.facts.seed or 0, run.folder)):
        row = systems.setdefault(run.result.system, [])
        if row and row[-1].result.facts.seed == run.result.facts.seed:
            raise DataError(run.folder, f"the same row as {row[-1].folder}: {run.result.system}, seed {run.result.facts.seed}")
        if row and (row[-1].network, row[-1].cost) != (run.network, run.cost):
            raise DataError(
                run.folder, f"has another visual module than {row[-1].folder}, which is of the same system, {run.result.system}"
            )
        row.append(run)
    order = list(PUBLISHED_WER)
    rows = [VisualRow(row) for row in systems.values()]
    return sorted(rows, key=lambda row: (order.index(row.network) if row.network in order else len(order), row.system))


def figure_rows(rows: Sequence[VisualRow]) -> list[VisualRow]:
    """Those of figure 3, by omega: StiRes3D on states. Raises DataError where two systems have the same omega."""
    chosen = [row for row in rows if row.network.startswith(OF_FIGURE_3) and not row.network.endswith("CTC")]
    systems: dict[float, str] = {}
    for row in chosen:
        omega = row.runs[0].omega
        if omega in systems:
            raise DataError(row.runs[0].folder, f"{systems[omega]} and {row.system} both have omega {omega:g}: choose one with --systems")
        systems[omega] = row.system
    return sorted(chosen, key=lambda row: row.runs[0].omega)


def is_synthetic(rows: Sequence[VisualRow]) -> bool:
    """Whether some of the speech was made by a synthesiser."""
    return any(run.result.facts.synthetic for row in rows for run in row.runs)


def render_visual_tables(rows: Sequence[VisualRow], condition: str, figure: str | None) -> str:
    """The tables for which there are rows, each row in one at least. `figure`: a path to show for figure 3, None where it is not drawn."""
    parts = [
        "# Visual modules of lip readers",
        "Made by utils/make_visual_tables.sh; do not edit.",
        NOTES.format(condition=condition, size=SIZE),
    ]
    if is_synthetic(rows):
        parts.append(SYNTHETIC_NOTE)
    of_figure = figure_rows(rows)
    parts += _networks("## Table 2: networks", [row for row in rows if row.network in TABLE_2])
    if with_losses := [row for row in rows if all(run.losses.held_out is not None for run in row.runs)]:
        parts += ["## Table 3: losses", LOSS_NOTES, markdown_table(LOSS_COLUMNS, [row.loss_cells() for row in with_losses])]
    parts += _networks("## Table 4: Sti3D and StiRes3D", [row for row in rows if row.network in TABLE_4])
    parts += _networks("## Figure 3: omega of StiRes3D", of_figure)
    if figure:
        parts.append(f"![WER and cost over omega]({figure})")
    parts += _networks("## Other networks", [row for row in rows if row.network not in (*TABLE_2, *TABLE_4) and row not in of_figure])
    return "\n\n".join(parts) + "\n"


def _networks(heading: str, rows: Sequence[VisualRow]) -> list[str]:
    return [heading, markdown_table(NETWORK_COLUMNS, [row.network_cells() for row in rows])] if rows else []


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
