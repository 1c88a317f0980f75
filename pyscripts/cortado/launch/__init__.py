"""The launcher: runs the members of a Kaldi-style call `$cmd JOB=1:$nj x.JOB.log command ...`. Standard library only.

`arguments` reads the call into a `job.Job`; `driver` finds which members must run, has a back end run them and reports;
`member` runs one of them wherever it is and leaves its log and done-file (`done`). A back end (`local`) only starts,
watches and cancels members: see `driver.Backend`.
"""

from cortado.launch.driver import Backend, main
from cortado.launch.job import Job
from cortado.launch.local import Local
from cortado.launch.message import LaunchError

__all__ = ["Backend", "Job", "LaunchError", "Local", "main"]
