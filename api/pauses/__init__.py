"""Reasons for which agents may pause 小休, and how many minutes of a day."""
