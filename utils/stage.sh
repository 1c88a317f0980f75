# stage.sh: the stages of a run.sh. Source it after the recipe's own options and before parse_options.sh:
#
#     nj=4                 # number of jobs
#     . utils/stage.sh
#     . utils/parse_options.sh
#
#     if stage 1 "Make features" data/train "$ROOT/conf/fbank.yaml"; then
#       steps/make_feats.sh --nj "$nj" data/train
#     fi
#
# The words behind the title, if any, declare what the stage reads: a file, a folder (its own files, not those of folders in
# it), or a quoted pattern such as "exp/*/final.pt", which is expanded when it is looked at. exp/.stages/N.json keeps what each
# stage ran, on what, and what it made; see pyscripts/cortado/ledger.
#
# A run without --stage begins at the first stage that is not finished, or whose inputs, options or commands have changed, says
# which and why, and goes on to the end. Files that a stage writes are no inputs of it; an input written anew with the same
# bytes has not changed. The number of jobs changes nothing: options nj and ..._nj are not looked at.
#
# It gives run.sh the options --stage N and --stop-stage M (both included), --status, --dry-run, and a --help that lists the
# options set above (each with the comment behind it) and the stages. A command that fails ends the run as under set -e;
# the last lines then say which stage it was and the call that goes on, and the exit status is that of the command. A second
# run in the same folder is turned away while one is at work.
#
# --dry-run prints the commands of the chosen stages, variables filled in, and runs none of them: loops, tests, `read` and
# assignments happen, all else is printed and counts as having succeeded. Command substitutions give nothing. Bash opens
# the redirection of a whole loop or group before it asks us, so a run.sh that writes a file that way is refused.
# shellcheck shell=bash

