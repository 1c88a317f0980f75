# parse_options.sh: --name value and --name=value into shell variables, Kaldi's way. Source it without arguments:
#
#     nj=4            # every variable set before is an option, here --nj
#     lm_dir=         # --lm-dir or --lm_dir
#     help_message="Usage: $0 [options] <data-dir>"
#     . utils/parse_options.sh
#
# The options are taken off "$@"; what is left are the positional arguments. A variable whose default is true or false
# takes only these two, and plain --name means true when nothing or another option follows. `--config FILE` reads lines
# 'name=value' or '--name=value', # for comments; options on the command line win over it. An unknown option, or a value
# that is missing, ends the script with status 1, and so do a word like -nj and, in a run.sh with stages, any argument that is
# no option. --help prints $help_message and ends it with status 0.
#
# Names begin with a small letter. Values are stored as they are: nothing in them is ever evaluated.
# shellcheck shell=bash

_options_die() {
  echo "${0##*/}: $1" >&2
  if [ -n "${help_message:-}" ]; then printf '%s\n' "$help_message" >&2; fi
  exit 1
}

# The variable that the option $1 (without --) sets, in _option; it must exist already.
_option_variable() {
  _option=${1//-/_}
  if ! [[ $_option =~ ^[a-z][A-Za-z0-9_]*$ ]] || [ -z "${!_option+set}" ]; then
    _options_die "unknown option --$1${2:-}"
  fi
}

# Set the option $1 to the value $2; $3 tells where it was read, for messages.
_option_set() {
  _option_variable "$1" "${3:-}"
  case ${!_option} in
    true | false)
      case $2 in true | false) ;; *) _options_die "--$1 takes true or false, not '$2'${3:-}" ;; esac
      ;;
  esac
  printf -v "$_option" %s "$2"
}

_options_read_config() {
  local line number=0
  [ -r "$1" ] || _options_die "cannot read the config file '$1'"
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    line=${line#"${line%%[![:space:]]*}"}
    line=${line%"${line##*[![:space:]]}"}
    case $line in
      '' | '#'*) continue ;;
      *=*)
        line=${line#--}
        _option_set "${line%%=*}" "${line#*=}" " ($1, line $number)"
        ;;
      *) _options_die "$1, line $number: expected name=value, found '$line'" ;;
    esac
  done < "$1"
}

# A config file comes first, wherever it stands, so that the command line wins over it.
_options_read_configs() {
  while [ $# -gt 0 ]; do
    case $1 in
      --config=*) _options_read_config "${1#*=}" ;;
      --config)
        [ $# -gt 1 ] || _options_die "--config needs a file"
        _options_read_config "$2"
        shift
        ;;
      --*=* | --help) ;;
      --*) if _option_takes_next "$@"; then shift; fi ;;
      *) return 0 ;;
    esac
    shift
  done
}

# Whether the argument after the option $1 is its value: always, but for a plain --flag before another option or the end.
_option_takes_next() {
  _option_variable "${1#--}"
  case ${!_option} in
    true | false) if [ $# -eq 1 ] || [[ $2 == --* ]]; then return 1; fi ;;
  esac
  [ $# -gt 1 ] || _options_die "option $1 needs a value"
}

_options_read_configs "$@"
while [ $# -gt 0 ]; do
  case $1 in
    --help)
      printf '%s\n' "${help_message:-${0##*/} has no help text}"
      exit 0
      ;;
    --config=*) shift ;;
    --config) shift 2 ;;
    --*=*)
      _option=${1%%=*}
      _option_set "${_option#--}" "${1#*=}"
      shift
      ;;
    --*)
      if _option_takes_next "$@"; then
        _option_set "${1#--}" "$2"
        shift 2
      else
        printf -v "$_option" %s true
        shift
      fi
      ;;
    -[A-Za-z]*) _options_die "unknown option $1; options begin with two dashes" ;;
    *) break ;;
  esac
done
if [ $# -gt 0 ] && [ -n "${_stage_script:-}" ]; then # `./run.sh stage 2` would run all of it
  _options_die "takes options only, not '$1'"
fi
