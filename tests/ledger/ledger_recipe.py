"""A recipe of five tiny stages, which the tests of the ledger run, edit and run again."""

import json
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FINISHED = "run.sh: all stages are finished and nothing has changed; --stage N runs from stage N again\n"
HEAD = f"""#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")"
nj=4
size=2     # of the data
overrides= # of the training
. "{ROOT}/utils/stage.sh"
. "{ROOT}/utils/parse_options.sh"
"""
# Each stage reads what the one before has made; features are removed before they are made anew, as the steps do.
STAGES = """
if stage 0 "Data"; then
  mkdir -p data/train exp/net
  seq "$size" | sed "s/.*/utt& spk&/" > data/train/utt2spk
fi
if stage 1 "Features" data/train conf/fbank.yaml; then
  rm -f data/train/feats.scp data/train/cmvn.scp
  sed "s/ .*/ $(cat conf/fbank.yaml)/" data/train/utt2spk > data/train/feats.scp
  : jobs "$nj"
fi
if stage 2 "CMVN" data/train; then
  sort -r data/train/feats.scp > data/train/cmvn.scp
fi
if stage 3 "Train" data/train "conf/net.yaml"; then
  echo "$overrides" | cat - conf/net.yaml data/train/*.scp > exp/net/final.pt
fi
if stage 4 "Score" "exp/*/final.pt"; then
  cp exp/net/final.pt exp/net/scores
fi
"""


class Recipe:
    def __init__(self, folder: Path):
        self.folder = folder
        for name, text in {"conf/fbank.yaml": "ark\n", "conf/net.yaml": "net\n", "run.sh": HEAD + STAGES}.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def edit(self, old: str, new: str) -> None:
        text = (self.folder / "run.sh").read_text()
        assert text.count(old) == 1
        self.write("run.sh", text.replace(old, new))

    def run(self, *options: str) -> subprocess.CompletedProcess:
        return subprocess.run(["bash", self.folder / "run.sh", *options], capture_output=True, text=True, check=False, timeout=60)

    def start(self, *options: str) -> subprocess.Popen:
        command = ["bash", self.folder / "run.sh", *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def record(self, number: int) -> dict:
        return json.loads((self.folder / f"exp/.stages/{number}.json").read_text())

    def reason(self, *options: str) -> str:
        """Run it; the one line that says where it begins."""
        result = self.run(*options)
        assert result.returncode == 0, result.stderr
        assert result.stderr.count("\n") == 1
        return result.stderr.strip()


def stages(result: subprocess.CompletedProcess) -> list[int]:
    return [int(number) for number in re.findall(r"^# .* stage (-?\d+): ", result.stdout, re.MULTILINE)]


def wait_for(condition, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)
