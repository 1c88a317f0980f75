# cmd.sh: which launcher runs which kind of work. Source it after path.sh.
# Every launcher takes Kaldi's call: $cmd [options] JOB=1:$nj x.JOB.log command ...
export feats_cmd="$ROOT/utils/run.py"
export train_cmd="$ROOT/utils/run.py"
export cuda_cmd="$ROOT/utils/run.py"
export decode_cmd="$ROOT/utils/run.py"
export score_cmd="$ROOT/utils/run.py"
