"""`python -I launch.py WORD…`: the one way to start a command of this project, from any folder."""

import sys

sys.path.insert(0, __file__.rpartition("/tasks/")[0])

from tasks.core.frame.front import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
