"""Every command of the app, declared once: key, label, help, footer, palette entry and rebinding
id.
"""

from dataclasses import dataclass

from textual.binding import Binding, BindingType

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

    @property
    def binding(self) -> Binding:
        """As Textual wants it. A key that edits text belongs to the field that has the focus."""
        return Binding(
            self.key,
            f"typed('{self.id}')" if self.key in EDITING_KEYS else self.action,
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
    ),
    Command(
        "org",
        "f2",
        "Org",
        "Log in; then the personal settings",
        "page('home')",
        letter="o",
    ),
    Command(
        "inbox",
        "f3",
        "Inbox",
        "The simulated mailbox, where new tokens arrive",
        "page('inbox')",
        letter="i",
    ),
    Command(
        "setup",
        "f4",
        "Setup",
        "The admin's side: users, policies, trusted IP ranges",
        "page('setup')",
        letter="s",
    ),
    Command(
        "history",
        "f5",
        "Login History",
        "What Salesforce shows of every login",
        "page('history')",
        letter="h",
    ),
    Command(
        "client",
        "f8",
        "API client",
        "To the API client and back",
        "command('client')",
        letter="c",
    ),
    Command(
        "client_login",
        "f9",
        "Client: log in",
        "The API client logs in with what it holds",
        "command('client_login')",
        letter="a",
    ),
    Command(
        "client_paste",
        "f10",
        "Client: paste newest token",
        "Put the newest mailed token in the client",
        "command('client_paste')",
        letter="n",
    ),
    Command(
        "client_query",
        "ctrl+g",
        "Client: query",
        "The API client queries with the session it holds",
        "command('client_query')",
        letter="q",
    ),
    Command(
        "next_client",
        "",
        "API client: next one",
        "The pane shows the next API client of the org",
        "command('next_client')",
        letter="f",
    ),
    Command(
        "client_tab",
        "ctrl+t",
        "Client: next tab",
        "Wire, Why, Code, Attempts",
        "command('client_tab')",
        letter="w",
    ),
    Command(
        "reveal",
        "ctrl+r",
        "Show or hide secrets",
        "Passwords, tokens and session IDs in clear, or as dots",
        "command('reveal')",
        letter="r",
    ),
    Command(
        "forward",
        "ctrl+o",
        "Clock: 15 minutes on",
        "Org time moves forward; a lockout may end",
        "command('forward')",
        letter="m",
    ),
    Command(
        "labs",
        "f6",
        "Labs",
        "Learn by doing: small orgs with a story and goals",
        "command('labs')",
        letter="l",
    ),
    Command(
        "exam",
        "f7",
        "Exam",
        "Practice and mock exams whose answers the org proves",
        "command('exam')",
        letter="x",
    ),
    Command(
        "demos",
        "ctrl+d",
        "Demos",
        "They play by themselves, in the real screens",
        "page('demos')",
        letter="d",
    ),
    Command(
        "leave_demo",
        "",
        "Leave the demo",
        "Ends the demo that plays; your own org comes back",
        "command('leave_demo')",
    ),
    Command(
        "rehearsals",
        "",
        "Rehearsals",
        "What your own clients did when their credentials went stale",
        "command('rehearsals')",
        letter="R",
    ),
    Command(
        "clock",
        "ctrl+k",
        "Clock",
        "Org time: a minute, an hour, a day, the next login, the end of a lockout",
        "command('clock')",
        letter="k",
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
        letter="b",
    ),
    Command(
        "timeline",
        "ctrl+l",
        "Timeline",
        "Each integration over org time, from a minute to a year",
        "page('timeline')",
        letter="t",
    ),
    Command(
        "incident",
        "ctrl+e",
        "Incident",
        "Who locked this user out: the tale, told from the event log",
        "page('incident')",
        letter="e",
    ),
    Command(
        "change_password",
        "ctrl+n",
        "Change My Password",
        "Where the security token dies",
        "page('change_password')",
        letter="p",
    ),
    Command(
        "reset_token",
        "ctrl+y",
        "Reset My Security Token",
        "Where a fresh one is mailed",
        "page('reset_token')",
        letter="y",
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
        "welcome",
        "",
        "The story",
        "What freshtoken is, and the nine steps",
        "command('welcome')",
    ),
    Command(
        "serve",
        "ctrl+s",
        "Serve: open or close ports",
        "Let real clients call this org, on this machine",
        "command('serve')",
        letter="v",
    ),
    Command(
        "ways",
        "",
        "Begin: watch, do it, or the night",
        "The three ways in, as at the first start",
        "command('ways')",
    ),
    Command(
        "night",
        "",
        "The night: Friday to Monday",
        "Three integrations on one user, and nobody is there when it breaks",
        "command('night')",
    ),
    Command(
        "seen",
        "",
        "What you saw",
        "The story of this org in five lines, with its times and attempts",
        "command('seen')",
        letter="z",
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
    Command(
        "redo",
        "",
        "Forward again",
        "Do again what was taken back, until something new is done",
        "command('redo')",
        letter="u",
    ),
    Command(
        "jump",
        "",
        "Jump",
        "Label everything on the screen; the letter goes there",
        "command('jump')",
        letter="j",
    ),
    Command(
        "guide",
        "",
        "Guide: show or hide",
        "The line that says what comes next in the story",
        "command('guide')",
        letter="g",
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
    Command("quit", "ctrl+q", "Quit", "Leave freshtoken", "quit"),
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


LOCAL_IDS: set[str] = set()
"""The ids of local_keys() of the modules that were imported so far."""


def local_keys(scope: str, *keys: tuple[str, str, str]) -> list[BindingType]:
    """Declare the keys of a page, dialog or widget: key (several with commas), action, label. Each
    has the id `scope.label`, which settings.toml names to rebind it; the footer leaves them out.
    """
    found = [
        Binding(key, action, label, show=False, id=f"{scope}.{_slug(label)}")
        for key, action, label in keys
    ]
    LOCAL_IDS.update(binding.id for binding in found if binding.id)
    return list(found)


def _slug(label: str) -> str:
    return "_".join("".join(char if char.isalnum() else " " for char in label.lower()).split())
