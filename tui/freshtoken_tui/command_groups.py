"""Under which heading each command is listed, and the other words by which the palette finds it."""

GROUPS: dict[str, tuple[str, ...]] = {
    "Story": (
        "change_password",
        "reset_token",
        "welcome",
        "ways",
        "night",
        "seen",
        "start_over",
        "guide",
    ),
    "Client": (
        "client",
        "client_login",
        "client_paste",
        "client_query",
        "next_client",
        "client_tab",
        "reveal",
    ),
    "Org": ("forward", "clock", "freeze", "back", "serve", "redo"),
    "Places": (
        "org",
        "inbox",
        "setup",
        "history",
        "labs",
        "exam",
        "demos",
        "rehearsals",
        "leave_demo",
        "timeline",
        "incident",
    ),
    "Help": ("help", "assumptions", "production", "topics"),
    "Screen": ("jump", "quit"),
}
"""The ids of the commands of a heading."""

FINDS: dict[str, str] = {
    "rehearsals": "own client script report card",
    "help": "keys manual",
    "org": "login home personal",
    "inbox": "mail token",
    "setup": "admin users unlock freeze permissions",
    "history": "logins status csv export",
    "client": "pane",
    "client_login": "connect attempt retry",
    "client_paste": "fresh token",
    "client_query": "records soql",
    "client_tab": "wire why code attempts",
    "reveal": "passwords clear dots",
    "forward": "wait lockout time minutes",
    "labs": "learn exercise",
    "exam": "questions practice mock certification",
    "demos": "show presentation watch",
    "clock": "time wait days night",
    "freeze": "time stop run",
    "back": "undo rewind take back",
    "timeline": "night lanes history",
    "incident": "culprit who locked",
    "change_password": "new password",
    "reset_token": "fresh token",
    "assumptions": "contested unknown",
    "production": "real org checklist",
    "topics": "pages keys files labs",
    "welcome": "steps beginning",
    "serve": "ports real clients proxy",
    "ways": "start welcome",
    "night": "weekend lockout preset incident",
    "seen": "ending summary recap",
    "start_over": "reset again",
    "redo": "undo restore",
    "jump": "focus go mouse",
    "guide": "next step hint",
    "quit": "exit leave",
}


def group_of(id: str) -> str:
    """The heading of a command."""
    return next((name for name, ids in GROUPS.items() if id in ids), "Screen")
