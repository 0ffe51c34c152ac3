"""Every command of the app, declared once: key, label, help, footer, palette entry and rebinding
id.
"""

from dataclasses import dataclass

from textual.binding import Binding, BindingType


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
        "help", "f1", "Help", "Help for the screen and the thing you are on", "help", footer=True
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
    Command("client", "f8", "Client", "To the API client and back", "client", footer=True),
    Command(
        "client_login",
        "f9",
        "Client: log in",
        "The API client logs in with what it holds",
        "client_login",
    ),
    Command(
        "client_paste",
        "f10",
        "Client: paste newest token",
        "Put the newest mailed token in the client",
        "client_paste",
    ),
    Command(
        "client_query",
        "ctrl+g",
        "Client: query",
        "The API client queries with the session it holds",
        "client_query",
    ),
    Command("client_tab", "ctrl+t", "Client: next tab", "Wire, Why, Code, Attempts", "client_tab"),
    Command(
        "reveal",
        "ctrl+r",
        "Show or hide secrets",
        "Passwords, tokens and session IDs in clear, or as dots",
        "reveal",
    ),
    Command(
        "forward",
        "ctrl+o",
        "Clock: 15 minutes on",
        "Org time moves forward; a lockout may end",
        "forward(15)",
    ),
    Command("labs", "f6", "Labs", "Learn by doing: small orgs with a story and goals", "labs"),
    Command(
        "exam",
        "f7",
        "Exam",
        "Practice and mock exams whose answers the org proves",
        "exam",
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
        "clock",
    ),
    Command(
        "freeze",
        "",
        "Clock: freeze or run",
        "Org time stands still, or runs with the wall clock",
        "freeze_clock",
    ),
    Command(
        "back",
        "ctrl+b",
        "Back one step",
        "Take back the last thing that was done, as often as wanted",
        "step_back",
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
        "What the facts leave open, with sources",
        "page('assumptions')",
    ),
    Command(
        "production",
        "",
        "In production",
        "After the story: what to do in a real org",
        "page('production')",
    ),
    Command("welcome", "", "The story", "What freshtoken is, and the nine steps", "welcome"),
    Command(
        "serve",
        "ctrl+s",
        "Serve: open or close ports",
        "Let real clients call this org, on this machine",
        "serve",
    ),
    Command(
        "start_over",
        "f12",
        "Start the story over",
        "Sets the org back to the training org",
        "start_over",
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
    """The keys as a Markdown table, for the README."""
    rows = [
        f"| {command.key} | {command.label} | {command.help} |"
        for command in COMMANDS
        if command.key
    ]
    return "\n".join(["| key | command | what it does |", "|---|---|---|", *rows])


def key_list() -> str:
    """The keys as a Markdown list, for the help."""
    return "\n".join(
        f"- **{command.key}** {command.label}: {command.help}"
        for command in COMMANDS
        if command.key
    )


if __name__ == "__main__":
    print(key_table())
