"""Branches of a repository as reviewers meet them: built, reviewed, and the review as a comment in a browser."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from commands import review
from tests.support.small import DVC, ran

GITHUB = """body{margin:0;font:14px/1.5 -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif}
main{width:806px;padding:16px}p,blockquote,table,details{margin:0 0 16px}blockquote{padding:0 1em}
blockquote p:last-child{margin:0}table{display:block;width:max-content;max-width:100%;border-collapse:collapse}
th,td{padding:6px 13px;border:1px solid}code{padding:.2em .4em;font-size:85%}"""  # as GitHub shows a comment


def repro(root: Path, message: str, *stages: str) -> None:
    """Bring the results up to date, all of them or those of ``stages``, and commit them."""
    ran(root, *DVC, "repro", "--quiet", *stages)
    ran(root, "git", "add", "--all")
    ran(root, "git", "commit", "--quiet", "--allow-empty", "--message", message)


def reviewed(root: Path, base: str = "main", **options: Any) -> str:
    """What ``make review`` prints."""
    with redirect_stdout(io.StringIO()) as said:
        review.main(base, root=str(root), **options)
    return said.getvalue()


def above_the_fold(text: str) -> str:
    """The part of a review that becomes the comment."""
    return text.split("<!-- the whole -->", maxsplit=1)[0]


def comment(text: str, page: Path) -> Path:
    """The comment as a page that looks as GitHub shows it."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(above_the_fold(text))
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{GITHUB}</style><main>{body}</main>", encoding="utf-8")
    return page
