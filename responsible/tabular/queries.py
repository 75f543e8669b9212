"""A query as the source of a table: which database, which query, and where its password must not stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from responsible.names import query_name

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
KEYS = ("database", "query")
SECRET = re.compile(r"pass|pwd|secret|token|credential", re.IGNORECASE)  # keys of a URL that hold one
REMEDY = "write ${DB_PASSWORD} in its place and set that variable in the environment"


class Query(str):
    """A query and its ``database``, a URL of SQLAlchemy in which ``${NAME}`` stands for a variable of the environment.

    As text it is what messages and documents call the table: :func:`~responsible.names.query_name`.
    """

    __slots__ = ("database", "query")
    database: str
    query: str

    @classmethod
    def of(cls, given: Mapping[Any, Any]) -> Query:
        """The query that a mapping of ``database`` and ``query`` declares.

        ValueError, which never repeats the URL, for other keys or values, and for a password that is not a variable's.
        """
        if (keys := sorted(map(str, given))) != list(KEYS):
            raise ValueError(f"must be a path, or a mapping of database and query, got the keys {', '.join(keys)}")
        if not all(isinstance(value, str) and value.strip() for value in given.values()):
            raise ValueError("database and query must be texts; write both")
        _refuse_secrets(parsed(given["database"]))
        out = super().__new__(cls, query_name(given["database"]))
        out.database, out.query = given["database"], given["query"]
        return out


def parsed(database: str) -> URL:
    """The parts of a database's URL; ValueError, which does not repeat it, when it is none."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(database)
    except (ArgumentError, ValueError):
        form = "a URL of SQLAlchemy, such as postgresql+psycopg://user:${DB_PASSWORD}@host/name or sqlite:///path"
        raise ValueError(f"database must be {form}") from None


def _refuse_secrets(url: URL) -> None:
    """ValueError when a password stands in the URL or its options (of ODBC: within one) and is no variable's."""
    if url.password and not PLACEHOLDER.fullmatch(str(url.password)):
        raise ValueError(f"database must not hold a password; {REMEDY}")
    for key, values in url.normalized_query.items():
        own = SECRET.search(key) and not all(PLACEHOLDER.fullmatch(value) for value in values)
        odbc = any(re.search(r"(?:pwd|password)\s*=\s*(?!\{?\$\{)", value, re.IGNORECASE) for value in values)
        if own or odbc:
            raise ValueError(f"database must not hold a password (option {key}); {REMEDY}")


def source(given: Any, path: Callable[[Any], str]) -> str:
    """A mapping as its :class:`Query`, else a ``path``; ValueError for a URL alone, which is not repeated."""
    if isinstance(given, Query):
        return given
    if isinstance(given, Mapping):
        return Query.of(given)
    if isinstance(given, str) and "://" in given:
        raise ValueError("must be a path, or a mapping of database and query, got only a URL")
    return path(given)
