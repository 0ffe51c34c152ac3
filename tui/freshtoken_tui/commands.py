"""Every command of the app, declared once: key, label, help, footer, palette entry and rebinding
id.
"""

from dataclasses import dataclass
from typing import Any

from textual.binding import Binding, BindingType
from textual.screen import Screen

EDITING_KEYS = frozenset(f"ctrl+{letter}" for letter in "abdefkuw")
"""Keys of a text field, as in a shell: to the ends, a character or a word, delete, cut a line."""
LEADER = "ctrl+x"
"""The key before a command's letter: it works in every terminal and in every field."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `id` is what settings.toml names under [keys] to rebind it."""

    id: str
    key: str
    label: str
    help: str
    action: str
    footer: bool = False
    palette: bool = True
    letter: str = ""
    """The key behind the leader key."""
    group: str = "Screen"
    """The heading under which the palette lists it."""
    finds: str = ""
    """Other words by which the palette finds it."""

    @property
    def binding(self) -> Binding:
        """As Textual wants it. A key that edits text belongs to the field that has the focus."""
        return Binding(
            self.key,
            self.action,
            self.label,
            show=self.footer,
            id=self.id,
            tooltip=self.help,
            priority=self.key not in EDITING_KEYS,
        )


COMMANDS: tuple[Command, ...] = (
    Command(
        "help",
        "f1",
        "Help",
        "Help for the screen and the thing you are on",
        "command('help')",
        footer=True,
        letter="?",
        group="Help",
        finds="keys manual",
    ),
    Command(
        "org",
        "f2",
        "Org",
        "Log in; then the personal settings",
        "page('home')",
        letter="o",
        group="Places",
        finds="login home personal",
    ),
    Command(
        "inbox",
        "f3",
        "Inbox",
        "The simulated mailbox, where new tokens arrive",
        "page('inbox')",
        letter="i",
        group="Places",
        finds="mail token",
    ),
    Command(
        "setup",
        "f4",
        "Setup",
        "The admin's side: users, policies, trusted IP ranges",
        "page('setup')",
        letter="s",
        group="Places",
        finds="admin users unlock freeze permissions",
    ),
    Command(
        "history",
        "f5",
        "Login History",
        "What Salesforce shows of every login",
        "page('history')",
        letter="h",
        group="Places",
        finds="logins status csv export",
    ),
    Command(
        "client",
        "f8",
        "Client",
        "To the API client and back",
        "command('client')",
        letter="c",
        group="Client",
        finds="pane",
    ),
    Command(
        "client_login",
        "f9",
        "Client: log in",
        "The API client logs in with what it holds",
        "command('client_login')",
        letter="a",
        group="Client",
        finds="connect attempt retry",
    ),
    Command(
        "client_paste",
        "f10",
        "Client: paste newest token",
        "Put the newest mailed token in the client",
        "command('client_paste')",
        letter="n",
        group="Client",
        finds="fresh token",
    ),
    Command(
        "client_query",
        "ctrl+g",
        "Client: query",
        "The API client queries with the session it holds",
        "command('client_query')",
        letter="q",
        group="Client",
        finds="records soql",
    ),
    Command(
        "client_tab",
        "ctrl+t",
        "Client: next tab",
        "Wire, Why, Code, Attempts",
        "command('client_tab')",
        letter="w",
        group="Client",
        finds="wire why code attempts",
    ),
    Command(
        "reveal",
        "ctrl+r",
        "Show or hide secrets",
        "Passwords, tokens and session IDs in clear, or as dots",
        "command('reveal')",
        letter="r",
        group="Client",
        finds="passwords clear dots",
    ),
    Command(
        "forward",
        "ctrl+o",
        "Clock: 15 minutes on",
        "Org time moves forward; a lockout may end",
        "command('forward')",
        letter="m",
        group="Org",
        finds="wait lockout time minutes",
    ),
    Command(
        "labs",
        "f6",
        "Labs",
        "Learn by doing: small orgs with a story and goals",
        "command('labs')",
        letter="l",
        group="Places",
        finds="learn exercise",
    ),
    Command(
        "exam",
        "f7",
        "Exam",
        "Practice and mock exams whose answers the org proves",
        "command('exam')",
        footer=False,
        letter="x",
        group="Places",
        finds="questions practice mock certification",
    ),
    Command(
        "demos",
        "ctrl+d",
        "Demos",
        "They play by themselves, in the real screens",
        "page('demos')",
        letter="d",
        group="Places",
        finds="show presentation watch",
    ),
    Command(
        "clock",
        "ctrl+k",
        "Clock",
        "Org time: a minute, an hour, a day, the next login, the end of a lockout",
        "command('clock')",
        letter="k",
        group="Org",
        finds="time wait days night",
    ),
    Command(
        "freeze",
        "",
        "Clock: freeze or run",
        "Org time stands still, or runs with the wall clock",
        "command('freeze')",
        group="Org",
        finds="time stop run",
    ),
    Command(
        "back",
        "ctrl+b",
        "Back one step",
        "Take back the last thing that was done, as often as wanted",
        "command('back')",
        letter="b",
        group="Org",
        finds="undo rewind take back",
    ),
    Command(
        "timeline",
        "ctrl+l",
        "Timeline",
        "Each integration over org time, from a minute to a year",
        "page('timeline')",
        letter="t",
        group="Places",
        finds="night lanes history",
    ),
    Command(
        "incident",
        "ctrl+e",
        "Incident",
        "Who locked this user out: the tale, told from the event log",
        "page('incident')",
        letter="e",
        group="Places",
        finds="culprit who locked",
    ),
    Command(
        "change_password",
        "ctrl+n",
        "Change My Password",
        "Where the security token dies",
        "page('change_password')",
        letter="p",
        group="Story",
        finds="new password",
    ),
    Command(
        "reset_token",
        "ctrl+y",
        "Reset My Security Token",
        "Where a fresh one is mailed",
        "page('reset_token')",
        letter="y",
        group="Story",
        finds="fresh token",
    ),
    Command(
        "assumptions",
        "",
        "Assumptions",
        "What public sources leave open, and who says what",
        "page('assumptions')",
        group="Help",
        finds="contested unknown",
    ),
    Command(
        "production",
        "",
        "In production",
        "After the story: what to do in a real org",
        "page('production')",
        group="Help",
        finds="real org checklist",
    ),
    Command(
        "topics",
        "",
        "Help topics",
        "Labs, keys, files, real clients and more, each on a page",
        "command('topics')",
        group="Help",
        finds="pages keys files labs",
    ),
    Command(
        "welcome",
        "",
        "The story",
        "What freshtoken is, and the nine steps",
        "command('welcome')",
        group="Story",
        finds="steps beginning",
    ),
    Command(
        "serve",
        "ctrl+s",
        "Serve: open or close ports",
        "Let real clients call this org, on this machine",
        "command('serve')",
        letter="v",
        group="Org",
        finds="ports real clients proxy",
    ),
    Command(
        "ways",
        "",
        "Begin: watch, do it, or the night",
        "The three ways in, as at the first start",
        "command('ways')",
        group="Story",
        finds="start welcome",
    ),
    Command(
        "night",
        "",
        "The night: Friday to Monday",
        "Three integrations on one user, and nobody is there when it breaks",
        "command('night')",
        group="Story",
        finds="weekend lockout preset incident",
    ),
    Command(
        "seen",
        "",
        "What you saw",
        "The story of this org in five lines, with its times and attempts",
        "command('seen')",
        letter="z",
        group="Story",
        finds="ending summary recap",
    ),
    Command(
        "start_over",
        "f12",
        "Start the story over",
        "Sets the org back to the training org",
        "command('start_over')",
        group="Story",
        finds="reset again",
    ),
    Command(
        "palette",
        "ctrl+p",
        "Palette",
        "Every command, user and client",
        "command_palette",
        palette=False,
        footer=True,
    ),
    Command(
        "redo",
        "",
        "Forward again",
        "Do again what was taken back, until something new is done",
        "command('redo')",
        letter="u",
        group="Org",
        finds="undo restore",
    ),
    Command(
        "jump",
        "",
        "Jump",
        "Label everything on the screen; the letter goes there",
        "command('jump')",
        letter="j",
        finds="focus go mouse",
    ),
    Command(
        "guide",
        "",
        "Guide: show or hide",
        "The line that says what comes next in the story",
        "command('guide')",
        letter="g",
        group="Story",
        finds="next step hint",
    ),
    Command(
        "leader",
        "ctrl+x",
        "All commands by letter",
        "Then the letter that is shown: works in every terminal and every field",
        "command('leader')",
        palette=False,
        footer=True,
    ),
    Command("quit", "ctrl+q", "Quit", "Leave freshtoken", "quit", finds="exit leave"),
)


