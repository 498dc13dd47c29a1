"""Searches: a query and a scope become SQL, criterion by criterion, and its rows become a page."""
