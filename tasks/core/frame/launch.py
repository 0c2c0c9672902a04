"""`python -I launch.py WORD…` starts a command of this project from any folder.

It is the one way to do so: -I ignores the folder and PYTHONPATH, as in the `doit` of .venv.
"""

import sys
from _signal import (
    SIG_DFL,
    SIGINT,
    default_int_handler,
    getsignal,
    signal,
)

# Until the frame has the signals, Ctrl-C ends this process without a traceback.
if getsignal(SIGINT) is default_int_handler:
    signal(SIGINT, SIG_DFL)

sys.path.insert(0, __file__.rpartition("/tasks/")[0])

from tasks.core.frame.front import main
from tasks.core.model.layout import PROJECT, is_packaged

# -I leaves out the packages of the user, where `pip install --user` has put us.
if is_packaged():
    sys.path.append(str(PROJECT.parent))

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
