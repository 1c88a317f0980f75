# cmd.sh: which launcher runs which kind of work. Source it after path.sh.
# shellcheck shell=bash
# CORTADO_CMD=local (this machine, the default) or slurm (a cluster, see conf/slurm.conf).
# Every launcher takes Kaldi's call: $cmd [options] JOB=1:$nj x.JOB.log command ...
case ${CORTADO_CMD:=local} in
  local) _cmd=run.py ;;
  slurm) _cmd=slurm.py ;;
  *)
    echo "cmd.sh: CORTADO_CMD is local or slurm, not '$CORTADO_CMD'" >&2
    # shellcheck disable=SC2317
    return 1 2> /dev/null || exit 1
    ;;
esac
export CORTADO_CMD
export feats_cmd=$_cmd
export train_cmd=$_cmd
export cuda_cmd=$_cmd
export decode_cmd=$_cmd
export score_cmd=$_cmd
