"""Signs of life on a terminal, on standard error; nothing where it is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def bar(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar up to `total`, or a running spinner where it is None; give what moves it."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn(title, markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(title, total=total)

        def move(done: int) -> None:
            progress.update(task, completed=done)

        yield move


@contextmanager
def file_bar(title: str, path: str) -> Iterator[Callable[[int], None]]:
    """Show how far the file is read; give what hears the bytes read."""
    size = Path(path).stat().st_size if Path(path).is_file() else None
    with bar(title, size) as move:
        yield move
