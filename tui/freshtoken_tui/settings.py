"""settings.toml: theme, keys, and whether the welcome was read. A broken file is reported and left
alone.
"""

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_config_path

from freshtoken_model.store.orgfile import DATA_VARIABLE

from .themes import DARK

FULL, NONE = MOTIONS = ("full", "none")


def settings_path() -> Path:
    """The path of settings.toml: in FRESHTOKEN_DATA, else in the user's configuration folder."""
    named = os.environ.get(DATA_VARIABLE)
    folder = Path(named) if named else user_config_path("freshtoken", appauthor=False)
    return folder / "settings.toml"


@dataclass
class Settings:
    """What the user chose. `problem` says, in one sentence, what could not be read."""

    theme: str = DARK
    welcomed: bool = False
    reveal: str = ""
    """`always`: no screen waits for Why before it says which half of the credentials is dead."""
    motion: str = FULL
    """Whether things move: full or none."""
    keys: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    @classmethod
    def load(cls) -> "Settings":
        """The settings as they are on disk; defaults where there are none."""
        path = settings_path()
        try:
            if path.exists() and not path.is_file():
                return cls(problem=f"{path} is not a file and was left as it is.")
            read = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            return cls(problem=f"{path} cannot be read and was left as it is: {error}")
        except RecursionError:
            return cls(problem=f"{path} is nested too deeply and was left as it is.")
        keys = read.get("keys", {})
        return cls(
            theme=str(read.get("theme", DARK)),
            welcomed=bool(read.get("welcomed", False)),
            reveal=str(read.get("reveal", "")),
            motion=motion if (motion := str(read.get("motion", FULL))) in MOTIONS else FULL,
            keys={str(k): str(v) for k, v in keys.items()} if isinstance(keys, dict) else {},
        )

    def save(self, **changes: str | bool) -> None:
        """Change some values on disk, keeping what else the user wrote there. Raises OSError."""
        if self.problem:
            return
        import tomlkit

        from freshtoken_model.store.whole_file import make_folder, write_whole

        for name, value in changes.items():
            setattr(self, name, value)
        path = settings_path()
        make_folder(path.parent)
        document = (
            tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        )
        for name, value in changes.items():
            document[name] = value
        write_whole(path, tomlkit.dumps(document))
