"""YAML texts, read strictly: a key that stands twice is an error, not the last one's win."""

from typing import Any

import yaml


class DocumentError(ValueError):
    """A text that cannot be read: names the document, the key where there is one, and why."""

    def __init__(self, document: str, key: str, problem: str) -> None:
        """Join the three parts to one line; `key` may be empty."""
        super().__init__(": ".join(part for part in (document, key, problem) if part))
        self.document = document
        self.key = key
        self.problem = problem


_MERGE = "tag:yaml.org,2002:merge"


class _StrictLoader(yaml.SafeLoader):
    pass


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    _refuse_repeated_keys(loader, node)
    loader.flatten_mapping(node)
    return {
        loader.construct_object(key, deep=True): loader.construct_object(value, deep=True)
        for key, value in node.value
    }


def _refuse_repeated_keys(loader: yaml.SafeLoader, node: yaml.MappingNode) -> None:
    # Before merges (`<<`) are taken in: a key of one's own may replace a merged one.
    found = set()
    for key_node, _ in node.value:
        if key_node.tag == _MERGE:
            continue
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool):
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be plain", key_node.start_mark
            )
        if key in found:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands twice", key_node.start_mark
            )
        found.add(key)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_mapping(document: str, text: str) -> dict[str, Any]:
    """Read `text` as one YAML mapping; an empty text is an empty mapping.

    Raises DocumentError, which names `document` and the line.
    """
    try:
        content = yaml.load(text, _StrictLoader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise DocumentError(document, line, problem) from None
    except RecursionError:
        raise DocumentError(document, "", "is nested too deeply") from None
    except ValueError as error:
        # A value that looks like a date or a number, and is none: 2025-02-30.
        raise DocumentError(document, "", str(error)) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise DocumentError(document, "", "is not a mapping")
    return content
