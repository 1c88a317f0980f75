"""The ledger of a recipe's stages, exp/.stages/N.json: what each one ran, from what, what it made. Standard library only.

`script` reads run.sh: its stages and the options each of them depends on; `inputs` and `outputs` look at files; `record` keeps
the entries, written when a stage begins and when it ends; `stale` tells which stage has to run again, and why; `status` shows
the table; `lock` keeps a second run.sh out. utils/stage.sh calls all of it through utils/stage_ledger.py, from the recipe's folder:
every path here is relative to that.
"""
