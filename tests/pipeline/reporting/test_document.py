"""A small folder of results with hostile names, and templates that try to lie."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from markdown_it import MarkdownIt

from pipeline.reporting import document, engine
from pipeline.reporting import sources as _sources
from pipeline.results import answers
from pipeline.storage import parameters
from responsible.governance.policy import Policy
from responsible.validation import InputError

NAME = "<script>alert(1)</script>|](javascript:x)`#"
PARAMS = f"""
threshold: 300
share: 0.8
budget:
  source: "data/raw/{NAME}.csv"
groups:
  - A
  - B|C
secret: 1
policy:
  insufficient_evidence: warn
  tolerances: {{}}
  rules:
    "rule|{NAME}":
      metric: evaluate_fairness.race.reweighed.disparate_impact
      minimum: 0.8
      judged_on: interval
      severity: block
      reason: "because of {NAME}"
      owner: "{NAME}"
      exception:
        until: 2031-05-06
        justification: "new | form"
"""
RATES = f"""attribute,level,privileged,model,rate,count,of,value,low,high,reason
race,"{NAME}",True,baseline,selection_rate,5,10,0.5,0.2,0.8,
race,"{NAME}",True,reweighed,selection_rate,4,10,0.4,0.1,0.7,
race,18-23,False,baseline,selection_rate,0,0,,,,group_absent
race,18-23,False,reweighed,selection_rate,1,4,0.25,0.05,0.7,
"""
FAIRNESS = """attribute,comparison,measure,model,value,low,high,reason,minimum,maximum,verdict
race,all unprivileged,disparate_impact,reweighed,0.625,0.5,0.7,,0.8,1.25,fail
race,all unprivileged,equal_opportunity_difference,reweighed,,,,no_positives,-0.1,0.1,insufficient_evidence
"""
SVG = "<svg><title>2 of 3 | found</title><desc>2 of 3 | found: 66 %</desc><metadata>People\nn = 3.</metadata></svg>\n"
FILES = ("metrics/prepare.json", "plots/group_rates.csv", "plots/fairness.csv", "plots/picture.svg")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The results' folder as working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("metrics", "plots", "docs"):
        (tmp_path / name).mkdir()
    rows = {"rows": {"train": 11955, "test": 1.5}, "digest": "ab" * 32, "base_rate": None}
    (tmp_path / "metrics/prepare.json").write_text(json.dumps({"prepare": rows}))
    (tmp_path / "metrics/other.json").write_text(json.dumps({"other": {"figure": 1.0}}))
    (tmp_path / "plots/group_rates.csv").write_text(RATES)
    (tmp_path / "plots/fairness.csv").write_text(FAIRNESS)
    (tmp_path / "plots/picture.svg").write_text(SVG, encoding="utf-8")
    (tmp_path / "params.yaml").write_text(PARAMS)
    return tmp_path


def sources(*sections):
    policy = Policy.model_validate(parameters.read_yaml("params.yaml")["policy"])
    wanted = sections or ("threshold", "share", "budget", "groups")
    held = answers.held(parameters.read_yaml("params.yaml"), "answers.yaml", {"model_card": "card.md.j2"})
    return _sources.gather("params.yaml", wanted, FILES, policy, held)


def written(folder, template):
    (folder / "card.md.j2").write_text(template, encoding="utf-8")
    return document.write("card.md.j2", "docs/model_card.md", sources(), {"model_card": ["budget"]})


def body(folder, template):
    return written(folder, template).text.split("\n\n## Provenance")[0]


def refused(folder, template):
    with pytest.raises(InputError) as error:
        written(folder, template)
    return str(error.value)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{{ figure("evaluate_fairness.race.reweighed.disparate_impact") }}', "[0.625 [0.500, 0.700]][f1]"),
        ('{{ figure("evaluate_fairness.race.reweighed.disparate_impact", bare=true) }}', "[0.625][f1]"),
        (
            '{{ figure("evaluate_fairness.race.reweighed.equal_opportunity_difference") }}',
            "[undefined (no positives)][f1]",
        ),
        (
            '{{ figure("group_rates.race.reweighed.selection_rate", level="18-23", percent=true) }}',
            "[25.0 % [5.0, 70.0]][f1]",
        ),
        (
            '{{ figure("group_rates.race.baseline.selection_rate", level="18-23", percent=true) }}',
            "[undefined (group absent)][f1]",
        ),
        ('{{ figure("prepare.rows.train") }} {{ figure("prepare.rows.train") }}', "[11,955][f1] [11,955][f1]"),
        ('{{ figure("prepare.base_rate") }}', "[undefined (undefined)][f1]"),
        ('{{ parameter("threshold") }} {{ parameter("share", percent=true) }}', "[300][f1] [80 %][f2]"),
        ('{{ parameter("groups") }}', r"[A, B\|C][f1]"),
        ('{{ cite("Mitchell et al. 2019") }}', "Mitchell et al. 2019"),
        ('{{ "yes" if value("prepare.rows.train") > 1 else "no" }}', "yes"),
        ('{% if value("prepare.base_rate") > 1 %}a{% else %}b{% endif %}', "b"),
        ('{{ distinct("plots/group_rates.csv", "level", model="baseline")[1:] | join(", ") }}', "18-23"),
        ('{% macro m() %}{{ parameter("threshold") }}!{% endmacro %}{{ m() }}', "[300][f1]!"),
        ('{% set x %}{{ parameter("threshold") }}{% endset %}{{ x }}', "[300][f1]"),
        ('{{ rows("plots/fairness.csv")[0] | interval }}', "[0.625 [0.500, 0.700]][f1]"),
        (
            '{{ rows("plots/fairness.csv")[0].measure | words }}',
            "[disparate impact](glossary.md#disparate-impact)",
        ),
        ('{{ source("plots/fairness.csv") }}', "[plots/fairness.csv](../plots/fairness.csv)"),
        (
            '{{ picture("plots/picture.svg") }}',
            r"**2 of 3 \| found**" + "\n\nPeople.\n\n![2 of 3 \\| found: 66 %](../plots/picture.svg)\n\n*n = 3.*",
        ),
        ('{{ unanswered() }}{{ "a" if sample("budget") else "b" }}x', "bx"),
        ('{{ figure("prepare.rows.test", digits="g") }}', "[1.5][f1]"),
        ('{{ "a" if has("prepare.rows.test") else "b" }}{{ "a" if has("prepare.rows.none") else "b" }}', "ab"),
    ],
)
def test_what_the_functions_print(folder, template, expected):
    """Each function prints its figure with the interval or reason, as a link to where it was read."""
    assert body(folder, template) == expected


def test_every_figure_leads_to_file_and_key(folder):
    """At the end stand the address and key of every link, digests of parameters and data, and the files read."""
    text = written(
        folder,
        '{{ figure("prepare.rows.train") }} {{ figure("group_rates.race.reweighed.selection_rate", level="18-23") }} '
        '{{ parameter("threshold") }} {{ picture("plots/picture.svg") }}',
    ).text
    assert re.findall(r"^\[f\d\]: .*$", text, re.MULTILINE) == [
        '[f1]: ../metrics/prepare.json "prepare.rows.train"',
        r'[f2]: ../plots/group_rates.csv "group_rates.race.reweighed.selection_rate \[18-23\]"',
        '[f3]: ../params.yaml "threshold"',
    ]
    assert "SHA-256 `abababababababab…`" in text
    read = ("metrics/prepare.json", "plots/group_rates.csv", "plots/picture.svg")
    assert f"- Read: {', '.join(f'[{name}](../{name})' for name in read)}.\n" in text
    html = MarkdownIt().render(text)
    assert '<a href="../metrics/prepare.json" title="prepare.rows.train">11,955</a>' in html


def test_the_parameters_digest_is_of_content(folder):
    """Another order or comment of the parameter file leaves the digest; another value, or another section, moves it."""
    first = written(folder, "x").text
    (folder / "params.yaml").write_text("# a comment\n" + PARAMS.replace("secret: 1", "secret: 2"))
    assert written(folder, "x").text == first
    (folder / "params.yaml").write_text(PARAMS.replace("share: 0.8", "share: 0.7"))
    assert written(folder, "x").text != first


def test_tables_of_rows_by_value(folder):
    """A line for each value of `by`, a cell for each model, undefined cells with their reason, and the file's name."""
    template = """{{ table("plots/group_rates.csv", where={"rate": "selection_rate"}, by="level", columns={
        "group": text("level"), "rows": number("of", model="baseline"), "base": interval(model="baseline"),
        "share": percent("value", model="reweighed"), "none": number("low", model="other")}) }}"""
    hostile = r"\<script\>alert(1)\</script\>\|\](javascript:x)\`#"
    assert body(folder, template).splitlines() == [
        "| group | rows | base | share | none |",
        "| --- | --- | --- | --- | --- |",
        f"| {hostile} | 10 | 0.500 [0.200, 0.800] | 40.0 % |  |",
        "| 18-23 | 0 | undefined (group absent) | 25.0 % |  |",
        "",
        "*Source: [plots/group_rates.csv](../plots/group_rates.csv) (rate: selection rate).*",
    ]


