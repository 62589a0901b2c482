"""Messages that citizens left, and the return calls the hotline owes."""
