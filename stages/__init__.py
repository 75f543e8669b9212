"""The stages, one script each: read, compute, write. They import `responsible` and `pipeline`, never each other."""

import pipeline  # noqa: F401 - fixes threads and hash seed before numpy is loaded
