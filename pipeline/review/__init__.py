"""Two versions of the results side by side. Imports results and repository."""
