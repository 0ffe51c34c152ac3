"""Every command of the app, declared once: key, label, help, footer, palette entry and rebinding
id.
"""

from dataclasses import dataclass
from typing import Any

from textual.binding import Binding, BindingType
from textual.screen import Screen


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

    @property
    def binding(self) -> Binding:
        """As Textual wants it."""
        return Binding(
            self.key,
            self.action,
            self.label,
            show=self.footer,
            id=self.id,
            tooltip=self.help,
            priority=True,
        )


COMMANDS: tuple[Command, ...] = (
    Command(
        "help",
        "f1",
        "Help",
        "Help for the screen and the thing you are on",
        "command('help')",
        footer=True,
    ),
    Command("org", "f2", "Org", "Log in; then the personal settings", "page('home')", footer=True),
    Command(
        "inbox",
        "f3",
        "Inbox",
        "The simulated mailbox, where new tokens arrive",
        "page('inbox')",
        footer=True,
    ),
    Command(
        "setup",
        "f4",
        "Setup",
        "The admin's side: users, policies, trusted IP ranges",
        "page('setup')",
        footer=True,
    ),
    Command(
        "history", "f5", "Login History", "What Salesforce shows of every login", "page('history')"
    ),
    Command(
        "client", "f8", "Client", "To the API client and back", "command('client')", footer=True
    ),
    Command(
        "client_login",
        "f9",
        "Client: log in",
        "The API client logs in with what it holds",
        "command('client_login')",
    ),
    Command(
        "client_paste",
        "f10",
        "Client: paste newest token",
        "Put the newest mailed token in the client",
        "command('client_paste')",
    ),
    Command(
        "client_query",
        "ctrl+g",
        "Client: query",
        "The API client queries with the session it holds",
        "command('client_query')",
    ),
    Command(
        "client_tab",
        "ctrl+t",
        "Client: next tab",
        "Wire, Why, Code, Attempts",
        "command('client_tab')",
    ),
    Command(
        "reveal",
        "ctrl+r",
        "Show or hide secrets",
        "Passwords, tokens and session IDs in clear, or as dots",
        "command('reveal')",
    ),
    Command(
        "forward",
        "ctrl+o",
        "Clock: 15 minutes on",
        "Org time moves forward; a lockout may end",
        "command('forward')",
    ),
    Command(
        "labs", "f6", "Labs", "Learn by doing: small orgs with a story and goals", "command('labs')"
    ),
    Command(
        "exam",
        "f7",
        "Exam",
        "Practice and mock exams whose answers the org proves",
        "command('exam')",
        footer=False,
    ),
    Command(
        "demos", "ctrl+d", "Demos", "They play by themselves, in the real screens", "page('demos')"
    ),
    Command(
        "clock",
        "ctrl+k",
        "Clock",
        "Org time: a minute, an hour, a day, the next login, the end of a lockout",
        "command('clock')",
    ),
    Command(
        "freeze",
        "",
        "Clock: freeze or run",
        "Org time stands still, or runs with the wall clock",
        "command('freeze')",
    ),
    Command(
        "back",
        "ctrl+b",
        "Back one step",
        "Take back the last thing that was done, as often as wanted",
        "command('back')",
    ),
    Command(
        "timeline",
        "ctrl+l",
        "Timeline",
        "Each integration over org time, from a minute to a year",
        "page('timeline')",
    ),
    Command(
        "incident",
        "ctrl+e",
        "Incident",
        "Who locked this user out: the tale, told from the event log",
        "page('incident')",
    ),
    Command(
        "change_password",
        "ctrl+n",
        "Change My Password",
        "Where the security token dies",
        "page('change_password')",
    ),
    Command(
        "reset_token",
        "ctrl+y",
        "Reset My Security Token",
        "Where a fresh one is mailed",
        "page('reset_token')",
    ),
    Command(
        "assumptions",
        "",
        "Assumptions",
        "What public sources leave open, and who says what",
        "page('assumptions')",
    ),
    Command(
        "production",
        "",
        "In production",
        "After the story: what to do in a real org",
        "page('production')",
    ),
    Command(
        "topics",
        "",
        "Help topics",
        "Labs, keys, files, real clients and more, each on a page",
        "command('topics')",
    ),
    Command(
        "welcome", "", "The story", "What freshtoken is, and the nine steps", "command('welcome')"
    ),
    Command(
        "serve",
        "ctrl+s",
        "Serve: open or close ports",
        "Let real clients call this org, on this machine",
        "command('serve')",
    ),
    Command(
        "start_over",
        "f12",
        "Start the story over",
        "Sets the org back to the training org",
        "command('start_over')",
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
    Command("quit", "ctrl+q", "Quit", "Leave freshtoken", "quit"),
)


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