def key_of(id: str) -> str:
    """The key that a command is declared with; empty without one."""
    return next((command.key for command in COMMANDS if command.id == id), "")


def shown_key(key: str) -> str:
    """A key as it is shown everywhere: `f9`, `ctrl+g`, `esc`."""
    return SHOWN.get(key, key)


SHOWN = {"escape": "esc", "plus": "+", "minus": "-", "equals_sign": "=", "slash": "/"}
"""Keys whose shown name is not Textual's."""


def bindings() -> list[BindingType]:
    """The bindings of every command that has a key."""
    return [command.binding for command in COMMANDS if command.key]


def key_table() -> str:
    """The keys as a Markdown table, for the help topic `keys`."""
    rows = [
        f"| {command.key} | {command.label} | {command.help} |"
        for command in COMMANDS
        if command.key
    ]
    return "\n".join(["| key | command | what it does |", "|---|---|---|", *rows])


def id_table() -> str:
    """The ids under which settings.toml rebinds the keys of the whole app, for the same topic."""
    rows = [f"| `{command.id}` | {command.label} |" for command in COMMANDS if command.key]
    return "\n".join(["| id | command |", "|---|---|", *rows])


def local_keys(scope: str, *keys: tuple[str, str, str]) -> list[BindingType]:
    """Declare the keys of a page, dialog or widget: key (several with commas), action, label. Each
    has the id `scope.label`, which settings.toml names to rebind it; the footer leaves them out.
    """
    return [
        Binding(key, action, label, show=False, id=f"{scope}.{_slug(label)}")
        for key, action, label in keys
    ]


def _slug(label: str) -> str:
    return "_".join("".join(char if char.isalnum() else " " for char in label.lower()).split())


def key_lists(screen: Screen[Any]) -> str:
    """The keys that are bound at the focus, as Markdown: first those of the place, then those of
    the whole app.
    """
    helps = {command.id: f"{command.label}: {command.help}" for command in COMMANDS}
    shown: dict[str, dict[str, list[str]]] = {
        "here": {},
        "everywhere": {words: [] for words in helps.values()},
    }
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id is not None:
            where = shown["everywhere" if binding.id in helps else "here"]
            words = helps.get(binding.id, binding.description)
            where.setdefault(words, []).append(screen.app.get_key_display(binding))
    return "\n".join(
        f"## Keys {where}\n"
        + "".join(f"- **{'**, **'.join(k)}** {words}\n" for words, k in lists.items() if k)
        for where, lists in shown.items()
        if lists
    )
