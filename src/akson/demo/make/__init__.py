"""One line of a record in, one FHIR resource out: what the tables of `demo/records` are written with.

`who` is the key of somebody at work, `ago` a number of days before today (`YEAR`, `MONTH`, `WEEK` help), `code` is
written "K78 Atrieflimmer": first the code, then its name.
"""
