"""settings.toml: theme, keys, and whether the welcome was read. A broken file is reported and left alone."""

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from .themes import DARK


def settings_path() -> Path:
    """Where settings.toml lives."""
    from platformdirs import user_config_path

    return user_config_path("freshtoken", appauthor=False) / "settings.toml"


@dataclass
class Settings:
    """What the user chose. `problem` says, in one sentence, what could not be read."""

    theme: str = DARK
    welcomed: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    @classmethod
    def load(cls) -> "Settings":
        """The settings as they are on disk; defaults where there are none."""
        path = settings_path()
        try:
            read = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            return cls(problem=f"{path} cannot be read and was left as it is: {error}")
        keys = read.get("keys", {})
        return cls(
            theme=str(read.get("theme", DARK)),
            welcomed=bool(read.get("welcomed", False)),
            keys={str(k): str(v) for k, v in keys.items()} if isinstance(keys, dict) else {},
        )

    def save(self, **changes: str | bool) -> None:
        """Change some values on disk, keeping what else the user wrote there. Raises OSError."""
        if self.problem:
            return
        import tomlkit

        for name, value in changes.items():
            setattr(self, name, value)
        path = settings_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        for name, value in changes.items():
            document[name] = value
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(tomlkit.dumps(document), encoding="utf-8")
        temporary.replace(path)
