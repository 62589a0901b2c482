"""What every noun of the API shares: errors, sessions, text and paging."""
