"""Calls that the hotline makes: about a case (回访), back to a caller, or to pay a return call that is owed."""
