"""The app of one visitor, in a process of its own: `python -P -m freshtoken_tui.cli.visitor`.
FRESHTOKEN_DATA names the visitor's folder. Not for people: freshtoken web starts it.
"""

import os
import sys

from freshtoken_model.store.orgfile import data_folder
from freshtoken_model.store.whole_file import make_folder
from freshtoken_tui.app import FreshtokenApp
from freshtoken_tui.launch import run_app
from freshtoken_tui.web.folders import FILES, ORG

from .steps import run_line


def main() -> int:
    """Run the app on the visitor's org file, which is made at the first visit. Returns the exit
    code; what failed is on standard error.
    """
    folder = data_folder().absolute()
    make_folder(folder / FILES)
    os.chdir(folder / FILES)
    app = FreshtokenApp(folder / ORG, run_line, may_make=True)
    code = run_app(app)
    if app.failure:
        sys.stderr.write(f"{app.failure}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
