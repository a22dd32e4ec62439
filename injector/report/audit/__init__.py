"""The auditor's web: a copy of the log, its tables, and Datasette on this computer alone.

Everything here but `guard` needs the extra ``audit``; nothing else of the house does.
"""
