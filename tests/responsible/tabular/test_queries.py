"""A query as source in the parameters: its two keys, and passwords only from the environment."""

import copy
import pickle

import pytest
from pydantic import TypeAdapter, ValidationError

from responsible.healthcare.schema import Healthcare
from responsible.tabular.queries import Query, Session
from responsible.tabular.schema import Budget
from responsible.tabular.sources import Source
from responsible.validation import explain
from tests.support import tables

SECRET = "hunter2"  # noqa: S105 - nobody's


def refusal(source, kind=Source, **others):
    """What is said of a source that is refused; it never holds the secret."""
    section = kind.__name__.lower()
    given = {"delimiter": ","} if kind is Source else tables.tree()[section]
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(given | {"source": source} | others, strict=True)
    said = explain(caught.value, section)
    assert SECRET not in said
    return said


def query(database, text="SELECT 1"):
    return {"database": database, "query": text}


@pytest.mark.parametrize(
    "database",
    [
        f"postgresql://u:{SECRET}@h/d",
        f"postgresql+psycopg://u:{SECRET}/x@h/d",
        f"postgresql://u:{SECRET}${{PW}}@h/d",
        f"postgresql://h/d?password={SECRET}",
        f"postgresql://h/d?user=u&sslpassword={SECRET}",
        f"mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BUID%3Du%3BPWD%3D{SECRET}",
    ],
)
def test_a_password_in_the_parameters_is_refused_and_not_repeated(database):
    """In the URL's place for it, partly, in an option, or within one of ODBC; the remedy is a variable."""
    said = refusal(query(database))
    assert said.startswith("source.source: database must not hold a password")
    assert said.endswith("write ${DB_PASSWORD} in its place and set that variable in the environment")


@pytest.mark.parametrize(
    "database",
    [
        "postgresql://u:${DB_PASSWORD}@h:5432/d?sslmode=require",
        "postgresql://u@h/d",
        "postgresql://${DB_USER}:${DB_PASSWORD}@${DB_HOST}/d",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BUID%3Du%3BPWD%3D${DB_PASSWORD}",
        "sqlite:///data/people.db",
    ],
)
def test_variables_and_databases_without_a_password_are_taken(database):
    """What is taken is kept as written, so that nothing of the environment enters a lock file or a document."""
    found = Source.model_validate({"delimiter": ",", "source": query(database)}).source
    assert isinstance(found, Query)
    assert (found.database, found.query) == (database, "SELECT 1")
    for same in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):  # noqa: S301 - made a moment ago
        assert (same, same.database, same.query) == (found, found.database, found.query)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (f"postgresql://u:{SECRET}@h/d", "must be a path, or a mapping of database and query, got only a URL"),
        ({"database": f"postgresql://u:{SECRET}@h/d"}, "a mapping of database and query, got the keys database"),
        (
            query("sqlite:///a.db") | {"password": SECRET},
            "must be a path, or a mapping of database and query, got the keys database, password, query",
        ),
        (query(f"not a url {SECRET}"), "database must be a URL of SQLAlchemy, such as postgresql+psycopg://user:"),
        (query(f"postgresql://u:{SECRET}@h:port/d"), "database must be a URL of SQLAlchemy, such as"),
        (query("sqlite:///a.db", " "), "database and query must be texts; write both"),
        (query(7), "database and query must be texts; write both"),
        ("", "source.source String should have at least 1 character, got ''"),
    ],
)
def test_what_is_no_source_is_refused(source, message):
    """The place, the rule and the remedy, in one line."""
    said = refusal(source)
    assert message in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(("kind", "column"), [(Budget, "key"), (Healthcare, "id")], ids=["budget", "healthcare"])
def test_a_query_needs_a_column_that_names_a_row(kind, column):
    """A database gives rows in any order, so that the number of a row says nothing."""
    said = refusal(query("sqlite:///a.db"), kind, **{column: None})
    assert f": {column} must name a column when source is a query: a database gives rows in any order" in said


@pytest.mark.parametrize(
    ("key", "value"), [("pattern", "*.csv"), ("encoding", "cp1252"), ("decimal", ","), ("thousands", " ")]
)
def test_keys_of_files_are_refused_beside_a_query(key, value):
    """They would be without effect."""
    assert refusal(query("sqlite:///a.db"), **{key: value}).endswith(
        f": {key} is for files, and source is a query; remove the key"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"master": "lokal"}, "master must be local"),
        ({"master": "local[x]"}, "master must be local"),
        ({"master": "spark://host"}, "master must be local"),
        ({"master": f"k8s://https://u:{SECRET}@h:1"}, "master must be local"),
        ({"remote": "http://host:15002"}, "remote must be a URL of Spark Connect"),
        ({"remote": f"sc://u:{SECRET}@host:15002"}, "remote must be a URL of Spark Connect"),
        ({"remote": f"sc://host:15002/;token={SECRET}"}, "token must not hold a password"),
        ({"conf": {"spark.hadoop.fs.s3a.secret.key": SECRET}}, "secret.key must not hold a password"),
        ({"master": "yarn", "remote": "sc://h:1"}, "master and remote exclude each other"),
    ],
)
def test_a_session_that_cannot_be_is_refused(given, message):
    """A master that Spark has no kind of, and a login in the parameters, before any process is started."""
    with pytest.raises(ValidationError) as caught:
        Session.model_validate(given, strict=True)
    said = explain(caught.value, "prepare.spark")
    assert message in said
    assert SECRET not in said


@pytest.mark.parametrize(
    "given",
    [
        *(
            {"master": m}
            for m in ("local", "local[*]", "local[2, 3]", "spark://a:7077,b:7077", "yarn", "${MASTER_URL}")
        ),
        {"master": "k8s://https://host:6443"},
        {"remote": "sc://host:15002/;use_ssl=true;token=${TOKEN}"},
        {"conf": {"spark.executor.cores": 2, "spark.ui.enabled": False, "spark.ssl.keyPassword": "${KEY}"}},
    ],
)
def test_sessions_of_every_kind(given):
    """Every master of Spark, and variables of the environment in the place of what is secret."""
    assert Session.model_validate(given, strict=True).model_dump(exclude_unset=True) == given
