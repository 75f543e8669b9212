"""What `make` runs around the pipeline, one script each. Nothing imports them."""

import pipeline  # noqa: F401 - fixes threads and hash seed before numpy is loaded