def test_long_tables_are_cut_and_rates_counted(folder):
    """Of more lines than asked for the first are kept, and the line with the file says of how many."""
    template = """{{ table("plots/group_rates.csv", where={"model": "reweighed"}, by="level", most=1, columns={
        "rate": counted()}) }}"""
    assert body(folder, template).splitlines()[2:] == [
        "| 0.400 [0.100, 0.700] (4/10) |",
        "",
        "*Source: [plots/group_rates.csv](../plots/group_rates.csv) (model: reweighed), the first 1 of 2.*",
    ]


def test_a_table_without_rows_says_so(folder):
    """No row of the table fits: a line, not an empty table."""
    template = """{{ table("plots/fairness.csv", where={"attribute": "a|b"}, columns={"x": text("measure")}) }}"""
    assert body(folder, template) == r"*No rows in [plots/fairness.csv](../plots/fairness.csv) (attribute: a\|b).*"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Accuracy is 0.93", "line 1: '0.93' is a number in prose"),
        ("x\n\n{# 1 #}\nlast 7\n", "line 4: '7' is a number in prose"),
        ("{{ source('plots/fairness.csv') }}0.5", "line 1: '0.5' is a number in prose"),
        ("{% if true %}\n7\n{% endif %}", "line 2: '7' is a number"),
        ("{{ 0.93 }}", "0.93 is a number in an expression"),
        ("{{ 93 }}", "93 (int) comes from no file"),
        ('\n{{ "0.93" }}', "line 2: '0.93' comes from no file"),
        ('{{ "0." ~ "93" }}', "'0.93' comes from no file"),
        ('{% set n = 9 %}{{ "%d" | format(n) }}', "'9' comes from no file"),
        ('{{ figure("prepare.rows.train") ~ "7" }}', "comes from no file"),
        ('{{ figure("prepare.rows.train") | replace("1", "2") }}', "comes from no file"),
        ('{{ parameter("threshold") | upper }}', "comes from no file"),
        ('{{ value("prepare.rows.train") }}', "a number for conditions cannot be printed"),
        ('{{ value("prepare.rows.train") * 2 }}', "(float) comes from no file"),
        ('{{ setting("threshold") }}', "a number for conditions cannot be printed"),
        ('{% for x in setting("groups") %}{{ loop.index }}{% endfor %}', "(int) comes from no file"),
        ('{{ ["7"] | join("") }}', "'7' comes from no file"),
        ('{{ cite("93 %") }}', "cite('93 %')"),
        ("{{ nothing }}", "'nothing' is undefined"),
        ('{{ figure("prepare.rows.trian") }}', "there is no figure 'prepare.rows.trian'; did you mean"),
        ('{{ figure("other.figure") }}', "there is no figure 'other.figure'"),
        (
            '{{ figure("group_rates.race.reweighed.selection_rate", level="24-30") }}',
            "plots/group_rates.csv: group_rates.race.reweighed.selection_rate has no level '24-30'",
        ),
        ('{{ parameter("secret") }}', "params.yaml: secret: 'secret' is missing"),
        ('{{ parameter("budget") }}', "params.yaml: budget is not a text or number"),
        ('{{ table("plots/x.csv", columns={}) }}', "plots/x.csv: not a file of this stage"),
        (
            '{{ table("plots/fairness.csv", columns={"x": text("mesure")}) }}',
            "there is no column 'mesure'; did you mean",
        ),
        ('{{ table("plots/fairness.csv", where={"atribute": "x"}, columns={}) }}', "there is no column 'atribute'"),
        (
            '{{ table("plots/fairness.csv", by="attribute", columns={"x": text("measure")}) }}',
            "rows 1 and 2 both match",
        ),
        (
            '{{ rows("plots/fairness.csv")[0].number("measure") }}',
            "row 1: measure is not a number, got 'disparate_impact'",
        ),
        ('{{ picture("plots/fairness.csv") }}', "plots/fairness.csv: has no title and description; run `dvc repro`"),
        ('{{ picture("plots/no.svg") }}', "plots/no.svg: not a file of this stage"),
        ('{{ table("plots/fairness.csv", columns={"accuracy 0.93": text("measure")}) }}', "holds the number '0.93'"),
        ("{% if %}", "card.md.j2, line 1"),
        ("a\n[More Information Needed]", "line 2: '[More Information Needed]' is a placeholder"),
    ],
)
def test_templates_that_lie_or_err_are_refused(folder, template, message):
    """A number without a file, a missing figure, file, column, row or name: an error with template, line and what."""
    error = refused(folder, template)
    assert error.startswith("card.md.j2")
    assert message in error


