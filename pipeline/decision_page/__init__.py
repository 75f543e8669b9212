"""The decision page: what was judged, for those who decide, in one file that can be passed on alone."""
