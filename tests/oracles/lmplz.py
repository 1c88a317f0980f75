"""KenLM's lmplz, with which Kneser-Ney estimation is compared, compiled once into `.oracle/lmplz` of the repository.

Its sources are in the package that the library takes from pip for scoring, which has no lmplz. Compiling needs g++ and Boost (Debian:
libboost-program-options-dev libboost-thread-dev libboost-system-dev) and takes a quarter of a minute: what lmplz needs of KenLM's
sources is one unit of translation, so that Boost's headers are read once. Tests take the fixture `lmplz` of tests/lm/conftest.py and
skip with the reason where it cannot be made.
`python3 tests/oracles/lmplz.py` makes it and prints its path.
"""

import re
import shutil
import subprocess
import sys
import tarfile
from functools import cache
from pathlib import Path

from khg_env import OracleUnavailable, install_command, made_once

PIN = "kenlm==0.3.0"
SOURCES = """
    lm/builder: adjust_counts corpus_count initial_probabilities interpolate output pipeline lmplz_main
    lm/common: model_buffer print renumber size_option
    lm: binary_format config lm_exception virtual_interface vocab
    util: bit_packing ersatz_progress exception file file_piece integer_to_string mmap murmur_hash parallel_read pool read_compressed
    util: scoped spaces string_piece usage
    util/stream: chain count_records io line_input multi_progress rewindable_stream
    util/double-conversion: bignum bignum-dtoa cached-powers double-to-string fast-dtoa fixed-dtoa string-to-double strtod
"""
APART = "util/float_to_string.cc"  # a constant of it has the name of one in file_piece.cc
# lmplz ends with a remark on how large a binary model would be, for which it needs the other half of KenLM.
NO_REMARK = "void lm::ngram::ShowSizes(const std::vector<uint64_t> &) {}"
_HEADERS = ("boost/program_options.hpp", "boost/thread.hpp")
_LIBRARIES = ("-lboost_program_options", "-lboost_thread", "-lboost_system", "-lpthread")
_RUN_SECONDS = 300


@cache
def lmplz_program() -> Path:
    """The compiled program. Raises OracleUnavailable."""
    return made_once("lmplz", f"{PIN}, the sources it needs", _install) / "lmplz"


def run_lmplz(text: Path, arpa: Path, *options) -> None:
    """Estimate a model of a text. Raises RuntimeError with what lmplz said where it fails."""
    command = [lmplz_program(), "-S", "200M", "-T", arpa.parent, "--text", text, "--arpa", arpa, *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_RUN_SECONDS)
    if done.returncode:
        raise RuntimeError(f"lmplz ended with status {done.returncode}:\n{done.stderr}")


def _install(folder: Path) -> None:
    _check_compiler()
    pip = [sys.executable, "-I", "-m", "pip", "--disable-pip-version-check"]
    as_source = ["--no-deps", "--no-binary", "kenlm", "--no-build-isolation"]  # else pip compiles a cmake of its own
    install_command([*pip, "download", "--quiet", *as_source, "--dest", folder, PIN])
    with tarfile.open(next(folder.glob("kenlm-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    source = next(path for path in folder.glob("kenlm-*") if path.is_dir())
    whole = source / "lmplz_whole.cc"
    whole.write_text("".join(f'#include "{name}"\n' for name in _source_names()) + NO_REMARK)
    compiler = ["g++", "-O1", "-w", f"-I{source}", "-DKENLM_MAX_ORDER=6"]
    install_command([*compiler, whole, source / APART, "-o", folder / "lmplz", *_LIBRARIES])
    shutil.rmtree(source)


def _source_names() -> list[str]:
    lines = [line.split(":") for line in SOURCES.split("\n") if line.strip()]
    return [f"{folder.strip()}/{name}.cc" for folder, names in lines for name in names.split()]


def _check_compiler() -> None:
    if not shutil.which("g++"):
        raise OracleUnavailable("lmplz cannot be compiled: there is no g++")
    includes = "".join(f"#include <{name}>\n" for name in _HEADERS)
    said = subprocess.run(["g++", "-x", "c++", "-E", "-"], input=includes, capture_output=True, text=True).stderr
    if said:
        header = re.search("boost/[^ :]*", said)
        raise OracleUnavailable(f"lmplz cannot be compiled: there is no {header[0] if header else 'Boost'}")


if __name__ == "__main__":
    print(lmplz_program())
