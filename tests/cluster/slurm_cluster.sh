#!/usr/bin/env bash
# A whole Slurm on this one machine, for tests: munged, slurmctld and a slurmd for each of three virtual nodes, on loopback.
# No systemd, no cgroups, no database, no file outside CLUSTER_DIR. Root or not. It ends only processes that it started.
#
#   eval "$(tests/cluster/slurm_cluster.sh start)"    # prints: export SLURM_CONF=...
#   srun --nodes=3 hostname
#   tests/cluster/slurm_cluster.sh stop
#
#   install     the Debian packages (root only); their own daemons are not started
#   start       bring up what does not run yet, wait until all nodes are ready, print the line to eval
#   stop        cancel all jobs, end everything, forget the queue; the logs stay
#   status      what runs, and the state of the nodes; fails if anything is missing
#   kill NAME   slurmctld: end it as for an upgrade. node1, node2, node3: let it die at once with all that runs on it.
#               `start` brings it back.
#
# Two clusters live side by side when their folders differ:
#   CLUSTER_DIR   state, configuration and logs    (default: /tmp/slurm-cluster-<user id>; no blanks, Slurm cannot quote them)
#   CLUSTER_PORT  the first of four TCP ports      (default: four that nobody listens on)
#   CLUSTER_CPUS  CPUs that each node pretends to have                (default: 4)
#   CLUSTER_GPUS  GPUs that each node pretends to have, 0 for none    (default: 2)
set -euo pipefail

dir=$(realpath -m "${CLUSTER_DIR:-/tmp/slurm-cluster-$(id -u)}")
cpus=${CLUSTER_CPUS:-4} gpus=${CLUSTER_GPUS:-2}
nodes=(node1 node2 node3)
conf=$dir/slurm.conf
patience=30 # seconds that anything here may take to come up or to end

export PATH=$PATH:/usr/sbin:/sbin
while read -r name; do unset "$name"; done < <(compgen -e SLURM_ || true) # we may be inside a job of another cluster
export SLURM_CONF=$conf

say() { echo "slurm_cluster.sh: $*" >&2; }
die() {
  say "$*"
  exit 1
}

# Call the command until it succeeds, for $patience seconds at most.
await() {
  local end=$((SECONDS + patience))
  until "$@"; do
    if [ $SECONDS -ge $end ]; then return 1; fi
    sleep 0.1
  done
}

is_installed() {
  local name
  for name in munged slurmctld slurmd sbatch srun; do
    command -v "$name" > /dev/null || return 1
  done
}

install_packages() {
  local packages=(slurmctld slurmd slurm-client munge) policy=/usr/sbin/policy-rc.d
  if is_installed; then return; fi
  [ "$(id -u)" = 0 ] || die "only root can install ${packages[*]}"
  if [ ! -e $policy ]; then # has Debian's package scripts start no daemon
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -q >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${packages[@]}" >&2
  is_installed || die "the packages are installed, but a program of theirs is missing"
}

# --- processes: $dir/run/NAME holds the process id of NAME and its start time, by which a reused id is told

start_time() { sed 's/.*) //' "/proc/$1/stat" 2> /dev/null | cut -d ' ' -f 20; }

# The process id of NAME; fails when it does not run.
pid_of() {
  local pid started
  read -r pid started 2> /dev/null < "$dir/run/$1" || return 1
  if [ "$(start_time "$pid")" != "$started" ] || grep -q '^State:\s*[ZX]' "/proc/$pid/status" 2> /dev/null; then return 1; fi
  echo "$pid"
}

is_gone() { ! pid_of "$1" > /dev/null; }

# launch NAME COMMAND...: in the background and out of reach of Ctrl-C, unless it runs already.
launch() {
  local name=$1
  shift
  is_gone "$name" || return 0
  setsid "$@" < /dev/null >> "$dir/log/$name.out" 2>&1 &
  echo "$! $(start_time $!)" > "$dir/run/$name"
}

end() {
  local pid
  if pid=$(pid_of "$1"); then
    kill -TERM "$pid" 2> /dev/null || true
    await is_gone "$1" || kill -KILL "$pid" 2> /dev/null || true
  fi
  rm -f "$dir/run/$1"
}

# Those slurmstepd that have a file open whose path begins with $1.
step_daemons() {
  local pid
  for pid in $(pgrep slurmstepd || true); do
    if find "/proc/$pid/fd" -lname "$1*" 2> /dev/null | grep -q .; then echo "$pid"; fi
  done
}

no_step_daemons() { [ -z "$(step_daemons "$dir/")" ]; }

# --- configuration

