"""freshtoken completion: what lets a shell complete freshtoken's commands."""

import click
from click.shell_completion import get_completion_class

from .common import command, echo_text, print_json
from .groups import CommandWithExamples, argument
from .params import NamedChoice

VARIABLE = "_FRESHTOKEN_COMPLETE"
POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName freshtoken -ScriptBlock {
    param($word, $line, $place)
    $env:_FRESHTOKEN_COMPLETE = "bash_complete"
    $env:COMP_WORDS = $line.ToString()
    $env:COMP_CWORD = if ($word) { $line.CommandElements.Count - 1 } else {
        $line.CommandElements.Count
    }
    freshtoken | ForEach-Object {
        $kind, $name = $_ -split ",", 2
        if ($kind -eq "plain") { [System.Management.Automation.CompletionResult]::new($name) }
    }
    Remove-Item Env:_FRESHTOKEN_COMPLETE, Env:COMP_WORDS, Env:COMP_CWORD
}
"""


@click.command("completion", cls=CommandWithExamples)
@argument("shell", type=NamedChoice(("bash", "zsh", "fish", "powershell")))
@command
def completion(shell: str, as_json: bool) -> None:
    """Print the lines that let SHELL (bash, zsh, fish or powershell) complete commands. Put them in
    the file that your shell reads at its start, or evaluate them.
    """
    from . import main

    text = POWERSHELL
    if shell != "powershell":
        kind = get_completion_class(shell)
        assert kind is not None
        text = kind(main, {}, "freshtoken", VARIABLE).source()
    if as_json:
        print_json({"shell": shell, "lines": text})
    else:
        echo_text(text, nl=not text.endswith("\n"))
