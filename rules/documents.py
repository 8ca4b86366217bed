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


class _StrictLoader(yaml.SafeLoader):
    pass


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int | float | bool):
            raise yaml.constructor.ConstructorError(
                None, None, "a key must be plain", node.start_mark
            )
        if key in found:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands twice", key_node.start_mark
            )
        found[key] = loader.construct_object(value_node, deep=True)
    return found


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
        raise DocumentError(document, line, getattr(error, "problem", None) or str(error)) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise DocumentError(document, "", "is not a mapping")
    return content