def test_all_numbers_of_a_template_are_named_at_once(folder):
    """Whoever mends a template sees every number in its prose, each with its line."""
    assert [line.split(" is a")[0] for line in refused(folder, "1\n\n`2` 3").splitlines()] == [
        "card.md.j2, line 1: '1'",
        "card.md.j2, line 3: '3'",
    ]


def answer(folder, text, **more):
    """Write one answer for the table at hand into the file of answers."""
    table = {"source": f"data/raw/{NAME}.csv", "columns": []}
    tree = {"written_for": {"budget": table}, "model_card": {"use": {"text": text, **more}}}
    (folder / "answers.yaml").write_text(json.dumps(tree), encoding="utf-8")


ASK = '{{ people("use", "What for?") }}'


def test_answers_of_people_stand_with_their_question(folder):
    """The question is shown, the answer stays Markdown with its figures, and is kept as plain text for the twin."""
    answer(folder, 'Only **this**: {{ figure("prepare.rows.train") }} rows.')
    found = written(folder, ASK)
    assert found.text.startswith("**What for?**\n\nOnly **this**: [11,955][f1] rows.\n")
    assert found.answers == {"use": "Only this: 11,955 rows."}


def test_who_confirmed_an_answer_and_when_it_is_due_stand_below_it(folder):
    """Name and days are shown as they are given, and a document says nothing of whether the day has passed."""
    answer(folder, "This.", review_by="2001-02-03", confirmed_by={"name": "<b>Ada</b>", "date": "2000-01-01"})
    said = r"*Confirmed for this table by \<b\>Ada\</b\> on 2000-01-01. To be reviewed by 2001-02-03.*"
    assert body(folder, ASK).startswith(f"**What for?**\n\nThis.\n\n{said}")


