# stage.sh: the stages of a run.sh. Source it after the recipe's own options and before parse_options.sh:
#
#     nj=4                 # number of jobs
#     . utils/stage.sh
#     . utils/parse_options.sh
#
#     if stage 1 "Make features"; then
#       steps/make_feats.sh --nj "$nj" data/train
#     fi
#
# It gives run.sh the options --stage N and --stop-stage M (both included), --dry-run, and a --help that lists the
# options set above (each with the comment behind it) and the stages. A command that fails ends the run as under set -e;
# the last lines then say which stage it was and the call that goes on, and the exit status is that of the command.
#
# --dry-run prints the commands of the chosen stages, variables filled in, and runs none of them: loops, tests, `read` and
# assignments happen, all else is printed and counts as having succeeded. Command substitutions give nothing. Bash opens
# the redirection of a whole loop or group before it asks us, so a run.sh that writes a file that way is refused.
# shellcheck shell=bash

stage=0
stop_stage=100
dry_run=false
_stage_script=$0 # a run.sh that went to its own folder first is there
if [ ! -f "$_stage_script" ]; then _stage_script=./${0##*/}; fi
_stage_arguments=("$@") # of run.sh, whose options nobody has taken off yet
_stage_ran=''           # no: a stage was asked for, and none was in the range
_stage_number='' _stage_text='' _stage_failed='' _stage_output=''

# Whether stage number $1, named $2, is to run. Called in `if`, it also ends the stage before.
stage() {
  _stage_end
  _stage_check_range
  _stage_ran=${_stage_ran:-no}
  if [ "$dry_run" = true ]; then _stage_begin_dry_run; fi
  [ "$1" -ge "$stage" ] && [ "$1" -le "$stop_stage" ] && _stage_begin "$1" "$2"
}

_stage_begin() {
  _stage_ran=yes _stage_number=$1 _stage_text=$2
  printf '# %(%Y-%m-%d %H:%M:%S)T stage %s: %s\n' -1 "$1" "$2"
}

_stage_end() {
  _stage_number=''
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
  words+=(--stage "$_stage_number")
  for word in "${words[@]}"; do
    if [[ $word =~ ^[A-Za-z0-9_./=:,+-]+$ ]]; then printf '%s ' "$word"; else printf '%s ' "${word@Q}"; fi
  done
}

# Where a run ends, however it ends; the exit status stays what it was.
_stage_exit() {
  if [ "$1" -ne 0 ] && [ -n "$_stage_number" ]; then
    echo "${0##*/}: stage $_stage_number ($_stage_text) failed with status $1${_stage_failed:+ at $_stage_failed}" >&2
    echo "${0##*/}: when the cause is mended, go on with: $(_stage_way_on)" >&2
  elif [ "$1" -eq 0 ] && [ "$_stage_ran" = no ]; then
    echo "${0##*/}: nothing was run: there is no stage from $stage to $stop_stage" >&2
  fi
  _stage_end
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
    if ! [[ ${!name} =~ ^-?[0-9]{1,9}$ ]]; then
      echo "${0##*/}: --${name//_/-} takes a number, not '${!name}'" >&2
      exit 1
    fi
  done
}

# From the text of run.sh: its options with their comments, and its stages.
_stage_help() {
  local line options='' stages='' own=true
  while IFS= read -r line; do
    if [[ $line =~ ^\.\ .*stage\.sh ]]; then
      own=false
    elif $own && [[ $line =~ ^([a-z][A-Za-z0-9_]*)=([^#]*[^#[:space:]])?[[:space:]]*(#[[:space:]]*(.*))?$ ]]; then
      options+=$(printf '  --%-24s %s' "${BASH_REMATCH[1]//_/-} ${BASH_REMATCH[2]}" "${BASH_REMATCH[4]}")$'\n'
    elif [[ $line =~ ^[[:space:]]*if\ stage\ ([0-9]+)\ [\"\'](.*)[\"\'] ]]; then
      stages+=$(printf '  %3d  %s' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}")$'\n'
    fi
  done < "$_stage_script"
  cat << EOF
Usage: $0 [options]

Options, with their defaults:
$options  --stage 0                  first stage to run
  --stop-stage 100           last stage to run
  --dry-run                  print the commands of these stages, run nothing
  --config FILE              read options from lines 'name=value'

Stages:
$stages
EOF
}
# shellcheck disable=SC2034
help_message=$(_stage_help)

_stage_begin_dry_run() {
  local group
  if [ -n "$_stage_output" ]; then return 0; fi
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
