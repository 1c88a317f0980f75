"""Figures of a run: a disk that is full ends it with a message that names the file, not with a traceback."""

import os

import pytest

from cortado.errors import CortadoError
from cortado.train.records import Records


def test_a_full_disk_names_the_file(tmp_path):
    (tmp_path / "train.jsonl").touch()
    records = Records(tmp_path, resume_at=0)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, records._lines.fileno())
    os.close(full)
    with pytest.raises(CortadoError, match=r"cannot write .*train\.jsonl: No space left on device"):
        records.write("train", 1, {"loss": 1.0})
    records.close()
