"""Frame maps of utterances, which cross attentive pooling compares in pairs: what they are of, and how arks hold them.

The map of an utterance is what the trunk of the network makes of each of its crops. Crops have one length and begin at even
distances, the first at the beginning, the last so that it ends with the utterance (S. M. Kye et al., SLT 2021: 10 of 350
frames). An utterance no longer than a crop has a single one, of its own length. The authors' code pads its waveform with
zeros on both sides and takes ten equal crops of that, so part of their map is of silence; recordings of 3.5 s and more, as all
of VoxCeleb1's are, do not tell the two apart.

An ark holds one matrix an utterance, its crops one below the other: (crops x frames, dim). MapForm says where to cut it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np

from cortado import ark
from cortado.config import from_dict, to_dict
from cortado.errors import CortadoError, DataError
from cortado.files import file_digest, write_json

FORMAT = "cortado frame maps 1"


@dataclass(frozen=True)
class MapForm:
    """What the maps of a table have in common.

    model: MD5 of the final.pt that made them; num_crops, crop_frames: how utterances were cut; map_frames: rows that a whole crop
    gives; dim: columns.
    """

    format: str
    model: str
    num_crops: int
    crop_frames: int
    map_frames: int
    dim: int

    def write(self, path: str | Path) -> None:
        """Write as JSON, atomically."""
        write_json(path, to_dict(self))

    def cut(self, matrix: np.ndarray) -> np.ndarray:
        """The matrix of an ark as (crops, frames, dim) float32. Raises CortadoError for one that is no map of this form."""
        whole = self.num_crops * self.map_frames
        if matrix.ndim != 2 or matrix.shape[1] != self.dim or not (0 < len(matrix) <= self.map_frames or len(matrix) == whole):
            wanted = f"{whole} x {self.dim} (or at most {self.map_frames} rows, of a short utterance)"
            raise CortadoError(f"expected a matrix of {wanted}, found {' x '.join(map(str, matrix.shape))}")
        if not np.isfinite(matrix).all():
            raise CortadoError("holds NaN or infinite values")
        crops = self.num_crops if len(matrix) == whole else 1
        return matrix.astype(np.float32, copy=False).reshape(crops, -1, self.dim)


def read_form(path: str | Path) -> MapForm:
    """Read what MapForm.write wrote. Raises DataError for anything else."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}; steps/extract_maps.sh makes it") from None
    except ValueError:
        values = None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise DataError(path, "does not describe frame maps; steps/extract_maps.sh makes it")
    return from_dict(MapForm, values, str(path))


class Keys:
    """The keys of a table, each with its row, and the name of the table for errors."""

    def __init__(self, source: str, keys: Sequence[str]):
        self.source, self.keys = source, list(keys)
        self._row_of = {key: row for row, key in enumerate(self.keys)}

    def rows(self, keys: Sequence[str]) -> np.ndarray:
        """Row of each key, (len(keys),) int64, -1 for one that the table does not have."""
        return np.fromiter(map(self._row_of.get, keys, repeat(-1)), dtype=np.int64, count=len(keys))


class MapTable(Keys):
    """The maps in a folder of steps/extract_maps.sh: maps.scp, maps.json, and maps.md5 of their values. None is held in memory."""

    def __init__(self, folder: str | Path):
        folder = Path(folder)
        self._rxfiles = ark.read_scp(folder / "maps.scp")
        self.form = read_form(folder / "maps.json")
        self._md5_path = folder / "maps.md5"
        super().__init__(str(folder / "maps.scp"), self._rxfiles)

    def read(self, row: int) -> np.ndarray:
        """The map of an utterance, (crops, frames, dim) float32. Raises DataError with the line of maps.scp for a bad one."""
        key = self.keys[row]
        try:
            return self.form.cut(ark.read(self._rxfiles[key]))
        except CortadoError as error:
            raise DataError(self.source, f"the map of {key}: {error}", row + 1) from None

    def md5(self) -> str:
        """One MD5 for the values of all maps, however they are split into arks."""
        return file_digest(self._md5_path)

    def refuse_other_model(self, path: str | Path) -> None:
        """Raise DataError unless the model `path` made these maps: a pair head cannot read another trunk's."""
        if self.form.model != file_digest(path):
            raise DataError(self.source, f"these maps were not made by {path} as it is now; run steps/extract_maps.sh again")