@pytest.mark.parametrize("text", ["", "—", "…", "None", "n/a"])
def test_questions_without_an_answer_stay_questions(folder, text):
    """What nobody answers is asked where the answer would stand, counted at the top, and kept for the twin."""
    answer(folder, text)
    found = written(folder, "{{ unanswered() }}\n\n" + ASK)
    assert found.text.startswith("> **[1 of 2 questions is not answered yet][f1].**\n\n")
    assert "\n\n**Not answered yet: What for?** (there is no text)\n" in found.text
    assert found.answers == {"use": "Not answered yet: What for? (there is no text)"}


@pytest.mark.parametrize("text", ["TODO", "By […]", "[More Information Needed]", "Who? TBD", "FIXME: x"])
def test_places_left_open_in_an_answer_are_refused(folder, text):
    """An answer that is begun and not finished is neither shown nor counted."""
    answer(folder, text)
    assert refused(folder, ASK).startswith("answers.yaml: model_card.use, line 1: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Right in 93 % of cases.", "'93' is a number in prose"),
        ("\n{{ figure('prepare.rows.none') }}", "answers.yaml: model_card.use, line 1: there is no figure"),
        ("{{ rows }", "answers.yaml: model_card.use, line 1: "),
        ("{{ users }}", "'users' is undefined"),
    ],
)
def test_answers_are_guarded_as_templates_are(folder, text, message):
    """Numbers, figures that do not exist and broken templates in an answer are named with its place."""
    answer(folder, text)
    assert message in refused(folder, ASK)


def test_a_question_that_the_count_would_miss_is_refused(folder):
    """The count reads questions from the template's text, so one that is put together there is an error."""
    assert "the question 'use' was not found" in refused(folder, "{% set q %}What?{% endset %}{{ people('use', q) }}")


def test_the_policy_with_its_exception(folder):
    """Verdict, figure, limits and owner of each rule, a difference and an exceeded limit apart; an exception with its
    day, whatever the day is, and its reason.
    """
    text = body(folder, "{{ policy_table() }}")
    hostile = r"\<script\>alert(1)\</script\>\|\](javascript:x)\`#"
    assert text.splitlines()[2] == (
        rf"| Rule\|{hostile} | excepted until 2031-05-06 (fail): new \| form | [0.625 [0.500, 0.700]][f1] | "
        rf"at least 0.8 | yes | **yes** | {hostile} |"
    )
    assert text.splitlines()[3].startswith("| Unanswered questions | pass | [0][f2] | at most 0 |  | no | ")


