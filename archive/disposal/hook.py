"""The name under which the program's root hands over what this package may not import.

Loaded with every command, so it imports nothing.
"""

BEYOND = "chauban.disposal.beyond"
"""Key in the click context: what outside stores and catalogue is to forget a record that is destroyed."""
