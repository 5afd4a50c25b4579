"""The name under which the program's root hands over what this package may not import.

Loaded with every command, so it imports nothing.
"""

DOSSIER = "chauban.review.dossier"
"""Key in the click context: takes the dossier of an executed review in, as ingest does."""
