"""What to tell when the program itself has failed: one sentence, and a file with the traceback but no local variables."""

import os
import traceback


def write_report(error: BaseException | None) -> str:
    """Write crash.log (mode 0600) into the data folder; returns the sentence for the user."""
    from freshtoken_model.orgfile import data_folder

    path = data_folder() / "crash.log"
    sentence = f"freshtoken stopped because of an error of its own ({type(error).__name__}). The org file is whole."
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(traceback.format_exception(error) if error else [])
    except OSError:
        return sentence
    return f"{sentence} What happened is in {path}."