stage=auto
stop_stage=100
status=false
dry_run=false
_stage_script=$0 # a run.sh that went to its own folder first is there
if [ ! -f "$_stage_script" ]; then _stage_script=./${0##*/}; fi
_stage_folder=$PWD
_stage_arguments=("$@") # of run.sh, whose options nobody has taken off yet
_stage_ran=''           # no: a stage was asked for, and none was in the range
_stage_number='' _stage_text='' _stage_failed='' _stage_output=''
_stage_asked='' _stage_option_names=() _stage_options=()
_stage_ledger_command=${BASH_SOURCE[0]%/*}/stage_ledger.py
if [[ $_stage_ledger_command != /* ]]; then _stage_ledger_command=$PWD/$_stage_ledger_command; fi

# Whether stage number $1, named $2, with the inputs behind, is to run. Called in `if`, it also ends the stage before.
stage() {
  if [ -z "$_stage_ran" ]; then _stage_start; fi
  _stage_end 0 || exit 1
  [ "$1" -ge "$stage" ] && [ "$1" -le "$stop_stage" ] && _stage_begin "$@"
}

# Once, at the first stage, when the options have been read.
_stage_start() {
  local _name # an option may be called `name`
  _stage_check_range
  _stage_asked=$stage
  for _name in "${_stage_option_names[@]}"; do _stage_options+=("$_name=${!_name-}"); done
  if [ "$status" = true ]; then
    _stage_ledger status --stop-stage="$stop_stage"
    exit
  elif [ "$dry_run" = true ]; then
    if [ "$stage" = auto ]; then stage=0; fi
    _stage_ran=no
    _stage_begin_dry_run
  else
    _stage_open_lock
    stage=$(_stage_ledger start --lock="$_stage_lock" --stage="$stage" --stop-stage="$stop_stage") || exit
    if [ "$stage" = none ]; then exit 0; fi
    _stage_ran=no
  fi
}

_stage_begin() {
  local inputs=("${@:3}")
  if [ "$dry_run" = false ]; then
    _stage_ledger begin --number="$1" --word="$0" "${_stage_arguments[@]/#/--word=}" "${inputs[@]/#/--input=}" || exit
  fi
  _stage_ran=yes _stage_number=$1 _stage_text=$2
  printf '# %(%Y-%m-%d %H:%M:%S)T stage %s: %s\n' -1 "$1" "$2"
}

# The stage that has begun, if any, ends with exit status $1.
_stage_end() {
  local number=$_stage_number
  _stage_number=''
  if [ -n "$number" ] && [ "$dry_run" = false ]; then
    _stage_ledger end --number="$number" --exit-status="$1"
  fi
}

_stage_ledger() {
  python3 "$_stage_ledger_command" "$1" --script="$_stage_script" --folder="$_stage_folder" --pid=$$ \
    "${_stage_options[@]/#/--option=}" "${@:2}"
}

# Open the file that the ledger locks for us. What the stages start has it open too: the lock lasts as long as any of that lives.
_stage_open_lock() {
  local file=$_stage_folder/exp/.stages/lock error
  if ! error=$({ mkdir -p "${file%/*}" && : >> "$file"; } 2>&1); then
    echo "${0##*/}: cannot write $file: ${error##*: }" >&2
    exit 1
  fi
  exec {_stage_lock}<> "$file"
}

# The call that goes on at this stage, as bash reads it back. It keeps the other options: without them, another system may be made.
_stage_way_on() {
  local word words=("$0") is_value=false
  for word in "${_stage_arguments[@]}"; do
    if $is_value; then
      is_value=false
    elif [ "$word" = --stage ]; then
      is_value=true
    elif [[ $word != --stage=* ]]; then
      words+=("$word")
    fi
  done
  if [ "$_stage_asked" != auto ]; then words+=(--stage "$_stage_number"); fi
  for word in "${words[@]}"; do
    if [[ $word =~ ^[A-Za-z0-9_./=:,+-]+$ ]]; then printf '%s ' "$word"; else printf '%s ' "${word@Q}"; fi
  done
}

# Where a run ends, however it ends; the exit status stays what it was.
_stage_exit() {
  if [ "$1" -ne 0 ] && [ -n "$_stage_number" ]; then
    echo "${0##*/}: stage $_stage_number ($_stage_text) failed with status $1${_stage_failed:+ at $_stage_failed}" >&2
    if [ "$_stage_asked" = auto ]; then
      echo "${0##*/}: when the cause is mended, the same command goes on there: $(_stage_way_on)" >&2
    else
      echo "${0##*/}: when the cause is mended, go on with: $(_stage_way_on)" >&2
    fi
  elif [ "$1" -eq 0 ] && [ "$_stage_ran" = no ]; then
    echo "${0##*/}: nothing was run: there is no stage from $stage to $stop_stage" >&2
  fi
  _stage_end "$1" || exit $(($1 ? $1 : 1))
}
trap '_stage_failed="line $LINENO: $BASH_COMMAND"' ERR
trap '_stage_exit $?' EXIT
# Without these, a killed run would look like a finished one: EXIT would find the status of the last command.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

_stage_check_range() {
  local name
  for name in stage stop_stage; do
    if ! [[ ${!name} =~ ^-?[0-9]{1,9}$ || $name=${!name} == stage=auto ]]; then
      echo "${0##*/}: --${name//_/-} takes a number, not '${!name}'" >&2
      exit 1
    fi
  done
}

# From the text of run.sh: the names of its options, and help_message, with their comments and the stages.
_stage_read_script() {
  local line options='' stages='' own=true
  while IFS= read -r line; do
    if [[ $line =~ ^\.\ .*stage\.sh ]]; then
      own=false
    elif $own && [[ $line =~ ^([a-z][A-Za-z0-9_]*)=([^#]*[^#[:space:]])?[[:space:]]*(#[[:space:]]*(.*))?$ ]]; then
      _stage_option_names+=("${BASH_REMATCH[1]}")
      options+=$(printf '  --%-24s %s' "${BASH_REMATCH[1]//_/-} ${BASH_REMATCH[2]}" "${BASH_REMATCH[4]}")$'\n'
    elif [[ $line =~ ^[[:space:]]*if\ stage\ (-?[0-9]+)\ (\"(([^\"\\]|\\.)*)\"|\'([^\']*)\') ]]; then
      stages+=$(printf '  %3d  %s' "${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}${BASH_REMATCH[5]}")$'\n'
    fi
  done < "$_stage_script"
  # shellcheck disable=SC2034
  help_message="Usage: $0 [options]

Options, with their defaults:
$options  --stage auto               first stage to run; auto: the first from 0 on that is not done or has changed
  --stop-stage 100           last stage to run
  --status                   print what has been run, when and on what, and where a run would begin; run nothing
  --dry-run                  print the commands of these stages, run nothing
  --config FILE              read options from lines 'name=value'

Stages:
${stages%$'\n'}"
}
_stage_read_script

_stage_begin_dry_run() {
  local group
  if group=$(grep -nE '(^|;)[[:space:]]*(done|fi|esac|\}|\)|\(.*\))[[:space:]]*([0-9]*|&)>>?[[:space:]]*[^&[:space:]]' "$_stage_script"); then
    echo "$0:${group%%:*}: writes a whole loop or group to a file, which --dry-run cannot hold back" >&2
    exit 1
  fi
  exec {_stage_output}>&1
  set +eu
  trap - ERR EXIT HUP INT TERM
  shopt -s extdebug # a DEBUG trap that returns 1 now skips the command
  trap '_stage_dry_run_command "$BASH_COMMAND"' DEBUG
}

# Print the command $1 and skip it, unless it only looks or steers.
_stage_dry_run_command() {
  case ${FUNCNAME[1]:-} in stage | _stage_*) return 0 ;; esac
  case $1 in
    'stage '* | _stage_* | 'for '* | 'case '* | '(('* | '[['* | '[ '* | 'test '* | : | true | false) return 0 ;;
    break* | continue* | 'shift'* | 'local '* | 'declare '* | 'export '*) return 0 ;;
  esac
  if _stage_only_assigns "$1" || [[ $1 =~ ^([A-Za-z_][A-Za-z0-9_]*=[^[:space:]]*[[:space:]]+)?read([[:space:]]|$) ]]; then return 0; fi
  _stage_print_filled "$1" >&"$_stage_output"
  return 1
}

# Whether the command $1 is one assignment and no more: without its brackets and quotes, no blank or redirection is left.
_stage_only_assigns() {
  local _text=$1
  [[ $_text =~ ^[A-Za-z_][A-Za-z0-9_]*(\[[^]]*\])?\+?= ]] || return 1
  while [[ $_text =~ ^(.*)\([^()]*\)(.*)$ ]]; do _text=${BASH_REMATCH[1]}${BASH_REMATCH[2]}; done
  while [[ $_text =~ ^([^\"\']*)(\"([^\"\\]|\\.)*\"|\'[^\']*\')(.*)$ ]]; do _text=${BASH_REMATCH[1]}${BASH_REMATCH[4]}; done
  [[ $_text != *[[:space:]\<\>\"\']* ]]
}

# The command $1 with $name and ${name} replaced by their values, as text; nothing is evaluated.
_stage_print_filled() {
  local _rest=$1 _filled='' _piece _in_double=false
  while [ -n "$_rest" ]; do
    if [[ $_rest =~ ^[^\\\$\'\"]+ || $_rest =~ ^\\. ]] || { ! $_in_double && [[ $_rest =~ ^\'[^\']*\' ]]; }; then
      _filled+=${BASH_REMATCH[0]}
    elif [[ $_rest =~ ^\$([A-Za-z_][A-Za-z0-9_]*) || $_rest =~ ^\$\{([A-Za-z_][A-Za-z0-9_]*)\} ]]; then
      _piece=${BASH_REMATCH[1]}
      if [ -n "${!_piece+set}" ]; then _filled+=${!_piece}; else _filled+=${BASH_REMATCH[0]}; fi
    else
      [[ $_rest =~ ^. ]]
      if [ "${BASH_REMATCH[0]}" = '"' ]; then if $_in_double; then _in_double=false; else _in_double=true; fi; fi
      _filled+=${BASH_REMATCH[0]}
    fi
    _rest=${_rest:${#BASH_REMATCH[0]}}
  done
  printf '%s\n' "$_filled"
}