def test_hostile_names_stay_text_in_html(folder):
    """Names with markup come through a whole document as text: no script, no link of theirs, no further heading; also
    in the summary of a fold, where nothing reads Markdown.
    """
    template = (
        '<details><summary>By {{ setting("budget.source") }}</summary>\n\n</details>\n\n'
        '# {{ setting("budget.source") }}\n\n{{ parameter("budget.source") }}\n\n{{ policy_table() }}\n\n'
        '{{ table("plots/group_rates.csv", columns={"x|<b>": text("level")}) }}\n'
    )
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(written(folder, template).text)
    assert "<script" not in html
    assert "<b>" not in html
    assert set(re.findall(r'href="([^"]*)"', html)) == {
        "../answers.yaml",
        "../params.yaml",
        "../plots/fairness.csv",
        "../plots/group_rates.csv",
    }
    assert re.findall(r"<h(\d)>", html) == ["1", "2"]


def test_a_missing_file_is_named(folder):
    """A declared file that is not there stops the stage with its name."""
    (folder / "plots/picture.svg").unlink()
    with pytest.raises(InputError, match=r"plots/picture.svg: no such file; run `dvc repro`"):
        sources()
    with pytest.raises(InputError, match=r"none\.md\.j2: no such file; restore the template"):
        document.write("none.md.j2", "docs/x.md", None)


def filled(tmp_path, template, **rows):
    (tmp_path / "rows.md.j2").write_text(template, encoding="utf-8")
    return engine.fill(tmp_path / "rows.md.j2", rows).removesuffix("\n")


ROW = SimpleNamespace(
    value=-0.5, low=-0.75, high=-0.25, share=0.1, share_low=0.05, share_high=0.2, minimum=-0.1, maximum=float("nan"),
    verdict="fail", reason="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ n }} {{ x }} {{ count }}", "11,955 0.250 1"),
        ("{{ name }}, {{ names | join(', ') }}", r"\<b\>0.93 \| x, A 7, B"),
        ("{{ 'a' if n > 5 else 'b' }}{{ ', ' if not n }}", "a"),
        ("{{ row | interval }} {{ row | interval(digits=1) }}", "−0.500 [−0.750, −0.250] −0.5 [−0.8, −0.2]"),
        ("{{ row | interval('share', percent=true) }}", "10.0 % [5.0, 20.0]"),
        ("{{ row | limits }}, {{ row | verdict }}", "at least −0.1, **fail**"),
        ("{{ x | number(1) }} {{ n | number('g') }} {{ x | percent }}", "0.2 11,955 25.0 %"),
        ("{{ x | p_value('p') }} {{ file | code }}", "p = 0.250 `a_b.csv`"),
        ("{{ cite('Hennig 2007') }} {{ 'disparate_impact' | words }}", "Hennig 2007 disparate impact"),
        ("{% macro m(v) %}{{ v | number(2) }}!{% endmacro %}{{ m(x) }}", "0.25!"),
        ("# 3 Where bias enters", "# 3 Where bias enters"),
    ],
)
def test_documents_of_rows_format_what_they_are_given(tmp_path, template, expected):
    """Numbers of the rows are written as numbers are, text from data is escaped, and the filters format rows."""
    rows = {"n": 11955, "x": 0.25, "count": np.int64(1), "name": "<b>0.93 | x", "names": ["A 7", "B"], "row": ROW}
    assert filled(tmp_path, template, file="a_b.csv", **rows) == expected


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a\nAccuracy is 0.93", "line 2: '0.93' is a number in prose"),
        ("{{ 0.93 }}", "line 1: 0.93 is a number in an expression"),
        ("{{ 93 }}", "93 is a number in an expression"),
        ("{{ x + 1 }}", "1 is a number in an expression"),
        ("{% set n = 9 %}{{ n }}", "9 is a number in an expression"),
        ("{{ 'about 40 %' if x }}", "about 40 % is a number in an expression"),
        ("{{ '93' | join }}", "93 is a number in an expression"),
        ("{{ nothing }}", "rows.md.j2, line 1: 'nothing' is undefined"),
        ("{{ row.nothing }}", "has no attribute 'nothing'"),
        ("{{ none }}", "None (NoneType) comes from no file"),
        ("{{ true }}", "True (bool) comes from no file"),
        ("{{ cite('93 %') }}", "cite('93 %')"),
        ("TODO: write", "is a placeholder"),
    ],
)
def test_documents_of_rows_are_under_the_guard(tmp_path, template, message):
    """A typed number, a missing name or an open place is an error in them too, with template and line."""
    with pytest.raises(InputError) as error:
        filled(tmp_path, template, x=1, row=ROW)
    assert message in str(error.value)


def test_a_missing_template_is_named(tmp_path):
    """A template that is gone is an error with the command that restores it."""
    with pytest.raises(InputError, match=r"none\.md\.j2: no such file; restore the template"):
        engine.fill(tmp_path / "none.md.j2", {})