is_free() { ! (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

free_ports() {
  local first try
  for try in $(seq 100); do
    first=$((20000 + (RANDOM + try) % 10000))
    if is_free $first && is_free $((first + 1)) && is_free $((first + 2)) && is_free $((first + 3)); then
      echo $first
      return
    fi
  done
  die "found no four free TCP ports in a row; name them with CLUSTER_PORT"
}

write_configuration() {
  local port memory i
  port=${CLUSTER_PORT:-$(free_ports)}
  memory=$(awk -v n=${#nodes[@]} '/^MemTotal/ {print int($2 / 1024 / n)}' /proc/meminfo)
  mkdir -p "$dir"/{run,log,state,spool,munge}
  chmod 755 "$dir" # munged wants its socket to be within reach of all
  chmod 711 "$dir/munge"
  (umask 077 && head -c 128 /dev/urandom > "$dir/munge/key")
  {
    cat << CONF
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
MpiDefault=none
# Without cgroups: processes are found by their parents, and memory is looked at each second.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=$((memory / cpus))
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0,bf_interval=2
# Nodes may have more CPUs than the machine; one that comes back is used again; a dead one is noticed soon.
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
KillWait=8
MaxArraySize=1001
CONF
    if [ "$gpus" -gt 0 ]; then
      echo "GresTypes=gpu"
      for ((i = 0; i < gpus; i++)); do ln -sfn /dev/null "$dir/gpu$i"; done # any character device passes for a GPU
      echo "Name=gpu File=$dir/gpu[0-$((gpus - 1))]" > "$dir/gres.conf"
    fi
    for i in "${!nodes[@]}"; do
      echo "NodeName=${nodes[i]} NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((port + 1 + i)) CPUs=$cpus RealMemory=$memory" \
        "$([ "$gpus" = 0 ] || echo "Gres=gpu:$gpus")"
    done
    echo "PartitionName=main Nodes=ALL Default=YES DefaultTime=60 MaxTime=INFINITE State=UP"
  } > "$conf"
}

# --- actions

is_ready() { [ "$(sinfo --noheader --Node --format='%t' 2> /dev/null | grep -cx 'idle\|mix\|alloc')" = ${#nodes[@]} ]; }

start() {
  is_installed || die "Slurm is not installed: $0 install"
  if is_gone munged && is_gone slurmctld; then write_configuration; fi
  launch munged munged --foreground --force --num-threads=2 --key-file="$dir/munge/key" --seed-file="$dir/munge/seed" \
    --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" --log-file="$dir/log/munged.log"
  await timeout 5 munge --no-input --socket="$dir/munge/socket" > /dev/null 2>&1 || die "munged does not answer: $dir/log/munged.log"
  launch slurmctld slurmctld -D -f "$conf"
  for node in "${nodes[@]}"; do
    mkdir -p "$dir/spool/$node"
    launch "$node" slurmd -D -f "$conf" -N "$node"
  done
  if ! await is_ready; then
    tail -n 5 "$dir"/log/*.log >&2
    die "not all nodes were ready within $patience seconds: see $dir/log"
  fi
  echo "export SLURM_CONF=$conf"
}

status() {
  local name missing=0
  for name in munged slurmctld "${nodes[@]}"; do
    if pid_of "$name" > /dev/null; then echo "$name: process $(pid_of "$name")"; else echo "$name: not running" && missing=1; fi
  done
  if [ $missing = 0 ]; then timeout 10 sinfo --Node --format='%N %t %E'; fi
  return $missing
}

stop() {
  local name pid
  [ -d "$dir/run" ] || return 0
  if pid_of slurmctld > /dev/null; then
    timeout 10 scancel --full --user="$(id -un)" > /dev/null 2>&1 || true
    patience=12 await no_step_daemons || true
  fi
  for name in "${nodes[@]}" slurmctld munged; do end "$name"; done
  for pid in $(step_daemons "$dir/"); do kill -KILL "$pid" 2> /dev/null || true; done
  rm -rf "$dir"/{state,spool,munge,run}
}

# kill_node NODE: as a power cut would. Its jobs' processes die after what would report their death.
kill_node() {
  local steps children=() pid
  mapfile -t steps < <(step_daemons "$dir/log/slurmd.$1.log")
  for pid in "${steps[@]}"; do mapfile -t -O ${#children[@]} children < <(pgrep -P "$pid" || true); done
  kill -KILL "$(pid_of "$1")" "${steps[@]}" "${children[@]}" 2> /dev/null || true
  await is_gone "$1"
}

case ${1:-} in
  install) install_packages ;;
  start) start ;;
  stop) stop ;;
  status) status ;;
  kill) case ${2:-} in
    slurmctld) end slurmctld ;;
    node[123]) kill_node "$2" ;;
    *) die "kill what? slurmctld, ${nodes[*]}" ;;
  esac ;;
  *) die "usage: $0 install | start | stop | status | kill NAME" ;;
esac
