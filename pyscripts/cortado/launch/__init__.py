"""The launcher: runs the members of a Kaldi-style call `$cmd JOB=1:$nj x.JOB.log command ...`. Standard library only.

`arguments` reads the call into a `job.Job`; `driver` finds which members must run, has a back end run them and reports;
`member` runs one of them wherever it is and leaves its log and done-file (`done`). A back end (`local.Local`,
`slurm.Slurm`) only starts, watches and cancels members: see `driver.Backend`.

Nothing is imported here: on a cluster every member begins with a fresh Python, which should not read what it does not need.
"""
