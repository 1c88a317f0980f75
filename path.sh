# path.sh: the environment of every script. Source it: . ./path.sh
# shellcheck shell=bash
#
# Sets ROOT (the repository), PATH (its commands and the Python of .venv), PYTHONPATH and LC_ALL=C, and makes
# the environment on first use. One numerical thread per process: jobs, not threads, fill a machine, and results
# then do not depend on where they ran. A command that wants more threads asks for them itself.
ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
export ROOT
export LC_ALL=C PYTHONUTF8=1 PYTHONNOUSERSITE=1
export PYTHONPATH=$ROOT/pyscripts
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} MKL_NUM_THREADS=${MKL_NUM_THREADS:-1} OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}
case :$PATH: in
  *":$ROOT/.venv/bin:"*) ;;
  *) export PATH=$ROOT/.venv/bin:$ROOT/utils:$ROOT/pyscripts/bin:$PATH ;;
esac
# The stamp is a copy of the list that was installed, written last: a changed list or a broken set-up never passes.
if ! { [ -x "$ROOT/.venv/bin/python3" ] && cmp -s "$ROOT/conf/requirements.txt" "$ROOT/.venv/installed-requirements.txt"; }; then
  if ! command -v python3 > /dev/null; then
    echo "path.sh: python3 was not found; Cortado needs Python 3.10 to 3.13 (Debian: apt-get install python3 python3-venv)" >&2
    # shellcheck disable=SC2317
    return 1 2> /dev/null || exit 1
  fi
  # shellcheck disable=SC2317
  python3 "$ROOT/utils/make_env.py" || { return 1 2> /dev/null || exit 1; }
  hash -r # the shell remembers where it found python3 just now
fi
