"""The catalogue: rules and their playbooks, parsed from texts and checked against each other.

The shell reads the files; here they are only texts with names. A rule without a playbook is
refused by name (contract, section 5).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rules.documents import DocumentError, read_mapping
from rules.measures import COMMUNITY_MEASURES, LADDER_MEASURES, MEASURES, MEMBER_MEASURES
from rules.parameters import Parameters

_FENCE = "---"
Text = Annotated[str, Field(min_length=1)]
Model = TypeVar("Model", bound=BaseModel)


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Playbook(_Document):
    """What to do when a rule fires: the front matter of a Markdown file, and its body."""

    id: Text
    version: Annotated[int, Field(ge=1)]
    title: Text
    title_zh: Text
    owner: Text
    when: Text
    steps: Annotated[list[Text], Field(min_length=1)]
    success: Text
    ends: Text
    body: Text


class Definition(_Document):
    """A rule as its definition file states it."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    version: Annotated[int, Field(ge=1)]
    title: Text
    alertname: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]+$")]
    severity: Literal["info", "warning", "critical"]
    subject: Literal["community", "member"]
    measure: Text
    playbook: Text
    parameters: dict[str, Any]
    summary: Text
    description: Text
    digest_summary: Text | None = None
    digest_description: Text | None = None
    known_gaps: Text


class Rule(BaseModel):
    """A rule ready for use: its definition, its default parameters and its playbook."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    definition: Definition
    defaults: Any
    playbook: Playbook

    @property
    def id(self) -> str:
        """The rule's identifier, such as `speech-density-drop`."""
        return self.definition.id

    @property
    def is_on(self) -> bool:
        """Whether the rule judges where no configuration says `enabled`."""
        return bool(self.defaults.enabled)

    @property
    def parameter_names(self) -> frozenset[str]:
        """The names that configuration may set."""
        return frozenset(type(self.defaults).model_fields)


Catalogue = Mapping[str, Rule]
"""Rules by id, in the order of their ids."""


def parse_playbook(name: str, text: str) -> Playbook:
    """Parse a playbook file's text; DocumentError names what is wrong."""
    lines = text.splitlines()
    if not lines or lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise DocumentError(name, "", "has no front matter between two lines of ---")
    end = lines.index(_FENCE, 1)
    front = read_mapping(name, "\n".join(lines[1:end]))
    body = "\n".join(lines[end + 1 :]).strip()
    return _validated(name, Playbook, {**front, "body": body})


def parse_definition(name: str, text: str) -> Definition:
    """Parse a definition file's text; DocumentError names what is wrong."""
    definition = _validated(name, Definition, read_mapping(name, text))
    if definition.measure not in MEASURES:
        known = ", ".join(sorted(MEASURES))
        raise DocumentError(name, "measure", f"unknown: {definition.measure!r} (known: {known})")
    of_members = MEMBER_MEASURES.keys() | LADDER_MEASURES.keys()
    measures = COMMUNITY_MEASURES if definition.subject == "community" else of_members
    if definition.measure not in measures:
        problem = f"{definition.measure!r} does not measure a {definition.subject}"
        raise DocumentError(name, "measure", problem)
    if definition.measure in MEMBER_MEASURES and not (
        definition.digest_summary and definition.digest_description
    ):
        raise DocumentError(name, "digest_summary", "a member rule needs the texts of its digest")
    return definition


def parse_catalogue(definitions: Mapping[str, str], playbooks: Mapping[str, str]) -> Catalogue:
    """Build the catalogue from the texts of definition and playbook files, by file name.

    DocumentError where one is wrong, an id stands twice or is not its file's name, or a rule
    names a playbook that does not exist.
    """
    books = {}
    for name, text in sorted(playbooks.items()):
        book = parse_playbook(name, text)
        _named_after_id(name, book.id)
        books[book.id] = book
    rules = {}
    for name, text in sorted(definitions.items()):
        definition = parse_definition(name, text)
        _named_after_id(name, definition.id)
        if definition.playbook not in books:
            problem = f"rule {definition.id!r} names a playbook that does not exist: "
            raise DocumentError(name, "playbook", f"{problem}{definition.playbook!r}")
        defaults = parse_parameters(name, "parameters", definition, definition.parameters)
        rules[definition.id] = Rule(
            definition=definition, defaults=defaults, playbook=books[definition.playbook]
        )
    return dict(sorted(rules.items()))


def parse_parameters(
    document: str, key: str, definition: Definition, values: Mapping[str, Any]
) -> Parameters:
    """Build a rule's parameters from `values`; DocumentError names the key that is wrong."""
    try:
        return MEASURES[definition.measure].parameters(**values)
    except ValidationError as error:
        raise _first_problem(document, key, error) from None


def _named_after_id(name: str, identifier: str) -> None:
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if stem != identifier:
        raise DocumentError(name, "id", f"{identifier!r} is not the file's name")


def _validated(name: str, model: type[Model], values: Mapping[str, Any]) -> Model:
    try:
        return model(**values)
    except ValidationError as error:
        raise _first_problem(name, "", error) from None


def _first_problem(document: str, prefix: str, error: ValidationError) -> DocumentError:
    first = error.errors()[0]
    key = ".".join(part for part in (prefix, *map(str, first["loc"])) if part)
    if first["type"] == "extra_forbidden":
        return DocumentError(document, key, "unknown key")
    return DocumentError(document, key, first["msg"])
