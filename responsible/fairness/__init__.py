"""Groups, measures, verdicts and disparities; proxies, individual fairness, subgroups. Imports modelling."""
