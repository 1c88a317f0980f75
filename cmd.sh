# cmd.sh: which launcher runs which kind of work. Source it after path.sh.
# shellcheck shell=bash
# Every launcher takes Kaldi's call: $cmd [options] JOB=1:$nj x.JOB.log command ...
export feats_cmd=run.py
export train_cmd=run.py
export cuda_cmd=run.py
export decode_cmd=run.py
export score_cmd=run.py
