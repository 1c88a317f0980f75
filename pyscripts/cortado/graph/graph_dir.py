"""The folder of a decoding graph in Kaldi's layout, and whether it is still the graph of its inputs.

HCLG.fst, words.txt, phones.txt, phones/, num_pdfs, disambig_tid.int; and inputs.json, which is written last: digests of the files that the
graph was made from and the options. A folder without it is not finished.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from cortado.errors import DataError
from cortado.files import file_digest, write_json
from cortado.graph.hclg import Hclg
from cortado.lang.rows import write_rows

_RECORD = "inputs.json"
_GRAPH = "HCLG.fst"


def describe_inputs(files: Mapping[str, Path], options: Mapping[str, object]) -> dict:
    """What a graph is made from. Raises DataError for a file that cannot be read."""
    digests = {}
    for name, path in files.items():
        try:
            digests[name] = file_digest(path)
        except OSError as error:
            raise DataError(path, f"cannot be read: {error.strerror or error}") from error
    return {"files": digests, "options": dict(options)}


def is_graph_of(folder: Path, inputs: dict) -> bool:
    """Whether `folder` holds a finished graph made from `inputs`."""
    try:
        return (folder / _GRAPH).is_file() and json.loads((folder / _RECORD).read_text()) == inputs
    except (OSError, ValueError):
        return False


def write_graph_dir(folder: Path, graph: Hclg, lang_dir: Path, num_pdfs: int, inputs: dict) -> None:
    """Write the graph and what is needed to decode with it. Other files of the folder stay."""
    (folder / _RECORD).unlink(missing_ok=True)
    graph.fst.write(folder / _GRAPH)
    for name in ("words.txt", "phones.txt"):
        shutil.copyfile(lang_dir / name, folder / name)
    shutil.copytree(lang_dir / "phones", folder / "phones", dirs_exist_ok=True)
    write_rows(folder / "num_pdfs", [[num_pdfs]])
    write_rows(folder / "disambig_tid.int", [[tid] for tid in graph.disambig_tids])
    write_json(folder / _RECORD, inputs)
