"""A sign of life on the terminal while something slow goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def spinner(message: str) -> Iterator[Callable[[str], None]]:
    """Show `message` with a running clock on standard error, if that is a terminal.

    Gives a function that shows a detail behind the message.
    """
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", style="dim", markup=False),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(message, total=None, detail="")
        yield lambda detail: progress.update(task, detail=detail)
