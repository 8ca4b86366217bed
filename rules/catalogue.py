"""The catalogue: rules and their playbooks, parsed from texts and checked against each other.

The shell reads the files; here they are only texts with names. A rule without a playbook is
refused by name (contract, section 5).
"""

from collections.abc import Container, Mapping
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
    """A rule as its definition file states it.

    `playbook_cases` names other playbooks than `playbook` for what was found: the rung of a ladder,
    a stage. A rule that has no `alertname` `reports_only`: it stands in snapshots, and its measure
    never says FIRE.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    version: Annotated[int, Field(ge=1)]
    title: Text
    alertname: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]+$")] | None = None
    reports_only: bool = False
    severity: Literal["info", "warning", "critical"]
    subject: Literal["community", "member"]
    measure: Text
    playbook: Text
    playbook_cases: dict[Text, Text] = {}
    parameters: dict[str, Any]
    summary: Text
    description: Text
    digest_summary: Text | None = None
    digest_description: Text | None = None
    known_gaps: Text

    @property
    def playbook_keys(self) -> dict[str, str]:
        """The id of each playbook that is named, by the key that names it."""
        cases = {f"playbook_cases.{case}": book for case, book in self.playbook_cases.items()}
        return {"playbook": self.playbook, **cases}


class Rule(BaseModel):
    """A rule ready for use: its definition, its default parameters and its playbooks.

    `playbook` answers whatever `playbook_cases` (by case) do not.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    definition: Definition
    defaults: Any
    playbook: Playbook
    playbook_cases: Mapping[str, Playbook] = {}

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

    @property
    def playbooks(self) -> tuple[Playbook, ...]:
        """All playbooks that may answer the rule, each once: the usual one, then by case."""
        books = {book.id: book for book in (self.playbook, *self.playbook_cases.values())}
        return tuple(books.values())

    def playbook_for(self, evaluation: Mapping[str, Any]) -> Playbook:
        """Return the playbook that answers an evaluation: that of its `case`, or the usual one."""
        case = evaluation.get("case")
        if not isinstance(case, str):
            return self.playbook
        return self.playbook_cases.get(case, self.playbook)


Catalogue = Mapping[str, Rule]
"""Rules by id, in the order of their ids."""


def playbooks_of(catalogue: Catalogue) -> dict[str, Playbook]:
    """Return every playbook that a rule of the catalogue names in any case, by id."""
    return {book.id: book for rule in catalogue.values() for book in rule.playbooks}


def parse_playbook(name: str, text: str) -> Playbook:
    """Parse a playbook file's text; DocumentError names what is wrong."""
    lines = text.splitlines()
    if not lines or lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise DocumentError(name, "", "has no front matter between two lines of ---")
    end = lines.index(_FENCE, 1)
    front = read_mapping(name, "\n".join(lines[1:end]))
    body = "\n".join(lines[end + 1 :]).strip()
    return _validated(name, Playbook, {**front, "body": body})


def parse_playbooks(playbooks: Mapping[str, str]) -> dict[str, Playbook]:
    """Parse the texts of playbook files, by file name; return the playbooks by id.

    DocumentError where one is wrong, or its id is not its file's name.
    """
    books = {}
    for name, text in sorted(playbooks.items()):
        book = parse_playbook(name, text)
        _named_after_id(name, book.id)
        books[book.id] = book
    return books


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
    _check_announcing(name, definition)
    return definition


def check_playbooks(name: str, definition: Definition, known: Container[str]) -> None:
    """See that every playbook that the definition file `name` names is `known`; DocumentError."""
    for key, book in definition.playbook_keys.items():
        if book not in known:
            problem = f"rule {definition.id!r} names a playbook that does not exist: {book!r}"
            raise DocumentError(name, key, problem)


def parse_catalogue(definitions: Mapping[str, str], playbooks: Mapping[str, str]) -> Catalogue:
    """Build the catalogue from the texts of definition and playbook files, by file name.

    DocumentError where one is wrong, an id stands twice or is not its file's name, or a rule
    names a playbook that does not exist.
    """
    books = parse_playbooks(playbooks)
    rules = {}
    for name, text in sorted(definitions.items()):
        definition = parse_definition(name, text)
        _named_after_id(name, definition.id)
        check_playbooks(name, definition, books)
        defaults = parse_parameters(name, "parameters", definition, definition.parameters)
        rules[definition.id] = Rule(
            definition=definition,
            defaults=defaults,
            playbook=books[definition.playbook],
            playbook_cases={case: books[book] for case, book in definition.playbook_cases.items()},
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


def _check_announcing(name: str, definition: Definition) -> None:
    """See that the rule either names its alert or only reports."""
    if definition.alertname is None and not definition.reports_only:
        problem = "Field required: a rule has an alertname, or `reports_only: true`"
        raise DocumentError(name, "alertname", problem)
    if definition.alertname is not None and definition.reports_only:
        raise DocumentError(name, "reports_only", "a rule that only reports has no alertname")
    if definition.reports_only and definition.subject == "member":
        # A measure of members says when it fires first: it has no way never to.
        raise DocumentError(name, "reports_only", "a rule about members announces alerts")


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
    return DocumentError(document, key, first["msg"].removeprefix("Value error, "))
