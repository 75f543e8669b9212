"""Page 1, Decision: what was judged, as on the decision page."""

from dashboard import results, verdicts
from pipeline.decision_page import pictures

sources = results.sources()
verdicts.show(results.judged(results.state()), lambda file: pictures.element(sources, file))
