"""A query, a table or a place elsewhere as the source of a table, and a Spark session; where no password may stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from responsible.names import query_name
from responsible.validation import Params

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
KEYS = {("database", "query"), ("query",), ("table",)}
ELSEWHERE = re.compile(r"(?:file|hdfs|viewfs|s3a?|abfss?|wasbs?|gs|oss|dbfs)://(?![^/]*:[^/]*@)", re.IGNORECASE)
MASTER = re.compile(r"local(\[(\*|[0-9]+)(, ?[0-9]+)?\])?|yarn|spark://[^/@]+:[0-9]+|k8s://[^@]+|.*\$\{.*")
SECRET = re.compile(r"pass|pwd|secret|token|credential", re.IGNORECASE)  # keys of a URL that hold one
REMEDY = "write ${DB_PASSWORD} in its place and set that variable in the environment"


class Elsewhere(str):
    """A file, folder or glob of a file system that only a Spark session reads: ``s3a://bucket/people/*.parquet``."""

    __slots__ = ()


class Query(str):
    """A query and its ``database``, a URL of SQLAlchemy in which ``${NAME}`` stands for a variable of the environment;
    without a database a query for the Spark session, or a ``table`` of its catalogue.

    As text it is what messages and documents call the table: :func:`~responsible.names.query_name`.
    """

    __slots__ = ("database", "query")
    database: str | None
    query: str

    @classmethod
    def of(cls, given: Mapping[Any, Any]) -> Query:
        """What a mapping of ``database`` and ``query``, of ``query`` alone or of ``table`` declares.

        ValueError, which never repeats the URL, for other keys or values, and for a password that is not a variable's.
        """
        if (keys := tuple(sorted(map(str, given)))) not in KEYS:
            rule = f"must be a path, or a mapping of database and query, got the keys {', '.join(keys)}"
            raise ValueError(f"{rule}; for Spark, query or table alone")
        if not all(isinstance(value, str) and value.strip() for value in given.values()):
            raise ValueError(f"{' and '.join(keys)} must be texts; write {'both' if len(keys) > 1 else 'it'}")
        if "database" in given:
            _refuse_secrets(parsed(given["database"]))
        out = super().__new__(cls, query_name(given))
        out.database = given.get("database")
        out.query = given.get("query") or " ".join(["SELECT * FROM", given["table"]])
        return out


class Session(Params):
    """The Spark session: its ``master``, or the ``remote`` URL of Spark Connect, and its ``conf``.

    What is not named here is the environment's: SPARK_REMOTE, SPARK_CONF_DIR, spark-submit. ``${NAME}`` in a value
    stands for a variable of the environment.
    """

    master: str | None = None
    remote: str | None = None
    conf: dict[str, str | Annotated[int, Field(le=10**12)] | float | bool] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.master and self.remote:
            raise ValueError("master and remote exclude each other; remove one")
        if self.master and not MASTER.fullmatch(self.master):
            raise ValueError("master must be local[*], spark://host:port, yarn or k8s://https://host:port")
        if self.remote and not re.match(r"sc://[^@]+$|.*\$\{", self.remote):
            raise ValueError("remote must be a URL of Spark Connect, such as sc://host:15002, without a login")
        options = re.findall(r";([^=;]+)=([^;]*)", self.remote or "")
        for key, value in [*self.conf.items(), *options]:
            if SECRET.search(key) and not PLACEHOLDER.fullmatch(str(value)) and not isinstance(value, (bool, int)):
                raise ValueError(f"{key} must not hold a password; {REMEDY}")
        return self


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
    """A mapping as its :class:`Query`, a URL of a file system as its place :class:`Elsewhere`, else a ``path``;
    ValueError for any other URL, which is not repeated.
    """
    if isinstance(given, (Query, Elsewhere)):
        return given
    if isinstance(given, Mapping):
        return Query.of(given)
    if isinstance(given, str) and ELSEWHERE.match(given):
        return Elsewhere(given)
    if isinstance(given, str) and "://" in given:
        raise ValueError("must be a path, or a mapping of database and query, got only a URL")
    return path(given)
